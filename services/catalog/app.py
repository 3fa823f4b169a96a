"""Builds the catalog service: the only file that wires its parts together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import APIRouter, FastAPI

from libs.common.db import engine as db
from libs.common.db.engine import Engine
from libs.common.registry.client import Registry, connected
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.tokens import CATALOG_SUBJECT
from libs.common.security.jwt import SessionVerifier
from libs.common.security.passwords import PasswordHasher
from libs.common.tasks.background import running
from libs.common.tasks.leader import LeaderWorker
from libs.common.web import service
from libs.common.web.authentication import SIGNED_IN_ONLY
from libs.common.web.provided import provide
from services.catalog.accounts.dependencies import hashing_queue
from services.catalog.accounts.routes import router as accounts
from services.catalog.accounts.throttle import WrongPasswords
from services.catalog.audit.routes import router as audit
from services.catalog.deletion.dependencies import respond_registry_unavailable
from services.catalog.deletion.images.routes import router as image_deletion
from services.catalog.deletion.repositories import worker as deletions
from services.catalog.deletion.repositories.routes import router as repository_deletion
from services.catalog.docker_users.routes import router as docker_users
from services.catalog.grants.routes import router as grants
from services.catalog.images.routes import router as images
from services.catalog.namespaces.routes import router as namespaces
from services.catalog.pull_counts import usecases as counters
from services.catalog.repositories.routes import router as repositories
from services.catalog.settings import Settings
from services.catalog.sync.drift import schedule as drift
from services.catalog.sync.feed import delayed
from services.catalog.sync.feed import follower as feed

_APPLICATION_NAME = "moorage-catalog"
"""The name of the service's connections in ``pg_stat_activity``."""

DESCRIPTION = "Manages accounts, Docker users, namespaces, grants, repositories, and images."
ROUTERS = (
    accounts,
    docker_users,
    namespaces,
    grants,
    repositories,
    repository_deletion,
    images,
    image_deletion,
    audit,
)


def _workers(settings: Settings, engine: Engine, registry: Registry) -> list[LeaderWorker]:
    worker = partial(
        LeaderWorker,
        application_name=_APPLICATION_NAME,
        database_url=settings.database_url.get_secret_value(),
    )
    follower = feed.Follower(engine, registry)
    delayed_repositories = delayed.DelayedRepositories(engine, registry)
    copy_sums = partial(counters.copy_sums, engine=engine)
    deleter = deletions.Deleter(engine, registry)
    workers = [
        worker(name="feed", channel=feed.CHANNEL, step=follower.step),
        worker(name="delayed", channel=delayed.CHANNEL, step=delayed_repositories.step),
        worker(name="counters", channel=counters.CHANNEL, step=copy_sums),
        worker(name="deletions", channel=deletions.CHANNEL, step=deleter.step),
    ]
    if settings.drift_hours:
        schedule = drift.Schedule(engine, registry, hours=settings.drift_hours)
        workers.append(worker(name="drift", channel=drift.CHANNEL, step=schedule.step))
    return workers


def create_app(settings: Settings) -> FastAPI:
    """Build the app. Nothing connects to the database or starts before the lifespan does."""
    database_url = settings.database_url.get_secret_value()
    engine = db.create_engine(database_url, application_name=_APPLICATION_NAME)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        hasher = PasswordHasher()
        provide(app, hasher, hashing_queue(hasher), WrongPasswords())
        try:
            async with (
                connected(settings.registry, subject=CATALOG_SUBJECT) as registry,
                running(worker.run for worker in _workers(settings, engine, registry)),
            ):
                provide(app, registry)
                yield
        finally:
            hasher.close()

    app = service.build(
        title="Moorage catalog", description=DESCRIPTION, engine=engine, lifespan=lifespan
    )
    provide(app, settings, SessionVerifier(settings.session_public_keys))
    app.add_exception_handler(RegistryUnavailable, respond_registry_unavailable)
    api = APIRouter(prefix="/api/v1", dependencies=SIGNED_IN_ONLY)
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    return app
