"""Compare the catalog with the registry, and mend the catalog."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.names import split_repository
from services.catalog.deletion.tags.queries import list_of_tags
from services.catalog.sync.drift import queries
from services.catalog.sync.drift.domain import Difference, Kind, differences
from services.catalog.sync.drift.reading import Lister
from services.catalog.sync.feed import queries as feed
from services.catalog.sync.feed import usecases as following
from services.catalog.sync.feed.domain import Push, Wanted

SETTLE_SECONDS = 2.0
"""Within which a push shows in the catalog: what differs for a shorter time is on its way."""

_FEED_SECONDS = 30.0
_TRIES = 5
_REPOSITORIES_AT_ONCE = 3  # each holds a connection now and then, and requests want some too


class NothingListed(Exception):
    """The registry lists no repository at all while the catalog knows tags: its storage is most likely not there."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differed when every repository of either side had been looked at: ``repositories`` of them."""

    repositories: int
    differences: Sequence[Difference]


async def compare(
    *, engine: Engine, registry: Registry, settle_seconds: float = SETTLE_SECONDS
) -> Comparison:
    """Compare all that the registry lists with all that the catalog knows.

    What differs is looked at a second time, after the feed had ``settle_seconds`` and has been read: a push that is just being made is no
    difference. Raises RegistryUnavailable when the listing is not complete, and NothingListed.
    """
    lister = Lister(registry)
    listed = await lister.list_repositories()
    async with engine.connect() as tx:
        paths = set(listed) | await queries.list_paths(tx)
        if not listed and await queries.has_tags(tx):
            raise NothingListed
    return Comparison(len(paths), await _compare(engine, lister, paths, settle_seconds))


async def compare_repositories(
    *,
    engine: Engine,
    registry: Registry,
    paths: Iterable[str],
    settle_seconds: float = SETTLE_SECONDS,
) -> list[Difference]:
    """As ``compare``, of these repositories alone. Raises RegistryUnavailable."""
    return await _compare(engine, Lister(registry), paths, settle_seconds)


async def _compare(
    engine: Engine, lister: Lister, paths: Iterable[str], settle_seconds: float
) -> list[Difference]:
    first = await _look_at(engine, lister, paths)
    if not first:
        return []
    await _let_settle(engine, settle_seconds)
    again = await _look_at(engine, lister, {difference.repository for difference in first})
    return sorted(set(first) & set(again))


async def repair(
    *, engine: Engine, registry: Registry, found: Iterable[Difference]
) -> list[Difference]:
    """Mend the catalog where ``found`` says so, by what the registry says now; returns what is left.

    What is left is nobody's, or in a repository that changed each time that it was looked at: the feed has it then. Raises
    RegistryUnavailable.
    """
    by_repository: dict[str, list[Difference]] = defaultdict(list)
    left: list[Difference] = []
    for difference in found:
        if difference.is_repairable:
            by_repository[difference.repository].append(difference)
        else:
            left.append(difference)
    for repository, here in by_repository.items():
        if not await _mend(engine, registry, repository, here):
            left += here
    return sorted(left)


async def _look_at(engine: Engine, lister: Lister, paths: Iterable[str]) -> list[Difference]:
    waiting = sorted(paths, reverse=True)
    found: list[Difference] = []

    async def work() -> None:
        while waiting:
            found.extend(await _look_at_one(engine, lister, waiting.pop()))

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(_REPOSITORIES_AT_ONCE, len(waiting))):
                group.create_task(work())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return sorted(found)


async def _look_at_one(engine: Engine, lister: Lister, path: str) -> list[Difference]:
    """The registry is asked with no connection held; the catalog is read before, so that a push meanwhile shows on one side only."""
    async with engine.connect() as tx:
        known = await queries.get_known(tx, path=path)
    held = await lister.read(path, known)
    async with engine.connect() as tx:
        has_namespace = split_repository(path) is not None and bool(
            await feed.find_namespaces(tx, names=[path.partition("/")[0]])
        )
        if has_namespace and await _is_closed(tx, path):
            return []
        found = differences(path, known, held, has_namespace=has_namespace)
        if not found:
            return []
        tag_deletions = await list_of_tags(
            tx, keys=[(path, difference.what) for difference in found]
        )
    on_the_way = {
        tag_deletion.placeholder for tag_deletion in tag_deletions
    }  # a tag that is being deleted names one for a moment
    return [difference for difference in found if difference.registry not in on_the_way]


async def _is_closed(tx: Tx, path: str) -> bool:
    """Whether the repository is being deleted, or its name is not free yet after it: what is left there is deleted still."""
    return (await feed.find_places(tx, paths=[path]))[path].closed


async def _let_settle(engine: Engine, seconds: float) -> None:
    """Give the feed some time, and then wait until it has been read, if it is at all."""
    await asyncio.sleep(seconds)
    deadline = time.monotonic() + _FEED_SECONDS
    while time.monotonic() < deadline:
        async with engine.connect() as tx:
            if not await feed.has_events(tx, after=await feed.get_position(tx)):
                return
        await asyncio.sleep(0.1)


async def _mend(
    engine: Engine, registry: Registry, repository: str, found: Sequence[Difference]
) -> bool:
    """Whether the repository was brought to what the registry says now, with no event of it in between."""
    for _ in range(_TRIES):
        async with engine.connect() as tx:
            start = await feed.get_position(tx)
        wanted = _wanted(repository, found)
        states = await following.read_states(
            engine=engine, registry=registry, wanted=[wanted] if wanted else []
        )
        async with engine.begin() as tx:
            # As the feed guards its own answers: one that was read before the feed heard of something newer must not replace it.
            now = await feed.lock_position(tx)
            if now != start and await feed.has_events(tx, after=start, repository=repository):
                continue
            await following.write_states(tx=tx, states=states)
            if await _is_closed(
                tx, repository
            ):  # asked after the writing, which waits for a deletion
                await tx.rollback()
            return True
    return False


def _wanted(repository: str, found: Sequence[Difference]) -> Wanted | None:
    """What to ask about the repository; nobody knows who pushed, and the time is when it was found."""
    split = split_repository(repository)
    if split is None:
        return None
    now = datetime.now(UTC)
    wanted = Wanted(*split, noticed_at=now)
    for difference in found:
        if difference.kind in (Kind.TAG_MISSING, Kind.TAG_GONE, Kind.TAG_MOVED):
            wanted.tags[difference.what] = []
            if difference.registry:
                wanted.pushed_at = now
            if difference.catalog:
                wanted.deleted.add(
                    difference.catalog
                )  # asked for: it may be there still, without a tag
        elif difference.kind is Kind.MANIFEST_GONE:
            wanted.deleted.add(difference.what)
        else:
            wanted.digests[difference.what] = Push(now, "")
    return wanted
