"""Pushes that meet late answers, deletions, and manifests that the registry cannot process."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest

from libs.common.registry.client import Forwarded, Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.admission import queries
from tests.integration.catalog.admitting import Pusher
from tests.kit.database import Database
from tests.kit.images import Blob, make_image, make_manifest
from tests.kit.waiting import soon

pytestmark = pytest.mark.registry_versions

_FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"


def _open_intents(database: Database) -> Callable[[], Awaitable[int]]:
    async def count() -> int:
        rows = await database.fetch("SELECT id FROM catalog.intents WHERE resolved_at IS NULL")
        return len(rows)

    return count


async def _push_with_lost_answer(
    pusher: Pusher, repository: str, tag: str, monkeypatch: pytest.MonkeyPatch
) -> Blob:
    """Push an image whose answer is lost, so that its intent stays open; return the manifest."""
    image = make_image()
    pusher.upload(repository, *image.blobs)

    async def lost(self: Registry, *arguments: Any, **named: Any) -> Forwarded:
        raise RegistryUnavailable("the answer is lost")

    with monkeypatch.context() as patched:
        patched.setattr(Registry, "forward_manifest", lost)
        patched.setattr("services.catalog.intents.usecases.WAIT_SECONDS", 0.1)
        assert (await pusher.put(repository, tag, image.manifest)).status_code == 503
    return image.manifest


async def test_late_answer_does_not_undo_a_newer_push(
    acme: httpx.AsyncClient,
    pusher: Pusher,
    emptied: Database,
    space: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worker completes a push whose process is slow; then another push moves the tag."""
    one, two = make_image(), make_image()
    pusher.upload(f"{space}/app", *one.blobs, *two.blobs)
    forward, answered, released = Registry.forward_manifest, asyncio.Event(), asyncio.Event()

    async def slow_once(self: Registry, *arguments: Any, **named: Any) -> Forwarded:
        monkeypatch.setattr(Registry, "forward_manifest", forward)
        answer = await forward(self, *arguments, **named)
        answered.set()
        await released.wait()
        return answer

    monkeypatch.setattr(Registry, "forward_manifest", slow_once)
    late = asyncio.create_task(pusher.put(f"{space}/app", "v1", one.manifest))
    await answered.wait()
    await emptied.execute("UPDATE catalog.intents SET leased_until = now()")
    await soon(_open_intents(emptied), lambda count: count == 0, within=10)
    assert (await pusher.put(f"{space}/app", "v1", two.manifest)).status_code == 201
    released.set()
    assert (await late).status_code == 201
    shown = (await acme.get(f"/api/v1/images/{space}/app:v1")).json()
    assert shown["digest"] == two.manifest.digest


