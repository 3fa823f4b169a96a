"""What a restore requests, and the tags that it sets."""

from datetime import UTC, datetime

import pytest

from services.catalog.trash.domain import Kind
from services.catalog.trash.restoring.domain import Item, Restore, tags_to_set


@pytest.mark.parametrize(
    ("kind", "taken", "chosen", "expected"),
    [
        (Kind.TAG, [], None, ("v1", "v2")),
        (Kind.TAG, ["v1"], "old", ("old",)),
        (Kind.MANIFEST, ["v1"], "old", ("v2", "old")),
        (Kind.MANIFEST, [], "v1", ("v1", "v2")),
        (Kind.MANIFEST, ["v1"], None, ("v2",)),
    ],
)
def test_chosen_tag_replaces_the_taken_ones(
    kind: Kind, taken: list[str], chosen: str | None, expected: tuple[str, ...]
) -> None:
    assert tags_to_set(["v1", "v2"], taken, chosen, kind=kind) == expected


def test_only_the_deleted_object_itself_is_restored_as_a_whole() -> None:
    def restore(kind: Kind) -> Restore:
        return Restore(1, kind, "team/app", "team", "a", 1, None, datetime.now(UTC))

    assert restore(Kind.TAG).is_requested(Item("team/app", "a", ("v1",)))
    assert not restore(Kind.MANIFEST).is_requested(Item("team/app", "signature", ("s",)))
    assert not restore(Kind.REPOSITORY).is_requested(Item("team/app", "a", ()))
