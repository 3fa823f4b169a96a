"""Marks blobs that nothing needs, and waits until every gate knows them (spec 7)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from libs.common.db.engine import Engine
from libs.common.storage.store import Storage
from services.catalog.gc.blobs import queries
from services.catalog.gc.blobs.domain import BATCH, MAX_MARKS

_POLL_SECONDS = 0.1


@dataclass(slots=True)
class MarkedBlobs:
    """All blobs of the storage, and those that were marked: their numbers and bytes.

    ``needed`` counts the others by the reason for which they are kept, in a dry run only.
    """

    blobs: int = 0
    blob_bytes: int = 0
    marked: int = 0
    marked_bytes: int = 0
    needed: Counter[str] = field(default_factory=Counter)


async def mark_blobs(
    *,
    engine: Engine,
    storage: Storage,
    run: int,
    grace: timedelta,
    is_dry: bool,
    report: Callable[[MarkedBlobs], Awaitable[None]],
) -> MarkedBlobs:
    """Mark the blobs of the storage that nothing needs; with ``is_dry``, only count them.

    If half a million blobs wait already, the rest is left to the next run.

    Raises:
        StorageUnavailable: the blobs cannot be listed completely. Those so far may be marked.
    """
    found = MarkedBlobs()
    apply = queries.count_unneeded if is_dry else queries.mark
    async with engine.connect() as tx:
        marked_before = await queries.count_marks(tx)
    async for listed in storage.list_blobs():
        for start in range(0, len(listed), BATCH):
            blobs = listed[start : start + BATCH]
            found.blobs += len(blobs)
            found.blob_bytes += sum(blob.size for blob in blobs)
            if marked_before + found.marked >= MAX_MARKS:
                continue
            async with engine.begin() as tx:
                marked = await apply(tx, run=run, blobs=blobs, grace=grace)
                if is_dry:
                    found.needed += Counter(
                        await queries.count_needed(tx, run=run, blobs=blobs, grace=grace)
                    )
            found.marked += marked.blobs
            found.marked_bytes += marked.size_bytes
        await report(found)
    return found


async def confirm_marks(
    *, engine: Engine, run: int, keep_on: Callable[[], Awaitable[None]]
) -> None:
    """Wait until every push and every gate knows the marks. Then their wait begins.

    A transaction that began before a mark was committed may not see it. But it has ended before
    this function returns, and what it has written is seen by the sweep.

    ``keep_on`` is called between two looks. It raises an exception to end the run.
    """
    async with engine.begin() as tx:
        generation = await queries.announce(tx)
        later = await queries.assign_transaction_id(tx)
    while True:
        async with engine.connect() as tx:
            if await queries.have_ended(tx, below=later) and await queries.do_gates_know(
                tx, generation=generation
            ):
                break
        await keep_on()
        await asyncio.sleep(_POLL_SECONDS)
    async with engine.begin() as tx:
        await queries.start_wait(tx, run=run)
