"""Abandoned uploads and the folders of empty repositories (docs/garbage-collection.md)."""

import asyncio

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.intents.queries import insert_unless_conflict
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.clients import assert_pullable, change_of
from tests.integration.catalog.gc.conftest import Collect, age, folder_of
from tests.integration.catalog.gc.pausing import PausingStorage
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import Image, make_image

pytestmark = pytest.mark.registry_versions


def open_upload(registry: RegistryUnderTest, repository: str, content: bytes) -> httpx.Response:
    """Begin an upload, and send its first bytes."""
    with registry.client(repository, "alice") as http:
        opened = http.post(f"/v2/{repository}/blobs/uploads/").raise_for_status()
        return http.patch(
            opened.headers["Location"],
            content=content,
            headers={"Content-Type": "application/octet-stream"},
        ).raise_for_status()


async def test_uploads_are_deleted_a_day_after_their_last_write(
    registry: RegistryUnderTest, app_repository: str, collect: Collect, storage: PausingStorage
) -> None:
    """One that was begun long ago is kept if it is written to, also if that is just now."""
    layer = make_image().layers[0]
    half = len(layer.content) // 2
    old, resumed = (open_upload(registry, app_repository, layer.content[:half]) for _ in range(2))
    uploads = folder_of(registry, app_repository) / "_uploads"
    age(uploads)
    young = open_upload(registry, app_repository, layer.content[:half])
    pause = storage.pause_at("listed")
    run = asyncio.create_task(collect())
    await pause.reached()
    with registry.client(app_repository, "alice") as http:
        resumed = http.patch(
            resumed.headers["Location"],
            content=layer.content[half:-1],
            headers={"Content-Type": "application/octet-stream"},
        ).raise_for_status()
    pause.release()
    finished = await run
    assert finished.error is None
    left = {folder.name for folder in uploads.iterdir()}
    assert left == {one.headers["Docker-Upload-UUID"] for one in (young, resumed)}
    with registry.client(app_repository, "alice") as http:
        gone = http.get(old.headers["Location"])
        assert gone.status_code == 404
        for one, sent in ((young, half), (resumed, len(layer.content) - 1)):
            location = httpx.URL(one.headers["Location"]).copy_merge_params(
                {"digest": layer.digest}
            )
            http.put(
                location,
                content=layer.content[sent:],
                headers={"Content-Type": "application/octet-stream"},
            ).raise_for_status()
    assert registry.blob_status(app_repository, layer.digest) == 200


async def _emptied_repository(
    pusher: Pusher, registry: RegistryUnderTest, repository: str, collect: Collect
) -> Image:
    """Return an image whose manifest and blobs were deleted. Its links are old."""
    image = make_image()
    await pusher.push(image, repository)
    assert (await collect()).report.manifests == 1
    folder = folder_of(registry, repository)
    assert folder.exists(), "the links are too young"
    age(folder)
    return image


async def test_folder_of_an_empty_repository_is_removed(
    pusher: Pusher, registry: RegistryUnderTest, app_repository: str, collect: Collect
) -> None:
    image = await _emptied_repository(pusher, registry, app_repository, collect)
    below = f"{app_repository}/tools"
    await pusher.push(image, below, "v1")
    run = await collect()
    assert (run.error, run.report.repositories) == (None, 1)
    assert not (folder_of(registry, app_repository) / "_layers").exists()
    assert_pullable(registry, below, "v1", image)
    await pusher.push(image, app_repository, "v1")
    assert_pullable(registry, app_repository, "v1", image)


async def test_folder_with_a_young_link_is_kept(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    """A client has just uploaded the layer, and will push the manifest."""
    image = await _emptied_repository(pusher, registry, app_repository, collect)
    pause = storage.pause_at("listed")
    run = asyncio.create_task(collect(minutes=60))
    await pause.reached()
    pusher.upload(app_repository, *image.blobs)
    pause.release()
    finished = await run
    assert (finished.error, finished.report.repositories) == (None, 0)
    assert (await pusher.put(app_repository, "v1", image.manifest)).status_code == 201
    assert_pullable(registry, app_repository, "v1", image)


async def test_folder_with_an_open_intent_is_kept(
    engine: AsyncEngine,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
) -> None:
    """The links are old, because the blobs are shared with another repository, or were there."""
    image = await _emptied_repository(pusher, registry, app_repository, collect)
    pusher.upload(app_repository, *image.blobs)
    age(folder_of(registry, app_repository))
    async with engine.begin() as tx:
        change = change_of(app_repository, image, "v1")
        assert await insert_unless_conflict(tx, change=change) is not None
    run = await collect()
    assert (run.error, run.report.repositories, run.report.deleted) == (None, 0, 0)
    assert (await pusher.put(app_repository, "v1", image.manifest)).status_code == 201
    assert_pullable(registry, app_repository, "v1", image)


async def test_push_waits_while_the_folder_of_its_repository_is_removed(
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    """An intent is open meanwhile, and no transaction."""
    image = await _emptied_repository(pusher, registry, app_repository, collect)
    pusher.upload(f"{app_repository}-other", *image.blobs)
    pause = storage.pause_at("removing")
    run = asyncio.create_task(collect(minutes=60))
    await pause.reached()
    assert not await emptied.fetch(
        "SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND pid IN ("
        " SELECT pid FROM pg_stat_activity WHERE state = 'idle in transaction')"
    )
    pusher.upload(app_repository, *image.blobs)
    push = asyncio.create_task(pusher.put(app_repository, "v1", image.manifest))
    assert not (await asyncio.wait({push}, timeout=0.5))[0]
    pause.release()
    assert (await push).status_code == 201
    assert (await run).error is None
    assert_pullable(registry, app_repository, "v1", image)


async def test_uploads_beyond_the_limit_are_deleted_by_the_next_runs(
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("services.catalog.gc.blobs.listing._UPLOADS", 2)
    for _ in range(3):
        open_upload(registry, app_repository, b"begun")
    age(folder_of(registry, app_repository))
    assert [(await collect()).report.uploads for _ in range(3)] == [2, 1, 0]


async def test_repository_is_abandoned_only_if_all_parts_of_its_listing_are(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("libs.common.storage.folders.LISTED_AT_ONCE", 1)
    pusher.upload(app_repository, *make_image().blobs)
    age(folder_of(registry, app_repository))
    young = make_image().config
    pusher.upload(app_repository, young)
    run = await collect(minutes=60)
    assert (run.error, run.report.repositories) == (None, 0)
    assert registry.blob_status(app_repository, young.digest) == 200
    age(folder_of(registry, app_repository))
    assert (await collect(minutes=60)).report.repositories == 1
