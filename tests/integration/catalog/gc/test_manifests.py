"""Manifests that are deleted, restored, or pushed while a run goes on."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from services.catalog.gc.manifests import usecases
from services.catalog.sync.drift import usecases as drift
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.clients import assert_pullable
from tests.integration.catalog.gc.conftest import Collect
from tests.integration.catalog.gc.pausing import Pause, PausingStorage, Point
from tests.integration.catalog.pump import delivering
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image, make_index, make_manifest

pytestmark = pytest.mark.registry_versions

_POINTS: tuple[Point, ...] = ("listed", "marked", "claimed", "deleted")


@pytest.fixture
def deletion(monkeypatch: pytest.MonkeyPatch) -> Pause:
    """Lets the deletions of manifests in the registry wait."""
    pause, delete = Pause(), Registry.delete_manifest

    async def wait_and_delete(self: Registry, *arguments: Any, **named: Any) -> bool:
        await pause.hold()
        return await delete(self, *arguments, **named)

    monkeypatch.setattr(Registry, "delete_manifest", wait_and_delete)
    return pause


async def test_push_of_a_manifest_that_a_run_deletes_waits_and_succeeds(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    deletion: Pause,
) -> None:
    image = make_image()
    await pusher.push(image, app_repository)
    # With no grace time, the run can delete the layers too, and the client must repeat its push.
    run = asyncio.create_task(collect(minutes=60))
    await deletion.reached()
    push = asyncio.create_task(pusher.put(app_repository, "v1", image.manifest))
    assert not (await asyncio.wait({push}, timeout=0.5))[0]
    deletion.release()
    assert (await push).status_code == 201
    finished = await run
    assert (finished.error, finished.report.manifests) == (None, 1)
    await collect()
    assert_pullable(registry, app_repository, "v1", image)


async def test_index_whose_child_a_run_deletes_succeeds_after_a_retry(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    deletion: Pause,
) -> None:
    index = make_index()
    for image in index.images:
        await pusher.push(image, app_repository)
    run = asyncio.create_task(collect())
    await deletion.reached()
    push = asyncio.create_task(pusher.put(app_repository, "multi", index.manifest))
    assert not (await asyncio.wait({push}, timeout=0.5))[0]
    deletion.release()
    refused = await push
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (
        400,
        "MANIFEST_BLOB_UNKNOWN",
    )
    assert (await run).error is None
    await pusher.push(index, app_repository, "multi")
    await collect()
    assert registry.digest(app_repository, "multi") == index.manifest.digest
    for image in index.images:
        assert_pullable(registry, app_repository, image.manifest.digest, image)


async def test_index_that_is_pushed_first_keeps_its_untagged_children(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    index = make_index()
    for image in index.images:
        await pusher.push(image, app_repository)
    pause = storage.pause_at("listed")
    run = asyncio.create_task(collect())
    await pause.reached()
    assert (await pusher.put(app_repository, "multi", index.manifest)).status_code == 201
    pause.release()
    finished = await run
    assert (finished.error, finished.report.manifests, finished.report.deleted) == (None, 0, 0)
    for image in index.images:
        assert_pullable(registry, app_repository, image.manifest.digest, image)


async def test_children_of_a_deleted_index_keep_their_age_from_its_deletion(
    acme: httpx.AsyncClient,
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
) -> None:
    index = make_index()
    await pusher.push(index, app_repository, "multi")
    await emptied.execute(
        "UPDATE catalog.manifests SET untagged_since = now() - interval '30 days'"
        " WHERE untagged_since IS NOT NULL"
    )
    path = f"/api/v1/images/{app_repository}@{index.manifest.digest}"
    assert (await acme.delete(path)).status_code == 204
    await emptied.execute("TRUNCATE catalog.trash CASCADE")  # it would keep them too
    finished = await collect(days=7)
    assert (finished.error, finished.report.manifests) == (None, 0)
    for image in index.images:
        assert_pullable(registry, app_repository, image.manifest.digest, image)
    assert (await collect()).report.manifests == 2


@pytest.mark.parametrize("point", _POINTS)
async def test_deletions_at_each_point_of_a_run_delete_nothing_else(
    acme: httpx.AsyncClient,
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
    point: Point,
) -> None:
    """On 2.8.2, the deletion of a tag pushes a placeholder manifest, and deletes it."""
    one, two, garbage = make_image(), make_image(), make_image()
    await pusher.push(one, app_repository, "v1", "old")
    await pusher.push(two, app_repository, "v2")
    pusher.upload(app_repository, *garbage.blobs)
    pause = storage.pause_at(point)
    run = asyncio.create_task(collect(days=7))
    await pause.reached()
    assert (await acme.delete(f"/api/v1/images/{app_repository}:old")).status_code == 204
    deleted = await acme.delete(f"/api/v1/images/{app_repository}@{two.manifest.digest}")
    assert deleted.status_code == 204
    pause.release()
    assert (await run).error is None
    await emptied.execute("TRUNCATE catalog.trash CASCADE")
    assert (await collect(days=7)).error is None
    assert registry.tags(app_repository) == ["v1"]
    assert_pullable(registry, app_repository, "v1", one)
    stored = list((registry.storage / "docker/registry/v2/blobs/sha256").glob("*/*/data"))
    assert len(stored) == 3


async def test_feed_and_comparison_at_each_point_of_a_run_lose_nothing(
    emptied: Database,
    engine: AsyncEngine,
    pusher: Pusher,
    registry: RegistryUnderTest,
    registry_client: Registry,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    images = {point: make_image() for point in _POINTS}
    pusher.upload(app_repository, *make_image().blobs)
    pauses = {point: storage.pause_at(point) for point in _POINTS}
    async with delivering(emptied, registry):
        run = asyncio.create_task(collect(days=7))
        for point, pause in pauses.items():
            await pause.reached()
            await pusher.push(images[point], app_repository, point)
            compared = await drift.compare(
                engine=engine, registry=registry_client, settle_seconds=0.1
            )
            await drift.repair(engine=engine, registry=registry_client, found=compared.differences)
            pause.release()
        finished = await run
    assert (finished.error, finished.report.deleted) == (None, 2)
    assert (await collect(days=7)).error is None
    for point, image in images.items():
        assert_pullable(registry, app_repository, point, image)


async def test_image_that_gets_a_tag_between_two_batches_keeps_what_refers_to_it(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    deletion: Pause,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    garbage, image = make_image(), make_image()
    for one in (garbage, image):
        await pusher.push(one, app_repository)
    signature = make_manifest(
        config=image.config.descriptor(), layers=[], subject=image.manifest.descriptor()
    )
    assert (await pusher.put(app_repository, signature.digest, signature)).status_code == 201
    monkeypatch.setattr(usecases, "_BATCH", 1)
    run = asyncio.create_task(collect())
    await deletion.reached()
    await pusher.push(image, app_repository, "v1")
    deletion.release()
    finished = await run
    assert (finished.error, finished.report.manifests) == (None, 1)
    assert registry.status(app_repository, garbage.manifest.digest) == 404
    assert registry.status(app_repository, signature.digest) == 200
    assert_pullable(registry, app_repository, "v1", image)
