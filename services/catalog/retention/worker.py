"""The daily run of retention over all repositories whose rules delete tags."""

from collections import deque
from datetime import timedelta

import structlog
from prometheus_client import Counter, Gauge

from libs.common.db.engine import Engine, is_unreachable
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.intents.queries import read_clock
from services.catalog.retention import queries, usecases
from services.catalog.retention.domain import Run, next_start
from services.catalog.retention.usecases import RetentionWaits
from services.catalog.rules.domain import Rules

CHANNEL = "moorage_retention"
"""Nothing notifies it: the worker looks at the clock."""
_LONGEST_PAUSE_SECONDS = 60.0
_NO_WINDOW = Rules()

_deleted = Counter("moorage_catalog_retention_deleted", "tags that retention has deleted")
_waiting = Gauge(
    "moorage_catalog_retention_waiting",
    "1 while retention waits, because not all pulls are counted, otherwise 0",
)
_log = structlog.get_logger()


class RetentionWorker:
    """Runs retention once a day, however many replicas there are.

    A run that a crash has interrupted goes on: it decides again, for the same moment.
    """

    def __init__(self, engine: Engine, registry: Registry, *, lifetime: timedelta | None) -> None:
        """Deleted tags can be restored for ``lifetime``; None turns the trash off."""
        self._engine = engine
        self._registry = registry
        self._lifetime = lifetime

    async def step(self) -> float:
        """Carry out the run that is open or due. Return the seconds until the next look."""
        async with self._engine.begin() as tx:
            await queries.note_installation(tx)
            run, now = await queries.find_last_run(tx), await read_clock(tx)
        is_open = run is not None and run.finished_at is None
        if not is_open:
            pause = (next_start(run, now=now) - now).total_seconds()
            if pause > 0:
                return min(pause, _LONGEST_PAUSE_SECONDS)
        try:
            run = await self._open_run()
            await self._run(run)
        except RetentionWaits as waits:
            _waiting.set(1)
            _log.warning("retention waits", reason=str(waits))
            return _LONGEST_PAUSE_SECONDS
        except RegistryUnavailable as error:
            _log.warning("retention waits for the registry", reason=str(error))
            return _LONGEST_PAUSE_SECONDS
        _waiting.set(0)
        return 0.0

    async def _open_run(self) -> Run:
        """Return the open run; begin one if there is none. Raises RetentionWaits."""
        async with self._engine.begin() as tx:
            now = await read_clock(tx)
            await usecases.check_obstacles(tx, rules=_NO_WINDOW, at=now)
            await queries.insert_run(tx)
            run = await queries.find_last_run(tx)
        assert run is not None
        return run

    async def _run(self, run: Run) -> None:
        """Give each repository a turn until none has a tag left to delete.

        Raises:
            RetentionWaits: retention must not run now. The run stays open.
            RegistryUnavailable: likewise, because the registry does not work.
        """
        async with self._engine.connect() as tx:
            paths = deque(await queries.list_paths(tx))
        failures: dict[str, str] = {}
        while paths:
            path = paths.popleft()
            try:
                count = await self._delete(run, path)
            except Exception as error:
                if is_unreachable(error):
                    raise
                await self._check(run)
                failures[path] = str(error) or type(error).__name__
                _log.warning("retention skips a repository", repository=path, reason=failures[path])
                continue
            if count >= usecases.MAX_DELETIONS_AT_A_TURN:
                paths.append(path)
        async with self._engine.begin() as tx:
            await queries.finish_run(tx, id=run.id, failures=failures)

    async def _delete(self, run: Run, path: str) -> int:
        count = await usecases.delete_tags(
            engine=self._engine,
            registry=self._registry,
            path=path,
            at=run.at,
            lifetime=self._lifetime,
        )
        if count:
            _deleted.inc(count)
            async with self._engine.begin() as tx:
                await queries.add_deleted(tx, id=run.id, count=count)
            _log.info("retention deleted tags", repository=path, tags=count)
        return count

    async def _check(self, run: Run) -> None:
        """Check that the failure of one repository does not concern all of them.

        Raises RetentionWaits or RegistryUnavailable if it does.
        """
        async with self._engine.connect() as tx:
            await usecases.check_obstacles(tx, rules=_NO_WINDOW, at=run.at)
        await self._registry.check()
