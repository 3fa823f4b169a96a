"""Delete tags and digests over the API, on a real registry (spec 7)."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from libs.common.registry.client import Fetched, Registry
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.pump import delivering
from tests.integration.catalog.registry import RegistryUnderTest, deliver
from tests.kit.database import Database
from tests.kit.images import MEDIA_TYPES, Blob, Image, Index, make_image, make_index, make_manifest
from tests.kit.waiting import soon, soon_json

pytestmark = pytest.mark.registry_versions


class Space:
    """A namespace of `acme`. The events of the registry are delivered automatically."""

    def __init__(
        self,
        name: str,
        http: httpx.AsyncClient,
        registry: RegistryUnderTest,
        database: Database,
        pusher: Pusher,
        client: Registry,
    ) -> None:
        self.pusher = pusher
        self.client = client
        self.name = name
        self.http = http
        self.registry = registry
        self.database = database

    async def push(
        self, content: Image | Index, repository: str, *tags: str, by: str = "alice"
    ) -> None:
        """Push through admission."""
        await self.pusher.push(content, f"{self.name}/{repository}", *tags, by=by)

    async def shows(self, repository: str, tag: str, digest: str) -> None:
        path = f"/api/v1/images/{self.name}/{repository}:{tag}"
        await soon_json(self.http, path, lambda body: body["digest"] == digest, within=5)

    async def delete(self, reference: str) -> httpx.Response:
        return await self.http.delete(f"/api/v1/images/{self.name}/{reference}")

    async def preview(self, reference: str) -> Any:
        answer = await self.http.get(
            f"/api/v1/images/{self.name}/{reference}", params={"preview": "delete"}
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def tags(self, repository: str) -> dict[str, str]:
        listed = (await self.http.get(f"/api/v1/images/{self.name}/{repository}")).json()["items"]
        return {item["tag"]: item["digest"] for item in listed}

    def pulls(self, repository: str, content: Image | Index, reference: str) -> bool:
        """Return whether the registry has the manifest and its children."""
        path = f"{self.name}/{repository}"
        below = (
            [image.manifest.digest for image in content.images]
            if isinstance(content, Index)
            else []
        )
        return all(self.registry.status(path, one) == 200 for one in (reference, *below))


@pytest.fixture
async def space(
    acme: httpx.AsyncClient,
    emptied: Database,
    registry: RegistryUnderTest,
    pusher: Pusher,
    registry_client: Registry,
    team: str,
) -> AsyncIterator[Space]:
    assert (
        await acme.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
    ).status_code == 201
    async with delivering(emptied, registry):
        yield Space(team, acme, registry, emptied, pusher, registry_client)


async def _settle(space: Space) -> None:
    """Wait until the catalog has applied all events so far."""
    marker = make_image()
    await space.push(marker, "marker", "now")


async def test_deleted_tag_is_gone_and_its_sibling_remains(space: Space) -> None:
    image = make_image()
    await space.push(image, "app", "v1", "v2")
    assert (await space.delete("app:v1")).status_code == 204
    assert (await space.http.get(f"/api/v1/images/{space.name}/app:v1")).status_code == 404
    assert space.registry.tags(f"{space.name}/app") == ["v2"]
    assert space.pulls("app", image, "v2")
    await _settle(space)
    assert await space.tags("app") == {"v2": image.manifest.digest}
    manifests = await space.database.fetch(
        "SELECT digest FROM catalog.manifests JOIN catalog.repositories ON id = repository_id"
    )
    assert len(manifests) == 2  # the image, and the marker
    repository = (await space.http.get(f"/api/v1/repositories/{space.name}/app")).json()
    assert (repository["tag_count"], repository["size_bytes"]) == (1, image.size_bytes)
    assert (await space.delete("app:v1")).status_code == 404


async def test_image_remains_after_the_deletion_of_its_last_tag(space: Space) -> None:
    image = make_image()
    await space.push(image, "app", "v1")
    assert (await space.delete("app:v1")).status_code == 204
    assert space.registry.tags(f"{space.name}/app") == []
    await _settle(space)
    repository = (await space.http.get(f"/api/v1/repositories/{space.name}/app")).json()
    assert (repository["status"], repository["tag_count"], repository["size_bytes"]) == (
        "active",
        0,
        0,
    )
    assert (
        await space.http.get(f"/api/v1/images/{space.name}/app@{image.manifest.digest}")
    ).status_code == 200


async def test_tag_can_be_deleted_at_once_after_its_push(space: Space) -> None:
    image = make_image()
    await space.push(make_image(), "app", "v0")
    await space.push(image, "app", "v1")
    assert (await space.delete("app:v1")).status_code == 204
    assert space.registry.tags(f"{space.name}/app") == ["v0"]
    await _settle(space)
    assert set(await space.tags("app")) == {"v0"}


async def test_index_can_be_pulled_after_the_deletion_of_a_tag_on_its_child(space: Space) -> None:
    index = make_index()
    await space.push(index, "app", "multi")
    await space.push(index.images[0], "app", "amd64")
    preview = await space.preview("app:amd64")
    assert (preview["indexes"], preview["exclusive_bytes"]) == (
        [{"digest": index.manifest.digest, "tags": ["multi"]}],
        0,
    )
    assert (await space.delete("app:amd64")).status_code == 204
    assert space.pulls("app", index, "multi")


async def test_child_cannot_be_deleted_while_a_tagged_index_needs_it(
    space: Space,
) -> None:
    index = make_index()
    other = _index_of(*index.images)
    await space.push(index, "app", "one")
    await space.push(other, "app", "two")
    child = index.images[0].manifest.digest
    refused = await space.delete(f"app@{child}")
    assert (refused.status_code, refused.json()["code"]) == (409, "needed_by_index")
    assert {(one["digest"], *one["tags"]) for one in refused.json()["indexes"]} == {
        (index.manifest.digest, "one"),
        (other.manifest.digest, "two"),
    }
    assert index.manifest.digest in refused.json()["detail"]
    assert (await space.delete(f"app@{index.manifest.digest}")).status_code == 204
    assert (await space.delete(f"app@{child}")).status_code == 409
    assert space.pulls("app", other, "two")
    assert (await space.delete("app:two")).status_code == 204
    assert (await space.delete(f"app@{child}")).status_code == 204
    assert space.registry.status(f"{space.name}/app", child) == 404


async def test_deleted_digest_loses_all_its_tags(space: Space) -> None:
    image, other = make_image(), make_image()
    await space.push(image, "app", "v1", "v2")
    await space.push(other, "app", "v3")
    assert (await space.delete(f"app@{image.manifest.digest}")).status_code == 204
    assert await space.tags("app") == {"v3": other.manifest.digest}
    assert space.registry.tags(f"{space.name}/app") == ["v3"]
    assert (await space.delete(f"app@{image.manifest.digest}")).status_code == 404


async def test_exclusive_bytes_exclude_blobs_of_other_tags_and_repositories(space: Space) -> None:
    first = make_image(layers=2)
    second = _image_on(first.layers[0])
    await space.push(first, "app", "v1")
    assert (await space.preview("app:v1"))["exclusive_bytes"] == first.size_bytes
    await space.push(second, "other", "v1")
    assert (await space.preview("app:v1"))["exclusive_bytes"] == first.size_bytes - len(
        first.layers[0].content
    )
    await space.push(first, "app", "v2")
    both = await space.preview("app:v1")
    assert (both["sibling_tags"], both["exclusive_bytes"]) == (["v2"], 0)
    by_digest = await space.preview(f"app@{first.manifest.digest}")
    assert (by_digest["sibling_tags"], by_digest["exclusive_bytes"]) == (
        ["v1", "v2"],
        first.size_bytes - len(first.layers[0].content),
    )
    await space.push(first, "copy", "v1")
    assert (await space.preview(f"app@{first.manifest.digest}"))["exclusive_bytes"] == 0


async def test_preview_shows_nothing_of_the_repositories_of_other_accounts(
    space: Space, other: httpx.AsyncClient
) -> None:
    """Otherwise anyone could find out by a preview whether another account has a blob."""
    image, path = make_image(layers=2), f"{space.name}-other/app"
    await space.push(image, "app", "v1")
    alone = await space.preview("app:v1")
    assert alone["exclusive_bytes"] == image.size_bytes
    namespace = {"name": f"{space.name}-other", "visibility": "private"}
    await other.post("/api/v1/namespaces", json=namespace)
    space.registry.push(image, path, "same")
    await soon_json(other, f"/api/v1/images/{path}:same", lambda body: "digest" in body, within=5)
    await space.database.execute("UPDATE catalog.tags SET last_pulled_at = now() WHERE name='same'")
    assert await space.preview("app:v1") == alone
    assert await space.preview(f"app@{image.manifest.digest}") == alone | {"sibling_tags": ["v1"]}


async def test_exclusive_bytes_of_an_index_include_its_untagged_children(space: Space) -> None:
    index = make_index()
    await space.push(index, "app", "multi")
    assert (await space.preview("app:multi"))["exclusive_bytes"] == sum(
        image.size_bytes for image in index.images
    )
    await space.push(index.images[0], "app", "one")
    assert (await space.preview("app:multi"))["exclusive_bytes"] == index.images[1].size_bytes


async def test_preview_names_signatures_and_sboms(space: Space) -> None:
    image = make_image()
    await space.push(image, "app", "v1")
    empty = Blob("application/vnd.oci.empty.v1+json", b"{}")
    subject = {
        "mediaType": image.manifest.media_type,
        "digest": image.manifest.digest,
        "size": len(image.manifest.content),
    }
    sbom = make_manifest(
        artifactType="application/spdx+json", config=empty.descriptor(), layers=[], subject=subject
    )
    signature = make_manifest(config=empty.descriptor(), layers=[])
    cosign = f"sha256-{image.manifest.hex}.sig"
    space.registry.push_artifact(sbom, [empty], f"{space.name}/app", "sbom")
    space.registry.push_artifact(signature, [empty], f"{space.name}/app", cosign)
    await space.shows("app", cosign, signature.digest)
    preview = await space.preview("app:v1")
    assert {(one["digest"], one["kind"], *one["tags"]) for one in preview["referrers"]} == {
        (sbom.digest, "sbom", "sbom"),
        (signature.digest, "signature", cosign),
    }
    assert preview["last_pulled_at"] is None


async def test_other_account_can_neither_delete_nor_preview(
    space: Space, other: httpx.AsyncClient
) -> None:
    image = make_image()
    await space.push(image, "app", "v1")
    await space.http.patch(f"/api/v1/namespaces/{space.name}", json={"visibility": "public"})
    path = f"/api/v1/images/{space.name}/app"
    for reference in (":v1", f"@{image.manifest.digest}"):
        assert (await other.get(path + reference)).status_code == 200
        assert (await other.get(path + reference, params={"preview": "delete"})).status_code == 404
        assert (await other.delete(path + reference)).status_code == 404
    assert space.pulls("app", image, "v1")


@pytest.mark.parametrize("can_delete_tags", [True, False])
async def test_push_of_a_tag_during_its_deletion_waits_and_wins(
    space: Space, monkeypatch: pytest.MonkeyPatch, can_delete_tags: bool
) -> None:
    old, new = make_image(), make_image(layers=2)
    await space.push(old, "app", "v1", "kept")
    original = Registry.deletes_tags
    pushed: list[asyncio.Task[None]] = []

    async def after_the_intent(self: Registry, *arguments: Any, **named: Any) -> Any:
        pushed.append(asyncio.create_task(space.push(new, "app", "v1", by="bob")))
        return await remove(self, *arguments, **named)

    async def cannot(_: Registry) -> bool:
        return False

    if not can_delete_tags:
        monkeypatch.setattr(Registry, "deletes_tags", cannot)
    elif not await original(space.client):
        pytest.skip("this registry cannot delete tags")
    name = "delete_tag" if can_delete_tags else "put_manifest"
    remove = getattr(Registry, name)
    monkeypatch.setattr(Registry, name, after_the_intent)
    assert (await space.delete("app:v1")).status_code == 204
    await pushed[0]
    assert space.pulls("app", new, "v1")
    await _settle(space)
    assert await space.tags("app") == {"v1": new.manifest.digest, "kept": old.manifest.digest}
    image = (await space.http.get(f"/api/v1/images/{space.name}/app:v1")).json()
    assert image["pushed_by"] == "bob"


async def test_late_event_of_a_deleted_tag_does_not_restore_it(space: Space) -> None:
    image = make_image()
    late = space.registry.push(image, f"{space.name}/app", "v1")
    await space.shows("app", "v1", image.manifest.digest)
    assert (await space.delete("app:v1")).status_code == 204
    await deliver(space.database, *late)
    await _settle(space)
    assert space.registry.tags(f"{space.name}/app") == []
    assert (await space.http.get(f"/api/v1/images/{space.name}/app:v1")).status_code == 404


async def test_worker_finishes_a_tag_deletion_whose_process_was_killed(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = make_image()
    await space.push(image, "app", "v1", "v2")
    put = Registry.put_manifest

    async def cannot(_: Registry) -> bool:
        return False

    async def killed(
        self: Registry, repository: str, reference: str, manifest: Fetched, **named: Any
    ) -> None:
        await put(self, repository, reference, manifest, **named)
        raise RuntimeError("killed")

    monkeypatch.setattr(Registry, "deletes_tags", cannot)
    monkeypatch.setattr(Registry, "put_manifest", killed)
    with pytest.raises(RuntimeError, match="killed"):
        await space.delete("app:v1")
    monkeypatch.undo()
    await space.database.execute(
        "UPDATE catalog.intents SET leased_until = now() WHERE resolved_at IS NULL"
    )

    async def tags() -> list[str]:
        return space.registry.tags(f"{space.name}/app")

    async def tags_of_catalog() -> dict[str, str]:
        return await space.tags("app")

    await soon(tags, lambda names: names == ["v2"], within=5)
    # The worker records the deletion after the registry has confirmed it.
    kept = {"v2": image.manifest.digest}
    await soon(tags_of_catalog, lambda found: found == kept, within=5)
    await _settle(space)
    assert await space.tags("app") == kept
    assert space.pulls("app", image, "v2")


def _index_of(*images: Image) -> Index:
    named = [
        image.manifest.descriptor(platform={"os": "linux", "architecture": image.architecture})
        for image in images
    ]
    media_type = MEDIA_TYPES["oci"]["index"]
    content = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": media_type,
            "manifests": named,
            "annotations": {"org.example": "other"},
        }
    )
    return Index(Blob(media_type, content.encode()), images)


def _image_on(layer: Blob) -> Image:
    made = make_image()
    layers = (layer, *made.layers)
    manifest = make_manifest(
        config=made.config.descriptor(), layers=[one.descriptor() for one in layers]
    )
    return Image(made.architecture, manifest, made.config, layers)


async def test_deletions_by_an_administrator_are_in_the_trail_of_the_owner(
    space: Space, admin: httpx.AsyncClient
) -> None:
    image, other = make_image(), make_image()
    await space.push(image, "app", "v1")
    await space.push(other, "app", "v2")
    images, repository = f"/api/v1/images/{space.name}/app", f"repositories/{space.name}/app"
    for path in (
        f"{images}:v1",
        f"{images}@{other.manifest.digest}",
        f"/api/v1/{repository}",
        f"/api/v1/namespaces/{space.name}?cascade=true",
    ):
        answer = await admin.delete(path)
        assert answer.status_code in (202, 204), answer.text

    async def trail() -> list[dict[str, Any]]:
        listed = (await space.http.get("/api/v1/audit")).json()["items"]
        return [entry for entry in listed if "delete" in entry["action"]]

    entries = await soon(trail, lambda found: len(found) >= 6, within=20, what="the entries")
    assert {(entry["action"], entry["target"], entry["account"]) for entry in entries} == {
        ("image.delete", f"images/{space.name}/app:v1", "admin"),
        ("image.delete", f"images/{space.name}/app@{other.manifest.digest}", "admin"),
        ("repository.delete", repository, "admin"),
        ("repository.deleted", repository, "admin"),
        ("namespace.delete", f"namespaces/{space.name}", "admin"),
        ("namespace.deleted", f"namespaces/{space.name}", "admin"),
    }
    by_tag = next(entry for entry in entries if entry["target"].endswith(":v1"))
    assert by_tag["changes"] == {"digest": [image.manifest.digest, None]}
    assert by_tag["via"] == "session"
