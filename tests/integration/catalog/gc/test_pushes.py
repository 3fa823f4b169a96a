"""Pushes of images whose blobs are garbage, at each point of a run (docs/garbage-collection.md)."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.gc.runs.domain import Phase
from services.catalog.intents.queries import insert_unless_conflict
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.clients import Client, Crowd, assert_pullable, change_of
from tests.integration.catalog.gc.conftest import Collect, is_in_phase, until
from tests.integration.catalog.gc.pausing import PausingStorage, Point
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.http.tokens import sign_registry_token
from tests.kit.images import MEDIA_TYPES, Blob, make_image, make_manifest

pytestmark = pytest.mark.registry_versions

BEFORE: tuple[Point, ...] = ("listing", "listed", "marking", "marked")
SWEEP: tuple[Point, ...] = ("claimed", "checked", "deleted")
POINTS = BEFORE + SWEEP


async def test_pushes_at_each_point_of_a_run(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    """By HEAD, mount, upload, and by the manifest alone. A push waits while a blob is deleted."""
    crowds = {point: Crowd(pusher, registry, app_repository) for point in POINTS}
    pauses = {point: storage.pause_at(point) for point in POINTS}
    run = asyncio.create_task(collect())
    waiting: dict[Point, asyncio.Task[set[int]]] = {}
    for point, pause in pauses.items():
        await pause.reached()
        if point in SWEEP:
            waiting[point] = asyncio.create_task(crowds[point].push())
            assert not (await asyncio.wait({waiting[point]}, timeout=0.5))[0], point
        else:
            assert await crowds[point].push() == {201}, point
        pause.release()
    for point, pushes in waiting.items():
        assert await pushes <= {201, 400}, point
    finished = await run
    assert (finished.error, finished.report.deleted) == (None, 8 * len(SWEEP))
    await collect()
    for crowd in crowds.values():
        crowd.assert_pullable()


async def test_push_during_the_wait_succeeds_and_after_the_sweep_too(
    pusher: Pusher, registry: RegistryUnderTest, app_repository: str, collect: Collect
) -> None:
    waiting, late = (Crowd(pusher, registry, app_repository) for _ in range(2))
    assert (await collect(minutes=60)).report.marked == 16
    assert await waiting.push() == {201}
    assert (await collect()).report.deleted == 8
    assert await late.push() <= {201, 400}
    await collect()
    waiting.assert_pullable()
    late.assert_pullable()


async def test_push_that_waits_too_long_for_a_sweep_gets_503(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowd = Crowd(pusher, registry, app_repository)
    pause = storage.pause_at("claimed")
    run = asyncio.create_task(collect())
    await pause.reached()
    with monkeypatch.context() as patched:
        patched.setattr("services.catalog.intents.usecases.WAIT_SECONDS", 0.2)
        refused = await pusher.put(app_repository, "v1", crowd.images["manifest"].manifest)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    pause.release()
    await run
    await crowd.push()
    crowd.assert_pullable()


@pytest.mark.parametrize("point", ["marked", "claimed"])
async def test_manifest_whose_last_byte_arrives_during_a_run(
    anonymous: httpx.AsyncClient,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
    point: Point,
) -> None:
    """The manifest is no intent before it is complete, so it protects nothing until then."""
    image = make_image()
    pusher.upload(app_repository, *image.blobs)
    last, begun = asyncio.Event(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield image.manifest.content[:-1]
        begun.set()
        await last.wait()
        yield image.manifest.content[-1:]

    token = sign_registry_token(registry.key, "alice", f"repository:{app_repository}:pull,push")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": image.manifest.media_type}
    path = f"/v2/{app_repository}/manifests/v1"
    put = asyncio.create_task(anonymous.put(path, content=body(), headers=headers))
    await begun.wait()
    pause = storage.pause_at(point)
    run = asyncio.create_task(collect())
    await pause.reached()
    last.set()
    if point == "marked":
        assert (await put).status_code == 201
    else:
        assert not (await asyncio.wait({put}, timeout=0.5))[0]
    pause.release()
    assert (await put).status_code == (201 if point == "marked" else 400)
    assert (await run).error is None
    client = Client(pusher, registry, app_repository, "head", app_repository)
    assert await client.push(image, "v1") == 201
    await collect()
    assert_pullable(registry, app_repository, "v1", image)


async def test_sweep_waits_for_a_push_that_began_before_the_marks(
    engine: AsyncEngine,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    """The push does not see the marks, and is committed after them. The sweep sees the push."""
    image = make_image()
    pusher.upload(app_repository, *image.blobs)
    claimed = storage.pause_at("claimed")
    async with engine.begin() as tx:
        assert await insert_unless_conflict(tx, change=change_of(app_repository, image))
        run = asyncio.create_task(collect())
        await until(lambda: is_in_phase(engine, Phase.CONFIRMING))
        assert not (await asyncio.wait({run}, timeout=0.5))[0]
        assert not claimed.is_reached()
    assert (await run).report.deleted == 0
    assert (await pusher.put(app_repository, "v1", image.manifest)).status_code == 201
    await collect()
    assert_pullable(registry, app_repository, "v1", image)


async def test_push_whose_mark_is_committed_after_it_keeps_its_blobs(
    emptied: Database,
    engine: AsyncEngine,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
) -> None:
    """The mark reads that nothing needs the blob, and waits. Meanwhile, a push needs it, and ends.

    So the blob of a tagged image is doomed. The sweep does not believe the mark.
    """
    image = make_image()
    pusher.upload(app_repository, *image.blobs)
    (run_id,) = await emptied.fetch(
        "INSERT INTO catalog.garbage_runs (finished_at) VALUES (now()) RETURNING id"
    )
    async with engine.connect() as tx:
        await tx.exec_driver_sql(
            "INSERT INTO catalog.garbage_blobs (digest, size_bytes, run, epoch)"
            f" VALUES ('{image.layers[0].digest}', 1, {run_id['id']}, catalog.epoch())"
        )
        run = asyncio.create_task(collect())
        await until(lambda: _is_mark_blocked(emptied))
        assert (await pusher.put(app_repository, "v1", image.manifest)).status_code == 201
        await tx.rollback()
    finished = await run
    assert (finished.report.kept, finished.report.deleted) == (2, 0)
    assert_pullable(registry, app_repository, "v1", image)


async def _is_mark_blocked(database: Database) -> bool:
    """Return whether a statement waits for the end of another transaction."""
    return bool(
        await database.fetch(
            "SELECT FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
        )
    )


async def test_pull_that_has_begun_reads_a_deleted_blob_to_its_end(
    registry: RegistryUnderTest, app_repository: str, collect: Collect
) -> None:
    blob = Blob("application/octet-stream", secrets.token_bytes(1024 * 1024) * 64)
    registry.upload(app_repository, blob)
    with (
        registry.client(app_repository) as http,
        http.stream("GET", f"/v2/{app_repository}/blobs/{blob.digest}") as answer,
    ):
        chunks = answer.iter_bytes(65536)
        received = hashlib.sha256(next(chunks))
        assert (await collect()).report.deleted == 1
        assert registry.blob_status(app_repository, blob.digest) == 404
        for chunk in chunks:
            received.update(chunk)
    assert received.hexdigest() == blob.hex


def _index_of(*blobs: Blob) -> Blob:
    """Return an index whose children are blobs, as buildkit's registry cache writes it."""
    media_type = MEDIA_TYPES["oci"]["index"]
    index = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "manifests": [blob.descriptor() for blob in blobs],
    }
    return Blob(media_type, json.dumps(index).encode())


@pytest.mark.parametrize("needed", ["image", "docker image", "artifact", "index of blobs"])
async def test_manifest_whose_blobs_are_swept_while_it_waits_is_refused(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
    needed: str,
) -> None:
    """Its blobs are there when they are checked, and gone when its intent is opened."""
    image = make_image(kind="docker" if needed == "docker image" else "oci")
    manifest = image.manifest
    if needed == "artifact":
        (layer,) = image.layers
        config = Blob("application/vnd.example.config", image.config.content)
        manifest = make_manifest(config=config.descriptor(), layers=[layer.descriptor()])
    elif needed == "index of blobs":
        manifest = _index_of(image.config, *image.layers)
    pusher.upload(app_repository, *image.blobs)
    pause = storage.pause_at("claimed")
    run = asyncio.create_task(collect())
    await pause.reached()
    push = asyncio.create_task(pusher.put(app_repository, "v1", manifest))
    assert not (await asyncio.wait({push}, timeout=0.5))[0]
    pause.release()
    answer = await push
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (
        400,
        "MANIFEST_BLOB_UNKNOWN",
    )
    assert (await run).error is None
    assert registry.status(app_repository, "v1") == 404
