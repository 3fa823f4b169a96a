"""Count one batch of pull events: claim, read what came before, count, write; one transaction, so that it happened once or not at all."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from services.events.counting import indexes, queries, snapshot
from services.events.counting.deltas import (
    Delta,
    Entry,
    at,
    changes,
)
from services.events.counting.domain import Children, Client, Effect, History, Key
from services.events.counting.queries import Checkpoint, Pair, Stored

CHECKPOINT_EVERY = 2000
_START: Key = (0, "")


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch did: events claimed, those of them that were counted, and indexes that must be looked up before the rest can be.

    ``unknown`` gives for each the time at which the first event that waits for it was received.
    """

    claimed: int
    counted: int
    unknown: Mapping[Pair, datetime]


@dataclass(slots=True)
class _Work:
    """One client's part of a batch."""

    client: Client
    claimed: list[Stored]
    first: Key
    base: Checkpoint | None = None
    counted: list[Stored] = field(default_factory=list)

    def pairs(self) -> set[Pair]:
        """What may be an index among its events and those it remembers."""
        digests = {
            stored.event.digest
            for stored in self.counted + self.claimed
            if stored.event.may_be_index
        }
        if self.base is not None:
            digests.update(snapshot.possible_indexes(self.base.state))
        return {(self.client.repository, digest) for digest in digests}


@dataclass(slots=True)
class _Outcome:
    """What is to be written."""

    entries: list[tuple[int, Entry | None]] = field(default_factory=list)
    deltas: list[Delta] = field(default_factory=list)
    drop_from: dict[Client, Key] = field(default_factory=dict)
    drop: dict[Client, Key] = field(default_factory=dict)
    checkpoints: list[tuple[Client, Checkpoint]] = field(default_factory=list)


async def count_batch(connection: Any, limit: int) -> Batch:
    """Count up to ``limit`` pull events over the asyncpg ``connection``; any number of workers may do so at once."""
    async with connection.transaction():
        claimed = await queries.claim(connection, limit)
        if not claimed:
            return Batch(0, 0, {})
        await queries.lock_clients(connection, claimed)
        total = sum(len(events) for events in claimed.values())
        works = await _gather(connection, claimed)
        children, unknown = await _know_children(connection, works)
        ready = [work for work in works if work.client not in unknown]
        late = [stored.id for work in works if work.client in unknown for stored in work.claimed]
        if late:
            await queries.defer(connection, late)
        if ready:
            await _write(connection, await _count(connection, ready, children))
    return Batch(total, total - len(late), _since_when(works, unknown))


async def _gather(connection: Any, claimed: Mapping[Client, list[Stored]]) -> list[_Work]:
    """For each client the last checkpoint before its first claimed event, and what was counted since."""
    works = {
        client: _Work(client, events, min(stored.event.key for stored in events))
        for client, events in claimed.items()
    }
    for client, checkpoint in (
        await queries.find_checkpoints(connection, {w.client: w.first for w in works.values()})
    ).items():
        works[client].base = checkpoint
    after = {work.client: work.base.key if work.base else _START for work in works.values()}
    for client, counted in (await queries.list_counted(connection, after)).items():
        works[client].counted = counted
    return list(works.values())


async def _know_children(
    connection: Any, works: Iterable[_Work]
) -> tuple[dict[str, dict[str, tuple[str, ...]]], dict[Client, set[Pair]]]:
    """Children of every index of ``works``, by repository; and for the clients that cannot be counted yet, what is not known."""
    needed: dict[Client, set[Pair]] = {work.client: work.pairs() for work in works}
    mine = {stored.id for work in works for stored in work.claimed}
    for id_, client, digest in await queries.list_waiting(connection):
        if client in needed and id_ not in mine:
            needed[client].add((client.repository, digest))
    pairs = set().union(*needed.values())
    known = await indexes.find_children(connection, pairs) if pairs else {}
    missing = pairs - known.keys()
    if missing:
        in_catalog = await indexes.find_in_catalog(connection, missing)
        await indexes.save_children(connection, in_catalog)
        known |= in_catalog
        missing -= in_catalog.keys()
    children: dict[str, dict[str, tuple[str, ...]]] = {}
    for (repository, digest), found in known.items():
        children.setdefault(repository, {})[digest] = found
    return children, {
        client: wanted & missing for client, wanted in needed.items() if wanted & missing
    }


