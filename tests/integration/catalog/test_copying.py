"""Copy images within the registry without moving bytes (spec 11, admission.md 3)."""

import hashlib
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from libs.common.web.provided import provide
from services.catalog.copying.usecases import Copier
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.creating import create_namespace
from tests.integration.catalog.trashing import Team
from tests.kit.images import MEDIA_TYPES, Blob, make_image, make_index, make_manifest

pytestmark = pytest.mark.registry_versions


async def copy(
    mine: Team, source: str, target: str, tag: str, *, by: httpx.AsyncClient | None = None
) -> httpx.Response:
    """Copy ``source``, a path with its namespace, to a repository of ``mine``."""
    return await (by or mine.http).post(
        f"/api/v1/images/{mine.name}/{target}/copy", json={"source": source, "tag": tag}
    )


async def copied(mine: Team, source: str, target: str, tag: str) -> dict[str, Any]:
    """Copy within the namespace, and return the response."""
    answer = await copy(mine, f"{mine.name}/{source}", target, tag)
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refused(answer: httpx.Response) -> tuple[int, str]:
    """Return the status and the code of an error."""
    return answer.status_code, answer.json()["code"]


async def test_image_is_copied_to_a_new_repository(mine: Team) -> None:
    image = make_image(layers=3)
    await mine.push(image, "app", "v1")
    answer = await copy(mine, f"{mine.name}/app:v1", "deep/copy", "prod")
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == f"/api/v1/images/{mine.name}/deep/copy:prod"
    assert mine.pulls("deep/copy", "prod", image)
    body = answer.json()
    shown = (await mine.http.get(answer.headers["Location"])).json()
    assert body == shown
    assert (body["digest"], body["tags"]) == (image.manifest.digest, ["prod"])
    repository = (await mine.http.get(f"/api/v1/repositories/{mine.name}/deep/copy")).json()
    assert (repository["tag_count"], repository["size_bytes"], repository["status"]) == (
        1,
        image.size_bytes,
        "active",
    )
    assert (
        await mine.database.fetch("SELECT id FROM catalog.intents WHERE resolved_at IS NULL") == []
    )


async def test_retagged_image_replaces_what_the_tag_named(mine: Team) -> None:
    old, new = make_image(), make_image()
    await mine.push(old, "app", "latest")
    await mine.push(new, "app", "v2")
    await copied(mine, "app:v2", "app", "latest")
    assert {tag: one["digest"] for tag, one in (await mine.tags("app")).items()} == {
        "latest": new.manifest.digest,
        "v2": new.manifest.digest,
    }
    assert mine.pulls("app", "latest", new)


async def test_copy_by_digest_needs_no_tag_in_the_source(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    await mine.delete_image("app:v1")
    await copied(mine, f"app@{image.manifest.digest}", "copy", "v1")
    assert mine.pulls("copy", "v1", image)


@pytest.mark.parametrize("kind", ["oci", "docker"])
async def test_index_is_copied_with_its_children(mine: Team, kind: Any) -> None:
    index = make_index(kind=kind)
    await mine.push(index, "app", "v1")
    body = await copied(mine, "app:v1", "copy", "v1")
    assert mine.pulls("copy", "v1", index)
    assert len(body["platforms"]) == 2
    assert set(await mine.tags("copy")) == {"v1"}


def _index_of(*manifests: Blob) -> Blob:
    media_type = MEDIA_TYPES["oci"]["index"]
    content = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "manifests": [one.descriptor() for one in manifests],
    }
    return Blob(media_type, json.dumps(content).encode())


async def _referrers(mine: Team, repository: str, digest: str) -> set[str]:
    shown = await mine.http.get(f"/api/v1/images/{mine.name}/{repository}@{digest}")
    return {one["digest"] for one in shown.json()["referrers"]}


