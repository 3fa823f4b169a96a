"""Apply a batch of events.

The follower reads the tags and manifests that the events name from the registry. It writes them and
its new position in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from services.catalog.sync.feed import queries
from services.catalog.sync.feed.domain import (
    FeedEvent,
    Position,
    collect_wanted,
    find_invisible_pushes,
    sort_events,
)
from services.catalog.sync.states.reading import Reader
from services.catalog.sync.states.restoring import restore_tags
from services.catalog.sync.states.usecases import read_states, write_states


@dataclass(frozen=True, slots=True)
class Batch:
    """Events after the position ``start``.

    ``unsettled`` is true if there is a next event that cannot be read yet. ``again`` are earlier
    events to apply once more.
    """

    start: Position
    events: Sequence[FeedEvent]
    unsettled: bool
    again: Sequence[FeedEvent] = ()

    @property
    def end(self) -> Position:
        """The position after the batch."""
        return self.events[-1].position if self.events else self.start

    @property
    def all(self) -> Sequence[FeedEvent]:
        """All events to apply."""
        return [*self.again, *self.events]


async def read_batch(*, engine: Engine, limit: int) -> Batch:
    """Return the next events, at most ``limit``."""
    async with engine.connect() as tx:
        start = await queries.get_position(tx)
        events = await queries.list_events(tx, after=start, limit=limit)
        unsettled = not events and await queries.has_unsettled(tx, after=start)
    return Batch(start, events, unsettled)


async def apply_batch(*, engine: Engine, registry: Registry, batch: Batch) -> list[FeedEvent]:
    """Write the present state of all that the events name; return pushes that are not visible yet.

    Manifests that were pushed to an ownerless path are deleted from the registry, so that the next
    owner of the name does not get them. No transaction is open during calls to the registry.

    Raises RegistryUnavailable.
    """
    while (invisible := await _apply(engine, registry, batch)) is None:
        pass  # a path became ownerless; the next round reads its new status
    return invisible


async def _apply(engine: Engine, registry: Registry, batch: Batch) -> list[FeedEvent] | None:
    """As ``apply_batch``; write nothing and return None if a path became ownerless meanwhile."""
    paths = {event.repository for event in batch.all}
    async with engine.connect() as tx:
        statuses = await queries.get_path_statuses(tx, paths=paths)
    sorted_events = sort_events(batch.all, statuses)
    await Reader(registry).delete(sorted_events.orphaned)
    wanted = list(collect_wanted(sorted_events.events).values())
    read = await read_states(engine=engine, registry=registry, wanted=wanted)
    states, wrong = read.states, []
    async with engine.begin() as tx:
        if not await queries.move_position(tx, old=batch.start, new=batch.end):
            return []
        if states:
            wrong = await write_states(tx=tx, read=read)
            now = await queries.get_path_statuses(tx, paths={state.path for state in states})
            if any(
                now[state.path].is_ownerless and not statuses[state.path].is_ownerless
                for state in states
            ):
                await tx.rollback()
                return None
    await restore_tags(engine=engine, registry=registry, wrong=wrong)
    return find_invisible_pushes(sorted_events.events, states, datetime.now(UTC))


async def skip_batch(*, engine: Engine, batch: Batch) -> None:
    """Move the position behind the batch without applying it."""
    async with engine.begin() as tx:
        await queries.move_position(tx, old=batch.start, new=batch.end)
