"""The events of the registry's feed, and the tags and manifests to read because of them.

An event can be late, duplicate, or out of order. So the follower does not trust its content: it
reads the named tags and manifests from the registry.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from libs.common.registry.names import split_repository
from services.catalog.sync.states.domain import Push, RepositoryState, Wanted

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BLOB = "application/octet-stream"
"""The media type of events about blobs, which the follower ignores."""
_RETRY_AGE = timedelta(seconds=30)
"""The follower retries younger pushes whose tag is not visible yet."""
_FIRST_RETRY = timedelta(seconds=0.5)
_LAST_RETRY = timedelta(minutes=10)
_GIVE_UP_AGE = timedelta(hours=24)
"""A repository is delayed for at most this time."""


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A position in the feed. The order is that of the commits, not of the times."""

    xid: int
    id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the position that ``str`` has written."""
        xid, _, number = text.partition(":")
        return cls(int(xid), int(number))

    def __str__(self) -> str:
        return f"{self.xid}:{self.id}"


START = Position(0, 0)


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One push or deletion, as the registry reported it."""

    position: Position
    at: datetime
    action: str
    repository: str
    tag: str | None
    digest: str | None
    media_type: str | None
    docker_user: str

    @classmethod
    def at_nanoseconds(cls, at_ns: int) -> datetime:
        """Return the time ``at_ns`` nanoseconds after 1970."""
        return _EPOCH + timedelta(microseconds=at_ns // 1000)


@dataclass(frozen=True, slots=True)
class PathStatus:
    """The status of a repository's path.

    ``is_ownerless`` is true if the namespace does not exist, or if the name is reserved or being
    deleted. ``owned_since`` is when the last reservation of the name ended: earlier pushes belong
    to a former owner. ``is_suspended`` is true if a suspended deletion names the path: the operator
    decides about its content, because it may belong to another owner.
    """

    is_ownerless: bool
    owned_since: datetime | None
    is_suspended: bool = False

    def accepts(self, event: FeedEvent) -> bool:
        """Return whether the event concerns the present owner."""
        return not self.is_ownerless and (self.owned_since is None or event.at >= self.owned_since)


@dataclass(frozen=True, slots=True)
class SortedEvents:
    """Events to apply, and orphaned manifests (repository, digest) to delete."""

    events: tuple[FeedEvent, ...]
    orphaned: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DelayedRepository:
    """A repository whose events are applied apart from the feed.

    They failed ``failures`` times or were slow. Its events after the position ``after`` are not
    applied.
    """

    repository: str
    after: Position
    since: datetime
    failures: int

    def is_given_up(self, now: datetime) -> bool:
        """Return whether the retries end. The comparison with the registry goes on."""
        return now - self.since > _GIVE_UP_AGE

    @property
    def next_retry(self) -> timedelta:
        """The wait before the retry after one more failure."""
        factor: int = 2 ** min(self.failures, 16)
        return min(_FIRST_RETRY * factor, _LAST_RETRY)


def sort_events(events: Iterable[FeedEvent], statuses: Mapping[str, PathStatus]) -> SortedEvents:
    """Separate the events of present owners from pushes to ownerless paths (spec 7).

    Late events of a former owner and events of suspended paths are neither.
    """
    accepted, orphaned = [], set()
    for event in events:
        status = statuses.get(event.repository)
        if status is None or status.accepts(event):
            accepted.append(event)
        elif (
            status.is_ownerless
            and not status.is_suspended
            and event.action == "push"
            and event.digest
            and event.media_type != _BLOB
        ):
            orphaned.add((event.repository, event.digest))
    return SortedEvents(tuple(accepted), frozenset(orphaned))


def collect_wanted(events: Iterable[FeedEvent]) -> dict[str, Wanted]:
    """Return the tags and manifests to read because of ``events``, by repository.

    Events about blobs and about invalid repository names are ignored.
    """
    wanted: dict[str, Wanted] = {}
    for event in events:
        split = split_repository(event.repository)
        if split is None or event.media_type == _BLOB:
            continue
        repository = wanted.setdefault(event.repository, Wanted(*split))
        repository.noticed_at = max(repository.noticed_at, event.at)
        if event.action == "push":
            _add_push(repository, event)
        elif event.action == "delete":
            if event.tag:
                repository.tags.setdefault(event.tag, [])
            if event.digest:
                repository.deleted.add(event.digest)
    return wanted


def _add_push(wanted: Wanted, event: FeedEvent) -> None:
    push = Push(event.at, event.docker_user)
    wanted.pushed_at = max(wanted.pushed_at or push.at, push.at)
    if event.digest:
        wanted.digests.setdefault(event.digest, push)
    if event.tag:
        wanted.tags.setdefault(event.tag, []).append((event.digest, push))


def find_invisible_pushes(
    events: Iterable[FeedEvent], states: Iterable[RepositoryState], now: datetime
) -> list[FeedEvent]:
    """Return the last pushes of tags that ``states`` do not show, unless they are old.

    A tag that was not read does not count: admission records it.

    Distribution reports a push before it sets the tag
    (https://github.com/distribution/distribution/issues/2625).
    """
    latest: dict[tuple[str, str], FeedEvent] = {}
    deleted = set()
    for event in events:
        if event.tag:
            key = (event.repository, event.tag)
            latest[key] = max(latest.get(key, event), event, key=lambda one: one.at)
        if event.action == "delete":
            deleted.add((event.repository, event.digest))
    states = list(states)
    visible = {(state.path, tag): of.digest for state in states for tag, of in state.tags.items()}
    unreadable = {(state.path, tag) for state in states for tag in state.unreadable}
    read = {(state.path, tag) for state in states for tag in (*state.tags, *state.gone_tags)}
    return [
        event
        for key, event in latest.items()
        if event.action == "push"
        and event.digest
        and key in read
        and now - event.at < _RETRY_AGE
        and visible.get(key) != event.digest
        and key not in unreadable
        and (event.repository, event.digest) not in deleted
    ]
