"""Open an intent, and call the registry until it has confirmed the intent.

No transaction is open while the registry is called (spec 14).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar
from weakref import WeakValueDictionary

from libs.common.db.engine import Engine, Tx
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.tokens import WRITE_SECONDS
from services.catalog.intents import queries
from services.catalog.intents.domain import WAIT_SECONDS, Change, ChangeInProgress, Intent
from services.catalog.intents.leases import Lease

Prepare = Callable[[Tx], Awaitable[Change]]
"""Checks that a change is allowed, and returns it. The repository is locked meanwhile."""

Record = Callable[[Tx, Intent], Awaitable[None]]
"""Writes what belongs to a new intent, in its transaction."""

T = TypeVar("T")
_POLL_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1)
_RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)
_polling: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()
"""By repository and tags. Only one of the changes that wait for the same tags polls the database:
many pushes of one tag would use all its connections otherwise."""


async def open_intent(
    *, engine: Engine, repository: str, prepare: Prepare, record: Record | None = None
) -> Intent:
    """Insert the intent of the change that ``prepare`` returns, when no open intent conflicts.

    ``prepare`` runs again after each wait, because the resolved intent may have changed its answer.
    It writes nothing; ``record`` does, once the intent is inserted.

    Raises:
        ChangeInProgress: a conflicting intent was not resolved within 20 s.
        Exception: what ``prepare`` raises. Nothing is inserted then.
    """

    async def insert() -> tuple[Change, int | None]:
        async with engine.begin() as tx:
            await queries.lock_repositories(tx, paths=[repository])
            change = await prepare(tx)
            id_ = await queries.insert_unless_conflict(tx, change=change)
            if id_ is not None:
                leases.append(await queries.find_lease(tx, id=id_))
                if record is not None:
                    await record(tx, Intent(id_, change, datetime.now(UTC)))
            return change, id_

    leases: list[datetime | None] = []
    intent = await insert_when_free(insert)
    return replace(intent, leased_until=leases[0])


async def insert_when_free(
    insert: Callable[[], Awaitable[tuple[Change, int | None]]],
) -> Intent:
    """Call ``insert`` until it returns the id of an intent. None means that an open one conflicts.

    No connection is held between two calls.

    Raises:
        ChangeInProgress: a conflicting intent was not resolved within 20 s.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + WAIT_SECONDS

    change, id_ = await insert()
    if id_ is None:
        async with _poll_alone(change, deadline):
            tries = 0
            while id_ is None:
                if loop.time() >= deadline:
                    raise ChangeInProgress(retry_after=2)
                await asyncio.sleep(_POLL_SECONDS[min(tries, len(_POLL_SECONDS) - 1)])
                tries += 1
                change, id_ = await insert()
    return Intent(id_, change, datetime.now(UTC))


@asynccontextmanager
async def _poll_alone(change: Change, deadline: float) -> AsyncIterator[None]:
    """Wait until no other change of the same tags polls. Raises ChangeInProgress."""
    lock = _polling.setdefault(
        (change.repository, *(change.tags or (change.digest,))), asyncio.Lock()
    )
    try:
        async with asyncio.timeout_at(deadline):
            await lock.acquire()
    except TimeoutError:
        raise ChangeInProgress(retry_after=2) from None
    try:
        yield
    finally:
        lock.release()


async def call_until_confirmed(
    call: Callable[[], Awaitable[T]],
    *,
    engine: Engine,
    intent: Intent,
    seconds: float | None = None,
    lease: Lease | None = None,
) -> T:
    """Return the result of ``call``, which is repeated while the registry is unavailable.

    It is repeated for ``seconds``; by default for 20 s, as long as a client waits for a push.

    The lease of ``intent`` is renewed before each repetition. With ``lease``, the call destroys
    something. Then a call that had no answer ends before this function returns: until its token
    expires, the registry can still carry it out.

    Raises:
        RegistryUnavailable: the registry did not answer. The outcome is unknown, so the intent
            stays open, and the worker repeats the call.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + (WAIT_SECONDS if seconds is None else seconds)
    expires_at = 0.0
    for pause in (*_RETRY_SECONDS, *[_RETRY_SECONDS[-1]] * 100):
        try:
            async with asyncio.timeout_at(deadline):
                result = await call()
            await asyncio.sleep(max(0.0, expires_at - loop.time()))
            return result
        except (RegistryUnavailable, TimeoutError) as error:
            if lease is not None:
                expires_at = loop.time() + WRITE_SECONDS
            if loop.time() + pause >= deadline:
                change = f"{intent.change.kind} in {intent.change.repository}"
                raise RegistryUnavailable(f"{change} is not confirmed by the registry") from error
        await asyncio.sleep(pause)
        if lease is not None:
            await lease.check()
        else:
            async with engine.begin() as tx:
                await queries.renew_lease(tx, id=intent.id)
    raise AssertionError("the deadline ends the loop")
