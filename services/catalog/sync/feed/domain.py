"""What the feed says, and what must be asked of the registry because of it.

An event is never believed about the state of the registry, for it may be late, doubled or out of order: it only says where to look.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from libs.common.registry.manifests import Described
from libs.common.registry.names import split_repository

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNREAD = "application/octet-stream"
_FRESH = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the feed: order of commit, not of time."""

    xid: int
    id: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` wrote."""
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
        """The time ``at_ns`` nanoseconds after 1970."""
        return _EPOCH + timedelta(microseconds=at_ns // 1000)


@dataclass(frozen=True, slots=True)
class Push:
    """Who pushed, and when."""

    at: datetime
    by: str


@dataclass(slots=True)
class Wanted:
    """What to ask about one repository: tags and digests with the pushes that named them, and digests that were deleted."""

    namespace: str
    name: str
    tags: dict[str, list[tuple[str | None, Push]]] = field(default_factory=dict)
    digests: dict[str, Push] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    noticed_at: datetime = _EPOCH
    pushed_at: datetime | None = None

    @property
    def path(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class TagState:
    """A tag as the registry has it, and who set it; ``exact``: that push named this digest, so the time is the tag's own."""

    digest: str
    push: Push
    exact: bool


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """What the registry said about one repository: manifests to add, tags as they are, and what is gone."""

    namespace: str
    name: str
    pushed_at: datetime | None
    manifests: dict[str, tuple[Described, Push]]
    tags: dict[str, TagState]
    gone_tags: frozenset[str]
    gone_manifests: frozenset[str]

    @property
    def path(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def has_content(self) -> bool:
        """Whether the registry holds something of what was pushed."""
        return bool(self.manifests or self.tags)


@dataclass(frozen=True, slots=True)
class Place:
    """What is known of a repository's name. ``closed``: nothing may be there, for there is no such namespace or the name is not free yet
    after a deletion. ``since``: when it was free again after the last one; what was pushed before belongs to nobody any more. ``held``: its
    deletion came with a backup and waits for the operator; what is there may have had another owner since, and is left alone."""

    closed: bool
    since: datetime | None
    held: bool = False

    def takes(self, event: FeedEvent) -> bool:
        """Whether the event is about what is there now."""
        return not self.closed and (self.since is None or event.at >= self.since)


@dataclass(frozen=True, slots=True)
class Sorted:
    """Events to apply, and manifests (repository, digest) that were pushed where nothing may be."""

    events: tuple[FeedEvent, ...]
    strays: frozenset[tuple[str, str]]


def sort_out(events: Iterable[FeedEvent], places: Mapping[str, Place]) -> Sorted:
    """Tell what belongs to a repository from what a token of a former owner pushed (spec 7). A late event of a former life is neither,
    and so is one of a place that is held."""
    taken, strays = [], set()
    for event in events:
        place = places.get(event.repository)
        if place is None or place.takes(event):
            taken.append(event)
        elif (
            place.closed
            and not place.held
            and event.action == "push"
            and event.digest
            and event.media_type != _UNREAD
        ):
            strays.add((event.repository, event.digest))
    return Sorted(tuple(taken), frozenset(strays))


def what_to_ask(events: Iterable[FeedEvent]) -> dict[str, Wanted]:
    """What ``events`` make it necessary to ask, by repository; names that this registry does not serve are passed over."""
    wanted: dict[str, Wanted] = {}
    for event in events:
        split = split_repository(event.repository)
        if split is None or event.media_type == _UNREAD:
            continue
        of = wanted.setdefault(event.repository, Wanted(*split))
        of.noticed_at = max(of.noticed_at, event.at)
        if event.action == "push":
            _add_push(of, event)
        elif event.action == "delete":
            if event.tag:
                of.tags.setdefault(event.tag, [])
            if event.digest:
                of.deleted.add(event.digest)
    return wanted


def _add_push(of: Wanted, event: FeedEvent) -> None:
    push = Push(event.at, event.docker_user)
    of.pushed_at = max(of.pushed_at or push.at, push.at)
    if event.digest:
        of.digests.setdefault(event.digest, push)
    if event.tag:
        of.tags.setdefault(event.tag, []).append((event.digest, push))


def told_early(
    events: Iterable[FeedEvent], states: Iterable[RepositoryState], now: datetime
) -> list[FeedEvent]:
    """Those fresh pushes of tags among ``events`` that ``states`` do not show: nothing that is told of here came after them.

    Distribution tells of a push before it sets the tag (https://github.com/distribution/distribution/issues/2625).
    """
    latest: dict[tuple[str, str], FeedEvent] = {}
    deleted = set()
    for event in events:
        if event.tag:
            key = (event.repository, event.tag)
            latest[key] = max(latest.get(key, event), event, key=lambda one: one.at)
        if event.action == "delete":
            deleted.add((event.repository, event.digest))
    shown = {(state.path, tag): of.digest for state in states for tag, of in state.tags.items()}
    looked_at = {state.path for state in states}
    return [
        event
        for key, event in latest.items()
        if event.action == "push"
        and event.digest
        and event.repository in looked_at
        and now - event.at < _FRESH
        if shown.get(key) != event.digest and (event.repository, event.digest) not in deleted
    ]


def tag_state(digest: str, pushes: list[tuple[str | None, Push]], noticed_at: datetime) -> TagState:
    """Who set a tag that now names ``digest``: the latest of ``pushes`` with that digest, else the latest of all, until its own comes."""
    own = [push for named, push in pushes if named == digest]
    others = [push for _, push in pushes]
    latest = max(own or others, key=lambda push: push.at, default=Push(noticed_at, ""))
    return TagState(digest, latest, exact=bool(own))
