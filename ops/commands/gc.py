"""`moorage gc`: give the disk space of what nobody has tagged for long back, while pulls go on (spec 7).

Manifests go first, by digest through the registry. Then new uploads are refused until those that are open have ended, and then every
write while the registry's own collector runs. Whatever ends this in between, writes are open again within seconds.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column, Table
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db.engine import create_engine, is_unreachable
from libs.common.registry.client import Registry, RegistryUnavailable, connected
from libs.common.registry.tokens import CATALOG_SUBJECT
from ops.commands.active_uploads import (
    IDLE_SECONDS,
    active_uploads,
    activity,
    revision,
)
from ops.commands.catalog_settings import catalog_settings
from ops.commands.garbage_collector import Collector, find_collector
from ops.commands.write_pause import SETTLE_SECONDS, WritePause, paused_writes
from ops.errors import OpsError
from ops.host.disk import shown, usage
from ops.layout import Layout
from ops.settings import RunSettings
from services.catalog.gc import queries, usecases
from services.catalog.gc.domain import Untagged
from services.catalog.settings import Settings

_LONGEST_WAIT_SECONDS = 300.0
_LOOK_AGAIN_SECONDS = 0.3
_BATCH = 50
_ONLY_ONE = "SELECT pg_try_advisory_lock(hashtextextended('moorage gc', 0))"


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collection did; `refused_seconds`: for how long no write was possible, `sweep_seconds` of it for the registry's collector."""

    manifests: int
    blobs: int
    freed_bytes: int
    refused_seconds: float
    sweep_seconds: float


async def collect_garbage(layout: Layout, settings: RunSettings, *, dry_run: bool) -> None:
    """Collect, or with `dry_run` only tell what would go, and show it on the terminal.

    Raises OpsError when another collection runs, or registry, database or collector do not do their part.
    """
    catalog = catalog_settings(layout)
    collector = find_collector(layout, settings)
    age = timedelta(days=settings.gc_untagged_days)
    with _plainly():
        async with (
            _alone(catalog),
            _engine(catalog) as engine,
            connected(catalog.registry, subject=CATALOG_SUBJECT) as registry,
        ):
            if dry_run:
                await _foretell(engine, collector, age)
            else:
                await _Collection(engine, registry, collector, age).run()


