"""``DELETE`` of blobs under ``/v2/`` (spec 15)."""

import asyncio
import hashlib
from typing import Any

import httpx
import pytest

from libs.common.registry.client import Forwarded, Registry
from libs.common.registry.errors import RegistryUnavailable
from tests.integration.catalog.oci_deleting import Robot, error_of, message_of
from tests.integration.catalog.trashing import Team
from tests.kit.images import Blob, make_image, make_index, make_manifest
from tests.kit.waiting import soon

pytestmark = pytest.mark.registry_versions

BLOB = Blob("application/octet-stream", b"a blob that no manifest names")


@pytest.fixture
async def robot(mine: Team, anonymous: httpx.AsyncClient) -> Robot:
    """A Docker user with the grant `delete`, and a repository with a tag."""
    made = Robot(mine, anonymous, "robot")
    await made.create("delete")
    await mine.push(make_image(), "app", "first")
    return made


async def _open_intents(mine: Team) -> int:
    return len(
        await mine.database.fetch("SELECT id FROM catalog.intents WHERE resolved_at IS NULL")
    )


async def test_unneeded_blob_is_unlinked_from_its_repository_only(mine: Team, robot: Robot) -> None:
    for repository in ("app", "other"):
        mine.pusher.upload(f"{mine.name}/{repository}", BLOB)
    answer = await robot.delete(f"blobs/{BLOB.digest}")
    assert (answer.status_code, answer.content) == (202, b"")
    assert mine.registry.blob_status(f"{mine.name}/app", BLOB.digest) == 404
    assert mine.registry.blob_status(f"{mine.name}/other", BLOB.digest) == 200
    assert error_of(await robot.delete(f"blobs/{BLOB.digest}")) == (404, "BLOB_UNKNOWN")
    audit = await mine.http.get("/api/v1/audit", params={"action": "blob.delete"})
    (entry,) = audit.json()["items"]
    assert (entry["docker_user"], entry["target"]) == ("robot", f"repositories/{mine.name}/app")
    assert entry["changes"] == {"digest": [BLOB.digest, None]}
    assert await _open_intents(mine) == 0


@pytest.mark.parametrize("reference", ["sha256:0", "sha256:" + "G" * 64, "md5:00", "latest"])
async def test_malformed_digest(robot: Robot, reference: str) -> None:
    assert error_of(await robot.delete(f"blobs/{reference}")) == (400, "DIGEST_INVALID")


async def test_unknown_repository(robot: Robot) -> None:
    answer = await robot.delete(f"blobs/{BLOB.digest}", repository="none")
    assert error_of(answer) == (404, "NAME_UNKNOWN")


async def test_blob_of_a_repository_without_manifests_is_unlinked(mine: Team, robot: Robot) -> None:
    """The registry creates a repository at its first blob, and the catalog at its manifest."""
    mine.pusher.upload(f"{mine.name}/blobs", BLOB)
    assert (await robot.delete(f"blobs/{BLOB.digest}", repository="blobs")).status_code == 202
    assert mine.registry.blob_status(f"{mine.name}/blobs", BLOB.digest) == 404
    assert (await mine.http.get(f"/api/v1/repositories/{mine.name}/blobs")).status_code == 404
    assert await _open_intents(mine) == 0


async def test_blob_of_a_repository_that_is_being_deleted_is_not_unlinked(
    mine: Team, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: Registry, repository: str) -> list[str]:
        raise RegistryUnavailable("away")

    monkeypatch.setattr(Registry, "list_tags", away)
    assert (await mine.delete(f"repositories/{mine.name}/app")).status_code == 202
    answer = await robot.delete(f"blobs/{BLOB.digest}")
    assert error_of(answer) == (403, "DENIED")
    assert "being deleted" in message_of(answer)


