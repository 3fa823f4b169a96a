"""What the feed's events make it necessary to ask, and who is said to have set a tag."""

from datetime import UTC, datetime, timedelta

from services.catalog.sync.feed.domain import (
    FeedEvent,
    Place,
    Position,
    Push,
    RepositoryState,
    sort_out,
    tag_state,
    told_early,
    what_to_ask,
)
from services.catalog.sync.feed.retries import Early

T0 = datetime(2026, 11, 24, tzinfo=UTC)
OCI = "application/vnd.oci.image.manifest.v1+json"


def event(
    action: str = "push",
    *,
    minute: int = 0,
    repository: str = "team/app",
    tag: str | None = None,
    digest: str | None = None,
    media_type: str | None = OCI,
    by: str = "alice",
) -> FeedEvent:
    return FeedEvent(
        Position(1, minute),
        T0 + timedelta(minutes=minute),
        action,
        repository,
        tag,
        digest,
        media_type,
        by,
    )


def test_a_position_is_read_as_it_was_written_and_ordered_by_commit() -> None:
    assert Position.parse(str(Position(12, 7))) == Position(12, 7)
    assert Position(9, 100) < Position(10, 1)


def test_nanoseconds_are_cut_to_what_the_database_keeps() -> None:
    assert FeedEvent.at_nanoseconds(1_795_498_336_941_589_299) == datetime(
        2026, 11, 24, 5, 32, 16, 941589, tzinfo=UTC
    )


def test_layers_and_names_that_are_not_served_are_passed_over() -> None:
    events = [
        event(repository="Team/app", tag="v1", digest="sha256:1"),
        event(repository="app", tag="v1", digest="sha256:1"),
        event(repository="team//app", tag="v1", digest="sha256:1"),
        event(digest="sha256:2", media_type="application/octet-stream"),
    ]
    assert what_to_ask(events) == {}


def test_each_tag_and_digest_is_asked_once() -> None:
    events = [
        event(tag="v1", digest="sha256:1"),
        event(tag="v1", digest="sha256:2", minute=1),
        event(tag="v1", digest="sha256:1"),
        event("delete", digest="sha256:3", media_type=None, minute=2),
        event("delete", tag="old", media_type=None),
        event(repository="team/other", digest="sha256:1"),
    ]
    wanted = what_to_ask(events)
    app = wanted["team/app"]
    assert (set(app.tags), set(app.digests), app.deleted) == (
        {"v1", "old"},
        {"sha256:1", "sha256:2"},
        {"sha256:3"},
    )
    assert app.pushed_at == T0 + timedelta(minutes=1), "a deletion is no push"
    assert app.noticed_at == T0 + timedelta(minutes=2)
    assert (wanted["team/other"].tags, set(wanted["team/other"].digests)) == ({}, {"sha256:1"})


def state(**digests: str) -> RepositoryState:
    tags = {tag: tag_state(digest, [], T0) for tag, digest in digests.items()}
    return RepositoryState("team", "app", T0, {}, tags, frozenset(), frozenset())


def test_a_push_that_does_not_show_was_told_before_its_tag_was_set() -> None:
    first, second = event(tag="v1", digest="sha256:1"), event(tag="v1", digest="sha256:2", minute=1)
    now = T0 + timedelta(minutes=1, seconds=1)
    assert told_early([second, first], [state()], now) == [second]
    assert told_early([second, first], [state(v1="sha256:1")], now) == [second]
    assert told_early([second, first], [state(v1="sha256:1")], T0) == [second], (
        "the registry's clock is ahead"
    )
    assert told_early([second, first], [state(v1="sha256:2")], now) == []
    assert told_early([second, first], [], now) == [], "its namespace is gone"
    assert told_early([second, first], [state()], now + timedelta(minutes=1)) == [], (
        "it was pushed long ago"
    )


def test_a_push_that_was_deleted_again_is_not_waited_for() -> None:
    pushed = event(tag="v1", digest="sha256:1")
    tag, image = (
        event("delete", tag="v1", media_type=None, minute=1),
        event("delete", digest="sha256:1", media_type=None, minute=1),
    )
    now = T0 + timedelta(seconds=1)
    assert told_early([pushed], [state()], now) == [pushed]
    assert told_early([pushed, tag], [state()], now) == []
    assert told_early([pushed, image], [state()], now) == []


def test_a_tag_is_set_by_the_latest_push_of_what_it_names() -> None:
    pushes: list[tuple[str | None, Push]] = [
        ("sha256:1", Push(T0, "alice")),
        ("sha256:1", Push(T0 + timedelta(minutes=2), "bob")),
        ("sha256:2", Push(T0 + timedelta(minutes=1), "zoe")),
    ]
    one = tag_state("sha256:1", pushes, T0)
    assert (one.push.by, one.exact) == ("bob", True)
    assert tag_state("sha256:2", pushes, T0).push.by == "zoe"
    other = tag_state("sha256:3", pushes, T0)
    assert (other.push.by, other.exact) == ("bob", False), (
        "for now: its own push is still to be heard of"
    )
    assert tag_state("sha256:3", [], T0).push == Push(T0, "")


def test_what_does_not_show_is_looked_at_soon_and_then_later_and_not_for_ever() -> None:
    early, pushed, shown = (
        Early(),
        event(tag="v1", digest="sha256:1"),
        event(tag="v2", digest="sha256:1"),
    )
    assert early.seconds(0.0, 1.0) == 1.0
    early.note(looked_at=[pushed, shown], early=[pushed], now=0.0)
    now, pauses = 0.0, []
    while (pause := early.seconds(now, 60.0)) < 60.0:
        assert early.due(now) == []
        pauses.append(pause)
        now += pause
        assert early.due(now + 0.001) == [pushed]
        early.note(looked_at=[pushed], early=[pushed], now=now)
    assert pauses[0] < 0.1
    assert pauses == sorted(pauses)
    assert 5 < now < 10


def test_what_shows_is_forgotten() -> None:
    early, pushed = Early(), event(tag="v1", digest="sha256:1")
    early.note(looked_at=[pushed], early=[pushed], now=0.0)
    early.note(looked_at=[pushed], early=[], now=1.0)
    assert early.due(100.0) == []


def test_push_to_a_name_without_owner_leaves_an_orphaned_manifest() -> None:
    places = {
        "team/app": Place(closed=False, since=None),
        "gone/app": Place(closed=True, since=None),
        "again/app": Place(closed=False, since=T0),
        "held/app": Place(closed=True, since=None, held=True),
    }
    events = [
        event(repository="team/app", digest="sha256:1"),
        event(repository="gone/app", digest="sha256:1"),
        event(repository="gone/app", media_type="application/octet-stream", digest="sha256:2"),
        event("delete", repository="gone/app", digest="sha256:3"),
        event(repository="again/app", digest="sha256:1", minute=-1),
        event(repository="again/app", digest="sha256:1", minute=1),
        event(repository="held/app", digest="sha256:1"),
    ]
    found = sort_out(events, places)
    assert found.events == (events[0], events[5])
    assert found.strays == {("gone/app", "sha256:1")}
