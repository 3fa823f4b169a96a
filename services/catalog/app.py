"""Builds the catalog service: the only file that wires its parts together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from functools import partial

from fastapi import APIRouter, FastAPI

from libs.common.db import audit as audit_trail
from libs.common.db import engine as db
from libs.common.db.engine import Engine
from libs.common.db.pool import Pool
from libs.common.db.refusals import RefusalRecorder
from libs.common.disk import FreeSpace
from libs.common.registry.client import Registry, connected
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.storage import BlobReader, LocalBlobs, RemoteBlobs
from libs.common.registry.token_verification import RegistryTokenVerifier
from libs.common.registry.tokens import CATALOG_SUBJECT
from libs.common.security.jwt import SessionVerifier
from libs.common.security.passwords import PasswordHasher
from libs.common.storage.settings import opened_storage
from libs.common.storage.store import Storage
from libs.common.tasks.background import Work, every, running
from libs.common.tasks.cleaning import Cleaner
from libs.common.tasks.leader import LeaderWorker
from libs.common.web import service
from libs.common.web.authentication import SIGNED_IN_ONLY
from libs.common.web.provided import provide
from services.catalog.accounts.dependencies import hashing_queue
from services.catalog.accounts.routes import router as accounts
from services.catalog.accounts.throttle import WrongPasswords
from services.catalog.admission.usecases import Admission
from services.catalog.audit.routes import router as audit
from services.catalog.copying.routes import router as copying
from services.catalog.copying.usecases import Copier
from services.catalog.deleted_indexes import usecases as deleted_indexes
from services.catalog.deletion.blobs import usecases as blob_deletions
from services.catalog.deletion.bulk.routes import router as bulk_deletion
from services.catalog.deletion.images import usecases as image_deletions
from services.catalog.deletion.images.routes import router as image_deletion
from services.catalog.deletion.repositories import emptying
from services.catalog.deletion.repositories import worker as deletions
from services.catalog.deletion.repositories.routes import router as repository_deletion
from services.catalog.deletion.tags import usecases as tag_deletions
from services.catalog.docker_users.routes import router as docker_users
from services.catalog.gc.blobs import purging
from services.catalog.gc.runs import metrics as garbage_metrics
from services.catalog.gc.runs import worker as gc
from services.catalog.gc.runs.collection import GarbageCollector
from services.catalog.gc.runs.domain import Schedule
from services.catalog.gc.runs.routes import router as garbage_runs
from services.catalog.gc.sweeps import usecases as sweeps
from services.catalog.grants.routes import router as grants
from services.catalog.images.routes import router as images
from services.catalog.intents import worker as intents
from services.catalog.intents.dependencies import respond_registry_unavailable
from services.catalog.intents.domain import Kind
from services.catalog.manifest_aliases import queries as manifest_aliases
from services.catalog.namespaces.routes import router as namespaces
from services.catalog.oci import routes as registry_api
from services.catalog.oci.aliases.routes import AliasRoutes
from services.catalog.oci.authorization import Authorization
from services.catalog.oci.deletions.routes import DeletionRoutes
from services.catalog.oci.domain import Kind as AddressKind
from services.catalog.oci.listings.routes import ListingRoutes
from services.catalog.oci.pushes.routes import PushRoutes
from services.catalog.oci.referrers.routes import ReferrerRoutes
from services.catalog.oci.routes import RegistryRoutes
from services.catalog.pull_counts import usecases as counters
from services.catalog.quotas import metrics as quota_metrics
from services.catalog.quotas.sums import StorageSums
from services.catalog.quotas.worker import CHANNEL as STORAGE_CHANNEL
from services.catalog.quotas.worker import StorageWorker
from services.catalog.repositories.routes import router as repositories
from services.catalog.reserved_names import queries as reserved_names
from services.catalog.retention import worker as retention
from services.catalog.retention.routes import router as previews
from services.catalog.rules.routes import router as rules
from services.catalog.settings import Settings
from services.catalog.sync.drift import schedule as drift
from services.catalog.sync.drift.restarts import CHANNEL as RESTARTS_CHANNEL
from services.catalog.sync.drift.restarts import RestartWatch
from services.catalog.sync.feed import delayed
from services.catalog.sync.feed import follower as feed
from services.catalog.sync.feed.precedence import Precedence
from services.catalog.sync.states import restoring
from services.catalog.tables import audit_entries
from services.catalog.trash.domain import lifetime
from services.catalog.trash.entries import metrics as trash_metrics
from services.catalog.trash.entries import queries as trash_entries
from services.catalog.trash.entries.routes import router as trash
from services.catalog.trash.restoring import worker as restores
from services.catalog.trash.restoring.usecases import Restorer

_APPLICATION_NAME = "moorage-catalog"
"""The name of the service's connections in ``pg_stat_activity``."""

_POOL_SIZE = 10
"""Connections to the database, and as many more at a peak. No push holds one while it waits."""

_LIST_POOL_SIZE = 4
"""Connections for lists of tags, which wait while all are in use."""

