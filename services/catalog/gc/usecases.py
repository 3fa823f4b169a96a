"""Finds garbage, and deletes it so that a concurrent push wins (spec 7)."""

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from libs.common.db.engine import Engine
from libs.common.registry.client import Fetched, Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.gc import queries
from services.catalog.gc.domain import (
    Deleted,
    FoundGarbage,
    Key,
    PushEvent,
    UntaggedManifest,
    order_for_deletion,
)
from services.catalog.sync.drift import usecases as drift
from services.catalog.sync.feed import queries as feed

_REPOSITORIES_AT_ONCE = 200
_DELETES_AT_ONCE = 4
_APPLIED_SECONDS = 15.0
"""The longest time to wait until the catalog has applied deletions."""
_POLL_SECONDS = 0.05
_LEAST_LOOK_BACK = timedelta(minutes=10)
"""Push events are read from at least this time before a search, even if ``age`` is shorter."""
_CLOCK_SKEW_NS = 5 * 10**9
"""How far the registry's clock may be behind the clock of this host."""


async def find_garbage(*, engine: Engine, age: timedelta) -> FoundGarbage:
    """Return the manifests that have been untagged for ``age``, and that nothing needs.

    A manifest is not garbage if it is a child or a referrer of a live manifest, if it was pushed
    again within ``age``, or if the catalog has not applied a push of it yet. Repositories that are
    being deleted are left out: their deletion removes all manifests.
    """
    now_ns = time.time_ns()
    after_ns = now_ns - _nanoseconds(max(age, _LEAST_LOOK_BACK))
    async with engine.begin() as tx:
        await queries.mark_untagged(tx)
        ids = await queries.list_repositories_with_untagged(tx, age=age)
    garbage: list[UntaggedManifest] = []
    known: set[int] = set()
    for start in range(0, len(ids), _REPOSITORIES_AT_ONCE):
        async with engine.connect() as tx:
            position = await feed.get_position(tx)
            untagged, children = await queries.list_untagged(
                tx, repository_ids=ids[start : start + _REPOSITORIES_AT_ONCE], age=age
            )
            pushes = await queries.list_pushes(
                tx, keys=[item.key for item in untagged], after_ns=after_ns, position=position
            )
        pushed_again = {
            push.key for push in pushes if push.unread or push.at_ns > now_ns - _nanoseconds(age)
        }
        garbage += order_for_deletion(
            [item for item in untagged if item.key not in pushed_again], children
        )
        known |= {push.event_id for push in pushes}
    return FoundGarbage(garbage, frozenset(known), after_ns)


async def find_confirmed(
    *,
    engine: Engine,
    registry: Registry,
    age: timedelta,
    settle_seconds: float = drift.SETTLE_SECONDS,
) -> FoundGarbage:
    """Like ``find_garbage``, after a comparison of the repositories with the registry.

    The catalog can lack a tag: a registry that crashes loses the events that it has not reported,
    and a backup lacks later pushes. The deletion of the manifest would delete such a tag too. So
    the catalog is repaired first. A repository that cannot be repaired keeps its garbage.

    Raises:
        RegistryUnavailable: The registry cannot be read.
    """
    found = await find_garbage(engine=engine, age=age)
    if not found.garbage:
        return found
    paths = {item.repository for item in found.garbage}
    compared = await drift.compare_repositories(
        engine=engine, registry=registry, paths=paths, settle_seconds=settle_seconds
    )
    left = await drift.repair(engine=engine, registry=registry, found=compared.differences)
    unrepaired = {difference.repository for difference in left} | compared.failures.keys()
    # Search again even without a difference: the worker may have repaired the catalog meanwhile.
    found = await find_garbage(engine=engine, age=age)
    return replace(
        found,
        garbage=[item for item in found.garbage if item.repository in paths - unrepaired],
        failures={
            path: compared.failures.get(path, "the catalog and the registry differ")
            for path in sorted(unrepaired)
        },
    )


async def delete_garbage(
    *, engine: Engine, registry: Registry, found: FoundGarbage, batch: Sequence[UntaggedManifest]
) -> Deleted:
    """Delete ``batch``, a part of ``found``, in the registry. Return the manifests that are gone.

    A manifest that was pushed again since the search is not deleted. A manifest that a client
    pushes, tags, or adds to an index during its deletion is restored. A manifest that the registry
    cannot delete or restore stops no other.

    Raises:
        RegistryUnavailable: The registry does not work. A manifest may be deleted and not restored.
    """
    keys = [item.key for item in batch]
    started_ns = time.time_ns() - _CLOCK_SKEW_NS
    pushed_again = {push.key for push in await _list_new_pushes(engine, keys, found)}
    deleted, failures = await _delete(registry, [key for key in keys if key not in pushed_again])
    await _wait_until_applied(engine, deleted.keys(), after_ns=started_ns)
    concurrent = await _list_new_pushes(engine, list(deleted), found)
    async with engine.connect() as tx:
        needed = await queries.list_children_of_other_indexes(tx, keys=deleted.keys())
    to_restore = {(push.key, push.tag or push.key[1]) for push in concurrent} | {
        (key, key[1]) for key in needed
    }
    for (repository, digest), reference in sorted(to_restore):
        try:
            await registry.put_manifest(repository, reference, deleted[repository, digest])
        except RegistryUnavailable as error:
            await registry.check()
            failures[repository] = str(error)
    restored = {key for key, _ in to_restore}
    return Deleted([key for key in deleted if key not in restored], failures)


async def _list_new_pushes(
    engine: Engine, keys: Sequence[Key], found: FoundGarbage
) -> list[PushEvent]:
    """Return the push events of these manifests that arrived after the search."""
    async with engine.connect() as tx:
        pushes = await queries.list_pushes(tx, keys=keys, after_ns=found.after_ns)
    return [push for push in pushes if push.event_id not in found.known_pushes]


def _nanoseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1) * 1000


async def _delete(
    registry: Registry, keys: Sequence[Key]
) -> tuple[dict[Key, Fetched], dict[str, str]]:
    """Delete manifests in the given order, a few at once.

    Return the content of those deleted, and the repositories in which the registry failed.
    """
    contents: dict[Key, Fetched] = {}
    failures: dict[str, str] = {}

    async def delete(key: Key) -> None:
        try:
            fetched = await registry.find_manifest(*key)
            if fetched is not None and await registry.delete_manifest(*key):
                contents[key] = fetched
        except RegistryUnavailable as error:
            await registry.check()
            failures[key[0]] = str(error)

    for start in range(0, len(keys), _DELETES_AT_ONCE):
        await asyncio.gather(*(delete(key) for key in keys[start : start + _DELETES_AT_ONCE]))
    return contents, failures


async def _wait_until_applied(engine: Engine, keys: Collection[Key], *, after_ns: int) -> None:
    """Wait until the catalog has applied the deletions of these manifests, or for 15 s.

    The registry reports in order, so the catalog has then applied every earlier push too.
    """
    deadline = time.monotonic() + _APPLIED_SECONDS
    while keys and time.monotonic() < deadline:
        async with engine.connect() as tx:
            position = await feed.get_position(tx)
            applied = await queries.count_applied_deletions(
                tx, keys=keys, after_ns=after_ns, position=position
            )
        if applied >= len(keys):
            return
        await asyncio.sleep(_POLL_SECONDS)
