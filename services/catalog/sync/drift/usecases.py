"""Compares the catalog with the registry, and repairs the catalog."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from libs.common.db.engine import Engine, Tx, is_unreachable
from libs.common.registry.client import Registry
from libs.common.registry.names import split_repository
from libs.common.storage.store import Storage
from services.catalog.intents.domain import UNTOUCHED
from services.catalog.intents.queries import list_touched, read_clock
from services.catalog.sync.drift import queries
from services.catalog.sync.drift.domain import Difference, Kind, differences
from services.catalog.sync.drift.reading import RegistryReader
from services.catalog.sync.drift.rewriting import rewrite
from services.catalog.sync.feed import queries as feed
from services.catalog.sync.feed.usecases import reason_of
from services.catalog.sync.states import usecases as states
from services.catalog.sync.states.domain import Push, Wanted
from services.catalog.sync.states.queries import find_namespaces

SETTLE_SECONDS = 2.0
"""The catalog applies a push within this time, so a difference that lasts less is not drift."""

_FEED_SECONDS = 30.0
"""The longest time to wait until the catalog has applied the feed."""
_TRIES = 5
_log = structlog.get_logger()
_CONCURRENT_REPOSITORIES = 3
"""Each uses a database connection now and then, and requests need some too."""


class NothingListed(Exception):
    """The registry lists no repository, but the catalog has tags.

    Most likely, the registry runs without its storage.
    """


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences, and the number of repositories that were compared.

    ``failures`` are the repositories that could not be compared, with the reason.
    """

    repositories: int
    differences: Sequence[Difference]
    failures: Mapping[str, str] = field(default_factory=dict)


async def compare(
    *, engine: Engine, registry: Registry, settle_seconds: float = SETTLE_SECONDS
) -> Comparison:
    """Compare all repositories of the registry and the catalog.

    If a repository differs, it is compared again after ``settle_seconds``, when the catalog has
    applied the feed. So a push during the comparison is not reported. A repository that cannot be
    compared stops no other.

    Raises:
        RegistryUnavailable: The list of repositories is not complete, or the registry does not
            work at all.
        NothingListed: The registry lists no repository, but the catalog has tags.
    """
    reader = RegistryReader(registry, checks_blobs=True)
    listed = await reader.list_repositories()
    async with engine.connect() as tx:
        paths = set(listed) | await queries.list_paths(tx)
        if not listed and await queries.has_tags(tx):
            raise NothingListed
    return await _compare(engine, reader, paths, settle_seconds)


async def compare_repositories(
    *,
    engine: Engine,
    registry: Registry,
    paths: Iterable[str],
    settle_seconds: float = SETTLE_SECONDS,
    feed_seconds: float = _FEED_SECONDS,
) -> Comparison:
    """Like ``compare``, for the repositories ``paths``, without their blobs.

    ``feed_seconds`` is the longest time to wait until the catalog has applied the feed. If it is
    short, a push can be reported that the catalog applies later.

    Raises RegistryUnavailable.
    """
    reader = RegistryReader(registry, checks_blobs=False)
    return await _compare(engine, reader, set(paths), settle_seconds, feed_seconds)


async def _compare(
    engine: Engine,
    reader: RegistryReader,
    paths: Collection[str],
    settle_seconds: float,
    feed_seconds: float = _FEED_SECONDS,
) -> Comparison:
    first, failures = await _compare_each(engine, reader, paths)
    if not first:
        return Comparison(len(paths) - len(failures), [], failures)
    await _let_settle(engine, settle_seconds, feed_seconds)
    differing = {difference.repository for difference in first}
    again, failures_again = await _compare_each(engine, reader, differing)
    failures |= failures_again
    return Comparison(len(paths) - len(failures), sorted(set(first) & set(again)), failures)


async def repair(
    *,
    engine: Engine,
    registry: Registry,
    found: Iterable[Difference],
    storage: Storage | None = None,
) -> list[Difference]:
    """Copy the present state of the references in ``found`` from the registry to the catalog.

    Damaged tags and manifests are rewritten in the registry. If the registry cannot read their
    content either, it is read from ``storage``.

    Return the differences that are left. Their namespace does not exist, the registry cannot read
    them, or their repository changed during each try. The follower applies such changes.

    Raises RegistryUnavailable.
    """
    by_repository: dict[str, list[Difference]] = defaultdict(list)
    left: list[Difference] = []
    for difference in found:
        if not difference.is_repairable:
            left.append(difference)
        elif difference.kind is not Kind.DAMAGED:
            by_repository[difference.repository].append(difference)
        elif not difference.catalog or not await rewrite(
            engine=engine, registry=registry, damaged=difference, storage=storage
        ):
            left.append(difference)
    for repository, here in by_repository.items():
        try:
            left += await _repair_repository(engine, registry, repository, here)
        except Exception as error:
            if is_unreachable(error):
                raise
            await registry.check()
            _log_failure("a repository cannot be repaired", repository, error)
            left += here
    return sorted(left)


