"""Deletes manifests that nothing needs, as intents, so that a concurrent push wins (spec 7)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.gc.manifests import queries
from services.catalog.intents.queries import lock_repositories
from services.catalog.pull_counts.queries import lock_counters
from services.catalog.repositories.queries import update_totals
from services.catalog.sync.drift import usecases as drift

_BATCH = 50
_REPOSITORIES_AT_ONCE = 200
_DELETES_AT_ONCE = 4


@dataclass(slots=True)
class Deleted:
    """The number of deleted manifests, and the repositories that failed, with the reason."""

    manifests: int = 0
    failures: dict[str, str] = field(default_factory=dict)


async def count_untagged(*, engine: Engine, age: timedelta, keep_pulled: bool) -> int:
    """Return how many manifests ``delete_untagged`` would delete."""
    async with engine.begin() as tx:
        await queries.mark_untagged(tx)
        paths = await queries.list_repositories_with_untagged(tx, age=age)
    count = 0
    for start in range(0, len(paths), _REPOSITORIES_AT_ONCE):
        async with engine.connect() as tx:
            some = paths[start : start + _REPOSITORIES_AT_ONCE]
            found = await queries.list_untagged(
                tx, paths=some, age=age, keep_pulled=keep_pulled, with_children=True
            )
            count += len(found)
    return count


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
    first. A repository that cannot be repaired keeps its garbage.

    ``report`` receives the numbers of processed repositories and of all of them.

    Raises:
        RegistryUnavailable: The registry does not work.
    """
    async with engine.begin() as tx:
        await queries.mark_untagged(tx)
        paths = await queries.list_repositories_with_untagged(tx, age=age)
    garbage = await _keep_with_garbage(engine, paths, age, keep_pulled)
    deleted = Deleted()
    if not garbage:
        return deleted
    compared = await drift.compare_repositories(
        engine=engine, registry=registry, paths=garbage, settle_seconds=settle_seconds
    )
    left = await drift.repair(engine=engine, registry=registry, found=compared.differences)
    deleted.failures |= {
        one.repository: "the catalog and the registry differ" for one in left
    } | dict(compared.failures)
    usable = [path for path in garbage if path not in deleted.failures]
    for number, path in enumerate(usable):
        try:
            while count := await _delete_batch(engine, registry, path, age, keep_pulled):
                deleted.manifests += count
                await report(number, len(usable))
        except RegistryUnavailable as error:
            await registry.check()
            deleted.failures[path] = str(error)
        await report(number + 1, len(usable))
    return deleted


async def _keep_with_garbage(
    engine: Engine, paths: Sequence[str], age: timedelta, keep_pulled: bool
) -> list[str]:
    """Return those of the repositories that have garbage."""
    found: set[str] = set()
    for start in range(0, len(paths), _REPOSITORIES_AT_ONCE):
        async with engine.connect() as tx:
            some = paths[start : start + _REPOSITORIES_AT_ONCE]
            found |= {
                item.repository
                for item in await queries.list_untagged(
                    tx, paths=some, age=age, keep_pulled=keep_pulled
                )
            }
    return sorted(found)


async def _delete_batch(
    engine: Engine, registry: Registry, path: str, age: timedelta, keep_pulled: bool
) -> int:
    """Delete some manifests of one repository, and return their number.

    A batch contains no child of an index that exists. So the children of a deleted index are
    deleted by a later batch.
    """
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[path])
        found = await queries.list_untagged(
            tx, paths=[path], age=age, keep_pulled=keep_pulled, limit=_BATCH
        )
        intents = await queries.open_deletions(
            tx,
            namespace=path.partition("/")[0],
            path=path,
            digests=[item.digest for item in found],
        )
    failures: list[RegistryUnavailable] = []
    requests = asyncio.Semaphore(_DELETES_AT_ONCE)

    async def delete(digest: str) -> int | None:
        async with requests:
            try:
                await registry.delete_manifest(path, digest)
            except RegistryUnavailable as error:
                failures.append(error)
                return None  # The worker of intents completes the deletion.
        return intents[digest]

    confirmed = await asyncio.gather(*(delete(digest) for digest in intents))
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[path])
        resolved = await queries.resolve_deletions(
            tx, ids=[id_ for id_ in confirmed if id_ is not None]
        )
        await lock_counters(tx)
        repository_id = await queries.delete_manifests(tx, path=path, digests=resolved)
        if repository_id is not None:
            await update_totals(tx, pushed_at={repository_id: None})
    if failures:
        raise failures[0]
    return len(resolved)