async def _listed(mine: Team, repository: str, digest: str) -> Any:
    """Return the referrers that Docker clients receive."""
    path = f"{mine.name}/{repository}"
    answer = await mine.pusher.http.get(
        f"/v2/{path}/referrers/{digest}",
        headers={"Authorization": mine.registry.authorization(path)},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()["manifests"]


async def test_signatures_of_the_image_and_its_children_are_copied(mine: Team) -> None:
    index = make_index()
    child = index.images[0].manifest
    await mine.push(index, "app", "v1")
    path = f"{mine.name}/app"
    signed = await mine.attach(index.manifest, "app")
    cosign_tag = f"sha256-{index.manifest.hex}.sig"
    cosign = await mine.attach(index.manifest, "app", tag=cosign_tag)
    of_child = await mine.attach(child, "app")
    of_signature = await mine.attach(signed, "app")
    listed = await mine.attach(child, "app", tag=f"sha256-{child.hex}.att")
    fallback_tag = f"sha256-{child.hex}"
    fallback = _index_of(listed)
    assert (await mine.pusher.put(path, fallback_tag, fallback)).status_code == 201
    await copied(mine, "app:v1", "copy", "v1")
    for digest in (index.manifest.digest, child.digest, signed.digest):
        assert await _referrers(mine, "copy", digest) == await _referrers(mine, "app", digest)
        listed_by_registry = await _listed(mine, "copy", digest)
        assert listed_by_registry == await _listed(mine, "app", digest)
        assert listed_by_registry
    assert await _referrers(mine, "copy", signed.digest) == {of_signature.digest}
    assert of_child.digest in await _referrers(mine, "copy", child.digest)
    assert mine.registry.tags(f"{mine.name}/copy") == sorted(
        ["v1", cosign_tag, fallback_tag, f"{fallback_tag}.att"]
    )
    assert mine.registry.digest(f"{mine.name}/copy", cosign_tag) == cosign.digest
    assert mine.registry.digest(f"{mine.name}/copy", fallback_tag) == fallback.digest
    repository = (await mine.http.get(f"/api/v1/repositories/{mine.name}/copy")).json()
    assert repository["tag_count"] == 1


async def test_repeated_copy_keeps_a_signature_of_the_target(mine: Team) -> None:
    """A signature with the tag of cosign holds all signatures of one signer after the other."""
    image = make_image()
    tag = f"sha256-{image.manifest.hex}.sig"
    await mine.push(image, "app", "v1")
    await mine.attach(image.manifest, "app", tag=tag)
    await copied(mine, "app:v1", "copy", "v1")
    own = make_image(layers=2)
    await mine.push(own, "copy", tag)
    await copied(mine, "app:v1", "copy", "v1")
    assert mine.registry.digest(f"{mine.name}/copy", tag) == own.manifest.digest
    await copied(mine, "copy:v1", "app", "back")
    assert mine.registry.digest(f"{mine.name}/app", tag) != own.manifest.digest


async def test_copy_is_in_the_trail_of_the_owner_of_the_target(
    mine: Team, admin: httpx.AsyncClient, other: httpx.AsyncClient
) -> None:
    old, new = make_image(), make_index()
    await mine.push(old, "copy", "v1")
    await mine.push(new, "app", "v1")
    await mine.attach(new.manifest, "app")
    before = await mine.database.fetch("SELECT count(*) FROM catalog.audit_entries")
    assert (await copy(mine, f"{mine.name}/app:v1", "copy", "v1", by=admin)).status_code == 201
    after = await mine.database.fetch("SELECT count(*) FROM catalog.audit_entries")
    assert after[0][0] == before[0][0] + 1
    (entry,) = (await mine.http.get("/api/v1/audit", params={"action": "image.copy"})).json()[
        "items"
    ]
    assert (entry["target"], entry["account"], entry["owner"], entry["via"]) == (
        f"images/{mine.name}/copy:v1",
        "admin",
        "acme",
        "session",
    )
    assert entry["changes"] == {
        "digest": [old.manifest.digest, new.manifest.digest],
        "source": [None, f"{mine.name}/app:v1"],
    }
    seen = (await other.get("/api/v1/audit", params={"action": "image.copy"})).json()["items"]
    assert seen == []


async def test_account_copies_what_it_can_read_to_what_it_owns(
    mine: Team, other: httpx.AsyncClient, pusher: Pusher
) -> None:
    image, path = make_image(), f"{mine.name}-other/app"
    assert (await create_namespace(other, f"{mine.name}-other")).status_code == 201
    await pusher.push(image, path, "v1")
    stolen = image.layers[0].digest
    assert refused(await copy(mine, f"{path}:v1", "copy", "v1")) == (404, "not_found")
    assert refused(await copy(mine, f"{path}@{image.manifest.digest}", "copy", "v1")) == (
        404,
        "not_found",
    )
    assert mine.registry.blob_status(f"{mine.name}/copy", stolen) == 404
    await mine.push(make_image(), "app", "v1")
    mine_to_other = await other.post(
        f"/api/v1/images/{path}/copy", json={"source": f"{mine.name}/app:v1", "tag": "v2"}
    )
    assert refused(mine_to_other) == (404, "not_found")
    into_mine = await copy(mine, f"{path}:v1", "copy", "v1", by=other)
    assert refused(into_mine) == (404, "namespace_not_found")
    answer = await mine.http.post(
        "/api/v1/docker-users", json={"username": f"{mine.name}-ci", "password": "correct horse"}
    )
    assert answer.status_code == 201, answer.text
    granted = await other.put(
        f"/api/v1/namespaces/{mine.name}-other/grants/{mine.name}-ci",
        json={"permission": "pull", "account": "acme"},
    )
    assert granted.status_code == 201, granted.text
    assert (await copy(mine, f"{path}:v1", "copy", "v1")).status_code == 201
    assert mine.pulls("copy", "v1", image)


async def test_public_image_of_another_account_is_copied(
    mine: Team, other: httpx.AsyncClient, pusher: Pusher
) -> None:
    image, path = make_image(), f"{mine.name}-other/app"
    answer = await other.post(
        "/api/v1/namespaces", json={"name": f"{mine.name}-other", "visibility": "public"}
    )
    assert answer.status_code == 201
    await pusher.push(image, path, "v1")
    assert (await copy(mine, f"{path}:v1", "copy", "v1")).status_code == 201
    assert mine.pulls("copy", "v1", image)


async def test_what_does_not_exist_cannot_be_copied(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    name = mine.name
    for source in (
        f"{name}/app:none",
        f"{name}/none:v1",
        "none-at-all/app:v1",
        f"{name}/app@{image.layers[0].digest}",
        f"{name}/app@sha256:{'0' * 64}",
        f"{name}/app@sha512:{'0' * 128}",
    ):
        assert refused(await copy(mine, source, "copy", "v1")) == (404, "not_found"), source
    assert (await mine.http.get(f"/api/v1/repositories/{name}/copy")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"source": "team/app:v1"},
        {"tag": "v1"},
        {"source": "team/app", "tag": "v1"},
        {"source": "app:v1", "tag": "v1"},
        {"source": "team/app:v1@sha256:0", "tag": "v1"},
        {"source": "team/App:v1", "tag": "v1"},
        {"source": "team/app:v\0", "tag": "v1"},
        {"source": "team/app:v1", "tag": "no/tag"},
        {"source": "team/app:v1", "tag": "sha256:" + "0" * 64},
        {"source": "team/app:v1", "tag": "v1", "more": 1},
    ],
)
async def test_invalid_bodies_are_refused(mine: Team, body: dict[str, Any]) -> None:
    answer = await mine.http.post(f"/api/v1/images/{mine.name}/copy/copy", json=body)
    assert refused(answer) == (422, "validation_error")