async def test_docker_foreign_layer_without_urls_is_refused(
    pusher: Pusher, emptied: Database, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The registry answers 500 to such a manifest, so a push of it would never be decided."""
    image = make_image(kind="docker")
    pusher.upload(f"{space}/app", *image.blobs)
    value = json.loads(image.manifest.content)
    value["layers"][0]["mediaType"] = _FOREIGN
    manifest = Blob(image.manifest.media_type, json.dumps(value).encode())
    monkeypatch.setattr("services.catalog.intents.usecases.WAIT_SECONDS", 0.2)
    answer = await pusher.put(f"{space}/app", "v1", manifest)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (400, "MANIFEST_INVALID")
    assert "layers[0].urls" in error["message"]
    assert await _open_intents(emptied)() == 0


async def test_push_that_the_registry_cannot_process_ends(
    pusher: Pusher, emptied: Database, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise its tag could never be pushed again, and its repository never be deleted."""
    await pusher.push(make_image(), f"{space}/app", "v0")
    await _push_with_lost_answer(pusher, f"{space}/app", "v1", monkeypatch)
    image = make_image(kind="docker")
    pusher.upload(f"{space}/app", *image.blobs)
    value = json.loads(image.manifest.content)
    value["layers"][0]["mediaType"] = _FOREIGN
    await emptied.execute(
        "UPDATE catalog.intents SET content = $1, media_type = $2, leased_until = now(),"
        " started_at = now() - interval '2 hours' WHERE resolved_at IS NULL",
        json.dumps(value).encode(),
        image.manifest.media_type,
    )
    await soon(_open_intents(emptied), lambda count: count == 0, within=20)
    await pusher.push(make_image(), f"{space}/app", "v1")


async def test_blob_that_arrives_after_the_check_must_have_its_size_too(
    pusher: Pusher, emptied: Database, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The push waits for another one, and its layer is uploaded meanwhile."""
    await _push_with_lost_answer(pusher, f"{space}/app", "v1", monkeypatch)
    image = make_image()
    pusher.upload(f"{space}/app", image.config)
    manifest = make_manifest(
        config=image.config.descriptor(), layers=[image.layers[0].descriptor(size=1)]
    )
    push = asyncio.create_task(pusher.put(f"{space}/app", "v1", manifest))
    await asyncio.wait({push}, timeout=1)
    pusher.upload(f"{space}/app", *image.layers)
    await emptied.execute("UPDATE catalog.intents SET leased_until = now()")
    answer = await push
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "MANIFEST_BLOB_UNKNOWN"


async def test_repository_that_is_created_while_its_namespace_is_deleted_is_deleted(
    pusher: Pusher, emptied: Database, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _push_with_lost_answer(pusher, f"{space}/app", "v1", monkeypatch)
    connection = await asyncpg.connect(emptied.urls["catalog"])
    try:
        async with connection.transaction():
            await connection.execute(
                "SELECT FROM catalog.namespaces WHERE name = $1 FOR UPDATE", space
            )
            await emptied.execute("UPDATE catalog.intents SET leased_until = now()")

            async def waiting() -> int:
                return len(await emptied.fetch("SELECT FROM pg_locks WHERE NOT granted"))

            await soon(waiting, lambda count: count > 0, within=20)
            await connection.execute(
                "UPDATE catalog.namespaces SET deleting = true WHERE name = $1", space
            )
            await connection.execute(
                "INSERT INTO catalog.deletions (kind, name)"
                " VALUES ('namespace', $1), ('repository', $1 || '/app')",
                space,
            )
    finally:
        await connection.close()

    async def left() -> int:
        return len(await emptied.fetch("SELECT FROM catalog.namespaces WHERE name = $1", space))

    await soon(left, lambda count: count == 0, within=20)


async def test_size_of_a_repository_has_a_maximum(
    acme: httpx.AsyncClient, pusher: Pusher, emptied: Database, space: str
) -> None:
    """Sizes of foreign layers are not checked, so their sum can exceed what a column holds."""
    await pusher.push(make_image(), f"{space}/app", "v1")
    await emptied.execute("UPDATE catalog.repositories SET size_bytes = 9223372036854775807")
    await pusher.push(make_image(), f"{space}/app", "v2")
    repository = (await acme.get(f"/api/v1/repositories/{space}/app")).json()
    assert (repository["tag_count"], repository["size_bytes"]) == (2, 9223372036854775807)


async def test_of_the_pushes_that_wait_for_one_tag_only_one_polls_the_database(
    pusher: Pusher, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many of them would use all connections, and delay the pushes of other accounts."""
    await _push_with_lost_answer(pusher, f"{space}/app", "v1", monkeypatch)
    image = make_image()
    pusher.upload(f"{space}/app", *image.blobs)
    open_push, tries = queries.open_push, 0

    async def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal tries
        tries += 1
        return await open_push(*arguments, **named)

    monkeypatch.setattr(queries, "open_push", counted)
    monkeypatch.setattr("services.catalog.intents.usecases.WAIT_SECONDS", 3.0)
    waiting = [
        asyncio.create_task(pusher.put(f"{space}/app", "v1", image.manifest)) for _ in range(50)
    ]
    answers = await asyncio.gather(*waiting)
    assert {answer.status_code for answer in answers} == {503}
    assert 0 < tries <= 50 + 3 / 0.1 + 10
