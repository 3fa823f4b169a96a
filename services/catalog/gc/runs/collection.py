"""One run of garbage collection, from the listing of the storage to its report (spec 7)."""

import time
from collections.abc import Mapping
from datetime import timedelta
from functools import partial

import structlog

from libs.common.db.engine import STATEMENT_FAILURES, Engine
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.storage.store import Storage, StorageUnavailable, SweepEnded
from services.catalog.gc.blobs import queries as blobs
from services.catalog.gc.blobs.domain import Listed
from services.catalog.gc.blobs.listing import list_repositories
from services.catalog.gc.blobs.marking import MarkedBlobs, confirm_marks, mark_blobs
from services.catalog.gc.blobs.purging import purge_uploads, remove_empty_repositories
from services.catalog.gc.holds.queries import list_holds
from services.catalog.gc.manifests.usecases import count_untagged, delete_untagged
from services.catalog.gc.runs import queries
from services.catalog.gc.runs.domain import MAX_FAILURES, STOPPED, Options, Phase, Report
from services.catalog.gc.runs.metrics import count_run
from services.catalog.gc.sweeps.usecases import sweep
from services.catalog.trash.entries.queries import delete_expired

_REPORT_SECONDS = 0.5
_MARKS_AT_ONCE = 10_000
_EXEMPTIONS_AT_ONCE = 10_000
_TRASH_AT_ONCE = 1_000
_TOUCHES_KEPT = timedelta(days=2)
_log = structlog.get_logger()


class Stopped(Exception):
    """The operator has stopped the run, or another process has ended it."""