async def test_blob_that_an_image_needs_is_not_unlinked(mine: Team, robot: Robot) -> None:
    image = make_image(layers=2)
    await mine.push(image, "app", "v1")
    for blob in image.blobs:
        answer = await robot.delete(f"blobs/{blob.digest}")
        assert error_of(answer) == (405, "UNSUPPORTED")
        assert f"{mine.name}/app:v1" in message_of(answer)
    await mine.delete_image("app:v1")
    answer = await robot.delete(f"blobs/{image.config.digest}")
    assert error_of(answer) == (405, "UNSUPPORTED")
    assert f"{mine.name}/app@{image.manifest.digest}" in message_of(answer)
    assert mine.pulls("app", image.manifest.digest, image)


async def test_blobs_in_unusual_places_of_a_manifest_are_needed(mine: Team, robot: Robot) -> None:
    """A layer named by its sha512 digest is stored under its sha256 digest."""
    image = make_image(layers=2)
    path, layer = f"{mine.name}/app", image.layers[1]
    digest = "sha512:" + hashlib.sha512(layer.content).hexdigest()
    mine.pusher.upload(path, image.config, image.layers[0])
    mine.registry.upload_as(path, layer, digest)
    manifest = make_manifest(
        config=image.config.descriptor(),
        layers=[image.layers[0].descriptor(), {**layer.descriptor(), "digest": digest}],
    )
    assert (await mine.pusher.put(path, "v1", manifest)).status_code == 201
    for one in (digest, layer.digest):
        assert error_of(await robot.delete(f"blobs/{one}")) == (405, "UNSUPPORTED")
    await mine.delete_image(f"app@{manifest.digest}")
    for one in (digest, image.config.digest):
        assert (await robot.delete(f"blobs/{one}")).status_code == 202
    await mine.restored(await mine.entry())
    assert mine.pulls("app", "v1", manifest)
    for one in (digest, image.config.digest):
        assert mine.registry.blob_status(path, one) == 200


async def test_trash_keeps_the_link_of_a_layer_that_a_restore_cannot_write(
    mine: Team, robot: Robot
) -> None:
    """The version before did not record the sha256 digest of a layer of another algorithm."""
    image = make_image()
    path, layer = f"{mine.name}/app", image.layers[0]
    digest = "sha512:" + hashlib.sha512(layer.content).hexdigest()
    mine.pusher.upload(path, image.config)
    mine.registry.upload_as(path, layer, digest)
    manifest = make_manifest(
        config=image.config.descriptor(), layers=[layer.descriptor(digest=digest)]
    )
    assert (await mine.pusher.put(path, "v1", manifest)).status_code == 201
    await mine.database.execute("DELETE FROM catalog.manifest_aliases")
    await mine.delete_image(f"app@{manifest.digest}")
    answer = await robot.delete(f"blobs/{digest}")
    assert error_of(answer) == (405, "UNSUPPORTED")
    assert "trash" in message_of(answer)
    await mine.restored(await mine.entry())
    assert mine.pulls("app", "v1", manifest)


async def test_blob_that_is_a_child_of_an_index_is_needed(mine: Team, robot: Robot) -> None:
    """Distribution 3 refuses such an index."""
    mine.pusher.upload(f"{mine.name}/app", BLOB)
    index = Blob(
        make_index().manifest.media_type,
        make_manifest(
            mediaType=make_index().manifest.media_type, manifests=[BLOB.descriptor()]
        ).content,
    )
    if (await mine.pusher.put(f"{mine.name}/app", "cache", index)).status_code != 201:
        return
    assert error_of(await robot.delete(f"blobs/{BLOB.digest}")) == (405, "UNSUPPORTED")
    await mine.delete_image(f"app@{index.digest}")
    assert error_of(await robot.delete(f"blobs/{BLOB.digest}")) == (405, "UNSUPPORTED")
    await mine.restored(await mine.entry())
    assert mine.pulls("app", "cache", index)


async def test_restore_links_blobs_that_were_unlinked(mine: Team, robot: Robot) -> None:
    image = make_image(layers=2)
    await mine.push(image, "app", "v1")
    await mine.delete_image(f"app@{image.manifest.digest}")
    for blob in image.blobs:
        assert (await robot.delete(f"blobs/{blob.digest}")).status_code == 202
        assert mine.registry.blob_status(f"{mine.name}/app", blob.digest) == 404
    await mine.restored(await mine.entry())
    assert mine.pulls("app", "v1", image)


