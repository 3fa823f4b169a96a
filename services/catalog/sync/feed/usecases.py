"""Apply a batch of events.

The follower reads from the registry what the events name, and writes the answers and its new
position in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from services.catalog.deletion.tags.queries import list_tag_deletions
from services.catalog.images.queries import update_totals
from services.catalog.pull_counts.queries import copy_sums, lock_counters
from services.catalog.sync.feed import concurrent_pushes, queries
from services.catalog.sync.feed.domain import (
    FeedEvent,
    Position,
    RepositoryState,
    Wanted,
    collect_wanted,
    find_invisible_pushes,
    sort_events,
)
from services.catalog.sync.feed.reading import Reader, states_of


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
        deletions = await concurrent_pushes.list_tag_deletions(tx, batch.all)
    sorted_events = sort_events(
        concurrent_pushes.without_own_pushes(batch.all, deletions), statuses
    )
    await Reader(registry).delete(sorted_events.orphaned)
    await concurrent_pushes.restore_pushes(
        engine=engine, registry=registry, events=sorted_events.events, deletions=deletions
    )
    wanted = list(collect_wanted(sorted_events.events).values())
    states = await read_states(engine=engine, registry=registry, wanted=wanted)
    async with engine.begin() as tx:
        if not await queries.move_position(tx, old=batch.start, new=batch.end):
            return []
        if states:
            await write_states(tx=tx, states=states)
            now = await queries.get_path_statuses(tx, paths={state.path for state in states})
            if any(
                now[state.path].is_ownerless and not statuses[state.path].is_ownerless
                for state in states
            ):
                await tx.rollback()
                return None
    return find_invisible_pushes(sorted_events.events, states, datetime.now(UTC))


async def skip_batch(*, engine: Engine, batch: Batch) -> None:
    """Move the position behind the batch without applying it."""
    async with engine.begin() as tx:
        await queries.move_position(tx, old=batch.start, new=batch.end)


async def read_states(
    *, engine: Engine, registry: Registry, wanted: list[Wanted]
) -> list[RepositoryState]:
    """Return the registry's answers about all of ``wanted`` whose namespace exists.

    Raises RegistryUnavailable.
    """
    async with engine.connect() as tx:
        namespaces = (
            await queries.find_namespaces(tx, names={of.namespace for of in wanted})
            if wanted
            else {}
        )
        wanted = [of for of in wanted if of.namespace in namespaces]
        deleted = await queries.find_known(
            tx, manifests_of=[(of.path, digest) for of in wanted for digest in of.deleted]
        )
        tags_on_deleted = await queries.list_tags_on(tx, manifests_of=deleted)
    # With a manifest, its tags are deleted. Some registries do not report them.
    for path, tag in tags_on_deleted:
        next(of for of in wanted if of.path == path).tags.setdefault(tag, [])
    reader = Reader(registry)
    gone = await reader.find_deleted(deleted)
    tags = await reader.find_tags(wanted)
    async with engine.connect() as tx:
        deletions = await list_tag_deletions(tx, keys=tags.keys())
    placeholders = {(deletion.repository, deletion.placeholder) for deletion in deletions}
    tags = {
        key: None if (key[0], digest) in placeholders else digest for key, digest in tags.items()
    }
    candidates = {(of.path, digest) for of in wanted for digest in of.digests}
    candidates |= {(path, digest) for (path, _), digest in tags.items() if digest is not None}
    async with engine.connect() as tx:
        known = await queries.find_known(tx, manifests_of=candidates)
    described = await reader.describe(candidates - known)
    return states_of(wanted, tags=tags, described=described, known=known, gone=gone)


async def write_states(*, tx: Tx, states: list[RepositoryState]) -> None:
    """Write ``states`` to the catalog."""
    await lock_counters(tx)
    namespaces = await queries.find_namespaces(tx, names={state.namespace for state in states})
    states = [state for state in states if state.namespace in namespaces]
    key = {state.path: (namespaces[state.namespace], state.name) for state in states}
    created = await queries.ensure_repositories(
        tx, paths={key[state.path] for state in states if state.has_content}
    )
    ids = await queries.find_repositories(tx, paths=set(key.values()))
    found = [(ids[key[state.path]], state) for state in states if key[state.path] in ids]
    await queries.add_manifests(tx, states=found)
    tags_before = await queries.find_tags(tx, states=found)
    await queries.put_tags(tx, states=found)
    await queries.delete_gone(tx, states=found)
    await update_totals(
        tx, pushed_at={id_: state.pushed_at if state.has_content else None for id_, state in found}
    )
    # Pulls of a new tag may have been counted before the tag had a row for their sum.
    new = [
        state.path
        for id_, state in found
        if key[state.path] in created or any((id_, tag) not in tags_before for tag in state.tags)
    ]
    await copy_sums(tx, repositories=new)