class _Collection:
    """One collection, phase by phase."""

    def __init__(
        self, engine: AsyncEngine, registry: Registry, collector: Collector, age: timedelta
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._collector = collector
        self._age = age
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(),
        )

    async def run(self) -> None:
        async with self._engine.begin() as tx:
            run = await queries.start_run(tx)
        with self._progress:
            manifests, freed = await self._delete_untagged()
            async with paused_writes(
                self._engine, active_uploads=await self._active_uploads()
            ) as pause:
                await self._until_pushes_end(pause)
                swept = await self._sweep(pause)
        done = Collected(
            manifests,
            swept.blobs,
            freed + swept.freed_bytes,
            swept.refused_seconds,
            swept.sweep_seconds,
        )
        async with self._engine.begin() as tx:
            await queries.finish_run(
                tx, run=run, manifests_deleted=done.manifests, freed_bytes=done.freed_bytes
            )
        Console(soft_wrap=True).print(
            f"Deleted: {done.manifests} untagged manifests, {done.blobs} blobs. Freed: {done.freed_bytes} bytes"
            f" ({shown(done.freed_bytes)}). Writes were refused for {done.refused_seconds:.1f} s,"
            f" {done.sweep_seconds:.1f} s of it while the registry's collector ran."
        )

    async def _delete_untagged(self) -> tuple[int, int]:
        """Return how many manifests went, and how many bytes their links took on disk."""
        asking = self._task("Asking the registry what the catalog has missed", None)
        found = await usecases.find_confirmed(
            engine=self._engine, registry=self._registry, age=self._age
        )
        self._progress.update(asking, total=1, completed=1)
        task = self._task("Deleting untagged manifests", len(found.garbage))
        deleted = freed = 0
        for start in range(0, len(found.garbage), _BATCH):
            batch = found.garbage[start : start + _BATCH]
            before = self._links(batch)
            deleted += len(
                await usecases.delete_garbage(
                    engine=self._engine, registry=self._registry, found=found, batch=batch
                )
            )
            freed += before - self._links(batch)
            self._progress.advance(task, len(batch))
        return deleted, freed

    def _links(self, batch: list[Untagged]) -> int:
        return sum(
            usage(revision(self._collector.storage, item.repository, item.digest)) for item in batch
        )

    async def _active_uploads(self) -> set[str]:
        """The repositories that are being pushed to."""
        now = time.time()
        active = await asyncio.to_thread(activity, self._collector.storage, now=now)
        async with self._engine.connect() as tx:
            last_pushes = await queries.last_pushes(
                tx, after_ns=int((now - 2 * IDLE_SECONDS) * 1e9)
            )
        return active_uploads(active, last_pushes, now=now)

    async def _until_pushes_end(self, pause: WritePause) -> None:
        task = self._task("Waiting for pushes that have begun", None)
        deadline = time.monotonic() + _LONGEST_WAIT_SECONDS
        await asyncio.sleep(
            SETTLE_SECONDS
        )  # what was let through last is to be seen in the storage
        while (left := await self._active_uploads()) and time.monotonic() < deadline:
            self._progress.update(
                task, description=f"Waiting for pushes that have begun: {len(left)}"
            )
            await pause.refuse_new_uploads(active_uploads=left)
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        self._progress.update(
            task, description="Waited for pushes that had begun", total=1, completed=1
        )

    async def _sweep(self, pause: WritePause) -> Collected:
        started = time.monotonic()
        await pause.refuse_all_writes()
        task = self._task("Collecting: nothing can be pushed meanwhile", None)
        before = await asyncio.to_thread(usage, self._collector.storage)
        blobs = 0

        def found(_digest: str) -> None:
            nonlocal blobs
            blobs += 1
            self._progress.update(task, completed=blobs)

        began = time.monotonic()
        await self._collector.collect(found)
        swept = time.monotonic() - began
        freed = before - await asyncio.to_thread(usage, self._collector.storage)
        self._progress.update(task, total=blobs)
        return Collected(0, blobs, freed, time.monotonic() - started, swept)

    def _task(self, description: str, total: int | None) -> TaskID:
        return self._progress.add_task(description, total=total)


async def _foretell(engine: AsyncEngine, collector: Collector, age: timedelta) -> None:
    found = (await usecases.find_garbage(engine=engine, age=age)).garbage
    async with engine.connect() as tx:
        exclusive = await queries.sum_exclusive_bytes(tx, keys=[item.key for item in found])
    loose: set[str] = set()
    await collector.collect(loose.add, dry_run=True)
    table = Table(
        Column("repository", overflow="fold"),
        Column("manifest", overflow="fold"),
        "untagged since",
        "image size",
        box=None,
    )
    for item in found:
        table.add_row(
            item.repository, item.digest, f"{item.since:%Y-%m-%d %H:%M}", shown(item.size_bytes)
        )
    console = Console()
    if found:
        console.print(table)
    held = sum(collector.blob_size(digest) for digest in loose)
    console = Console(soft_wrap=True)
    console.print(
        f"Would delete: {len(found)} untagged manifests, whose blobs that nothing else holds take {shown(exclusive)},"
    )
    console.print(
        f"and {len(loose)} blobs that no manifest holds, {shown(held)}. Nothing was changed."
    )


@asynccontextmanager
async def _alone(catalog: Settings) -> AsyncIterator[None]:
    """Hold the one lock of all collections on this database; raises OpsError when another has it."""
    connection = await asyncpg.connect(
        catalog.database_url.get_secret_value(),
        timeout=5,
        server_settings={"application_name": "moorage gc"},
    )
    try:
        if not await connection.fetchval(_ONLY_ONE):
            raise OpsError("a collection of garbage already runs")
        yield
    finally:
        connection.terminate()


@asynccontextmanager
async def _engine(catalog: Settings) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(catalog.database_url.get_secret_value(), application_name="moorage gc")
    try:
        yield engine
    finally:
        await engine.dispose()


@contextmanager
def _plainly() -> Iterator[None]:
    """Turn what stops a collection into one line."""
    try:
        yield
    except RegistryUnavailable as error:
        raise OpsError(f"the registry did not do its part: {error}") from None
    except Exception as error:
        if is_unreachable(error):
            raise OpsError("the database cannot be reached; is Moorage running?") from None
        raise