async def test_registry_mounts_the_layers_if_the_catalog_has_no_storage(
    mine: Team, app: FastAPI
) -> None:
    copier: Copier = app.state.provided[Copier]
    provide(app, replace(copier, storage=None))
    index = make_index()
    await mine.push(index, "app", "v1")
    await copied(mine, "app:v1", "copy", "v1")
    await copied(mine, "copy:v1", "copy", "v2")
    assert mine.pulls("copy", "v2", index)


async def test_image_with_a_layer_of_another_algorithm_is_copied(mine: Team) -> None:
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
    await copied(mine, "app:v1", "copy", "v1")
    assert mine.pulls("copy", "v1", manifest)
    with mine.registry.client(f"{mine.name}/copy") as http:
        answer = http.get(f"/v2/{mine.name}/copy/blobs/{digest}")
    assert answer.content == layer.content


async def test_immutable_tag_is_not_replaced(mine: Team) -> None:
    old, new = make_image(), make_image()
    await mine.push(old, "app", "v1")
    await mine.push(new, "app", "dev")
    rules = {"immutable_tags": ["v*"], "retention": [], "retention_enabled": False}
    answer = await mine.http.put(f"/api/v1/namespaces/{mine.name}/rules", json=rules)
    assert answer.status_code == 200, answer.text
    assert refused(await copy(mine, f"{mine.name}/app:dev", "app", "v1")) == (409, "tag_immutable")
    assert (await copy(mine, f"{mine.name}/app:v1", "app", "v1")).status_code == 201
    assert (await copy(mine, f"{mine.name}/app:dev", "app", "v2")).status_code == 201
    assert mine.registry.digest(f"{mine.name}/app", "v1") == old.manifest.digest