class GarbageCollector:
    """Runs garbage collections on ``storage``."""

    def __init__(
        self, engine: Engine, registry: Registry, storage: Storage, *, blobs_per_second: int
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._storage = storage
        self._blobs_per_second = blobs_per_second

    async def collect(self, run: int, options: Options, *, revivals_before: int) -> None:
        """Carry out the run, and record its result.

        ``revivals_before`` is the number of revivals at the end of the run before.
        """
        collection = _Collection(
            self._engine, self._registry, self._storage, run, options, self._blobs_per_second
        )
        error: str | None = None
        try:
            await collection.execute()
        except Stopped:
            error = STOPPED
        except (RegistryUnavailable, StorageUnavailable, SweepEnded) as failure:
            error = str(failure)
            _log.warning("garbage collection failed", run=run, reason=error)
        except Exception as failure:
            # A run that does not finish would be repeated at once, by the next process.
            error = f"an unexpected error: {_text(failure)}"
            _log.exception("garbage collection failed", run=run)
        else:
            error = collection.error
        report = collection.report
        async with self._engine.begin() as tx:
            report.revivals = await queries.count_revivals(tx)
            report.revived = report.revivals - revivals_before
            await queries.finish(tx, id=run, report=report, error=error)
        count_run(error)
        dropped = _EXEMPTIONS_AT_ONCE
        while dropped == _EXEMPTIONS_AT_ONCE:
            async with self._engine.begin() as tx:
                dropped = await blobs.drop_exemptions(tx, limit=_EXEMPTIONS_AT_ONCE)


class _Collection:
    """The state of one run."""

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        storage: Storage,
        run: int,
        options: Options,
        blobs_per_second: int,
    ) -> None:
        self.report = Report()
        self.error: str | None = None
        """What has failed, although the run went on."""
        self._further_failures: set[str] = set()
        self._engine = engine
        self._registry = registry
        self._storage = storage
        self._run = run
        self._options = options
        self._blobs_per_second = blobs_per_second
        self._reported_at = float("-inf")
        self._phase = Phase.LISTING

    async def execute(self) -> None:
        if not self._options.is_dry:
            await self._drop_unusable_marks()
            await self._empty_trash()
        listed = await self._list()
        await self._delete_manifests()
        if not self._options.is_dry:
            await self._sweep(listed)
        await self._mark()
        if self._options.is_dry:
            return
        await self._enter(Phase.CONFIRMING)
        await confirm_marks(engine=self._engine, run=self._run, keep_on=self._keep_on)
        if not self._options.grace and await self._has_marks():
            listed = await self._list()
            await self._sweep(listed)
        await self._purge(listed)
        async with self._engine.begin() as tx:
            await blobs.delete_old_touches(tx, older_than=self._options.grace + _TOUCHES_KEPT)
            await queries.delete_old(tx)

    async def _has_marks(self) -> bool:
        """Return whether blobs are doomed, by this run or by one whose process was killed."""
        async with self._engine.connect() as tx:
            return (await queries.sum_waiting(tx, grace=self._options.grace)).doomed > 0

    async def _drop_unusable_marks(self) -> None:
        dropped = _MARKS_AT_ONCE
        while dropped == _MARKS_AT_ONCE:
            async with self._engine.begin() as tx:
                dropped = await blobs.drop_unusable_marks(tx, limit=_MARKS_AT_ONCE)

    async def _empty_trash(self) -> None:
        """Delete what has ended in the trash, so that it keeps nothing in this run."""
        dropped = _TRASH_AT_ONCE
        while dropped == _TRASH_AT_ONCE:
            async with self._engine.begin() as tx:
                dropped = await delete_expired(tx, _TRASH_AT_ONCE)
            await self._keep_on()

    async def _list(self) -> Listed:
        await self._enter(Phase.LISTING)
        listed = await list_repositories(
            engine=self._engine,
            registry=self._registry,
            storage=self._storage,
            run=self._run,
            adds_unknown=not self._options.is_dry,
            report=self._progress,
        )
        self._add_failures(listed.failures)
        return listed

    async def _delete_manifests(self) -> None:
        """Delete manifests. An unexpected error does not keep the run from its sweep."""
        await self._enter(Phase.DELETING)
        age, keep_pulled = self._options.age, self._options.keep_pulled
        try:
            if self._options.is_dry:
                deleted = await count_untagged(
                    engine=self._engine, age=age, keep_pulled=keep_pulled
                )
            else:
                deleted = await delete_untagged(
                    engine=self._engine,
                    registry=self._registry,
                    age=age,
                    keep_pulled=keep_pulled,
                    report=self._progress,
                )
        except STATEMENT_FAILURES as failure:
            self.error = f"no manifest can be deleted: {_text(failure)}"
            _log.warning("no manifest can be deleted", run=self._run, exc_info=True)
            return
        self.report.manifests += deleted.manifests
        self._add_failures(deleted.failures)

    def _add_failures(self, failures: Mapping[str, str]) -> None:
        """Report repositories that keep their garbage. The report has room for some of them."""
        report = self.report
        for path, reason in sorted(failures.items()):
            if path in report.failures or len(report.failures) < MAX_FAILURES:
                report.failures[path] = reason
            else:
                self._further_failures.add(path)
        report.further_failures = len(self._further_failures)

    async def _sweep(self, listed: Listed) -> None:
        await self._enter(Phase.SWEEPING)
        async with self._engine.connect() as tx:
            waiting = await queries.sum_waiting(tx, grace=self._options.grace)
            holds = await list_holds(tx)
        done = 0

        async def progress(deleted: int, kept: int, freed_bytes: int) -> None:
            nonlocal done
            done += deleted + kept
            self.report.deleted += deleted
            self.report.kept += kept
            self.report.freed_bytes += freed_bytes
            await self._progress(done, waiting.doomed)

        await sweep(
            engine=self._engine,
            storage=self._storage,
            run=self._run,
            listed_at=listed.began_at,
            grace=self._options.grace,
            per_second=self._blobs_per_second,
            progress=progress,
        )
        async with self._engine.connect() as tx:
            holds += await list_holds(tx)
        if holds:
            self.report.hold = str(max(holds, key=lambda hold: hold.expires_at))

    async def _mark(self) -> MarkedBlobs:
        await self._enter(Phase.MARKING)

        async def progress(found: MarkedBlobs) -> None:
            self.report.blobs, self.report.blob_bytes = found.blobs, found.blob_bytes
            self.report.marked, self.report.marked_bytes = found.marked, found.marked_bytes
            self.report.needed = dict(found.needed)
            await self._progress(found.blobs)

        return await mark_blobs(
            engine=self._engine,
            storage=self._storage,
            run=self._run,
            grace=self._options.grace,
            is_dry=self._options.is_dry,
            report=progress,
        )

    async def _purge(self, listed: Listed) -> None:
        await self._enter(Phase.PURGING)
        total = len(listed.uploads) + len(listed.abandoned)
        self.report.freed_bytes += await purge_uploads(
            storage=self._storage,
            uploads=listed.uploads,
            report=partial(self._progress, total=total),
        )
        self.report.uploads = len(listed.uploads)
        self.report.repositories = await remove_empty_repositories(
            engine=self._engine,
            storage=self._storage,
            paths=listed.abandoned,
            report=lambda done: self._progress(len(listed.uploads) + done, total),
        )

    async def _enter(self, phase: Phase) -> None:
        self._phase = phase
        self._reported_at = float("-inf")
        await self._progress(0)

    async def _keep_on(self) -> None:
        await self._progress(0)

    async def _progress(self, done: int, total: int | None = None) -> None:
        """Record the progress now and then. Raise Stopped if the run is to end."""
        if time.monotonic() - self._reported_at < _REPORT_SECONDS:
            return
        self._reported_at = time.monotonic()
        async with self._engine.begin() as tx:
            goes_on = await queries.record_progress(
                tx, id=self._run, phase=self._phase, done=done, total=total, report=self.report
            )
        if not goes_on:
            raise Stopped


def _text(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0].removesuffix(": ")
