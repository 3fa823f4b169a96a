"""Push manifests through admission, on a real registry (spec 5)."""

import asyncio
import hashlib
import json
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.requests import Request

from libs.common.registry.client import Forwarded, Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.web.provided import provided
from services.catalog.admission.usecases import Admission
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.pump import delivering
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.http.tokens import sign_registry_token
from tests.kit.images import MEDIA_TYPES, Blob, Image, make_image, make_index, make_manifest
from tests.kit.waiting import soon

pytestmark = pytest.mark.registry_versions


async def _image(acme: httpx.AsyncClient, reference: str) -> Any:
    answer = await acme.get(f"/api/v1/images/{reference}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def _error(answer: httpx.Response) -> tuple[int, str, str]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["code"], error["message"]


async def _open_intents(database: Database) -> int:
    rows = await database.fetch("SELECT id FROM catalog.intents WHERE resolved_at IS NULL")
    return len(rows)


async def test_pushed_image_is_listed_as_soon_as_the_push_has_succeeded(
    acme: httpx.AsyncClient, pusher: Pusher, emptied: Database, space: str
) -> None:
    image = make_image(layers=2)
    await pusher.push(image, f"{space}/app", "v1")
    shown = await _image(acme, f"{space}/app:v1")
    assert shown["digest"] == image.manifest.digest
    assert shown["size_bytes"] == image.size_bytes
    assert shown["platforms"][0]["architecture"] == image.architecture
    assert shown["pushed_by"] == "alice"
    repository = (await acme.get(f"/api/v1/repositories/{space}/app")).json()
    assert repository["status"] == "active"
    assert (repository["tag_count"], repository["size_bytes"]) == (1, image.size_bytes)
    assert await _open_intents(emptied) == 0


async def test_response_to_a_push_is_that_of_the_registry(
    pusher: Pusher, registry: RegistryUnderTest, space: str
) -> None:
    image = make_image()
    pusher.upload(f"{space}/app", *image.blobs)
    answer = await pusher.put(f"{space}/app", "v1", image.manifest)
    assert answer.status_code == 201
    assert answer.headers["Docker-Content-Digest"] == image.manifest.digest
    assert answer.headers["Location"].endswith(f"/v2/{space}/app/manifests/{image.manifest.digest}")
    assert registry.status(f"{space}/app", "v1") == 200


async def test_totals_stay_right_while_tags_move(
    acme: httpx.AsyncClient, pusher: Pusher, space: str
) -> None:
    one, two = make_image(), make_image(layers=3)
    for image, tag in ((one, "a"), (one, "b"), (two, "b"), (two, "a"), (one, "a"), (one, "a")):
        await pusher.push(image, f"{space}/app", tag)
    repository = (await acme.get(f"/api/v1/repositories/{space}/app")).json()
    assert repository["tag_count"] == 2
    assert repository["size_bytes"] == one.size_bytes + two.size_bytes
    await pusher.push(two, f"{space}/app", "a")
    repository = (await acme.get(f"/api/v1/repositories/{space}/app")).json()
    assert repository["size_bytes"] == two.size_bytes


async def test_index_shows_the_platforms_of_its_children(
    acme: httpx.AsyncClient, pusher: Pusher, space: str
) -> None:
    index = make_index()
    await pusher.push(index, f"{space}/app", "v1")
    shown = await _image(acme, f"{space}/app:v1")
    assert {p["architecture"] for p in shown["platforms"]} == {
        image.architecture for image in index.images
    }
    assert shown["size_bytes"] == sum(image.size_bytes for image in index.images)


async def test_events_of_an_admitted_push_change_nothing(
    acme: httpx.AsyncClient,
    pusher: Pusher,
    emptied: Database,
    registry: RegistryUnderTest,
    space: str,
) -> None:
    one, two = make_image(), make_image()
    async with delivering(emptied, registry):
        await pusher.push(one, f"{space}/app", "v1")
        await pusher.push(two, f"{space}/app", "v1")
        before = await _image(acme, f"{space}/app:v1")

        async def position() -> bool:
            unread = await emptied.fetch(
                "SELECT FROM events.registry_feed f, catalog.feed_positions p"
                " WHERE p.feed = 'registry' AND f.id > split_part(p.position, ':', 2)::bigint"
            )
            return not unread

        await soon(position, lambda done: done, within=10)
    assert await _image(acme, f"{space}/app:v1") == before


@pytest.mark.parametrize(
    ("token", "error"),
    [(None, None), ("Bearer x.y.z", "invalid_token")],
)
async def test_push_without_a_valid_token_is_challenged(
    anonymous: httpx.AsyncClient, space: str, token: str | None, error: str | None
) -> None:
    headers = {"Content-Type": MEDIA_TYPES["oci"]["manifest"]}
    if token is not None:
        headers["Authorization"] = token
    answer = await anonymous.put(f"/v2/{space}/app/manifests/v1", content=b"{}", headers=headers)
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert f'scope="repository:{space}/app:pull,push"' in challenge
    assert challenge.endswith(f'error="{error}"') == (error is not None)


async def test_token_without_push_is_challenged(pusher: Pusher, space: str) -> None:
    answer = await pusher.put(f"{space}/app", "v1", make_image().manifest, actions="pull")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].endswith('error="insufficient_scope"')


