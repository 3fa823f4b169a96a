"""Wires the events service together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from fastapi import FastAPI

from libs.common.db.engine import create_engine
from libs.common.db.pool import Pool
from libs.common.registry.client import Registry, RegistryAddress, connected
from libs.common.registry.tokens import EVENTS_SUBJECT
from libs.common.security.jwt import SessionVerifier
from libs.common.tasks.background import Work, running
from libs.common.web import service
from libs.common.web.authentication import SIGNED_IN_ONLY
from libs.common.web.provided import provide
from services.events.counting.lookups import Lookups
from services.events.counting.retention import Retention
from services.events.counting.worker import CountingWorker
from services.events.dead_letters.routes import router as dead_letters
from services.events.feed.usecases import announce
from services.events.feed.wakeup import Wakeup
from services.events.ingest.routes import PATH, Webhook
from services.events.ingest.usecases import DEADLINE_SECONDS
from services.events.pulls.routes import router as pulls
from services.events.settings import Settings
from services.events.status.routes import router as status

DESCRIPTION = "What happened in the registry: pulls counted per hour, tag and Docker user, and the pipeline that its events go through."


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
            try:
                async with running(_background(settings, counting, distribution, wakeup)):
                    yield
            finally:
                await counting.close()
                await inbox.close()

    engine = create_engine(url, application_name="moorage events")
    webhook = Webhook(secret=settings.webhook_secret.get_secret_value(), pool=inbox, wakeup=wakeup)
    app = service.build(
        title="Moorage events",
        description=DESCRIPTION,
        engine=engine,
        lifespan=beside_requests,
        front={(None, PATH): webhook},
    )
    provide(app, SessionVerifier(settings.secrets_dir / "session-public-keys"))
    for router in (pulls, status, dead_letters):
        app.include_router(router, dependencies=SIGNED_IN_ONLY)
    return app


def _background(
    settings: Settings, pool: Pool, distribution: Registry, wakeup: Wakeup
) -> list[Work]:
    lookups = Lookups(pool, distribution, wakeup)
    retention = Retention(
        pool,
        pulls=timedelta(hours=settings.pull_retention_hours),
        feed=timedelta(days=settings.feed_retention_days),
    )
    workers = [CountingWorker(pool, wakeup, lookups) for _ in range(settings.workers)]
    works: list[Work] = [worker.run for worker in workers]
    works += [lookups.run, retention.run, lambda: announce(pool, wakeup)]
    return works
