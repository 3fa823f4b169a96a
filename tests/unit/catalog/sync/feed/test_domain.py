"""The feed: what the follower reads because of events, and which pushes it retries."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from services.catalog.sync.feed.domain import (
    START,
    DelayedRepository,
    FeedEvent,
    PathStatus,
    Position,
    collect_wanted,
    find_invisible_pushes,
    sort_events,
)
from services.catalog.sync.states.domain import RepositoryState, tag_state
from tests.unit.catalog.sync.feed.events import T0, event


def test_position_survives_text_and_sorts_by_commit() -> None:
    assert Position.parse(str(Position(12, 7))) == Position(12, 7)
    assert Position(9, 100) < Position(10, 1)


def test_nanoseconds_are_truncated_to_microseconds() -> None:
    assert FeedEvent.at_nanoseconds(1_795_498_336_941_589_299) == datetime(
        2026, 11, 24, 5, 32, 16, 941589, tzinfo=UTC
    )


def test_events_of_blobs_and_of_invalid_names_are_ignored() -> None:
    events = [
        event(repository="Team/app", tag="v1", digest="sha256:1"),
        event(repository="app", tag="v1", digest="sha256:1"),
        event(repository="team//app", tag="v1", digest="sha256:1"),
        event(digest="sha256:2", media_type="application/octet-stream"),
    ]
    assert collect_wanted(events) == {}


def test_event_of_another_action_reads_nothing_but_its_repository() -> None:
    wanted = collect_wanted([event("mount", tag="v1", digest="sha256:1")])
    assert (wanted["team/app"].tags, wanted["team/app"].digests) == ({}, {})


def test_each_tag_and_digest_is_read_once() -> None:
    events = [
        event(tag="v1", digest="sha256:1"),
        event(tag="v1", digest="sha256:2", minute=1),
        event(tag="v1", digest="sha256:1"),
        event("delete", digest="sha256:3", media_type=None, minute=2),
        event("delete", tag="old", media_type=None),
        event(repository="team/other", digest="sha256:1"),
    ]
    wanted = collect_wanted(events)
    app = wanted["team/app"]
    assert (app.path, set(app.tags), set(app.digests), app.deleted) == (
        "team/app",
        {"v1", "old"},
        {"sha256:1", "sha256:2"},
        {"sha256:3"},
    )
    assert app.pushed_at == T0 + timedelta(minutes=1), "a deletion is not a push"
    assert app.noticed_at == T0 + timedelta(minutes=2)
    assert (wanted["team/other"].tags, set(wanted["team/other"].digests)) == ({}, {"sha256:1"})


def test_push_event_without_a_digest_reads_its_tag() -> None:
    wanted = collect_wanted([event(tag="v1")])
    assert (set(wanted["team/app"].tags), wanted["team/app"].digests) == ({"v1"}, {})


def state(**digests: str) -> RepositoryState:
    tags = {tag: tag_state(digest, [], T0) for tag, digest in digests.items()}
    gone = frozenset({"v1"} - tags.keys())
    return RepositoryState("team", "app", T0, {}, tags, gone, frozenset())


def test_push_is_invisible_until_the_tag_names_its_digest() -> None:
    first, second = event(tag="v1", digest="sha256:1"), event(tag="v1", digest="sha256:2", minute=1)
    now = T0 + timedelta(minutes=1, seconds=1)
    assert find_invisible_pushes([second, first], [state()], now) == [second]
    assert find_invisible_pushes([second, first], [state(v1="sha256:1")], now) == [second]
    assert find_invisible_pushes([second, first], [state(v1="sha256:2")], now) == []


def test_push_is_invisible_although_the_clock_of_the_registry_is_ahead() -> None:
    push = event(tag="v1", digest="sha256:2", minute=1)
    assert find_invisible_pushes([push], [state(v1="sha256:1")], T0) == [push]


def test_push_in_a_deleted_namespace_is_not_retried() -> None:
    push = event(tag="v1", digest="sha256:1")
    assert find_invisible_pushes([push], [], T0) == []


def test_push_whose_tag_was_not_read_is_not_retried() -> None:
    """Admission has recorded it, or is about to."""
    push = event(tag="admitted", digest="sha256:1")
    assert find_invisible_pushes([push], [state()], T0) == []


def test_old_push_is_not_retried() -> None:
    push = event(tag="v1", digest="sha256:1")
    assert find_invisible_pushes([push], [state()], T0 + timedelta(minutes=1)) == []


def test_push_is_not_retried_after_its_tag_or_image_was_deleted() -> None:
    pushed = event(tag="v1", digest="sha256:1")
    tag = event("delete", tag="v1", media_type=None, minute=1)
    image = event("delete", digest="sha256:1", media_type=None, minute=1)
    now = T0 + timedelta(seconds=1)
    assert find_invisible_pushes([pushed], [state()], now) == [pushed]
    assert find_invisible_pushes([pushed, tag], [state()], now) == []
    assert find_invisible_pushes([pushed, image], [state()], now) == []


def test_push_to_an_ownerless_path_leaves_an_orphaned_manifest() -> None:
    statuses = {
        "team/app": PathStatus(is_ownerless=False, owned_since=None),
        "gone/app": PathStatus(is_ownerless=True, owned_since=None),
        "again/app": PathStatus(is_ownerless=False, owned_since=T0),
        "suspended/app": PathStatus(is_ownerless=True, owned_since=None, is_suspended=True),
    }
    events = [
        event(repository="team/app", digest="sha256:1"),
        event(repository="gone/app", digest="sha256:1"),
        event(repository="gone/app", media_type="application/octet-stream", digest="sha256:2"),
        event("delete", repository="gone/app", digest="sha256:3"),
        event(repository="again/app", digest="sha256:1", minute=-1),
        event(repository="again/app", digest="sha256:1", minute=1),
        event(repository="suspended/app", digest="sha256:1"),
    ]
    found = sort_events(events, statuses)
    assert found.events == (events[0], events[5])
    assert found.orphaned == {("gone/app", "sha256:1")}


def test_unreadable_tag_is_not_an_invisible_push() -> None:
    pushed = event(tag="v1", digest="sha256:1")
    unreadable = replace(state(), unreadable=frozenset({"v1"}))
    assert find_invisible_pushes([pushed], [unreadable], T0 + timedelta(seconds=1)) == []


def test_delayed_repository_is_retried_less_and_less_often_for_a_day() -> None:
    waits = [
        DelayedRepository("team/app", START, T0, failures).next_retry.total_seconds()
        for failures in (0, 1, 2, 10, 1_000)
    ]
    assert waits == [0.5, 1, 2, 512, 600]
    delayed = DelayedRepository("team/app", START, T0, 0)
    assert not delayed.is_given_up(T0 + timedelta(hours=23))
    assert delayed.is_given_up(T0 + timedelta(hours=25))