async def test_docker_user_cannot_delete(
    pusher: Pusher, anonymous: httpx.AsyncClient, registry: RegistryUnderTest, space: str
) -> None:
    image = make_image()
    await pusher.push(image, f"{space}/app", "v1")
    path = f"/v2/{space}/app/manifests/{image.manifest.digest}"
    assert (await anonymous.delete(path)).status_code == 401
    token = sign_registry_token(registry.key, "alice", f"repository:{space}/app:pull,push")
    refused = await anonymous.delete(path, headers={"Authorization": f"Bearer {token}"})
    assert _error(refused)[:2] == (403, "DENIED")
    assert registry.status(f"{space}/app", "v1") == 200


@pytest.mark.parametrize("size", [0, 1, -1, 10**15])
async def test_wrong_size_of_a_layer_is_refused(
    acme: httpx.AsyncClient, pusher: Pusher, space: str, size: int
) -> None:
    image = make_image()
    pusher.upload(f"{space}/app", *image.blobs)
    manifest = make_manifest(
        config=image.config.descriptor(), layers=[image.layers[0].descriptor(size=size)]
    )
    status, code, message = _error(await pusher.put(f"{space}/app", "v1", manifest))
    assert (status, code) == (400, "MANIFEST_INVALID")
    assert "layers[0].size" in message
    assert (await acme.get(f"/api/v1/repositories/{space}/app")).status_code == 404


async def test_blob_of_another_repository_reveals_nothing_by_its_size(
    pusher: Pusher, space: str
) -> None:
    image = make_image()
    pusher.upload(f"{space}/other", *image.blobs)
    codes = []
    for layer in (
        image.layers[0].descriptor(),
        image.layers[0].descriptor(size=1),
        make_image().layers[0].descriptor(),
    ):
        manifest = make_manifest(config=image.config.descriptor(), layers=[layer])
        answer = await pusher.put(f"{space}/app", "v1", manifest)
        codes.append((answer.status_code, [error["code"] for error in answer.json()["errors"]]))
    assert codes[0] == codes[1] == codes[2]


@pytest.mark.parametrize("kind", ["oci", "docker"])
async def test_layer_at_a_foreign_address_is_refused(pusher: Pusher, space: str, kind: Any) -> None:
    image = make_image(kind=kind)
    pusher.upload(f"{space}/app", *image.blobs)
    manifest = _with_urls(image, "https://evil.example.com/layer")
    status, code, message = _error(await pusher.put(f"{space}/app", "v1", manifest))
    assert (status, code) == (400, "MANIFEST_INVALID")
    assert "urls" in message


def _with_urls(image: Image, url: str) -> Blob:
    value = json.loads(image.manifest.content)
    value["layers"][0]["urls"] = [url]
    return Blob(image.manifest.media_type, json.dumps(value).encode())


async def test_manifest_over_4_mib_is_refused(pusher: Pusher, space: str) -> None:
    manifest = Blob(MEDIA_TYPES["oci"]["manifest"], b" " * (4 * 1024 * 1024 + 1))
    assert _error(await pusher.put(f"{space}/app", "v1", manifest))[:2] == (413, "SIZE_INVALID")


async def test_manifest_under_another_digest_is_refused(pusher: Pusher, space: str) -> None:
    image = make_image()
    other = make_image().manifest.digest
    answer = await pusher.put(f"{space}/app", other, image.manifest)
    assert _error(answer)[:2] == (400, "DIGEST_INVALID")


async def test_nothing_can_be_pushed_to_a_repository_that_is_being_deleted(
    acme: httpx.AsyncClient, pusher: Pusher, space: str
) -> None:
    await pusher.push(make_image(), f"{space}/app", "v1")
    assert (await acme.delete(f"/api/v1/repositories/{space}/app")).status_code == 202
    image = make_image()
    pusher.upload(f"{space}/app", *image.blobs)
    answer = await pusher.put(f"{space}/app", "v2", image.manifest)
    assert _error(answer)[:2] == (403, "DENIED")

    async def status() -> int:
        return (await acme.get(f"/api/v1/repositories/{space}/app")).status_code

    await soon(status, lambda code: code == 404, within=10)
    answer = await pusher.put(f"{space}/app", "v2", image.manifest)
    assert _error(answer)[:2] == (403, "DENIED")


