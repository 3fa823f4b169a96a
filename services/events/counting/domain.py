"""What a client's events count as: a pure function of the events in the order of their times (spec 6).

One pull by a user reaches us as one to many events, depending on the client and on the platforms of the image. A history remembers what
the next event of the same client may belong to:

- a HEAD of a tag, 120 s: the GET by digest that follows is a pull of that tag (dockerd, containerd);
- credits, 15 min: an index that was pulled has one for each child, and a child that spends one counts nothing. Its use renews the rest of
  that index, so that a slow pull of many platforms stays one;
- requests, 10 s: two events of one request are one, the one with the tag. (For a client that cannot read a Docker list the registry
  fetches the list and the child that it serves.)
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

SECOND = 1_000_000_000
HEAD_MEMORY = 120 * SECOND
CREDIT_LIFE = 15 * 60 * SECOND
REQUEST_MEMORY = 10 * SECOND
MAX_CREDITS = 50_000
"""Of one client at once. With more, those of its oldest pulls are forgotten, so that no client makes its history grow without end."""

INDEX_TYPES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
MANIFEST_TYPES = frozenset(
    {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.docker.distribution.manifest.v1+json",
    }
)

Key = tuple[int, str]
"""Where an event stands in its client's history: (time in ns, event id)."""

Children = Mapping[str, tuple[str, ...]]
"""By digest, the children of what is known to be an index."""


@dataclass(frozen=True, slots=True, order=True)
class Client:
    """Whose events belong together: who pulls from which repository, from which address, with which program."""

    repository: str
    docker_user: str
    address: str
    user_agent: str

    @property
    def id(self) -> uuid.UUID:
        """The same for the same client everywhere."""
        text = "\0".join((self.repository, self.docker_user, self.address, self.user_agent))
        return uuid.UUID(bytes=blake2b(text.encode(), digest_size=16).digest())


@dataclass(frozen=True, slots=True)
class PullEvent:
    """One `pull` that the registry reported: a HEAD or a GET of a manifest, by ``tag`` or (None) by digest."""

    event_id: str
    at_ns: int
    head: bool
    request_id: str
    tag: str | None
    digest: str
    media_type: str | None

    @property
    def key(self) -> Key:
        """Its place in the client's history."""
        return self.at_ns, self.event_id

    @property
    def may_be_index(self) -> bool:
        """Whether its children must be known before it can be counted."""
        return self.media_type not in MANIFEST_TYPES


@dataclass(frozen=True, slots=True)
class Effect:
    """What one event counted as; ``tag`` is "" for a pull or check by digest alone."""

    kind: Literal["pull", "check"]
    tag: str


@dataclass(frozen=True, slots=True)
class Head:
    """A HEAD of a tag: when, of which, and whether that may be an index."""

    at_ns: int
    tag: str
    may_be_index: bool


@dataclass(slots=True)
class Grant:
    """The credits that one pull of an index left: children not fetched yet, until when."""

    index: str
    expires: int
    left: set[str]


@dataclass(slots=True)
class Seen:
    """A request that has been counted: by which event, whether by tag, and the pull of an index that it began."""

    key: Key
    tagged: bool
    grant: int | None


