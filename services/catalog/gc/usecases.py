"""Find and delete garbage. A concurrent push of garbage is restored."""

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta

from libs.common.db.engine import Engine
from libs.common.registry.client import Fetched, Registry
from services.catalog.gc import queries
from services.catalog.gc.domain import (
    Found,
    Key,
    PushOf,
    Untagged,
    parents_first,
)
from services.catalog.sync.drift import usecases as drift
from services.catalog.sync.feed import queries as feed

_REPOSITORIES_PER_QUERY = 200
_CONCURRENT_DELETIONS = 4
_FEED_SECONDS = 15.0
_POLL_SECONDS = 0.05
_MIN_PERIOD = timedelta(minutes=10)
_CLOCK_DIFFERENCE_NS = 5 * 10**9
"""The registry's clock can be behind by so much."""


async def find_garbage(*, engine: Engine, age: timedelta) -> Found:
    """Return manifests that are untagged for ``age``, not pushed since, and not needed.

    Repositories that are being deleted are left out.
    """
    now_ns = time.time_ns()
    after_ns = now_ns - _nanoseconds(max(age, _MIN_PERIOD))
    async with engine.begin() as tx:
        await queries.set_untagged_since(tx)
        ids = await queries.list_repositories_with_old(tx, age=age)
    garbage: list[Untagged] = []
    known: set[int] = set()
    for start in range(0, len(ids), _REPOSITORIES_PER_QUERY):
        async with engine.connect() as tx:
            position = await feed.get_position(tx)
            some, children = await queries.list_untagged(
                tx, repository_ids=ids[start : start + _REPOSITORIES_PER_QUERY], age=age
            )
            pushes = await queries.list_pushes(
                tx, keys=[item.key for item in some], after_ns=after_ns, position=position
            )
        again = {
            push.key for push in pushes if push.unread or push.at_ns > now_ns - _nanoseconds(age)
        }
        garbage += parents_first([item for item in some if item.key not in again], children)
        known |= {push.event_id for push in pushes}
    return Found(garbage, frozenset(known), after_ns)


async def find_confirmed(
    *,
    engine: Engine,
    registry: Registry,
    age: timedelta,
    settle_seconds: float = drift.SETTLE_SECONDS,
) -> Found:
    """As ``find_garbage``, after the catalog of the affected repositories is repaired.

    A crashed registry loses events, and a backup lacks later pushes. The catalog would then delete
    a tag that it does not have together with its manifest. Repositories that cannot be repaired are
    left out.

    Raises RegistryUnavailable.
    """
    found = await find_garbage(engine=engine, age=age)
    if not found.garbage:
        return found
    paths = {item.repository for item in found.garbage}
    missed = await drift.compare_repositories(
        engine=engine, registry=registry, paths=paths, settle_seconds=settle_seconds
    )
    left = {
        difference.repository
        for difference in await drift.repair(engine=engine, registry=registry, found=missed)
    }
    # Also if nothing was missed here: the scheduled comparison may have repaired it meanwhile.
    found = await find_garbage(engine=engine, age=age)
    return replace(
        found, garbage=[item for item in found.garbage if item.repository in paths - left]
    )


async def delete_garbage(
    *, engine: Engine, registry: Registry, found: Found, batch: Sequence[Untagged]
) -> list[Key]:
    """Delete a ``batch`` of ``found`` from the registry; return the manifests that are gone.

    A manifest that was pushed, tagged, or added to an index meanwhile is restored.

    Raises RegistryUnavailable.
    """
    keys = [item.key for item in batch]
    started_ns = time.time_ns() - _CLOCK_DIFFERENCE_NS
    again = {push.key for push in await _new_pushes(engine, keys, found)}
    contents = await _delete(registry, [key for key in keys if key not in again])
    await _wait_for_feed(engine, contents.keys(), after_ns=started_ns)
    pushes = await _new_pushes(engine, list(contents), found)
    async with engine.connect() as tx:
        adopted = await queries.list_adopted(tx, keys=contents.keys())
    restored = {(push.key, push.tag or push.key[1]) for push in pushes} | {
        (key, key[1]) for key in adopted
    }
    for (repository, digest), reference in sorted(restored):
        await registry.put_manifest(repository, reference, contents[repository, digest])
    kept = {key for key, _ in restored}
    return [key for key in contents if key not in kept]


async def _new_pushes(engine: Engine, keys: Sequence[Key], found: Found) -> list[PushOf]:
    async with engine.connect() as tx:
        pushes = await queries.list_pushes(tx, keys=keys, after_ns=found.after_ns)
    return [push for push in pushes if push.event_id not in found.known_pushes]


def _nanoseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1) * 1000


async def _delete(registry: Registry, keys: Sequence[Key]) -> dict[Key, Fetched]:
    """Delete manifests in order, a few at a time; return the contents of those that existed."""
    contents: dict[Key, Fetched] = {}

    async def delete(key: Key) -> None:
        fetched = await registry.find_manifest(*key)
        if fetched is not None and await registry.delete_manifest(*key):
            contents[key] = fetched

    for start in range(0, len(keys), _CONCURRENT_DELETIONS):
        await asyncio.gather(*(delete(key) for key in keys[start : start + _CONCURRENT_DELETIONS]))
    return contents


async def _wait_for_feed(engine: Engine, keys: Collection[Key], *, after_ns: int) -> None:
    """Wait until the catalog has applied these deletions, and so all pushes before them.

    After a time limit, return anyway.
    """
    deadline = time.monotonic() + _FEED_SECONDS
    while keys and time.monotonic() < deadline:
        async with engine.connect() as tx:
            position = await feed.get_position(tx)
            if await queries.count_applied_deletions(
                tx, keys=keys, after_ns=after_ns, position=position
            ) >= len(keys):
                return
        await asyncio.sleep(_POLL_SECONDS)