async def test_unknown_outcome_is_resolved_by_the_worker(
    acme: httpx.AsyncClient,
    pusher: Pusher,
    emptied: Database,
    space: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The registry carries out the push, but its answer is lost."""
    image = make_image()
    pusher.upload(f"{space}/app", *image.blobs)
    forward = Registry.forward_manifest

    async def lost(self: Registry, *arguments: Any, **named: Any) -> Forwarded:
        await forward(self, *arguments, **named)
        raise RegistryUnavailable("the answer is lost")

    monkeypatch.setattr(Registry, "forward_manifest", lost)
    monkeypatch.setattr("services.catalog.intents.usecases.WAIT_SECONDS", 0.2)
    status, code, _ = _error(await pusher.put(f"{space}/app", "v1", image.manifest))
    assert (status, code) == (503, "UNAVAILABLE")
    assert await _open_intents(emptied) == 1
    monkeypatch.undo()
    await emptied.execute("UPDATE catalog.intents SET leased_until = now()")

    async def resolved() -> int:
        return await _open_intents(emptied)

    await soon(resolved, lambda count: count == 0, within=10)
    assert (await _image(acme, f"{space}/app:v1"))["digest"] == image.manifest.digest


async def test_old_request_that_the_registry_carries_out_late_does_not_move_the_tag(
    acme: httpx.AsyncClient,
    pusher: Pusher,
    emptied: Database,
    registry: RegistryUnderTest,
    space: str,
) -> None:
    one, two = make_image(), make_image()
    async with delivering(emptied, registry):
        await pusher.push(one, f"{space}/app", "v1")
        await pusher.push(two, f"{space}/app", "v1")
        registry.push(one, f"{space}/app", "v1")

        async def digest() -> str:
            return registry.digest(f"{space}/app", "v1")

        await soon(digest, lambda found: found == two.manifest.digest, within=10)
    assert (await _image(acme, f"{space}/app:v1"))["digest"] == two.manifest.digest


async def test_pushes_of_one_tag_are_ordered(
    acme: httpx.AsyncClient, pusher: Pusher, registry: RegistryUnderTest, space: str
) -> None:
    images = [make_image() for _ in range(30)]
    for image in images:
        pusher.upload(f"{space}/app", *image.blobs)
    answers = await asyncio.gather(
        *(pusher.put(f"{space}/app", "v1", image.manifest) for image in images)
    )
    assert {answer.status_code for answer in answers} == {201}
    shown = await _image(acme, f"{space}/app:v1")
    assert shown["digest"] == registry.digest(f"{space}/app", "v1")


async def test_sha512_digest_of_a_layer_is_admitted(
    acme: httpx.AsyncClient, pusher: Pusher, registry: RegistryUnderTest, space: str
) -> None:
    image = make_image()
    pusher.upload(f"{space}/app", image.config)
    layer = image.layers[0]
    digest = "sha512:" + hashlib.sha512(layer.content).hexdigest()
    registry.upload_as(f"{space}/app", layer, digest)
    manifest = make_manifest(
        config=image.config.descriptor(), layers=[layer.descriptor(digest=digest)]
    )
    answer = await pusher.put(f"{space}/app", "v1", manifest)
    assert answer.status_code == 201, answer.text
    assert (await _image(acme, f"{space}/app:v1"))["digest"] == manifest.digest


async def test_push_is_in_the_audit_trail_of_the_owner_of_the_namespace(
    acme: httpx.AsyncClient, pusher: Pusher, space: str
) -> None:
    first, second = make_image(), make_image()
    await pusher.push(first, f"{space}/app", "v1")
    await pusher.push(second, f"{space}/app", "v1")
    listed = (await acme.get("/api/v1/audit", params={"action": "image.push"})).json()["items"]
    old, new = first.manifest.digest, second.manifest.digest
    assert [(entry["target"], entry["changes"]) for entry in listed] == [
        (f"images/{space}/app:v1", {"digest": [old, new]}),
        (f"images/{space}/app:v1", {"digest": [None, old]}),
    ]
    assert {(e["docker_user"], e["account"], e["owner"], e["via"]) for e in listed} == {
        ("alice", None, "acme", None)
    }
    assert all(entry["client_address"] for entry in listed)


async def test_first_pushes_cannot_exceed_the_repositories_of_an_account(
    acme: httpx.AsyncClient, pusher: Pusher, app: FastAPI, space: str
) -> None:
    admission = provided(Admission)(Request({"type": "http", "app": app}))
    admission.max_repositories = 2
    images = [make_image() for _ in range(6)]
    for number, image in enumerate(images):
        pusher.upload(f"{space}/app{number}", *image.blobs)
    answers = await asyncio.gather(
        *(
            pusher.put(f"{space}/app{number}", "v1", image.manifest)
            for number, image in enumerate(images)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 201, 403, 403, 403, 403]
    listed = (await acme.get("/api/v1/repositories")).json()["items"]
    assert len(listed) == 2
    again = listed[0]["name"].removeprefix("app")
    await pusher.push(images[int(again)], f"{space}/app{again}", "v2")