async def _compare_each(
    engine: Engine, reader: RegistryReader, paths: Iterable[str]
) -> tuple[list[Difference], dict[str, str]]:
    """Return the differences, and the repositories that could not be compared."""
    waiting = sorted(paths, reverse=True)
    found: list[Difference] = []
    failures: dict[str, str] = {}

    async def work() -> None:
        while waiting:
            path = waiting.pop()
            try:
                found.extend(await _compare_one(engine, reader, path))
            except Exception as error:
                if is_unreachable(error):
                    raise
                await reader.check()
                _log_failure("a repository cannot be compared", path, error)
                failures[path] = reason_of(error)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(_CONCURRENT_REPOSITORIES, len(waiting))):
                group.create_task(work())
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return sorted(found), failures


def _log_failure(event: str, repository: str, error: Exception) -> None:
    _log.warning(event, repository=repository, reason=reason_of(error))


async def _compare_one(engine: Engine, reader: RegistryReader, path: str) -> list[Difference]:
    """Return the differences in one repository.

    The catalog is read before the registry, so that only the registry can show a push meanwhile.
    No database connection is open during the requests to the registry.
    """
    async with engine.connect() as tx:
        began_at = await read_clock(tx)
        catalog = await queries.get_content(tx, path=path)
    stored = await reader.read(path, catalog)
    async with engine.connect() as tx:
        has_namespace = split_repository(path) is not None and bool(
            await find_namespaces(tx, names=[path.partition("/")[0]])
        )
        if has_namespace and await _is_ownerless(tx, path):
            return []
        found = differences(path, catalog, stored, has_namespace=has_namespace)
        if not found:
            return []
        touched = await list_touched(tx, repositories=[path], since=began_at)
    changed = touched.get(path, UNTOUCHED)
    return [
        difference
        for difference in found
        if difference.reference not in changed.tags and difference.reference not in changed.digests
    ]


async def _is_ownerless(tx: Tx, path: str) -> bool:
    """Return whether the repository is being deleted or its name is reserved."""
    return (await feed.get_path_statuses(tx, paths=[path]))[path].is_ownerless


async def _let_settle(engine: Engine, seconds: float, feed_seconds: float) -> None:
    """Wait for ``seconds``, and then until the feed is applied, but not over ``feed_seconds``."""
    await asyncio.sleep(seconds)
    deadline = time.monotonic() + feed_seconds
    while time.monotonic() < deadline:
        async with engine.connect() as tx:
            if not await feed.has_events(tx, after=await feed.get_position(tx)):
                return
        await asyncio.sleep(0.1)


async def _repair_repository(
    engine: Engine, registry: Registry, repository: str, found: Sequence[Difference]
) -> list[Difference]:
    """Repair one repository; return what is left."""
    for _ in range(_TRIES):
        async with engine.connect() as tx:
            start = await feed.get_position(tx)
        wanted = _wanted(repository, found)
        read = await states.read_states(
            engine=engine, registry=registry, wanted=[wanted] if wanted else []
        )
        async with engine.begin() as tx:
            # If an event arrived after the read, the states may be older than the catalog.
            now = await feed.lock_position(tx)
            if now != start and await feed.has_events(tx, after=start, repository=repository):
                continue
            kept = await states.write_states(tx=tx, read=read)
            # The writes wait for a concurrent deletion, so this is read after them.
            if await _is_ownerless(tx, repository):
                await tx.rollback()
                return []
        left = {reference for state in read.states for reference in state.unreadable}
        left |= {tag for path, tag in kept if path == repository}
        return [difference for difference in found if difference.reference in left]
    return list(found)


def _wanted(repository: str, found: Sequence[Difference]) -> Wanted | None:
    """Return the tags and digests to read, or None if ``repository`` is not a valid path.

    The pusher is unknown, and the time of discovery stands for the time of the push.
    """
    split = split_repository(repository)
    if split is None:
        return None
    now = datetime.now(UTC)
    wanted = Wanted(*split, noticed_at=now)
    for difference in found:
        if difference.kind in (Kind.TAG_MISSING, Kind.TAG_GONE, Kind.TAG_MOVED):
            wanted.tags[difference.reference] = []
            if difference.registry:
                wanted.pushed_at = now
            if difference.catalog:
                # The manifest may still exist without the tag; the read decides.
                wanted.deleted.add(difference.catalog)
        elif difference.kind is Kind.MANIFEST_GONE:
            wanted.deleted.add(difference.reference)
        else:
            wanted.digests[difference.reference] = Push(now, "")
    return wanted
