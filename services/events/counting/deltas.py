"""From effects to the rows of pulls per hour: what a change of effects adds to each row, and takes away."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from services.events.counting.domain import SECOND, Effect

_HOUR = 3600 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Row(NamedTuple):
    """The key of one row: pulls of one hour, of one tag ("": by digest alone), by one Docker user ("": nobody).

    ``generation`` tells apart repositories that had the name one after the other.
    """

    repository: str
    generation: int
    hour: datetime
    tag: str
    docker_user: str


@dataclass(slots=True)
class Change:
    """What is added to a row (or taken, when negative); ``last_pull_ns`` is the latest pull added, ``withdrawn`` those taken away."""

    pulls: int = 0
    checks: int = 0
    last_pull_ns: int | None = None
    withdrawn_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One event's effect, and to which life of the repository it belongs."""

    effect: Effect
    generation: int

    def to_json(self) -> str:
        """As the inbox keeps it."""
        value: dict[str, str | int] = {self.effect.kind: self.effect.tag}
        return json.dumps(value | ({"since": self.generation} if self.generation else {}))


def entry_of(text: str | None) -> Entry | None:
    """The entry that the inbox keeps as ``text``."""
    if text is None:
        return None
    value = json.loads(text)
    kind = "pull" if "pull" in value else "check"
    return Entry(Effect("pull" if kind == "pull" else "check", value[kind]), value.get("since", 0))


@dataclass(frozen=True, slots=True)
class Delta:
    """One event's entry before and after."""

    repository: str
    docker_user: str
    at_ns: int
    before: Entry | None
    after: Entry | None


def changes(deltas: Iterable[Delta]) -> dict[Row, Change]:
    """What ``deltas`` do to the rows, in the order of their keys, so that no two workers wait for each other in a circle."""
    rows: dict[Row, Change] = {}
    for delta in deltas:
        for entry, sign in ((delta.before, -1), (delta.after, 1)):
            if entry is not None:
                _add(rows.setdefault(_row(delta, entry), Change()), delta, entry, sign)
    return dict(sorted((row, change) for row, change in rows.items() if _differs(change)))


def _add(change: Change, delta: Delta, entry: Entry, sign: int) -> None:
    if entry.effect.kind == "check":
        change.checks += sign
        return
    change.pulls += sign
    if sign > 0:
        change.last_pull_ns = max(change.last_pull_ns or 0, delta.at_ns)
    else:
        change.withdrawn_ns = max(change.withdrawn_ns or 0, delta.at_ns)


def _differs(change: Change) -> bool:
    return change.pulls != 0 or change.checks != 0 or change.withdrawn_ns is not None


def _row(delta: Delta, entry: Entry) -> Row:
    hour = at(delta.at_ns - delta.at_ns % _HOUR)
    return Row(delta.repository, entry.generation, hour, entry.effect.tag, delta.docker_user)


def at(at_ns: int) -> datetime:
    """``at_ns`` as a time, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=at_ns // 1000)
