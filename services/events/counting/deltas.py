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

    ``since_ns`` tells apart repositories that had the name one after the other.
    """

    repository: str
    since_ns: int
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
    since_ns: int

    def to_json(self) -> str:
        """As the inbox keeps it."""
        value: dict[str, str | int] = {self.effect.kind: self.effect.tag}
        return json.dumps(value | ({"since": self.since_ns} if self.since_ns else {}))


def entry_of(text: str | None) -> Entry | None:
    """The entry that the inbox keeps as ``text``."""
    if text is None:
        return None
    value = json.loads(text)
    kind = "pull" if "pull" in value else "check"
    return Entry(Effect("pull" if kind == "pull" else "check", value[kind]), value.get("since", 0))


@dataclass(frozen=True, slots=True)
class Movement:
    """One event's entry before and after."""

    repository: str
    docker_user: str
    at_ns: int
    before: Entry | None
    after: Entry | None


def changes(movements: Iterable[Movement]) -> dict[Row, Change]:
    """What ``movements`` do to the rows, in the order of their keys, so that no two workers wait for each other in a circle."""
    rows: dict[Row, Change] = {}
    for movement in movements:
        for entry, sign in ((movement.before, -1), (movement.after, 1)):
            if entry is not None:
                _add(rows.setdefault(_row(movement, entry), Change()), movement, entry, sign)
    return dict(sorted((row, change) for row, change in rows.items() if _differs(change)))


def _add(change: Change, movement: Movement, entry: Entry, sign: int) -> None:
    if entry.effect.kind == "check":
        change.checks += sign
        return
    change.pulls += sign
    if sign > 0:
        change.last_pull_ns = max(change.last_pull_ns or 0, movement.at_ns)
    else:
        change.withdrawn_ns = max(change.withdrawn_ns or 0, movement.at_ns)


def _differs(change: Change) -> bool:
    return change.pulls != 0 or change.checks != 0 or change.withdrawn_ns is not None


def _row(movement: Movement, entry: Entry) -> Row:
    hour = at(movement.at_ns - movement.at_ns % _HOUR)
    return Row(movement.repository, entry.since_ns, hour, entry.effect.tag, movement.docker_user)


def at(at_ns: int) -> datetime:
    """``at_ns`` as a time, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=at_ns // 1000)
