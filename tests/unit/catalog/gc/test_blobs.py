"""What a manifest names, what a repository links, and when a repository is abandoned."""

from datetime import UTC, datetime, timedelta

import pytest

from libs.common.storage.store import EntryKind, RepositoryEntry, RepositoryListing
from services.catalog.gc.blobs.domain import EMPTY_AGE, digests_in, is_abandoned, layers_of

NOW = datetime(2026, 11, 20, tzinfo=UTC)
OLD = NOW - EMPTY_AGE - timedelta(seconds=1)
SHA256, SHA512 = "sha256:" + "a" * 64, "sha512:" + "b" * 128


def listing(*entries: RepositoryEntry, failure: str | None = None) -> RepositoryListing:
    return RepositoryListing("team/app", list(entries), failure)


def test_digests_are_found_in_whatever_field() -> None:
    content = f'{{"x":{{"digest":"{SHA256}"}},"y":["{SHA512}","sha256:abc"]}}'.encode()
    assert digests_in(content) == {SHA256, SHA512}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("filling", ["a", "a.", "sha256:", ":", ":" + "a" * 63])
def test_digests_in_megabytes_of_text_are_found_in_seconds(filling: str) -> None:
    text = filling * (4 * 1024 * 1024 // len(filling))
    assert digests_in(f'["{text}","{SHA256}"]'.encode()) == {SHA256}


def test_layers_and_manifests_of_a_repository_are_its_links() -> None:
    tag = RepositoryEntry(EntryKind.TAG, "v1", OLD)
    layer = RepositoryEntry(EntryKind.LAYER, SHA256, OLD)
    revision = RepositoryEntry(EntryKind.REVISION, SHA512, OLD)
    assert layers_of(listing(tag, layer, revision)) == {SHA256, SHA512}


@pytest.mark.parametrize(
    ("entries", "failure", "expected"),
    [
        ((), None, True),
        ((RepositoryEntry(EntryKind.LAYER, SHA256, OLD),), None, True),
        ((RepositoryEntry(EntryKind.LAYER, SHA256, NOW),), None, False),
        ((RepositoryEntry(EntryKind.UPLOAD, "id", OLD),), None, False),
        ((RepositoryEntry(EntryKind.REVISION, SHA256, OLD),), None, False),
        ((), "cannot be read", False),
    ],
)
def test_repository_without_manifests_uploads_and_young_links_is_abandoned(
    entries: tuple[RepositoryEntry, ...], failure: str | None, expected: bool
) -> None:
    assert is_abandoned(listing(*entries, failure=failure), now=NOW) is expected
