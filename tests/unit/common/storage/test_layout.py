"""Paths of Distribution."""

from __future__ import annotations

import pytest

from libs.common.storage import layout
from libs.common.storage.store import EntryKind

HEX = "ab" + "c" * 62


def test_path_of_a_blob_and_back() -> None:
    path = layout.blob_data(f"sha256:{HEX}")
    assert path == f"docker/registry/v2/blobs/sha256/ab/{HEX}/data"
    assert layout.parse_blob(path.removeprefix(f"{layout.BLOBS}/")) == f"sha256:{HEX}"


@pytest.mark.parametrize(
    "path",
    [f"ac/{HEX}/data", f"ab/{HEX}/other", f"ab/{HEX}", f"ab/{HEX[:-1]}/data", f"ab/{HEX}/data/x"],
)
def test_other_file_is_not_a_blob(path: str) -> None:
    assert layout.parse_blob(path) is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"_manifests/revisions/sha256/{HEX}/link", (EntryKind.REVISION, f"sha256:{HEX}")),
        (f"_layers/sha512/{HEX}/link", (EntryKind.LAYER, f"sha512:{HEX}")),
        ("_manifests/tags/v1.0/current/link", (EntryKind.TAG, "v1.0")),
        (f"_manifests/tags/v1.0/index/sha256/{HEX}/link", (EntryKind.TAG, "v1.0")),
        ("_uploads/5f-1/hashstates/sha256/0", (EntryKind.UPLOAD, "5f-1")),
        ("_uploads/5f-1", (EntryKind.UPLOAD, "5f-1")),
        ("_uploads/.nfs01", (EntryKind.OTHER, "_uploads/.nfs01")),
        (f"_layers/sha256/{HEX}/data", (EntryKind.OTHER, f"_layers/sha256/{HEX}/data")),
        ("_manifests/tags/v1/other", (EntryKind.OTHER, "_manifests/tags/v1/other")),
        (
            "_manifests/tags/\udcff/current/link",
            (EntryKind.OTHER, r"_manifests/tags/\udcff/current/link"),
        ),
        (
            f"_manifests/revisions/sha256/{HEX}/signatures/sha256/{HEX}/link",
            (EntryKind.OTHER, f"_manifests/revisions/sha256/{HEX}/signatures/sha256/{HEX}/link"),
        ),
    ],
)
def test_file_belongs_to_an_entry(path: str, expected: tuple[EntryKind, str]) -> None:
    assert layout.parse_entry(path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("team/app/_layers/sha256/x/link", ("team/app", "_layers/sha256/x/link")),
        ("app/_uploads/x/data", ("app", "_uploads/x/data")),
        ("team/app/_other/x", None),
        ("team/app/file", None),
        ("_layers/sha256/x/link", None),
        ("team/_layers", None),
    ],
)
def test_path_is_split_at_the_repository(path: str, expected: tuple[str, str] | None) -> None:
    assert layout.split_repository(path) == expected