_LONG_STEP_SECONDS = 6 * 3600.0
"""Limit of the steps that compare every repository, or empty large ones."""

_COLLECTION_SECONDS = 7 * 24 * 3600.0
"""Limit of a garbage collection. GC_BLOBS_PER_SECOND can let it take days."""

DESCRIPTION = "Manages accounts, Docker users, namespaces, grants, repositories, and images."
ROUTERS = (
    accounts,
    docker_users,
    namespaces,
    grants,
    previews,
    rules,
    repositories,
    repository_deletion,
    images,
    image_deletion,
    bulk_deletion,
    copying,
    trash,
    audit,
    garbage_runs,
)


def _garbage_schedule(settings: Settings) -> Schedule:
    return Schedule(
        age=timedelta(days=settings.gc_untagged_days),
        grace=timedelta(minutes=settings.gc_grace_minutes),
        every=timedelta(hours=settings.gc_schedule_hours) or None,
        keep_pulled=settings.gc_keep_pulled,
    )


def _workers(
    settings: Settings,
    engine: Engine,
    registry: Registry,
    admission: Admission,
    restarts: RestartWatch,
    restorer: Restorer,
    copier: Copier,
    storage: Storage | None,
) -> list[LeaderWorker]:
    worker = partial(
        LeaderWorker,
        application_name=_APPLICATION_NAME,
        database_url=settings.database_url.get_secret_value(),
    )
    precedence = Precedence()
    follower = feed.Follower(engine, registry, precedence)
    delayed_repositories = delayed.DelayedRepositories(engine, registry, precedence)
    copy_sums = partial(counters.copy_sums, engine=engine)
    delete_expired = partial(deleted_indexes.delete_expired, engine=engine)
    deleter = deletions.Deleter(engine, registry)
    resolver = intents.Resolver(
        engine,
        {
            Kind.PUT_MANIFEST: admission.resume,
            Kind.RESTORE_TAG: partial(restoring.resume, engine=engine, registry=registry),
            Kind.RESTORE: restorer.resume,
            Kind.COPY: copier.resume,
            Kind.DELETE_TAG: partial(tag_deletions.resume, engine=engine, registry=registry),
            Kind.DELETE_MANIFEST: partial(image_deletions.resume, engine=engine, registry=registry),
            Kind.DELETE_BLOB: partial(blob_deletions.resume, engine=engine, registry=registry),
            Kind.EMPTY_REPOSITORY: partial(emptying.resume, engine=engine),
        },
    )
    workers = [
        worker(
            name="feed",
            channel=feed.CHANNEL,
            step=follower.step,
            gather_seconds=feed.GATHER_SECONDS,
        ),
        worker(name="delayed", channel=delayed.CHANNEL, step=delayed_repositories.step),
        worker(name="counters", channel=counters.CHANNEL, step=copy_sums),
        worker(name="intents", channel=intents.CHANNEL, step=resolver.step),
        worker(
            name="deletions",
            channel=deletions.CHANNEL,
            step=deleter.step,
            step_seconds=_LONG_STEP_SECONDS,
        ),
        worker(
            name="restores",
            channel=restores.CHANNEL,
            step=restores.RestoreWorker(engine, restorer).step,
        ),
        worker(name="deleted indexes", channel=deleted_indexes.CHANNEL, step=delete_expired),
    ]
    retention_worker = retention.RetentionWorker(
        engine, registry, lifetime=lifetime(settings.trash_days)
    )
    workers.append(
        worker(
            name="retention",
            channel=retention.CHANNEL,
            step=retention_worker.step,
            step_seconds=_LONG_STEP_SECONDS,
        )
    )
    storage_worker = StorageWorker(engine, registry, _blob_reader(settings, registry))
    workers.append(worker(name="storage", channel=STORAGE_CHANNEL, step=storage_worker.step))
    workers.append(worker(name="restarts", channel=RESTARTS_CHANNEL, step=restarts.step))
    if storage is not None:
        garbage_collector = GarbageCollector(
            engine, registry, storage, blobs_per_second=settings.gc_blobs_per_second
        )
        starter = gc.Starter(engine, garbage_collector, _garbage_schedule(settings))
        workers.append(
            worker(
                name="gc", channel=gc.CHANNEL, step=starter.step, step_seconds=_COLLECTION_SECONDS
            )
        )
    if settings.drift_hours:
        comparison = drift.Schedule(engine, registry, hours=settings.drift_hours)
        workers.append(
            worker(
                name="drift",
                channel=drift.CHANNEL,
                step=comparison.step,
                step_seconds=_LONG_STEP_SECONDS,
            )
        )
    return workers


def _blob_reader(settings: Settings, registry: Registry) -> BlobReader:
    root = settings.images_folder
    return RemoteBlobs(registry) if root is None else LocalBlobs(root)


