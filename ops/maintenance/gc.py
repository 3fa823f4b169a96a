"""`moorage gc`: reclaims the disk space of manifests without a tag, while pulls continue (spec 7).

A collection deletes manifests by digest, through the registry. Then it refuses new uploads until
the active uploads end, and then every write while the registry's own garbage collector runs. If
the collection is killed, writes are allowed again within seconds.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

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
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db.engine import create_engine, is_unreachable
from libs.common.registry.client import Registry, connected
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.tokens import CATALOG_SUBJECT
from ops.errors import OpsError
from ops.host.disk import disk_usage, format_size
from ops.layout import Layout
from ops.maintenance.active_uploads import (
    IDLE_SECONDS,
    active_uploads,
    read_activity,
    revision_folder,
)
from ops.maintenance.catalog_settings import catalog_settings
from ops.maintenance.counted import counted
from ops.maintenance.damaged_manifests import Revision
from ops.maintenance.garbage_collector import GarbageCollector, find_garbage_collector
from ops.maintenance.garbage_list import find_known, list_garbage
from ops.maintenance.write_pause import SETTLE_SECONDS, WritePause, paused_writes
from ops.settings import RunSettings
from services.catalog.gc import queries, usecases
from services.catalog.gc.domain import UntaggedManifest
from services.catalog.intents.queries import has_open_pushes
from services.catalog.settings import Settings

_UPLOADS_SECONDS = 300.0
"""The longest time to wait for active uploads."""
_CONFIRM_SECONDS = 60.0
_POLL_SECONDS = 0.3
_BATCH = 50
_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtextextended('moorage gc', 0))"


@dataclass(frozen=True, slots=True)
class Collected:
    """The result of a collection.

    Every write was refused for `refused_seconds`. The registry's garbage collector ran for
    `sweep_seconds` of them.
    """

    manifests: int
    blobs: int
    freed_bytes: int
    refused_seconds: float
    sweep_seconds: float


async def collect_garbage(layout: Layout, settings: RunSettings, *, dry_run: bool) -> bool:
    """Collect garbage and print the result. With `dry_run`, list the garbage and delete nothing.

    Return False if a repository keeps garbage because it failed. The others are done.

    Raises:
        OpsError: Another collection is running, the registry or the database cannot be reached,
            or the registry's garbage collector failed.
    """
    catalog = catalog_settings(layout)
    garbage_collector = find_garbage_collector(layout, settings)
    age = timedelta(days=settings.gc_untagged_days)
    with _one_line_errors():
        async with (
            _only_collection(catalog),
            _engine(catalog) as engine,
            connected(catalog.registry, subject=CATALOG_SUBJECT) as registry,
        ):
            if dry_run:
                await list_garbage(engine, garbage_collector, age)
                return True
            return await _Collection(engine, registry, garbage_collector, age).run()


class _Collection:
    """One collection and its progress on the terminal."""

    def __init__(
        self,
        engine: AsyncEngine,
        registry: Registry,
        garbage_collector: GarbageCollector,
        age: timedelta,
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._garbage_collector = garbage_collector
        self._age = age
        self._failures: dict[str, str] = {}
        self._damaged: list[Revision] = []
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(),
        )

    async def run(self) -> bool:
        async with self._engine.begin() as tx:
            run = await queries.start_run(tx)
        with self._progress:
            manifests, freed = await self._delete_untagged()
            async with paused_writes(
                self._engine, active_uploads=await self._active_uploads()
            ) as pause:
                await self._wait_for_active_uploads(pause)
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
            f"Deleted: {counted(done.manifests, 'untagged manifest')},"
            f" {counted(done.blobs, 'blob')}."
            f" Freed: {done.freed_bytes} bytes ({format_size(done.freed_bytes)})."
            f" Writes were refused for {done.refused_seconds:.1f} s,"
            f" {done.sweep_seconds:.1f} s of it while the registry's garbage collector ran."
        )
        self._print_failures()
        return not self._failures

    def _print_failures(self) -> None:
        console = Console(soft_wrap=True)
        for repository, reason in sorted(self._failures.items()):
            console.print(f"Not collected: {repository}: {reason}", markup=False)
        for revision in self._damaged:
            console.print(
                f"Damaged: {revision.repository} {revision.digest}: the registry cannot read it",
                markup=False,
            )

    async def _delete_untagged(self) -> tuple[int, int]:
        """Return the number of deleted manifests, and the bytes on disk of their links."""
        comparing = self._task("Comparing the catalog with the registry", None)
        found = await usecases.find_confirmed(
            engine=self._engine, registry=self._registry, age=self._age
        )
        self._failures.update(found.failures)
        self._progress.update(comparing, total=1, completed=1)
        task = self._task("Deleting untagged manifests", len(found.garbage))
        deleted = freed = 0
        for start in range(0, len(found.garbage), _BATCH):
            batch = found.garbage[start : start + _BATCH]
            before = self._links_size(batch)
            done = await usecases.delete_garbage(
                engine=self._engine, registry=self._registry, found=found, batch=batch
            )
            deleted += len(done.manifests)
            self._failures.update(done.failures)
            freed += before - self._links_size(batch)
            self._progress.advance(task, len(batch))
        return deleted, freed

    def _links_size(self, batch: list[UntaggedManifest]) -> int:
        return sum(
            disk_usage(
                revision_folder(self._garbage_collector.storage, item.repository, item.digest)
            )
            for item in batch
        )

    async def _active_uploads(self) -> set[str]:
        """Return the repositories with active uploads."""
        now = time.time()
        active = await asyncio.to_thread(read_activity, self._garbage_collector.storage, now=now)
        async with self._engine.connect() as tx:
            last_pushes = await queries.get_last_pushes(
                tx, after_ns=int((now - 2 * IDLE_SECONDS) * 1e9)
            )
        return active_uploads(active, last_pushes, now=now)

    async def _wait_for_active_uploads(self, pause: WritePause) -> None:
        task = self._task("Waiting for active uploads", None)
        deadline = time.monotonic() + _UPLOADS_SECONDS
        # The storage then shows the last upload that the gateway allowed.
        await asyncio.sleep(SETTLE_SECONDS)
        while (left := await self._active_uploads()) and time.monotonic() < deadline:
            self._progress.update(task, description=f"Waiting for active uploads: {len(left)}")
            await pause.refuse_new_uploads(active_uploads=left)
            await asyncio.sleep(_POLL_SECONDS)
        self._progress.update(task, description="Waited for active uploads", total=1, completed=1)

    async def _wait_for_open_pushes(self) -> None:
        """Wait until the registry has confirmed every push that it may still carry out.

        Raises:
            OpsError: it did not do so within a minute.
        """
        deadline = time.monotonic() + _CONFIRM_SECONDS
        while True:
            async with self._engine.connect() as tx:
                if not await has_open_pushes(tx):
                    return
            if time.monotonic() > deadline:
                raise OpsError("the registry does not confirm a push; try again later")
            await asyncio.sleep(_POLL_SECONDS)

    async def _sweep(self, pause: WritePause) -> Collected:
        started = time.monotonic()
        await pause.refuse_all_writes()
        await self._wait_for_open_pushes()
        task = self._task("Deleting blobs; pushes are refused meanwhile", None)
        before = await asyncio.to_thread(disk_usage, self._garbage_collector.storage)
        blobs = 0

        def found(_digest: str) -> None:
            nonlocal blobs
            blobs += 1
            self._progress.update(task, completed=blobs)

        sweep_started = time.monotonic()
        self._damaged = await self._garbage_collector.collect(
            found, find_known=partial(find_known, self._engine)
        )
        sweep_seconds = time.monotonic() - sweep_started
        freed = before - await asyncio.to_thread(disk_usage, self._garbage_collector.storage)
        self._progress.update(task, total=blobs)
        return Collected(0, blobs, freed, time.monotonic() - started, sweep_seconds)

    def _task(self, description: str, total: int | None) -> TaskID:
        return self._progress.add_task(description, total=total)


@asynccontextmanager
async def _only_collection(catalog: Settings) -> AsyncIterator[None]:
    """Hold the lock that all collections of this database share."""
    connection = await asyncpg.connect(
        catalog.database_url.get_secret_value(),
        timeout=5,
        server_settings={"application_name": "moorage gc"},
    )
    try:
        if not await connection.fetchval(_TRY_LOCK):
            raise OpsError("another garbage collection is running")
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
def _one_line_errors() -> Iterator[None]:
    try:
        yield
    except RegistryUnavailable as error:
        raise OpsError(f"the registry failed: {error}") from None
    except Exception as error:
        if is_unreachable(error):
            raise OpsError("the database cannot be reached; is Moorage running?") from None
        raise
