"""The error for an image that an index needs."""

from services.catalog.deletion.images.domain import NeededByIndex
from services.catalog.images.domain import TaggedIndex


def test_error_names_each_index_with_its_tags() -> None:
    indexes = [TaggedIndex("sha256:1", ("latest", "v1")), TaggedIndex("sha256:2", ("v2",))]
    error = NeededByIndex("sha256:0", indexes)
    assert error.detail == (
        "sha256:0 is part of the multi-platform image sha256:1 (latest, v1); sha256:2 (v2). "
        "Delete that image first."
    )
    assert error.extra["indexes"][1] == {"digest": "sha256:2", "tags": ["v2"]}