async def _count(
    connection: Any, works: Iterable[_Work], children: Mapping[str, Children]
) -> _Outcome:
    works = list(works)
    lives = await queries.find_lives(connection, {work.client.repository for work in works})
    outcome = _Outcome()
    for work in works:
        effects = _replay(work, children.get(work.client.repository, {}), outcome)
        stored = {s.event.key: s for s in work.counted + work.claimed}
        for key in (
            effects.keys() - stored.keys()
        ):  # an event before the checkpoint lost its effect to its request's tag
            found = await queries.find_stored(connection, key)
            if found is not None:
                stored[key] = found
        _record(work, effects, stored, lives.get(work.client.repository, 0), outcome)
    return outcome


def _replay(work: _Work, children: Children, outcome: _Outcome) -> dict[Key, Effect | None]:
    """Count on from the checkpoint. What came before the first claimed event counts as it did; all after it is counted anew."""
    base = work.base
    history = snapshot.load(base.state, children) if base else History(children)
    events = sorted(
        (stored.event for stored in work.counted + work.claimed), key=lambda event: event.key
    )
    before = [event for event in events if event.key < work.first]
    history.count(before)
    run = len(before) + (base.run if base is not None and base.run < CHECKPOINT_EVERY else 0)
    effects: dict[Key, Effect | None] = {}
    outcome.drop_from[work.client] = work.first
    if base is not None and base.run < CHECKPOINT_EVERY:
        outcome.drop[work.client] = base.key
    rest = events[len(before) :]
    while rest:
        step = max(1, CHECKPOINT_EVERY - run)
        part, rest = rest[:step], rest[step:]
        effects |= history.count(part)
        history.forget(part[-1].at_ns)
        run += len(part)
        outcome.checkpoints.append(
            (work.client, Checkpoint(part[-1].key, run, snapshot.dump(history)))
        )
        run = 0 if run >= CHECKPOINT_EVERY else run
    return effects


def _record(
    work: _Work,
    effects: Mapping[Key, Effect | None],
    stored: Mapping[Key, Stored],
    generation: int,
    outcome: _Outcome,
) -> None:
    fresh = {s.id for s in work.claimed}
    for key, effect in effects.items():
        event = stored.get(key)
        if event is None:
            continue
        entry = Entry(effect, generation if key[0] >= generation else 0) if effect else None
        if event.id in fresh or entry != event.entry:
            outcome.entries.append((event.id, entry))
            outcome.deltas.append(
                Delta(work.client.repository, work.client.docker_user, key[0], event.entry, entry)
            )


async def _write(connection: Any, outcome: _Outcome) -> None:
    rows = changes(outcome.deltas)
    await queries.write_entries(connection, outcome.entries)
    await queries.write_checkpoints(
        connection, drop_from=outcome.drop_from, drop=outcome.drop, add=outcome.checkpoints
    )
    if rows:
        await queries.add_to_hours(connection, rows)
        await queries.correct_last_pulls(connection, rows)
        await queries.notify_counts(connection)


def _since_when(
    works: Iterable[_Work], unknown: Mapping[Client, set[Pair]]
) -> dict[Pair, datetime]:
    waiting: dict[Pair, datetime] = {}
    for work in works:
        for pair in unknown.get(work.client, ()):
            for stored in work.claimed:
                if stored.received_at is not None:
                    waiting[pair] = min(waiting.get(pair, stored.received_at), stored.received_at)
    return waiting


async def lag_seconds(connection: Any) -> float:
    """How long the oldest pull event has waited to be counted."""
    return await queries.lag_seconds(connection)


async def set_aside_first(connection: Any, *, reason: str) -> None:
    """Make the first event that waits a dead letter, as the registry would have sent it, so that those behind it are counted."""
    async with connection.transaction():
        row = await queries.remove_first(connection)
        if row is None:
            return
        raw = json.dumps(
            {
                "id": row["event_id"],
                "timestamp": _rfc3339(row["at_ns"]),
                "action": row["action"],
                "target": {
                    "mediaType": row["media_type"],
                    "digest": row["digest"],
                    "repository": row["repository"],
                    "tag": row["tag"],
                },
                "request": {
                    "id": row["request_id"],
                    "addr": row["address"],
                    "method": row["method"],
                    "useragent": row["user_agent"],
                },
                "actor": {"name": row["docker_user"]},
            }
        ).encode()
        await queries.add_dead_letter(
            connection, reason=reason, raw=raw, raw_hash=sha256(raw).digest()
        )


def _rfc3339(at_ns: int) -> str:
    return f"{at(at_ns).strftime('%Y-%m-%dT%H:%M:%S')}.{at_ns % 1_000_000_000:09}Z"
