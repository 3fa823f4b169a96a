"""One step of the feed: the next events, what the registry says about them, and both written in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from services.catalog.deletion.tags.queries import list_tag_deletions
from services.catalog.images.queries import update_totals
from services.catalog.pull_counts.queries import copy_sums, lock_counters
from services.catalog.sync.feed import concurrent_pushes as between
from services.catalog.sync.feed import queries
from services.catalog.sync.feed.domain import (
    FeedEvent,
    Position,
    RepositoryState,
    Wanted,
    sort_out,
    told_early,
    what_to_ask,
)
from services.catalog.sync.feed.reading import Reader, states_of


@dataclass(frozen=True, slots=True)
class Batch:
    """Events that were read after ``start``; ``unsettled``: there is one more that could not be read yet; ``again``: events before
    ``start`` that are applied once more."""

    start: Position
    events: Sequence[FeedEvent]
    unsettled: bool
    again: Sequence[FeedEvent] = ()

    @property
    def end(self) -> Position:
        return self.events[-1].position if self.events else self.start

    @property
    def all(self) -> Sequence[FeedEvent]:
        return [*self.again, *self.events]


async def read_batch(*, engine: Engine, limit: int) -> Batch:
    """The next events, at most ``limit``."""
    async with engine.connect() as tx:
        start = await queries.get_position(tx)
        events = await queries.list_events(tx, after=start, limit=limit)
        unsettled = not events and await queries.has_unsettled(tx, after=start)
    return Batch(start, events, unsettled)


async def apply_batch(*, engine: Engine, registry: Registry, batch: Batch) -> list[FeedEvent]:
    """Bring the catalog to the state that the registry has now, wherever the events say that something changed.

    Returns the pushes that do not show and may do so in a moment.

    What was pushed to a name where nothing may be is deleted in the registry, so that the next owner of the name does not find it.
    No transaction is open while the registry is asked. Raises RegistryUnavailable.
    """
    while (early := await _apply(engine, registry, batch)) is None:
        pass  # a name was closed meanwhile, which lasts longer than reading the batch again takes
    return early


async def _apply(engine: Engine, registry: Registry, batch: Batch) -> list[FeedEvent] | None:
    """None: a name that the batch writes to was closed in between, and nothing was written."""
    paths = {event.repository for event in batch.all}
    async with engine.connect() as tx:
        places = await queries.find_places(tx, paths=paths)
        tag_deletions = await between.list_tag_deletions(tx, batch.all)
    sorted_out = sort_out(between.without_ours(batch.all, tag_deletions), places)
    await Reader(registry).delete(sorted_out.strays)
    await between.restore(
        engine=engine, registry=registry, events=sorted_out.events, tag_deletions=tag_deletions
    )
    states = await read_states(
        engine=engine, registry=registry, wanted=list(what_to_ask(sorted_out.events).values())
    )
    async with engine.begin() as tx:
        if not await queries.move_position(tx, old=batch.start, new=batch.end):
            return []
        if states:
            await write_states(tx=tx, states=states)
            now = await queries.find_places(tx, paths={state.path for state in states})
            if any(now[state.path].closed and not places[state.path].closed for state in states):
                await tx.rollback()
                return None
    return told_early(sorted_out.events, states, datetime.now(UTC))


async def pass_over(*, engine: Engine, batch: Batch) -> None:
    """Go on behind the batch without having applied it."""
    async with engine.begin() as tx:
        await queries.move_position(tx, old=batch.start, new=batch.end)


async def read_states(
    *, engine: Engine, registry: Registry, wanted: list[Wanted]
) -> list[RepositoryState]:
    """What the registry says now about all that is ``wanted``, as far as its namespace is there. Raises RegistryUnavailable."""
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
        untagged = await queries.list_tags_on(tx, manifests_of=deleted)
    for (
        path,
        tag,
    ) in untagged:  # a deleted digest takes its tags with it, and some registries do not say so
        next(of for of in wanted if of.path == path).tags.setdefault(tag, [])
    reader = Reader(registry)
    gone = await reader.find_deleted(deleted)
    tags = await reader.find_tags(wanted)
    async with engine.connect() as tx:
        tag_deletions = await list_tag_deletions(tx, keys=tags.keys())
    placeholders = {
        (tag_deletion.repository, tag_deletion.placeholder) for tag_deletion in tag_deletions
    }
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
    """Bring the catalog to ``states``."""
    await lock_counters(tx)
    namespaces = await queries.find_namespaces(tx, names={state.namespace for state in states})
    states = [state for state in states if state.namespace in namespaces]
    key = {state.path: (namespaces[state.namespace], state.name) for state in states}
    made = await queries.ensure_repositories(
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
    # Pulls of what is new may have been counted before it was heard of, with no row to be carried into.
    new = [
        state
        for id_, state in found
        if key[state.path] in made or any((id_, tag) not in tags_before for tag in state.tags)
    ]
    await copy_sums(tx, repositories=[state.path for state in new])
