"""The order in which garbage is deleted."""

from datetime import UTC, datetime

from services.catalog.gc.domain import UntaggedManifest, order_for_deletion

SINCE = datetime(2026, 11, 24, tzinfo=UTC)


def manifest(digest: str, repository: str = "team/app") -> UntaggedManifest:
    return UntaggedManifest(repository, f"sha256:{digest}", SINCE, size_bytes=1)


def test_an_index_is_deleted_before_its_children() -> None:
    amd64, index, arm64 = manifest("amd64"), manifest("index"), manifest("arm64")
    found = order_for_deletion([amd64, index, arm64], {amd64.key, arm64.key})
    assert found == [index, amd64, arm64]


def test_manifests_that_no_index_lists_keep_their_order() -> None:
    found = [manifest("c"), manifest("a"), manifest("b")]
    assert order_for_deletion(found, set()) == found


def test_a_child_in_one_repository_is_no_child_in_another() -> None:
    child, copy = manifest("a"), manifest("a", repository="team/copy")
    assert order_for_deletion([child, copy], {child.key}) == [copy, child]
