"""Wires the events service together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from fastapi import FastAPI

from libs.common.db import audit
from libs.common.db.engine import POOL_SIZE, create_engine
from libs.common.db.pool import Pool
from libs.common.db.refusals import RefusalRecorder
from libs.common.registry.client import Registry, RegistryAddress, connected
from libs.common.registry.tokens import EVENTS_SUBJECT
from libs.common.security.jwt import SessionVerifier
from libs.common.tasks.background import Work, running
from libs.common.tasks.cleaning import Cleaner
from libs.common.tasks.measuring import Measurements
from libs.common.web import service
from libs.common.web.authentication import SIGNED_IN_ONLY
from libs.common.web.provided import provide
from services.events.counting.worker import CountingWorker
from services.events.dead_letters.routes import router as dead_letters
from services.events.feed.worker import FeedNotifier
from services.events.indexes.worker import IndexLookup
from services.events.ingest.arrivals import Arrivals
from services.events.ingest.routes import PATH, Webhook
from services.events.ingest.usecases import DEADLINE_SECONDS
from services.events.pulls.routes import router as pulls
from services.events.retention.worker import Retention
from services.events.settings import Settings
from services.events.status import metrics as pipeline_metrics
from services.events.status.routes import router as status
from services.events.tables import audit_entries

DESCRIPTION = (
    "Pulls per hour, tag, and Docker user, and the state of the pipeline that processes the"
    " registry's events."
)
# Besides the counting workers: index lookup, retention, feed notifier
_OTHER_TASKS = 3
_WEBHOOK_POOL_SIZE = 4


def create_app(settings: Settings) -> FastAPI:
    """Return the events service: webhook, background tasks, and API.

    The background tasks run while the app does.
    """
    url = settings.database_url.get_secret_value()
    webhook_pool = Pool(
        url,
        application_name="moorage events webhook",
        size=_WEBHOOK_POOL_SIZE,
        statement_seconds=DEADLINE_SECONDS,
    )
    background_pool = Pool(
        url,
        application_name="moorage events counting",
        size=settings.workers + _OTHER_TASKS,
    )
    engine = create_engine(url, application_name="moorage events")
    cleaner = Cleaner(engine, partial(audit.delete_old, schema="events", days=settings.audit_days))
    arrivals = Arrivals()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        address = RegistryAddress(
            url=settings.registry_url,
            keys=settings.secrets_dir / "token-keys",
            service=settings.registry_service,
            issuer=settings.issuer,
        )
        async with connected(address, subject=EVENTS_SUBJECT, timeout_seconds=5.0) as registry:
            try:
                async with running(
                    [
                        *_tasks(settings, background_pool, registry, arrivals),
                        cleaner.run,
                        Measurements(engine, pipeline_metrics.measure).run,
                    ]
                ):
                    yield
            finally:
                await background_pool.close()
                await webhook_pool.close()

    secret = settings.webhook_secret.get_secret_value()
    webhook = Webhook(secret=secret, pool=webhook_pool, arrivals=arrivals)
    app = service.build(
        title="Moorage events",
        description=DESCRIPTION,
        engine=engine,
        refusals=RefusalRecorder(engine, audit_entries),
        connections=2 * POOL_SIZE + _WEBHOOK_POOL_SIZE + settings.workers + _OTHER_TASKS,
        lifespan=lifespan,
        front={(None, PATH): service.counted(webhook)},
    )
    provide(app, SessionVerifier(settings.secrets_dir / "session-public-keys"))
    for router in (pulls, status, dead_letters):
        app.include_router(router, dependencies=SIGNED_IN_ONLY)
    return app


def _tasks(settings: Settings, pool: Pool, registry: Registry, arrivals: Arrivals) -> list[Work]:
    lookup = IndexLookup(pool, registry, arrivals)
    retention = Retention(
        pool,
        pulls=timedelta(hours=settings.pull_retention_hours),
        feed=timedelta(days=settings.feed_retention_days),
    )
    workers = [CountingWorker(pool, arrivals, lookup) for _ in range(settings.workers)]
    notifier = FeedNotifier(pool, arrivals.feed)
    return [*(worker.run for worker in workers), lookup.run, retention.run, notifier.run]
