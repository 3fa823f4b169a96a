"""What protects a blob from deletion."""

import pytest

from libs.common.registry.error_format import Unsupported
from services.catalog.deletion.blobs.domain import (
    Dependent,
    Need,
    check_unneeded,
    restores_as_layer,
)


def test_unneeded_blob_can_be_deleted() -> None:
    check_unneeded(None, repository="team/app", digest="sha256:1")


@pytest.mark.parametrize(
    ("dependent", "words"),
    [
        (Dependent(Need.IMAGE, "sha256:2", "v1"), "team/app:v1 needs"),
        (Dependent(Need.IMAGE, "sha256:2", None), "team/app@sha256:2 needs"),
        (Dependent(Need.PUSH, "sha256:2", "v1"), "not finished"),
        (Dependent(Need.TRASH, "sha256:2", None), "in the trash"),
    ],
)
def test_refusal_names_the_image_that_needs_the_blob(dependent: Dependent, words: str) -> None:
    with pytest.raises(Unsupported) as raised:
        check_unneeded(dependent, repository="team/app", digest="sha256:1")
    assert words in raised.value.message
    assert "sha256:1" in raised.value.message


def test_restore_links_digests_whose_sha256_digest_is_known() -> None:
    assert restores_as_layer("sha256:1", canonical=None)
    assert restores_as_layer("sha512:1", canonical="sha256:1")
    assert not restores_as_layer("sha512:1", canonical=None)