async def test_copy_to_an_immutable_tag_puts_no_part_of_the_image(mine: Team) -> None:
    await mine.push(make_image(), "target", "v1")
    await mine.push(make_index(), "app", "v2")
    rules = {"immutable_tags": ["v*"]}
    await mine.http.put(f"/api/v1/namespaces/{mine.name}/rules", json=rules)
    answer = await copy(mine, f"{mine.name}/app:v2", "target", "v1")
    assert refused(answer) == (409, "tag_immutable")
    rows = await mine.database.fetch(
        "SELECT digest FROM catalog.manifests m JOIN catalog.repositories r"
        " ON r.id = m.repository_id WHERE r.path = $1",
        f"{mine.name}/target",
    )
    assert len(rows) == 1


async def test_copy_does_not_exceed_the_quota_of_the_target(
    mine: Team, admin: httpx.AsyncClient, other: httpx.AsyncClient, pusher: Pusher
) -> None:
    image, path = make_image(layers=2), f"{mine.name}-other/app"
    answer = await other.post(
        "/api/v1/namespaces", json={"name": f"{mine.name}-other", "visibility": "public"}
    )
    assert answer.status_code == 201
    await pusher.push(image, path, "v1")
    await mine.push(make_image(), "app", "v1")
    changed = await admin.patch("/api/v1/accounts/acme", json={"storage_quota_bytes": 3000})
    assert changed.status_code == 200, changed.text
    answer = await copy(mine, f"{path}:v1", "copy", "v1")
    assert refused(answer) == (409, "quota_exceeded")
    assert answer.json()["detail"].startswith("The image needs ")
    assert mine.registry.tags(f"{mine.name}/copy") == []
    assert (await copy(mine, f"{mine.name}/app:v1", "copy", "v1")).status_code == 201


async def test_foreign_layer_gives_no_access_to_a_blob_of_another_account(
    mine: Team, other: httpx.AsyncClient, pusher: Pusher
) -> None:
    assert (await create_namespace(other, f"{mine.name}-victim")).status_code == 201
    secret, own = make_image(), make_image()
    await pusher.push(secret, f"{mine.name}-victim/app", "v1")
    foreign = {
        **secret.layers[0].descriptor(),
        "mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "urls": ["https://mcr.microsoft.com/layer"],
    }
    mine.pusher.upload(f"{mine.name}/app", *own.blobs)
    manifest = make_manifest(
        config=own.config.descriptor(), layers=[own.layers[0].descriptor(), foreign]
    )
    answer = await mine.pusher.put(f"{mine.name}/app", "windows", manifest)
    assert answer.status_code == 201, answer.text
    await copied(mine, "app:windows", "copy", "windows")
    assert mine.pulls("copy", "windows", manifest)
    assert mine.registry.blob_status(f"{mine.name}/copy", own.layers[0].digest) == 200
    assert mine.registry.blob_status(f"{mine.name}/copy", secret.layers[0].digest) == 404


async def test_repository_and_namespace_that_are_being_deleted_are_refused(mine: Team) -> None:
    await mine.push(make_image(), "app", "v1")
    await mine.push(make_image(), "gone", "v1")
    await mine.database.execute(
        "UPDATE catalog.repositories SET status = 'deleting' WHERE name = 'gone'"
    )
    assert refused(await copy(mine, f"{mine.name}/app:v1", "gone", "v2")) == (
        409,
        "repository_deleting",
    )
    assert refused(await copy(mine, f"{mine.name}/gone:v1", "app", "v2")) == (404, "not_found")
