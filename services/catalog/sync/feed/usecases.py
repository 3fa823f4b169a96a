"""Apply a batch of events.

The follower reads the tags and manifests that the events name from the registry. It writes them and
its new position in one transaction.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.sync.feed import queries
from services.catalog.sync.feed.domain import (
    FeedEvent,
    Position,
    collect_wanted,
    find_invisible_pushes,
    sort_events,
)
from services.catalog.sync.feed.orphaned import delete_orphaned
from services.catalog.sync.states.reading import Pause, no_pause
from services.catalog.sync.states.usecases import read_states, write_states

_log = structlog.get_logger()
_RETRY = timedelta(seconds=0.5)
_REASON_LENGTH = 300
_MOST_MANIFESTS = 20
"""The feed does not wait for a repository with more manifests to read: it is delayed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Events after the position ``start``.

    ``unsettled`` is true if there is a next event that cannot be read yet. The worker of delayed
    repositories applies the events of those in ``delayed``. ``moves`` is false if the position must
    not move. ``later`` are further events that the caller applies next: a tag that one of them
    pushes again need not be as the batch says.
    """

    start: Position
    events: Sequence[FeedEvent]
    unsettled: bool
    delayed: frozenset[str] = frozenset()
    moves: bool = True
    later: Sequence[FeedEvent] = ()

    @property
    def end(self) -> Position:
        """The position after the batch."""
        return self.events[-1].position if self.events else self.start

    @property
    def all(self) -> Sequence[FeedEvent]:
        """All events to apply."""
        return [event for event in self.events if event.repository not in self.delayed]


async def read_batch(*, engine: Engine, limit: int) -> Batch:
    """Return the next events, at most ``limit``."""
    async with engine.connect() as tx:
        start = await queries.get_position(tx)
        events = await queries.list_events(tx, after=start, limit=limit)
        delayed = await queries.list_delayed(tx) if events else frozenset[str]()
        unsettled = not events and await queries.has_unsettled(tx, after=start)
    return Batch(start, events, unsettled, delayed=delayed)


async def apply_batch(
    *,
    engine: Engine,
    registry: Registry,
    batch: Batch,
    pause: Pause = no_pause,
    most: int | None = _MOST_MANIFESTS,
) -> Mapping[str, str]:
    """Write the present state of all that the events name.

    Return the repositories of which something is left, with the reason: the registry cannot read a
    tag or a manifest, or does not show a pushed tag yet.

    Manifests that were pushed to an ownerless path are deleted from the registry, so that the next
    owner of the name does not get them. No transaction is open during calls to the registry.
    ``pause`` is awaited before each request that reads from it. A repository with more than
    ``most`` manifests to read is left.

    Raises RegistryUnavailable.
    """
    if batch.moves and not batch.all:
        await _skip(engine, batch)
        return {}
    while (left := await _apply(engine, registry, batch, pause, most)) is None:
        pass  # a path became ownerless; the next round reads its new status
    return left


async def apply_separately(
    *, engine: Engine, registry: Registry, batch: Batch, seconds: float
) -> None:
    """Apply the events of each repository on its own, and move the position.

    A repository that fails, or that takes longer than ``seconds``, is delayed.
    """
    events: dict[str, list[FeedEvent]] = {}
    for event in batch.all:
        events.setdefault(event.repository, []).append(event)

    async def apply(of: list[FeedEvent]) -> Mapping[str, str]:
        async with asyncio.timeout(seconds):
            alone = Batch(batch.start, of, unsettled=False, moves=False)
            return await apply_batch(engine=engine, registry=registry, batch=alone)

    results = await asyncio.gather(*(apply(of) for of in events.values()), return_exceptions=True)
    failed: dict[str, str] = {}
    for repository, result in zip(events, results, strict=True):
        if isinstance(result, Exception):
            failed[repository] = reason_of(result)
        elif isinstance(result, BaseException):
            raise result
        else:
            failed.update(result)
    for repository, reason in failed.items():
        _log.warning("events of a repository are delayed", repository=repository, reason=reason)
    async with engine.begin() as tx:
        if await queries.move_position(tx, old=batch.start, new=batch.end):
            await _delay(tx, batch, failed, timedelta())


def reason_of(error: Exception) -> str:
    """Return why events failed. The text of database errors is left out: it can have values."""
    text = str(error) if isinstance(error, RegistryUnavailable) else ""
    return (text or type(error).__name__)[:_REASON_LENGTH]


async def _delay(tx: Tx, batch: Batch, failed: Mapping[str, str], wait: timedelta) -> None:
    await queries.delay(tx, repositories=failed, after=batch.start, wait=wait)
    # The delay of a repository can have ended since the batch was read.
    skipped = {event.repository for event in batch.events} & batch.delayed
    new = dict.fromkeys(skipped, "")
    await queries.delay(tx, repositories=new, after=batch.start, wait=timedelta())


async def _skip(engine: Engine, batch: Batch) -> None:
    """Move the position over events that the worker of delayed repositories applies."""
    async with engine.begin() as tx:
        if await queries.move_position(tx, old=batch.start, new=batch.end):
            await _delay(tx, batch, {}, timedelta())


async def _apply(
    engine: Engine, registry: Registry, batch: Batch, pause: Pause, most: int | None
) -> dict[str, str] | None:
    """As ``apply_batch``; write nothing and return None if a path became ownerless meanwhile."""
    paths = {event.repository for event in batch.all}
    async with engine.connect() as tx:
        statuses = await queries.get_path_statuses(tx, paths=paths)
    sorted_events = sort_events(batch.all, statuses)
    await delete_orphaned(engine=engine, registry=registry, manifests=sorted_events.orphaned)
    wanted = list(collect_wanted(sorted_events.events).values())
    read = await read_states(
        engine=engine, registry=registry, wanted=wanted, pause=pause, most=most
    )
    states = read.states
    left = {
        event.repository: f"the registry does not show {event.tag} yet"
        for event in find_invisible_pushes(
            (*sorted_events.events, *batch.later), states, datetime.now(UTC)
        )
    } | {
        state.path: f"the registry cannot read {min(state.unreadable)}"
        for state in states
        if state.unreadable
    }
    many = dict.fromkeys(read.unread, "many manifests must be read")
    async with engine.begin() as tx:
        if batch.moves:
            if not await queries.move_position(tx, old=batch.start, new=batch.end):
                return {}
            await _delay(tx, batch, left, _RETRY)
            await queries.delay(tx, repositories=many, after=batch.start, wait=timedelta())
        if states:
            await write_states(tx=tx, read=read)
            now = await queries.get_path_statuses(tx, paths={state.path for state in states})
            if any(
                now[state.path].is_ownerless and not statuses[state.path].is_ownerless
                for state in states
            ):
                await tx.rollback()
                return None
    return left | many
