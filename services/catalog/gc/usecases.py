"""Deletes what is garbage, so that a push which comes in between wins."""

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

_REPOSITORIES_AT_ONCE = 200
_DELETES_AT_ONCE = 4
_HEARD_SECONDS = 15.0
_PAUSE_SECONDS = 0.05
_LOOK_BACK = timedelta(minutes=10)
_CLOCKS_NS = 5 * 10**9
"""How far the registry's clock may be behind ours."""


async def find_garbage(*, engine: Engine, age: timedelta) -> Found:
    """Manifests that have been untagged for ``age``, were not pushed again since, and that nothing living needs.

    What is being deleted is left to that.
    """
    now_ns = time.time_ns()
    after_ns = now_ns - _nanoseconds(max(age, _LOOK_BACK))
    async with engine.begin() as tx:
        await queries.note_missed(tx)
        ids = await queries.list_repositories_with_old(tx, age=age)
    garbage: list[Untagged] = []
    known: set[int] = set()
    for start in range(0, len(ids), _REPOSITORIES_AT_ONCE):
        async with engine.connect() as tx:
            position = await feed.get_position(tx)
            some, children = await queries.list_untagged(
                tx, repository_ids=ids[start : start + _REPOSITORIES_AT_ONCE], age=age
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
    """As ``find_garbage``, when the registry was asked what the catalog has missed in the repositories that have some.

    A registry that crashes takes pushes with it that it has not reported, and a backup does not know of those after it: a tag that the
    catalog does not have would be deleted with its manifest. What was missed is written into the catalog; what cannot be settled is left
    alone. Raises RegistryUnavailable.
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
    found = await find_garbage(
        engine=engine, age=age
    )  # again though nothing was missed: the worker may have mended it meanwhile
    return replace(
        found, garbage=[item for item in found.garbage if item.repository in paths - left]
    )


async def delete_garbage(
    *, engine: Engine, registry: Registry, found: Found, batch: Sequence[Untagged]
) -> list[Key]:
    """Delete this ``batch`` of what was found in the registry; returns those that are gone.

    What was pushed, tagged or taken into an index between the look at it and its deletion is put back. Raises RegistryUnavailable.
    """
    keys = [item.key for item in batch]
    started_ns = time.time_ns() - _CLOCKS_NS
    again = {push.key for push in await _new_pushes(engine, keys, found)}
    contents = await _delete(registry, [key for key in keys if key not in again])
    await _until_heard(engine, contents.keys(), after_ns=started_ns)
    between = await _new_pushes(engine, list(contents), found)
    async with engine.connect() as tx:
        adopted = await queries.list_adopted(tx, keys=contents.keys())
    back = {(push.key, push.tag or push.key[1]) for push in between} | {
        (key, key[1]) for key in adopted
    }
    for (repository, digest), reference in sorted(back):
        await registry.put_manifest(repository, reference, contents[repository, digest])
    kept = {key for key, _ in back}
    return [key for key in contents if key not in kept]


async def _new_pushes(engine: Engine, keys: Sequence[Key], found: Found) -> list[PushOf]:
    async with engine.connect() as tx:
        pushes = await queries.list_pushes(tx, keys=keys, after_ns=found.after_ns)
    return [push for push in pushes if push.event_id not in found.known_pushes]


def _nanoseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1) * 1000


async def _delete(registry: Registry, keys: Sequence[Key]) -> dict[Key, Fetched]:
    """Delete manifests, a few at once but indexes before what follows; returns what they were."""
    contents: dict[Key, Fetched] = {}

    async def delete(key: Key) -> None:
        fetched = await registry.find_manifest(*key)
        if fetched is not None and await registry.delete_manifest(*key):
            contents[key] = fetched

    for start in range(0, len(keys), _DELETES_AT_ONCE):
        await asyncio.gather(*(delete(key) for key in keys[start : start + _DELETES_AT_ONCE]))
    return contents


async def _until_heard(engine: Engine, keys: Collection[Key], *, after_ns: int) -> None:
    """Wait until the catalog has read that these are deleted, and with it every push before; not for ever."""
    deadline = time.monotonic() + _HEARD_SECONDS
    while keys and time.monotonic() < deadline:
        async with engine.connect() as tx:
            position = await feed.get_position(tx)
            if await queries.count_deletes_read(
                tx, keys=keys, after_ns=after_ns, position=position
            ) >= len(keys):
                return
        await asyncio.sleep(_PAUSE_SECONDS)
