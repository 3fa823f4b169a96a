"""Counts pull events, a batch in one transaction: each event counts exactly once (spec 6).

A batch claims events, loads the history of their clients, counts the claimed events and all later
ones again, and writes the difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from libs.common.db.pool import Connection
from services.events.counting import queries
from services.events.counting.domain import InboxEvent, RecordedEffect, Recount, deltas_of, uses_of
from services.events.history import queries as checkpoints
from services.events.history import snapshot
from services.events.history.domain import Children, Client, Effect, History, Key
from services.events.history.snapshot import Checkpoint
from services.events.indexes import queries as indexes
from services.events.indexes.domain import ManifestRef
from services.events.ingest import queries as inbox
from services.events.ingest.domain import Rejected

CHECKPOINT_EVERY = 2000
"""The number of a client's events between two checkpoints that are kept."""

_START: Key = (0, "")


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of a batch: how many events were claimed, and how many of them were counted.

    The others wait for ``unknown`` manifests, whose children must be looked up. The value of each
    manifest is the time at which its first waiting event was received.
    """

    claimed: int
    counted: int
    unknown: Mapping[ManifestRef, datetime]


@dataclass(slots=True)
class _ClientBatch:
    """The claimed events of one client, and its history before the first of them.

    The history is the checkpoint ``base`` and the ``counted`` events after it.
    """

    client: Client
    claimed: list[InboxEvent]
    first: Key
    base: Checkpoint | None = None
    counted: list[InboxEvent] = field(default_factory=list)

    def by_digest(self) -> set[ManifestRef]:
        """Return the manifests that were requested by their digest, which can be referrers."""
        events = (item.event for item in self.counted + self.claimed)
        return {
            ManifestRef(self.client.repository, event.digest)
            for event in events
            if event.tag is None
        }

    def possible_indexes(self) -> set[ManifestRef]:
        """Return the manifests that may be indexes among the events and in the checkpoint."""
        digests = {
            item.event.digest for item in self.counted + self.claimed if item.event.may_be_index
        }
        if self.base is not None:
            digests.update(snapshot.possible_indexes(self.base.state))
        return {ManifestRef(self.client.repository, digest) for digest in digests}


@dataclass(slots=True)
class _Result:
    """The changes that a batch writes.

    ``effects`` has the id and the effect of each event, ``uses`` the time of the last use of each
    repository and reference (``domain.uses_of``). A client's checkpoints from the key in
    ``outdated_from`` on are deleted, because an event before them was counted. The checkpoint at
    the key in ``superseded`` is deleted, because one of ``checkpoints`` replaces it.
    """

    effects: list[tuple[int, RecordedEffect | None]] = field(default_factory=list)
    uses: dict[tuple[str, str], int] = field(default_factory=dict)
    recounts: list[Recount] = field(default_factory=list)
    outdated_from: dict[Client, Key] = field(default_factory=dict)
    superseded: dict[Client, Key] = field(default_factory=dict)
    checkpoints: list[tuple[Client, Checkpoint]] = field(default_factory=list)


async def count_batch(connection: Connection, *, limit: int) -> Batch:
    """Count up to ``limit`` pull events. Any number of workers can call this concurrently."""
    async with connection.transaction():
        claimed = await queries.claim_events(connection, limit=limit)
        if not claimed:
            return Batch(0, 0, {})
        await queries.lock_clients(connection, claimed)
        batches = await _load_histories(connection, claimed)
        children, unknown = await _load_children(connection, batches)
        ready = [batch for batch in batches if batch.client not in unknown]
        waiting = [
            item.id for batch in batches if batch.client in unknown for item in batch.claimed
        ]
        if waiting:
            await indexes.defer_events(connection, waiting)
        if ready:
            await _write(connection, await _count(connection, ready, children))
    total = sum(len(events) for events in claimed.values())
    return Batch(total, total - len(waiting), _waiting_since(batches, unknown))


async def dead_letter_first_event(connection: Connection, *, reason: str) -> None:
    """Dead-letter the first uncounted event, so that the events behind it are counted."""
    async with connection.transaction():
        event = await queries.delete_first_event(connection)
        if event is not None:
            await inbox.store_dead_letters(connection, [Rejected(reason, event.to_json())])


async def _load_histories(
    connection: Connection, claimed: Mapping[Client, list[InboxEvent]]
) -> list[_ClientBatch]:
    batches = {
        client: _ClientBatch(client, events, min(item.event.key for item in events))
        for client, events in claimed.items()
    }
    first = {client: batch.first for client, batch in batches.items()}
    for client, checkpoint in (await checkpoints.find_checkpoints(connection, first)).items():
        batches[client].base = checkpoint
    after = {client: b.base.key if b.base else _START for client, b in batches.items()}
    for client, counted in (await queries.list_counted_events(connection, after)).items():
        batches[client].counted = counted
    return list(batches.values())


async def _load_children(
    connection: Connection, batches: Sequence[_ClientBatch]
) -> tuple[Mapping[str, Children], dict[Client, set[ManifestRef]]]:
    """Return the children of every index, by repository, and the unknown manifests of each client.

    The events of a client with unknown manifests cannot be counted yet. Its deferred events, which
    this batch did not claim, must be counted first, so their manifests are needed too.
    """
    needed = {batch.client: batch.possible_indexes() for batch in batches}
    claimed_ids = {item.id for batch in batches for item in batch.claimed}
    for event_id, client, digest in await indexes.list_deferred_events(connection):
        if client in needed and event_id not in claimed_ids:
            needed[client].add(ManifestRef(client.repository, digest))
    refs: set[ManifestRef] = set().union(*needed.values())
    known = await indexes.find_children(connection, refs) if refs else {}
    missing = refs - known.keys()
    children: dict[str, dict[str, tuple[str, ...]]] = {}
    for ref, found in known.items():
        children.setdefault(ref.repository, {})[ref.digest] = found
    unknown = {client: refs & missing for client, refs in needed.items() if refs & missing}
    return children, unknown


async def _count(
    connection: Connection, batches: Sequence[_ClientBatch], children: Mapping[str, Children]
) -> _Result:
    repositories = {batch.client.repository for batch in batches}
    generations = await queries.find_generations(connection, repositories)
    by_digest: set[ManifestRef] = set().union(*(batch.by_digest() for batch in batches))
    referrers = await indexes.find_subjects(connection, by_digest) if by_digest else {}
    result = _Result()
    for batch in batches:
        repository = batch.client.repository
        subjects = {
            ref.digest: subject
            for ref, subject in referrers.items()
            if ref.repository == repository
        }
        effects = _replay(batch, children.get(repository, {}), subjects, result)
        events = {item.event.key: item for item in batch.counted + batch.claimed}
        # An event before the checkpoint can lose its effect to a tagged event of its request.
        for key in effects.keys() - events.keys():
            found = await queries.find_event(connection, key)
            if found is not None:
                events[key] = found
        _record(batch, effects, events, generations.get(repository, 0), result)
        for reference, at_ns in uses_of(item.event for item in batch.claimed).items():
            use = (repository, reference)
            result.uses[use] = max(at_ns, result.uses.get(use, at_ns))
    return result


def _replay(
    batch: _ClientBatch, children: Children, subjects: Mapping[str, str], result: _Result
) -> dict[Key, Effect | None]:
    """Count a client's events from the checkpoint on, and make new checkpoints.

    The events before the first claimed event keep their effects; all later ones are counted again.
    """
    base = batch.base
    history = snapshot.load(base.state, children) if base else History(children)
    history.subjects = subjects
    events = sorted((i.event for i in batch.counted + batch.claimed), key=lambda event: event.key)
    unchanged = [event for event in events if event.key < batch.first]
    history.count(unchanged)
    run = len(unchanged)
    result.outdated_from[batch.client] = batch.first
    if base is not None and base.run < CHECKPOINT_EVERY:
        run += base.run
        result.superseded[batch.client] = base.key
    effects: dict[Key, Effect | None] = {}
    rest = events[len(unchanged) :]
    while rest:
        step = max(1, CHECKPOINT_EVERY - run)
        part, rest = rest[:step], rest[step:]
        effects |= history.count(part)
        history.expire(part[-1].at_ns)
        run += len(part)
        checkpoint = Checkpoint(part[-1].key, run, snapshot.dump(history))
        result.checkpoints.append((batch.client, checkpoint))
        run = 0 if run >= CHECKPOINT_EVERY else run
    return effects


def _record(
    batch: _ClientBatch,
    effects: Mapping[Key, Effect | None],
    events: Mapping[Key, InboxEvent],
    generation: int,
    result: _Result,
) -> None:
    """Add the effects that are new or have changed to ``result``."""
    claimed_ids = {item.id for item in batch.claimed}
    client = batch.client
    for key, effect in effects.items():
        item = events.get(key)
        if item is None:
            continue
        at_ns, _ = key
        # An event before the current generation belongs to a deleted repository of the same name.
        counted_for = generation if at_ns >= generation else 0
        after = RecordedEffect(effect, counted_for) if effect else None
        if item.id in claimed_ids or after != item.recorded:
            result.effects.append((item.id, after))
            result.recounts.append(
                Recount(client.repository, client.docker_user, at_ns, item.recorded, after)
            )


async def _write(connection: Connection, result: _Result) -> None:
    await queries.record_effects(connection, result.effects)
    await checkpoints.delete_checkpoints(
        connection, starting_at=result.outdated_from, at=result.superseded
    )
    await checkpoints.save_checkpoints(connection, result.checkpoints)
    deltas = deltas_of(result.recounts)
    if deltas:
        await queries.add_deltas(connection, deltas)
        await queries.correct_last_pulls(connection, deltas)
        await queries.notify_catalog(connection)
    await queries.record_uses(connection, result.uses)


def _waiting_since(
    batches: Sequence[_ClientBatch], unknown: Mapping[Client, set[ManifestRef]]
) -> dict[ManifestRef, datetime]:
    since: dict[ManifestRef, datetime] = {}
    for batch in batches:
        received_at = min(item.received_at for item in batch.claimed)
        for ref in unknown.get(batch.client, ()):
            since[ref] = min(since.get(ref, received_at), received_at)
    return since