async def _lose_answer(
    mine: Team, monkeypatch: pytest.MonkeyPatch, image: Blob, reference: str
) -> None:
    """Push a manifest whose answer is lost, so that its intent stays open."""

    async def lost(self: Registry, *arguments: object, **named: object) -> Forwarded:
        raise RegistryUnavailable("the answer is lost")

    with monkeypatch.context() as patched:
        patched.setattr(Registry, "forward_manifest", lost)
        patched.setattr("services.catalog.intents.usecases.WAIT_SECONDS", 0.1)
        answer = await mine.pusher.put(f"{mine.name}/app", reference, image)
    assert answer.status_code == 503


async def test_blob_that_an_unfinished_push_needs_is_not_unlinked(
    mine: Team, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = make_image()
    mine.pusher.upload(f"{mine.name}/app", *image.blobs)
    await _lose_answer(mine, monkeypatch, image.manifest, "v1")
    answer = await robot.delete(f"blobs/{image.layers[0].digest}")
    assert error_of(answer) == (405, "UNSUPPORTED")
    assert f"{mine.name}/app:v1" in message_of(answer)
    await mine.database.execute("UPDATE catalog.intents SET leased_until = now()")
    await soon(lambda: _open_intents(mine), lambda count: count == 0, within=10)
    assert mine.pulls("app", "v1", image)


async def test_push_waits_for_a_deletion_of_its_blob_and_is_refused(
    mine: Team, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = make_image()
    mine.pusher.upload(f"{mine.name}/app", *image.blobs)
    unlink, begun, released = Registry.delete_blob, asyncio.Event(), asyncio.Event()

    async def slow(self: Registry, repository: str, digest: str, **named: Any) -> bool:
        begun.set()
        await released.wait()
        return await unlink(self, repository, digest, **named)

    monkeypatch.setattr(Registry, "delete_blob", slow)
    deletion = asyncio.create_task(robot.delete(f"blobs/{image.layers[0].digest}"))
    await begun.wait()
    push = asyncio.create_task(mine.pusher.put(f"{mine.name}/app", "v1", image.manifest))
    done, _ = await asyncio.wait({push}, timeout=0.5)
    assert not done
    released.set()
    assert (await deletion).status_code == 202
    assert error_of(await push) == (400, "MANIFEST_BLOB_UNKNOWN")
    assert await _open_intents(mine) == 0
    await mine.push(image, "app", "v1")
    assert mine.pulls("app", "v1", image)


async def test_deletion_is_completed_later_if_the_registry_is_away(
    mine: Team, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine.pusher.upload(f"{mine.name}/app", BLOB)

    async def away(self: Registry, *_: object, **__: object) -> bool:
        raise RegistryUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(Registry, "delete_blob", away)
        patched.setattr("services.catalog.deletion.blobs.usecases.DELETION_WAIT_SECONDS", 0.1)
        answer = await robot.delete(f"blobs/{BLOB.digest}")
    assert error_of(answer) == (503, "UNAVAILABLE")
    await mine.database.execute("UPDATE catalog.intents SET leased_until = now()")
    await soon(lambda: _open_intents(mine), lambda count: count == 0, within=10)
    assert mine.registry.blob_status(f"{mine.name}/app", BLOB.digest) == 404
    audit = await mine.http.get("/api/v1/audit", params={"action": "blob.delete"})
    assert [one["docker_user"] for one in audit.json()["items"]] == ["robot"]


async def test_blob_whose_link_is_damaged_is_unknown_and_blocks_nothing(
    mine: Team, robot: Robot
) -> None:
    image = make_image()
    mine.pusher.upload(f"{mine.name}/app", *image.blobs)
    layer = image.layers[0]
    link = mine.registry.layer_link(f"{mine.name}/app", layer.digest)
    link.write_bytes(b"")
    assert error_of(await robot.delete(f"blobs/{layer.digest}")) == (404, "BLOB_UNKNOWN")
    assert await _open_intents(mine) == 0
