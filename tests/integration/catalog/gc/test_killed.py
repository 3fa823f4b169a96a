"""A process that is killed or stopped at each step of a run: the next run loses nothing."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.app import create_app
from services.catalog.gc.runs import queries
from services.catalog.gc.runs.domain import Run
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.conftest import catalog_settings
from tests.integration.catalog.gc.clients import Client, assert_pullable
from tests.integration.catalog.gc.conftest import age
from tests.integration.catalog.gc.faulty_catalog import FaultyCatalog, Hit, dead, stopped
from tests.integration.catalog.registry import RegistryUnderTest
from tests.integration.catalog.trashing import EMPTY
from tests.kit.database import Database
from tests.kit.images import Image, make_image, make_manifest
from tests.kit.sessions import Secrets
from tests.kit.waiting import soon

STEPS = [
    Hit("after begin"),
    Hit("before list_repositories"),
    Hit("before open_deletions"),
    Hit("after open_deletions"),
    Hit("before resolve_deletions"),
    Hit("after prepare_sweep"),
    Hit("before mark"),
    Hit("before announce"),
    Hit("before start_wait"),
    Hit("before claim", nth=2),
    Hit("before delete_blobs"),
    Hit("before move_blobs"),
    Hit("after move_blobs"),
    Hit("before remove_deleted"),
    Hit("before end_sweep", nth=2),
    Hit("before void_lease", nth=2),
    Hit("before delete_upload"),
    Hit("after delete_upload"),
    Hit("before remove_links"),
    Hit("before move"),
    Hit("after remove_links"),
    Hit("before finish"),
]


@pytest.fixture
async def app(
    emptied: Database, catalog_secrets: Secrets, registry_url: str
) -> AsyncIterator[FastAPI]:
    """A replica that admits pushes, and neither collects garbage nor voids leases."""
    app = create_app(catalog_settings(emptied, catalog_secrets, registry_url))
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
def catalog(
    emptied: Database, catalog_secrets: Secrets, registry: RegistryUnderTest
) -> Iterator[FaultyCatalog]:
    """Catalogs in processes of their own."""
    process = FaultyCatalog(
        (
            str(catalog_secrets.directory),
            emptied.urls["catalog"],
            registry.url,
            str(registry.storage),
        )
    )
    yield process
    process.kill()


async def request(engine: AsyncEngine) -> int:
    """Request a run without a wait, as soon as no other one is open."""

    async def insert() -> int | None:
        async with engine.begin() as tx:
            return await queries.request_run(tx, untagged_days=0, grace_minutes=0)

    id_ = await soon(insert, lambda id_: id_ is not None, within=60)
    assert id_ is not None
    return id_


async def finished(engine: AsyncEngine, id_: int) -> Run:
    """Wait until a run has ended."""

    async def find() -> Run:
        async with engine.connect() as tx:
            run = await queries.find_run(tx, id=id_)
        assert run is not None
        return run

    return await soon(find, lambda run: run.finished_at is not None, within=60)


async def end_leases(database: Database) -> None:
    """Let the time pass after which others take over what a killed process has begun."""
    await database.execute("UPDATE catalog.garbage_state SET leased_until = now()")
    await database.execute("UPDATE catalog.intents SET leased_until = now()")


async def make_garbage(
    pusher: Pusher, registry: RegistryUnderTest, repository: str, number: int
) -> Image:
    """Make garbage of each kind. Return an image whose blobs are garbage."""
    condemned = make_image()
    pusher.upload(repository, *condemned.blobs)
    await pusher.push(make_image(), repository)
    pusher.upload(f"{repository}-{number}", make_image().config)
    with registry.client(repository, "alice") as http:
        http.post(f"/v2/{repository}-{number}/blobs/uploads/")
        http.post(f"/v2/{repository}/blobs/uploads/").raise_for_status()
    repositories = registry.storage / "docker/registry/v2/repositories"
    age(repositories / repository / "_uploads")
    age(repositories / f"{repository}-{number}")
    return condemned


@pytest.mark.parametrize("step", ["before resolve_deletions", "before list_artifact_tags"])
async def test_process_that_is_killed_leaves_no_tag_of_a_signature(
    emptied: Database,
    engine: AsyncEngine,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    catalog: FaultyCatalog,
    step: str,
) -> None:
    """The image is deleted, or is deleted soon by the next process."""
    untagged = make_image()
    await pusher.push(untagged, app_repository)
    pusher.upload(app_repository, EMPTY)
    tag = f"sha256-{untagged.manifest.hex}.sig"
    signature = make_manifest(config=EMPTY.descriptor(), layers=[EMPTY.descriptor()])
    assert (await pusher.put(app_repository, tag, signature)).status_code == 201
    await request(engine)
    await dead(catalog.start(Hit(step)))
    await end_leases(emptied)
    catalog.start()
    await finished(engine, await request(engine))

    async def tags() -> list[str]:
        rows = await emptied.fetch("SELECT name FROM catalog.tags")
        return [row["name"] for row in rows]

    await soon(tags, lambda found: found == [], within=60)
    assert registry.status(app_repository, untagged.manifest.digest) == 404
    assert registry.status(app_repository, tag) == 404


async def test_process_that_is_killed_at_each_step_loses_nothing(
    emptied: Database,
    engine: AsyncEngine,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    catalog: FaultyCatalog,
) -> None:
    """After each kill, a client pushes garbage again while the next process goes on."""
    kept = {"first": make_image(layers=2)}
    await pusher.push(kept["first"], app_repository, "first")
    client = Client(pusher, registry, app_repository, "head", app_repository)
    for number, hit in enumerate(STEPS):
        condemned = await make_garbage(pusher, registry, app_repository, number)
        await request(engine)
        await dead(catalog.start(hit))
        await end_leases(emptied)
        tag = hit.step.replace(" ", "-") + f"-{hit.nth}"
        kept[tag] = condemned
        push = asyncio.create_task(client.push(condemned, tag))
        process = catalog.start()
        await push
        run = await finished(engine, await request(engine))
        assert run.error is None, hit
        process.kill()
        process.join()
        for name, image in kept.items():
            assert registry.digest(app_repository, name) == image.manifest.digest
            for blob in image.blobs:
                assert registry.blob_file(blob.digest).exists(), f"lost after {hit}"
    for tag, image in kept.items():
        assert_pullable(registry, app_repository, tag, image)
    needed = {blob.digest for image in kept.values() for blob in (image.manifest, *image.blobs)}
    stored = (registry.storage / "docker/registry/v2/blobs/sha256").glob("*/*/data")
    assert {f"sha256:{path.parent.name}" for path in stored} == needed
    assert not list((registry.storage / "moorage").glob("*/*"))
    assert not await emptied.fetch("SELECT FROM catalog.garbage_blobs")


@pytest.mark.parametrize("step", ["before move_blobs", "after move_blobs"])
async def test_process_that_is_stopped_in_a_sweep_and_continued_later_loses_nothing(
    emptied: Database,
    engine: AsyncEngine,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    catalog: FaultyCatalog,
    step: str,
) -> None:
    """It has checked its lease. Then another process voids it, and a client pushes the blobs."""
    image, garbage = make_image(), make_image()
    pusher.upload(app_repository, *image.blobs, *garbage.blobs)
    id_ = await request(engine)
    first = catalog.start(Hit(step, signal.SIGSTOP))
    await stopped(first)
    client = Client(pusher, registry, app_repository, "head", app_repository)
    push = asyncio.create_task(client.push(image, "v1"))
    await emptied.execute("UPDATE catalog.garbage_state SET leased_until = now()")
    catalog.start()
    await push
    assert_pullable(registry, app_repository, "v1", image)
    assert first.pid is not None
    os.kill(first.pid, signal.SIGCONT)
    ended = await finished(engine, id_)
    assert ended.error is not None
    assert ended.report.deleted == (4 if step == "after move_blobs" else 0)
    assert_pullable(registry, app_repository, "v1", image)
    assert (await finished(engine, await request(engine))).error is None
    assert_pullable(registry, app_repository, "v1", image)
    for blob in garbage.blobs:
        assert not registry.blob_file(blob.digest).exists()


async def test_process_that_is_stopped_in_the_removal_of_a_folder_removes_no_link_later(
    emptied: Database,
    engine: AsyncEngine,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    catalog: FaultyCatalog,
) -> None:
    """It is about to remove an old link. Then a client pushes, and needs the same link."""
    image = make_image()
    pusher.upload(app_repository, *image.blobs)
    pusher.upload(f"{app_repository}-other", *image.blobs)
    await pusher.push(image, f"{app_repository}-other", "v1")
    age(registry.storage / "docker/registry/v2/repositories" / app_repository)
    id_ = await request(engine)
    first = catalog.start(Hit("before move", signal.SIGSTOP))
    await stopped(first)
    push = asyncio.create_task(pusher.put(app_repository, "v1", image.manifest))
    assert not (await asyncio.wait({push}, timeout=0.5))[0]
    await end_leases(emptied)
    catalog.start()
    assert (await push).status_code == 201
    assert first.pid is not None
    os.kill(first.pid, signal.SIGCONT)
    await finished(engine, id_)
    assert_pullable(registry, app_repository, "v1", image)
    await finished(engine, await request(engine))
    assert_pullable(registry, app_repository, "v1", image)
