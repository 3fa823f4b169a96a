"""The worker that applies the events of delayed repositories, each on its own."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import Counter, Gauge

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from services.catalog.sync.feed import queries, usecases
from services.catalog.sync.feed.domain import DelayedRepository
from services.catalog.sync.feed.precedence import Precedence
from services.catalog.sync.feed.queries import DELAYED_CHANNEL as CHANNEL

__all__ = ["CHANNEL", "DelayedRepositories"]
_AT_ONCE = 16
_EVENTS = 1000
_EVENTS_PER_TRANSACTION = 50
"""The feed shows no new event before older transactions end. So they must be short."""
_SECONDS = 60.0
"""The longest time for the events of one repository."""
_POLL_SECONDS = 0.5
_POLL_BUSY_SECONDS = 0.05

_delayed = Gauge(
    "moorage_catalog_feed_delayed_repositories",
    "repositories whose events failed or are slow, and are applied apart from the others",
)
_given_up = Counter(
    "moorage_catalog_feed_given_up",
    "repositories whose events failed for a day; the comparison with the registry remains",
)
_log = structlog.get_logger()


class DelayedRepositories:
    """Retries delayed repositories with back-off, several at once."""

    def __init__(
        self, engine: Engine, registry: Registry, precedence: Precedence | None = None
    ) -> None:
        """Create the worker, which gives way to the follower."""
        self._engine = engine
        self._registry = registry
        self._precedence = precedence or Precedence()
        self._running: dict[str, asyncio.Task[None]] = {}

    async def step(self) -> float:
        """Start what is due, and wait until something ends; return the seconds until the next."""
        async with self._engine.connect() as tx:
            due = await queries.list_due(
                tx, without=self._running.keys(), limit=_AT_ONCE - len(self._running)
            )
            _delayed.set(len(await queries.list_delayed(tx)))
        for delayed in due:
            self._running[delayed.repository] = asyncio.create_task(self._retry(delayed))
        if not self._running:
            return _POLL_SECONDS
        try:
            await asyncio.wait(
                self._running.values(),
                timeout=_POLL_BUSY_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
        except asyncio.CancelledError:
            for task in self._running.values():
                task.cancel()
            raise
        ended = [repository for repository, task in self._running.items() if task.done()]
        for repository in ended:
            self._running.pop(repository).result()
        return 0.0

    async def _retry(self, delayed: DelayedRepository) -> None:
        try:
            async with asyncio.timeout(_SECONDS):
                reason = await self._apply(delayed)
        except Exception as error:
            reason = usecases.reason_of(error)
        if reason:
            await self._record_failure(delayed, reason)

    async def _apply(self, delayed: DelayedRepository) -> str:
        """Apply the events; return why something is left, or ""."""
        name = delayed.repository
        async with self._engine.connect() as tx:
            end = await queries.get_position(tx)
            events = await queries.list_events(
                tx, after=delayed.after, limit=_EVENTS, repository=name
            )
        if len(events) == _EVENTS:
            end = events[-1].position
        left: dict[str, str] = {}
        for start in range(0, len(events), _EVENTS_PER_TRANSACTION):
            end_of_part = start + _EVENTS_PER_TRANSACTION
            batch = usecases.Batch(
                delayed.after,
                events[start:end_of_part],
                unsettled=False,
                moves=False,
                later=events[end_of_part:],
            )
            left |= await usecases.apply_batch(
                engine=self._engine,
                registry=self._registry,
                batch=batch,
                pause=self._precedence.give_way,
                most=None,
            )
        if left:
            return left[name]
        async with self._engine.begin() as tx:
            # The follower takes this lock before it skips events of delayed repositories.
            now = await queries.lock_position(tx)
            if now > end and await queries.has_events(tx, after=end, repository=name):
                await queries.postpone(
                    tx, repository=name, after=end, wait=timedelta(), failures=0, reason=""
                )
            else:
                await queries.end_delay(tx, repository=name)
        return ""

    async def _record_failure(self, delayed: DelayedRepository, reason: str) -> None:
        name, failures = delayed.repository, delayed.failures + 1
        _log.warning(
            "events of a repository failed, will retry",
            repository=name,
            failures=failures,
            reason=reason,
        )
        async with self._engine.begin() as tx:
            if delayed.is_given_up(datetime.now(UTC)):
                await queries.end_delay(tx, repository=name)
                _given_up.inc()
                _log.error("events of a repository were skipped", repository=name, reason=reason)
                return
            await queries.postpone(
                tx,
                repository=name,
                after=delayed.after,
                wait=delayed.next_retry,
                failures=failures,
                reason=reason,
            )
