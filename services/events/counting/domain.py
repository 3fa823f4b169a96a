"""From effects of events to deltas of the counters in ``events.pull_hours``."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

from libs.common.registry.names import is_artifact_tag
from services.events.history.domain import SECOND_NS, Effect, PullEvent

HOUR_NS = 3600 * SECOND_NS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class PullHour(NamedTuple):
    """The key of a counter: the pulls of one tag by one Docker user in one hour.

    ``tag`` is empty for pulls by digest alone, ``docker_user`` for anonymous pulls. ``generation``
    separates repositories that had the name one after the other.
    """

    repository: str
    generation: int
    hour: datetime
    tag: str
    docker_user: str


@dataclass(frozen=True, slots=True)
class Delta:
    """A change of one counter; ``pulls`` and ``checks`` can be negative.

    ``last_pull_ns`` is the time of the latest pull that was added, and ``withdrawn_ns`` of the
    latest that was withdrawn.
    """

    pulls: int = 0
    checks: int = 0
    last_pull_ns: int | None = None
    withdrawn_ns: int | None = None

    @property
    def changes_counter(self) -> bool:
        """Whether the counter differs afterwards."""
        return self.pulls != 0 or self.checks != 0 or self.withdrawn_ns is not None

    def plus(self, effect: Effect, at_ns: int) -> Self:
        """Return this delta with the effect of an event added."""
        if effect.kind == "check":
            return replace(self, checks=self.checks + 1)
        return replace(self, pulls=self.pulls + 1, last_pull_ns=max(self.last_pull_ns or 0, at_ns))

    def minus(self, effect: Effect, at_ns: int) -> Self:
        """Return this delta with the effect of an event withdrawn."""
        if effect.kind == "check":
            return replace(self, checks=self.checks - 1)
        return replace(self, pulls=self.pulls - 1, withdrawn_ns=max(self.withdrawn_ns or 0, at_ns))


@dataclass(frozen=True, slots=True)
class RecordedEffect:
    """The effect of one event, and the generation of the repository that it counts for."""

    effect: Effect
    generation: int

    def to_json(self) -> str:
        """Return the text that the inbox stores, such as ``{"pull": "v1"}``.

        The generation, unless it is 0, has the key ``since``.
        """
        value: dict[str, str | int] = {self.effect.kind: self.effect.tag}
        return json.dumps(value | ({"since": self.generation} if self.generation else {}))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the effect that ``to_json`` wrote."""
        value = json.loads(text)
        effect = (
            Effect("pull", value["pull"]) if "pull" in value else Effect("check", value["check"])
        )
        return cls(effect, value.get("since", 0))


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """A pull event of the inbox. ``recorded`` is its effect so far, None if it counts nothing."""

    id: int
    event: PullEvent
    recorded: RecordedEffect | None
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Recount:
    """The effect of one event before and after its client's events were counted again."""

    repository: str
    docker_user: str
    at_ns: int
    before: RecordedEffect | None
    after: RecordedEffect | None


def deltas_of(recounts: Iterable[Recount]) -> dict[PullHour, Delta]:
    """Return the deltas of the counters that ``recounts`` change.

    They are in the order of their keys, so that two workers lock the rows in the same order and
    cannot deadlock.
    """
    deltas: dict[PullHour, Delta] = {}
    for recount in recounts:
        if recount.before is not None:
            key = _pull_hour(recount, recount.before)
            delta = deltas.get(key, Delta())
            deltas[key] = delta.minus(recount.before.effect, recount.at_ns)
        if recount.after is not None:
            key = _pull_hour(recount, recount.after)
            delta = deltas.get(key, Delta())
            deltas[key] = delta.plus(recount.after.effect, recount.at_ns)
    return {
        key: delta
        for key, delta in sorted(deltas.items(), key=lambda item: item[0])
        if delta.changes_counter
    }


def uses_of(events: Iterable[PullEvent]) -> dict[str, int]:
    """Return the time of the last use of each tag and digest, in nanoseconds since 1970.

    Each request of a tag uses it, and each GET uses its digest, whether or not it counts as a pull
    of its own. The tags of signatures are left out.
    """
    uses: dict[str, int] = {}
    for event in events:
        if event.tag is not None and not is_artifact_tag(event.tag):
            uses[event.tag] = max(event.at_ns, uses.get(event.tag, 0))
        if not event.head:
            uses[event.digest] = max(event.at_ns, uses.get(event.digest, 0))
    return uses


def _pull_hour(recount: Recount, recorded: RecordedEffect) -> PullHour:
    hour = time_of(recount.at_ns - recount.at_ns % HOUR_NS)
    tag = recorded.effect.tag
    return PullHour(recount.repository, recorded.generation, hour, tag, recount.docker_user)


def time_of(at_ns: int) -> datetime:
    """Return ``at_ns`` nanoseconds since 1970 as a time, truncated to microseconds."""
    return _EPOCH + timedelta(microseconds=at_ns // 1000)
