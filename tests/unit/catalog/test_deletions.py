"""Which push a tag's deletion must not take along, which manifests an image holds alone, and what belongs to nobody."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.catalog.deletion.tags.domain import TagDeletion, TagPush
from services.catalog.images.domain import Family, held_only_by
from services.catalog.sync.feed.domain import (
    FeedEvent,
    Place,
    Position,
    sort_out,
)

T0 = datetime(2026, 11, 24, tzinfo=UTC)
OCI = "application/vnd.oci.image.manifest.v1+json"
DELETION = TagDeletion(
    id=1,
    repository="team/app",
    tag="v1",
    digest="sha256:old",
    pushed_at=T0,
    placeholder="sha256:none",
    started_at=T0 + timedelta(seconds=10),
    is_finished=True,
    restored=None,
    account_id=1,
    account="acme",
    client_address=None,
)


def push(digest: str, second: float) -> TagPush:
    return TagPush(f"sha256:{digest}", T0 + timedelta(seconds=second), "bob")


@pytest.mark.parametrize(
    ("pushes", "expected"),
    [
        ([], None),
        ([push("old", 0)], None),
        ([push("older", -1)], None),
        ([push("none", 10.1)], None),
        ([push("old", 9)], None),
        ([push("new", 9)], "sha256:new"),
        ([push("new", 11)], "sha256:new"),
        ([push("old", 11)], "sha256:old"),
        ([push("newer", 12), push("new", 11), push("older", -1)], "sha256:newer"),
    ],
)
def test_the_newest_push_after_what_was_deleted_is_put_back(
    pushes: list[TagPush], expected: str | None
) -> None:
    found = DELETION.find_push_to_restore(pushes)
    assert (found and found.digest) == expected


def test_what_is_put_back_gives_way_to_a_newer_push_alone() -> None:
    done = replace(DELETION, restored=push("new", 11))
    assert done.find_push_to_restore([push("before", 10.5)]) is None
    assert done.find_push_to_restore([push("new", 11)]) == push("new", 11), (
        "it is harmless to do it again, as after a crash"
    )
    assert done.find_push_to_restore([push("newer", 12)]) == push("newer", 12)


def family(tagged: str, **indexes: str) -> Family:
    return Family(
        frozenset(tagged.split()),
        {digest: frozenset(names.split()) for digest, names in indexes.items()},
    )


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (family("top", top="", a="top", b="top"), {"top", "a", "b"}),
        (family("top a", top="", a="top", b="top"), {"top", "b"}),
        (family("top", top="", a="top other", b="top"), {"top", "b"}),
        (family("", top="", inner="top other", a="inner"), {"top"}),
        (family("", top="", inner="top", a="inner"), {"top", "inner", "a"}),
        (family("", top="other"), {"top"}),
    ],
)
def test_an_index_holds_alone_what_neither_a_tag_nor_another_index_needs(
    of: Family, expected: set[str]
) -> None:
    assert held_only_by("top", of) == expected


def event(
    repository: str,
    action: str = "push",
    *,
    second: int = 0,
    digest: str | None = "sha256:1",
    media_type: str = OCI,
) -> FeedEvent:
    at = T0 + timedelta(seconds=second)
    return FeedEvent(Position(1, second), at, action, repository, None, digest, media_type, "alice")


def test_what_is_pushed_where_nothing_may_be_is_a_stray_and_what_a_former_owner_pushed_is_passed_over() -> (
    None
):
    places = {
        "team/app": Place(closed=False, since=None),
        "gone/app": Place(closed=True, since=None),
        "again/app": Place(closed=False, since=T0),
        "held/app": Place(closed=True, since=None, held=True),
    }
    events = [
        event("team/app"),
        event("gone/app"),
        event("gone/app", media_type="application/octet-stream", digest="sha256:2"),
        event("gone/app", "delete", digest="sha256:3"),
        event("again/app", second=-1),
        event("again/app", second=1),
        event("held/app"),
    ]
    found = sort_out(events, places)
    assert found.events == (events[0], events[5])
    assert found.strays == {("gone/app", "sha256:1")}