@dataclass(slots=True)
class History:
    """What is remembered of one client after some event. ``children`` must know every index among the events."""

    children: Children
    heads: dict[str, Head] = field(default_factory=dict)
    requests: dict[str, Seen] = field(default_factory=dict)
    grants: dict[int, Grant] = field(default_factory=dict)
    stacks: dict[str, list[int]] = field(default_factory=dict)
    next_grant: int = 0
    credits: int = 0
    swept: int = 0

    def count(self, events: Iterable[PullEvent]) -> dict[Key, Effect | None]:
        """Go on with ``events``, in the order of their keys and all after what came before.

        Returns what each counts as (None: nothing); an event of before is among them where it lost its effect to its request's tag.
        """
        effects: dict[Key, Effect | None] = {}
        for event in events:
            self._sweep(event.at_ns)
            twin = self.requests.get(event.request_id)
            if twin is None or event.at_ns - twin.key[0] > REQUEST_MEMORY:
                before = self.next_grant
                effects[event.key] = self._effect(event)
                grant = before if self.next_grant > before else None
                self.requests[event.request_id] = Seen(event.key, event.tag is not None, grant)
            else:
                self._join(event, twin, effects)
        return effects

    def _effect(self, event: PullEvent) -> Effect | None:
        if event.head:
            self._remember_head(event)
            return Effect("check", event.tag or "")
        if event.tag is not None:
            self._grant(event, event.digest)
            return Effect("pull", event.tag)
        return self._by_digest(event)

    def _by_digest(self, event: PullEvent) -> Effect | None:
        head = self._head(event.digest, event.at_ns)
        if head is not None:
            self._grant(event, event.digest)
            return Effect("pull", head.tag)
        if self._spend(event):
            self._grant(
                event, event.digest
            )  # an index inside an index: its children belong to the same pull
            return None
        parent = self._parent(event)
        if parent is not None:
            index, tag = parent
            self._grant(event, index, fetched=event.digest)
            self._grant(event, event.digest)
            return Effect("pull", tag)
        self._grant(event, event.digest)
        return Effect("pull", "")

    def _remember_head(self, event: PullEvent) -> None:
        if event.tag is not None:
            self.heads.pop(
                event.digest, None
            )  # put at the end: they stay in the order of their times
            self.heads[event.digest] = Head(event.at_ns, event.tag, event.may_be_index)

    def _head(self, digest: str, at_ns: int) -> Head | None:
        head = self.heads.get(digest)
        return head if head is not None and at_ns - head.at_ns <= HEAD_MEMORY else None

    def _parent(self, event: PullEvent) -> tuple[str, str] | None:
        """The index that was last asked for by HEAD and has the event's digest as a child, and its tag."""
        for index in reversed(self.heads):
            head = self._head(index, event.at_ns)
            if head is None:
                break
            if event.digest in self.children.get(index, ()):
                return index, head.tag
        return None

    def _grant(self, event: PullEvent, index: str, *, fetched: str | None = None) -> None:
        left = set(self.children.get(index, ())) - {fetched}
        if not left:
            return
        number, self.next_grant = self.next_grant, self.next_grant + 1
        self.grants[number] = Grant(index, event.at_ns + CREDIT_LIFE, left)
        self.credits += len(left)
        for child in left:
            self.stacks.setdefault(child, []).append(number)
        while self.credits > MAX_CREDITS:
            self._drop(next(iter(self.grants)))

    def _drop(self, number: int) -> None:
        self.credits -= len(self.grants.pop(number).left)

    def _spend(self, event: PullEvent) -> bool:
        """Take a credit for the event's digest, of the youngest pull that has one, and renew the others of that pull."""
        stack = self.stacks.get(event.digest, [])
        while stack:
            number = stack.pop()
            grant = self.grants.get(number)
            if grant is not None and grant.expires >= event.at_ns:
                grant.left.remove(event.digest)
                self.credits -= 1
                grant.expires = event.at_ns + CREDIT_LIFE
                if not grant.left:
                    self._drop(number)
                return True
        return False

    def _join(self, event: PullEvent, twin: Seen, effects: dict[Key, Effect | None]) -> None:
        """A second event of one request: the tagged one counts, and the client got one manifest, so no child is to come."""
        if event.tag is None or twin.tagged:
            effects[event.key] = None
            if twin.grant in self.grants and event.digest in self.grants[twin.grant].left:
                self._drop(twin.grant)
            return
        effects[twin.key] = None
        effects[event.key] = Effect("check" if event.head else "pull", event.tag)
        self.requests[event.request_id] = Seen(event.key, True, None)
        if event.head:
            self._remember_head(event)

    def _sweep(self, at_ns: int) -> None:
        if at_ns - self.swept >= REQUEST_MEMORY:
            self.forget(at_ns)

    def forget(self, at_ns: int) -> None:
        """Drop what cannot matter to any event after ``at_ns``; it changes no effect."""
        self.swept = at_ns
        self.heads = {
            digest: head for digest, head in self.heads.items() if at_ns - head.at_ns <= HEAD_MEMORY
        }
        self.requests = {
            name: seen
            for name, seen in self.requests.items()
            if at_ns - seen.key[0] <= REQUEST_MEMORY
        }
        for number in [number for number, grant in self.grants.items() if grant.expires < at_ns]:
            self._drop(number)
        stacks: dict[str, list[int]] = {}
        for child, numbers in self.stacks.items():
            alive = [n for n in numbers if n in self.grants and child in self.grants[n].left]
            if alive:
                stacks[child] = alive
        self.stacks = stacks
