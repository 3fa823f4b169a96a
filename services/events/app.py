"""Wires the events service together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog
from fastapi import FastAPI

from libs.common.db.engine import create_engine
from libs.common.db.pool import Pool
from libs.common.registry.client import Registry, RegistryAddress, connected
from libs.common.registry.tokens import EVENTS_SUBJECT
from libs.common.security.jwt import SessionVerifier
from libs.common.web import service
from libs.common.web.principals import SIGNED_IN_ONLY
from services.events.counting.lookups import Lookups
from services.events.counting.retention import Retention
from services.events.counting.worker import CountingWorker
from services.events.dead_letters.routes import router as dead_letters
from services.events.feed.usecases import announce
from services.events.feed.wakeup import Wakeup
from services.events.ingest.routes import Webhook
from services.events.ingest.usecases import DEADLINE_SECONDS
from services.events.pulls.routes import router as pulls
from services.events.settings import Settings
from services.events.status.routes import router as status

DESCRIPTION = "What happened in the registry: pulls counted per hour, tag and Docker user, and the pipeline that its events go through."

Work = Callable[[], Awaitable[None]]
_RESTART_SECONDS = 1.0
_log = structlog.get_logger()


def create_app(settings: Settings) -> FastAPI:
    """The events service: webhook, counting and API. Its pools are made here once; its background work runs while the app does."""
    url = settings.database_url.get_secret_value()
    inbox = Pool(
        url, application_name="moorage events webhook", size=4, statement_seconds=DEADLINE_SECONDS
    )
    counting = Pool(url, application_name="moorage events counting", size=settings.workers + 3)
    wakeup = Wakeup()

    @asynccontextmanager
    async def beside_requests(_: FastAPI) -> AsyncIterator[None]:
        address = RegistryAddress(
            url=settings.registry_url,
            keys=settings.secrets_dir / "token-keys",
            service=settings.registry_service,
            issuer=settings.issuer,
        )
        async with connected(address, subject=EVENTS_SUBJECT, timeout_seconds=5.0) as distribution:
            tasks = _background(settings, counting, distribution, wakeup)
            try:
                yield
            finally:
                await _end(tasks)
                await counting.close()
                await inbox.close()

    engine = create_engine(url, application_name="moorage events")
    app = service.build(
        title="Moorage events", description=DESCRIPTION, engine=engine, lifespan=beside_requests
    )
    app.state.settings = settings
    app.state.session_verifier = SessionVerifier(settings.secrets_dir / "session-public-keys")
    for router in (pulls, status, dead_letters):
        app.include_router(router, dependencies=SIGNED_IN_ONLY)
    app.add_middleware(
        Webhook, secret=settings.webhook_secret.get_secret_value(), pool=inbox, wakeup=wakeup
    )
    return app


async def _end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel ``tasks``, again where a library lost the cancellation, until all have ended."""
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=0.5)


def _background(
    settings: Settings, pool: Pool, distribution: Registry, wakeup: Wakeup
) -> list[asyncio.Task[None]]:
    lookups = Lookups(pool, distribution, wakeup)
    retention = Retention(
        pool,
        pulls=timedelta(hours=settings.pull_retention_hours),
        feed=timedelta(days=settings.feed_retention_days),
    )
    workers = [CountingWorker(pool, wakeup, lookups) for _ in range(settings.workers)]
    works: list[Work] = [worker.run for worker in workers]
    works += [lookups.run, retention.run, lambda: announce(pool, wakeup)]
    return [asyncio.create_task(_keep_running(work)) for work in works]


async def _keep_running(work: Work) -> None:
    """Start ``work`` again when it fails: what none of it foresaw must not stop the counting for good."""
    while True:
        try:
            await work()
        except Exception:
            _log.exception("background work failed and starts again")
            await asyncio.sleep(_RESTART_SECONDS)
