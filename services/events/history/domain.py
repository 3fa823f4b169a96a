"""Counts a client's events: a pure function of the events in the order of their times.

One pull by a user makes one event or many, depending on the client and on the platforms of the
image (spec 6). A history keeps the state that later events of the same client depend on:

- A HEAD of a tag, for 120 s: a GET by digest that follows it is a pull of that tag (dockerd,
  containerd).
- Credits, for 15 min: a pull of an index gives one credit for each child. A GET that spends a
  credit counts nothing. Spending one extends the others of the same pull, so that a slow pull of
  many platforms stays one pull.
- A request, for 10 s: two events of one request count once, with the tag. For a client that
  cannot read a Docker manifest list, the registry reports the list and the child that it serves.

Tags that belong to other images, such as those of signatures, count nothing, nor does a GET of a
referrer by its digest alone. A pull that was made only to check a signature is a check
(``signature_checks.py``).
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

from libs.common.registry.names import artifact_subject, is_artifact_tag
from services.events.history.signature_checks import LatestPull, LatestPulls
from services.events.history.state import SECOND_NS, CountedRequest, IndexPull, Key, TagHead

__all__ = ["SECOND_NS", "Key"]

HEAD_WINDOW_NS = 120 * SECOND_NS
CREDIT_WINDOW_NS = 15 * 60 * SECOND_NS
REQUEST_WINDOW_NS = 10 * SECOND_NS
MAX_CREDITS = 50_000
"""The credits of one client. Beyond them, its oldest pulls lose theirs, to bound the memory."""

MANIFEST_TYPES = frozenset(
    {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.docker.distribution.manifest.v1+json",
    }
)
"""The media types of manifests that are no index."""

Children = Mapping[str, tuple[str, ...]]
"""The digests of the children of each index, by the digest of the index."""


@dataclass(frozen=True, slots=True, order=True)
class Client:
    """The events of one client belong together.

    A client is a program (``user_agent``) at one address that pulls from one repository as one
    Docker user.
    """

    repository: str
    docker_user: str
    address: str
    user_agent: str

    @property
    def id(self) -> uuid.UUID:
        """An id that is the same for the same client in every process."""
        text = "\0".join((self.repository, self.docker_user, self.address, self.user_agent))
        return uuid.UUID(bytes=blake2b(text.encode(), digest_size=16).digest())


@dataclass(frozen=True, slots=True)
class PullEvent:
    """A HEAD or GET of a manifest, by ``tag`` or, if that is None, by digest."""

    event_id: str
    at_ns: int
    head: bool
    request_id: str
    tag: str | None
    digest: str
    media_type: str | None

    @property
    def key(self) -> Key:
        """The position of the event in its client's history."""
        return self.at_ns, self.event_id

    @property
    def may_be_index(self) -> bool:
        """Whether the manifest can be an index. Counting the event then needs its children."""
        return self.media_type not in MANIFEST_TYPES


@dataclass(frozen=True, slots=True)
class Effect:
    """One pull or check. ``tag`` is empty if it was by digest alone."""

    kind: Literal["pull", "check"]
    tag: str


