"""How Docker clients read the refusals of deletions."""

import pytest

from libs.common.registry.error_format import RegistryApiError
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.deletion.images.domain import NeededByIndex
from services.catalog.images.domain import ImageNotFound, TaggedIndex
from services.catalog.intents.domain import ChangeInProgress
from services.catalog.oci.deletions.domain import in_registry_format, is_upload, malformed
from services.catalog.repositories.domain import RepositoryDeleting
from services.catalog.rules.domain import TagImmutable


@pytest.mark.parametrize(
    ("error", "status", "code", "words"),
    [
        (ImageNotFound("team/app:v1"), 404, "MANIFEST_UNKNOWN", "team/app:v1"),
        (
            NeededByIndex("sha256:1", [TaggedIndex("sha256:2", ("multi",))]),
            405,
            "UNSUPPORTED",
            "sha256:2 (multi)",
        ),
        (RepositoryDeleting("team/app"), 403, "DENIED", "being deleted"),
        (TagImmutable.of_tag("team/app", "v1"), 403, "DENIED", "tag v1 is immutable: "),
        (ChangeInProgress(), 503, "UNAVAILABLE", "try again"),
        (RegistryUnavailable("down"), 503, "UNAVAILABLE", "the deletion goes on"),
    ],
)
def test_refusals_have_the_format_of_the_registry(
    error: Exception, status: int, code: str, words: str
) -> None:
    with pytest.raises(RegistryApiError) as raised, in_registry_format():
        raise error
    assert (raised.value.status, raised.value.code) == (status, code)
    assert words in raised.value.message


def test_refusal_of_a_malformed_reference_says_what_it_must_be() -> None:
    assert (malformed("sha256:0").code, malformed("-v1").code) == ("DIGEST_INVALID", "TAG_INVALID")


def test_id_of_an_upload_is_no_path() -> None:
    assert is_upload("a5ff7a8e-5d31-4c6c-9a6b-0c0f5a5d3c1e")
    for text in ("", ".", "..", "a/b", "a?b", "a" * 200):
        assert not is_upload(text)