def _admission(
    settings: Settings, engine: Engine, registry: Registry, free_space: FreeSpace
) -> Admission:
    return Admission(
        engine,
        registry,
        _blob_reader(settings, registry),
        free_space,
        foreign_urls=settings.foreign_prefixes,
        max_repositories=settings.max_repositories,
    )


def _registry_routes(
    settings: Settings,
    engine: Engine,
    pool: Pool,
    registry: Registry,
    admission: Admission,
    verifier: RegistryTokenVerifier,
    *,
    restore_links: bool,
) -> RegistryRoutes:
    authorization = Authorization(verifier, service=settings.registry_service)
    pushes = PushRoutes(admission, authorization)
    deletions = DeletionRoutes(
        engine,
        registry,
        authorization,
        lifetime=lifetime(settings.trash_days),
        restore_links=restore_links,
    )
    listings = ListingRoutes(engine, pool, authorization)
    referrers = ReferrerRoutes(engine, registry, authorization)
    return RegistryRoutes(
        {
            ("PUT", AddressKind.MANIFEST): pushes.put_manifest,
            ("DELETE", AddressKind.MANIFEST): deletions.delete_manifest,
            ("DELETE", AddressKind.BLOB): deletions.delete_blob,
            ("DELETE", AddressKind.UPLOAD): deletions.cancel_upload,
            ("GET", AddressKind.TAGS): listings.list_tags,
            ("HEAD", AddressKind.TAGS): listings.list_tags,
            ("GET", AddressKind.CATALOG): listings.list_repositories,
            ("HEAD", AddressKind.CATALOG): listings.list_repositories,
            ("GET", AddressKind.REFERRERS): referrers.get,
            ("HEAD", AddressKind.REFERRERS): referrers.get,
        }
    )


def create_app(settings: Settings) -> FastAPI:
    """Build the app. Nothing connects to the database or starts before the lifespan does."""
    database_url = settings.database_url.get_secret_value()
    engine = db.create_engine(
        database_url, application_name=_APPLICATION_NAME, pool_size=_POOL_SIZE
    )

    cleaner = Cleaner(
        engine,
        partial(audit_trail.delete_old, schema="catalog", days=settings.audit_days),
        reserved_names.delete_expired,
        trash_entries.delete_expired,
        manifest_aliases.delete_unused,
    )

    measure_trash = partial(trash_metrics.measure, engine=engine)
    measure_quotas = partial(quota_metrics.measure, engine=engine)
    measure_garbage = partial(
        garbage_metrics.measure, engine=engine, schedule=_garbage_schedule(settings)
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        hasher = PasswordHasher()
        provide(app, hasher, hashing_queue(hasher), WrongPasswords(), StorageSums())
        pool = Pool(database_url, application_name=_APPLICATION_NAME, size=_LIST_POOL_SIZE)
        verifier = RegistryTokenVerifier(
            settings.token_ca, issuer=settings.issuer, service=settings.registry_service
        )
        try:
            async with (
                connected(settings.registry, subject=CATALOG_SUBJECT) as registry,
                opened_storage(settings, local=settings.storage_path) as storage,
            ):
                free_space = FreeSpace(settings.disks, min_free_bytes=settings.min_free_bytes)
                await asyncio.to_thread(free_space.measure)
                admission = _admission(settings, engine, registry, free_space)
                restorer = Restorer(engine, registry, storage)
                copier = Copier(engine, registry, storage, admission)
                provide(
                    app,
                    registry,
                    restorer,
                    copier,
                    admission,
                    AliasRoutes(engine),
                    _registry_routes(
                        settings,
                        engine,
                        pool,
                        registry,
                        admission,
                        verifier,
                        restore_links=storage is not None,
                    ),
                )
                with closing(RestartWatch(engine, registry, url=settings.registry.url)) as restarts:
                    workers = _workers(
                        settings, engine, registry, admission, restarts, restorer, copier, storage
                    )
                    tasks: list[Work] = [
                        free_space.run,
                        cleaner.run,
                        *(worker.run for worker in workers),
                    ]
                    tasks.append(every(trash_metrics.SECONDS, measure_trash))
                    tasks.append(every(garbage_metrics.SECONDS, measure_garbage))
                    tasks.append(every(quota_metrics.SECONDS, measure_quotas))
                    if storage is not None:
                        tasks.append(partial(sweeps.keep_voiding, engine=engine, storage=storage))
                        tasks.append(partial(purging.keep_ending, engine=engine, storage=storage))
                    async with running(tasks):
                        yield
        finally:
            hasher.close()
            await pool.close()

    app = service.build(
        title="Moorage catalog",
        description=DESCRIPTION,
        engine=engine,
        refusals=RefusalRecorder(engine, audit_entries),
        lifespan=lifespan,
        front=registry_api.FRONT,
    )
    provide(
        app,
        settings,
        _garbage_schedule(settings),
        SessionVerifier(settings.session_public_keys),
    )
    app.add_exception_handler(RegistryUnavailable, respond_registry_unavailable)
    api = APIRouter(prefix="/api/v1", dependencies=SIGNED_IN_ONLY)
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    return app
