"""Deletes manifests that nothing needs, as intents, so that a concurrent push wins (spec 7)."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog

from libs.common.db.engine import STATEMENT_FAILURES, Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.deletion.tags.artifact_tags import open_artifact_deletions
from services.catalog.deletion.tags.usecases import resume as resume_tag_deletion
from services.catalog.gc.manifests import queries
from services.catalog.gc.manifests.domain import UntaggedManifest
from services.catalog.intents.leases import Lease, LeaseLost
from services.catalog.intents.queries import lock_repositories, read_clock
from services.catalog.pull_counts.queries import lock_counters
from services.catalog.repositories.queries import update_totals
from services.catalog.sync.drift import usecases as drift

_BATCH = 50
_REPOSITORIES_AT_ONCE = 100
_DELETES_AT_ONCE = 4
_FEED_SECONDS = 3.0
"""How long a comparison waits for the feed. With constant pushes, it is never applied to the end.

A push that the catalog has not applied is copied from the registry by the repair instead.
"""
_PULLS_AT_ONCE = timedelta(hours=6)
_SINGLE_PULLS = timedelta(days=3)
"""Each pull of the last days has a row. Of older ones, each manifest has one."""

_log = structlog.get_logger()

_Process = Callable[[Sequence[str]], Awaitable[None]]


@dataclass(slots=True)
class Deleted:
    """The number of deleted manifests, and the repositories that failed, with the reason."""

    manifests: int = 0
    failures: dict[str, str] = field(default_factory=dict)


async def count_untagged(*, engine: Engine, age: timedelta, keep_pulled: bool) -> Deleted:
    """Count the manifests that ``delete_untagged`` would delete, and change nothing."""
    async with engine.connect() as tx:
        paths = await queries.list_paths(tx)
    counted = Deleted()
    garbage = _Garbage(engine, age, counted.failures)
    await garbage.find(paths, marks=False, keep_pulled=keep_pulled)

    async def count(some: Sequence[str]) -> None:
        async with engine.connect() as tx:
            counted.manifests += len(await garbage.list_untagged(tx, some, with_children=True))

    await garbage.in_groups(garbage.paths, count)
    return counted


async def delete_untagged(
    *,
    engine: Engine,
    registry: Registry,
    age: timedelta,
    keep_pulled: bool,
    report: Callable[[int, int], Awaitable[None]],
    settle_seconds: float = drift.SETTLE_SECONDS,
) -> Deleted:
    """Delete the manifests that have had no tag for ``age``, and that nothing needs.

    With ``keep_pulled``, those that were pulled within ``age`` are kept too.

    The catalog can lack a tag, if the database was restored from a backup. The deletion of a
    manifest would delete such a tag too. So the catalog is compared with the registry and repaired
    first. A repository that cannot be repaired, or whose statements take too long, keeps its
    garbage.

    ``report`` receives the numbers of processed repositories and of all of them.

    Raises:
        RegistryUnavailable: The registry does not work.
    """
    async with engine.connect() as tx:
        paths = await queries.list_paths(tx)
    deleted = Deleted()
    garbage = _Garbage(engine, age, deleted.failures)
    await garbage.find(paths, marks=True, keep_pulled=keep_pulled)

    async def repair(some: Sequence[str]) -> None:
        compared = await drift.compare_repositories(
            engine=engine,
            registry=registry,
            paths=some,
            settle_seconds=settle_seconds,
            feed_seconds=_FEED_SECONDS,
        )
        left = await drift.repair(engine=engine, registry=registry, found=compared.differences)
        deleted.failures.update(
            {one.repository: "the catalog and the registry differ" for one in left}
        )
        deleted.failures.update(compared.failures)

    await garbage.in_groups(garbage.paths, repair)
    usable = garbage.paths
    for number, path in enumerate(usable):

        async def add(count: int, number: int = number) -> None:
            deleted.manifests += count
            await report(number, len(usable))

        try:
            await garbage.in_groups([path], partial(garbage.delete, registry, add))
        except RegistryUnavailable as error:
            await registry.check()
            deleted.failures[path] = str(error)
        await report(number + 1, len(usable))
    return deleted


class _Garbage:
    """The repositories with garbage. ``failures`` receives those that cannot be processed."""

    def __init__(self, engine: Engine, age: timedelta, failures: dict[str, str]) -> None:
        self._engine = engine
        self._age = age
        self._failures = failures
        self._found: set[str] = set()
        self._pulled: dict[str, set[tuple[str, str]]] = {}

    @property
    def paths(self) -> list[str]:
        """The repositories that were found and that have not failed."""
        return sorted(self._found - self._failures.keys())

    async def find(self, paths: Sequence[str], *, marks: bool, keep_pulled: bool) -> None:
        """Find those of the repositories that have garbage. ``marks`` counts its age from now."""

        async def find(some: Sequence[str]) -> None:
            if marks:
                async with self._engine.begin() as tx:
                    await queries.mark_untagged(tx, paths=some)
            async with self._engine.connect() as tx:
                found = await self.list_untagged(tx, some)
            self._found |= {item.repository for item in found}

        await self.in_groups(paths, find)
        if keep_pulled:
            await self.in_groups(self.paths, self._find_pulled)
            await self.in_groups(self._pulled.keys() & self._found, self._drop_pulled)

    async def list_untagged(
        self, tx: Tx, paths: Sequence[str], *, with_children: bool = False
    ) -> list[UntaggedManifest]:
        """Return the garbage of some repositories."""
        return await queries.list_untagged(
            tx,
            paths=paths,
            age=self._age,
            pulled=[one for path in paths for one in self._pulled.get(path, ())],
            with_children=with_children,
        )

    async def delete(
        self,
        registry: Registry,
        report: Callable[[int], Awaitable[None]],
        paths: Sequence[str],
    ) -> None:
        """Delete the garbage of repositories. ``report`` receives the number of each batch.

        A listing contains no child of an index that exists. So the children of a deleted index are
        in a later listing.
        """
        count = 1
        while count:
            async with self._engine.connect() as tx:
                found = await self.list_untagged(tx, paths)
            count = 0
            for path in paths:
                digests = [item.digest for item in found if item.repository == path]
                for start in range(0, len(digests), _BATCH):
                    batch = digests[start : start + _BATCH]
                    deleted = await _delete_batch(self._engine, registry, path, batch, self._age)
                    count += deleted
                    await report(deleted)

    async def in_groups(self, paths: Collection[str], process: _Process) -> None:
        """Process repositories in groups. If a group fails, process each of its members alone."""
        ordered = sorted(paths)
        for start in range(0, len(ordered), _REPOSITORIES_AT_ONCE):
            group = ordered[start : start + _REPOSITORIES_AT_ONCE]
            if await self._succeeds(group, process) or len(group) == 1:
                continue
            for path in group:
                await self._succeeds([path], process)

    async def _succeeds(self, group: Sequence[str], process: _Process) -> bool:
        """Process repositories. If the database does not work at all, raise its error."""
        try:
            await process(group)
        except STATEMENT_FAILURES as error:
            async with self._engine.connect() as tx:
                await read_clock(tx)
            reason = (str(error) or "a statement of the database took too long").splitlines()[0]
            _log.warning("garbage is kept", repositories=len(group), first=group[0], reason=reason)
            if len(group) == 1:
                self._failures[group[0]] = reason
            return False
        return True

    async def _find_pulled(self, paths: Sequence[str]) -> None:
        """Find what was pulled within the age. A statement reads the pulls of some hours."""
        async with self._engine.connect() as tx:
            now = await read_clock(tx)
            after = now - self._age
            until = max(after, now - _SINGLE_PULLS)
            while after < now:
                for one in await queries.list_pulled(tx, paths=paths, after=after, until=until):
                    self._pulled.setdefault(one[0], set()).add(one)
                after, until = until, until + _PULLS_AT_ONCE

    async def _drop_pulled(self, paths: Sequence[str]) -> None:
        """Leave out repositories whose garbage was all pulled."""
        async with self._engine.connect() as tx:
            found = await self.list_untagged(tx, paths)
        self._found -= set(paths) - {item.repository for item in found}


async def _delete_batch(
    engine: Engine, registry: Registry, path: str, digests: Sequence[str], age: timedelta
) -> int:
    """Delete those of the manifests that nothing needs since the listing. Return their number."""
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[path])
        taken_at = time.monotonic()
        intents = await queries.open_deletions(
            tx,
            namespace=path.partition("/")[0],
            path=path,
            digests=await queries.list_still_untagged(tx, path=path, digests=digests, age=age),
        )
    failures: list[RegistryUnavailable] = []
    requests = asyncio.Semaphore(_DELETES_AT_ONCE)

    async def delete(digest: str) -> Lease | None:
        id_, until = intents[digest]
        lease = Lease(engine, id_, until, taken_at=taken_at)
        async with requests:
            try:
                await registry.delete_manifest(path, digest, check=lease.check)
            except RegistryUnavailable as error:
                failures.append(error)
                return None  # The worker of intents completes the deletion.
        return lease

    confirmed = await asyncio.gather(*(delete(digest) for digest in intents))
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[path])
        resolved = await queries.resolve_deletions(
            tx, versions=[lease.version for lease in confirmed if lease is not None]
        )
        await lock_counters(tx)
        repository_id = await queries.delete_manifests(tx, path=path, digests=resolved)
        if repository_id is not None:
            await update_totals(tx, pushed_at={repository_id: None})
        opened = await open_artifact_deletions(tx, path=path, digests=resolved)
    for intent in opened:
        with suppress(LeaseLost):  # The worker of intents carries it out.
            await resume_tag_deletion(intent, engine=engine, registry=registry)
    if failures:
        raise failures[0]
    return len(resolved)