@dataclass(slots=True)
class History:
    """The state that the next events of one client depend on.

    ``children`` must have every index among the events, and ``subjects`` the subject of every
    referrer that is pulled by its digest.

    ``heads`` are by digest and in the order of their times, ``requests`` by request id, and
    ``index_pulls`` by number. ``pulls_by_child`` lists the numbers of the pulls that give a credit
    for a child, the newest last; a number may be stale.
    """

    children: Children
    heads: dict[str, TagHead] = field(default_factory=dict)
    requests: dict[str, CountedRequest] = field(default_factory=dict)
    index_pulls: dict[int, IndexPull] = field(default_factory=dict)
    pulls_by_child: dict[str, list[int]] = field(default_factory=dict)
    next_number: int = 0
    credits: int = 0
    expired_ns: int = 0
    pulls: LatestPulls = field(default_factory=LatestPulls)
    subjects: Mapping[str, str] = field(default_factory=dict)

    def count(self, events: Iterable[PullEvent]) -> dict[Key, Effect | None]:
        """Count ``events``, in the order of their keys and after all earlier events.

        Returns the effect of each event, or None if it counts nothing. An earlier event is among
        them if it lost its effect to a tagged event of the same request, or became a check.
        """
        effects: dict[Key, Effect | None] = {}
        for event in events:
            if event.at_ns - self.expired_ns >= REQUEST_WINDOW_NS:
                self.expire(event.at_ns)
            counted = self.requests.get(event.request_id)
            if counted is None or event.at_ns - counted.key[0] > REQUEST_WINDOW_NS:
                number = self.next_number
                effect = effects[event.key] = self._effect(event)
                index_pull = number if self.next_number > number else None
                if effect is not None and effect.kind == "pull":
                    pull = LatestPull(event.key, effect.tag, event.may_be_index, index_pull)
                    self.pulls.add(event.digest, pull)
                self._withdraw_checks(event, effects)
                tagged = event.tag is not None
                self.requests[event.request_id] = CountedRequest(event.key, tagged, index_pull)
            else:
                self._count_again(event, counted, effects)
        return effects

    def expire(self, at_ns: int) -> None:
        """Drop the state that cannot affect any event after ``at_ns``. This changes no effect."""
        self.expired_ns = at_ns
        self.pulls.expire(at_ns)
        self.heads = {
            digest: head
            for digest, head in self.heads.items()
            if at_ns - head.at_ns <= HEAD_WINDOW_NS
        }
        self.requests = {
            request_id: counted
            for request_id, counted in self.requests.items()
            if at_ns - counted.key[0] <= REQUEST_WINDOW_NS
        }
        for number in [n for n, pull in self.index_pulls.items() if pull.expires_ns < at_ns]:
            self._drop(number)
        pulls_by_child: dict[str, list[int]] = {}
        for child, numbers in self.pulls_by_child.items():
            valid = [
                n for n in numbers if n in self.index_pulls and child in self.index_pulls[n].credits
            ]
            if valid:
                pulls_by_child[child] = valid
        self.pulls_by_child = pulls_by_child

    def _effect(self, event: PullEvent) -> Effect | None:
        effect = self._effect_of_any_tag(event)
        return None if effect is not None and is_artifact_tag(effect.tag) else effect

    def _withdraw_checks(self, event: PullEvent, effects: dict[Key, Effect | None]) -> None:
        """Make pulls of an image checks if ``event`` requests its signature, whatever it is.

        As after a HEAD, a later GET of the image or of one of its children is a pull of the tag.
        """
        subject = (
            self.subjects.get(event.digest) if event.tag is None else artifact_subject(event.tag)
        )
        if subject is None:
            return
        for pull in self.pulls.take(subject, event.at_ns):
            effects[pull.key] = Effect("check", pull.tag)
            if pull.index_pull in self.index_pulls:
                self._drop(pull.index_pull)
            if pull.tag:
                self.heads.pop(subject, None)
                self.heads[subject] = TagHead(event.at_ns, pull.tag, pull.may_be_index)

    def _effect_of_any_tag(self, event: PullEvent) -> Effect | None:
        if event.head:
            self._add_head(event)
            return Effect("check", event.tag or "")
        if event.tag is not None:
            self._add_credits(event, event.digest)
            return Effect("pull", event.tag)
        return self._effect_by_digest(event)

    def _effect_by_digest(self, event: PullEvent) -> Effect | None:
        head = self._find_head(event.digest, event.at_ns)
        if head is not None:
            self._add_credits(event, event.digest)
            return Effect("pull", head.tag)
        if self._spend_credit(event):
            # The children of an index within an index belong to the same pull.
            self._add_credits(event, event.digest)
            return None
        parent = self._find_parent(event)
        if parent is not None:
            index, tag = parent
            self._add_credits(event, index, fetched=event.digest)
            self._add_credits(event, event.digest)
            return Effect("pull", tag)
        self._add_credits(event, event.digest)
        return None if event.digest in self.subjects else Effect("pull", "")

    def _add_head(self, event: PullEvent) -> None:
        if event.tag is not None:
            self.heads.pop(event.digest, None)  # insert it again at the end
            self.heads[event.digest] = TagHead(event.at_ns, event.tag, event.may_be_index)

    def _find_head(self, digest: str, at_ns: int) -> TagHead | None:
        head = self.heads.get(digest)
        return head if head is not None and at_ns - head.at_ns <= HEAD_WINDOW_NS else None

    def _find_parent(self, event: PullEvent) -> tuple[str, str] | None:
        """Return the index of the newest HEAD with the event's digest as a child, and its tag."""
        for index in reversed(self.heads):
            head = self._find_head(index, event.at_ns)
            if head is None:
                break
            if event.digest in self.children.get(index, ()):
                return index, head.tag
        return None

    def _add_credits(self, event: PullEvent, index: str, *, fetched: str | None = None) -> None:
        credits = set(self.children.get(index, ())) - {fetched}
        if not credits:
            return
        number, self.next_number = self.next_number, self.next_number + 1
        self.index_pulls[number] = IndexPull(index, event.at_ns + CREDIT_WINDOW_NS, credits)
        self.credits += len(credits)
        for child in credits:
            self.pulls_by_child.setdefault(child, []).append(number)
        while self.credits > MAX_CREDITS:
            self._drop(next(iter(self.index_pulls)))

    def _spend_credit(self, event: PullEvent) -> bool:
        """Spend a credit of the newest pull that has one for the event's digest.

        Extends the other credits of that pull. Returns whether there was a credit.
        """
        numbers = self.pulls_by_child.get(event.digest, [])
        while numbers:
            number = numbers.pop()
            pull = self.index_pulls.get(number)
            if pull is not None and pull.expires_ns >= event.at_ns:
                pull.credits.remove(event.digest)
                self.credits -= 1
                pull.expires_ns = event.at_ns + CREDIT_WINDOW_NS
                if not pull.credits:
                    self._drop(number)
                return True
        return False

    def _drop(self, number: int) -> None:
        self.credits -= len(self.index_pulls.pop(number).credits)

    def _count_again(
        self, event: PullEvent, counted: CountedRequest, effects: dict[Key, Effect | None]
    ) -> None:
        """Count a second event of one request: only the tagged event has an effect.

        The client received one manifest, so a pull of the index gives no credits.
        """
        if event.tag is None or counted.tagged:
            effects[event.key] = None
            number = counted.index_pull
            if number in self.index_pulls and event.digest in self.index_pulls[number].credits:
                self._drop(number)
            return
        effects[counted.key] = None
        self.pulls.remove(counted.key)
        kind: Literal["pull", "check"] = "check" if event.head else "pull"
        effects[event.key] = None if is_artifact_tag(event.tag) else Effect(kind, event.tag)
        if effects[event.key] == Effect("pull", event.tag):
            pull = LatestPull(event.key, event.tag, event.may_be_index, None)
            self.pulls.add(event.digest, pull)
        self.requests[event.request_id] = CountedRequest(event.key, True, None)
        if event.head:
            self._add_head(event)
