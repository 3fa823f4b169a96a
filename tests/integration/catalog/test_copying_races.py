"""Copies that meet pushes, other copies, crashes, and large images."""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from libs.common.registry.client import Forwarded, Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.storage.layout import blob_data
from tests.integration.catalog.test_copying import copied, copy, refused
from tests.integration.catalog.trashing import Team
from tests.kit.images import MEDIA_TYPES, Blob, make_image, make_index, make_manifest, make_variants
from tests.kit.waiting import soon


async def _open_intents(mine: Team) -> int:
    rows = await mine.database.fetch("SELECT id FROM catalog.intents WHERE resolved_at IS NULL")
    return len(rows)


async def test_copies_and_pushes_of_one_tag_leave_registry_and_catalog_alike(mine: Team) -> None:
    images = [make_image() for _ in range(4)]
    pushed = [make_image() for _ in range(4)]
    for number, image in enumerate(images):
        await mine.push(image, "app", f"v{number}")
    path = f"{mine.name}/copy"
    for image in pushed:
        mine.pusher.upload(path, *image.blobs)

    async def push(image: Any) -> int:
        return (await mine.pusher.put(path, "latest", image.manifest)).status_code

    async def copy_of(number: int) -> int:
        return (await copy(mine, f"{mine.name}/app:v{number}", "copy", "latest")).status_code

    calls = [call for n in range(4) for call in (push(pushed[n]), copy_of(n), copy_of(n))]
    assert set(await asyncio.gather(*calls)) == {201}
    shown = (await mine.http.get(f"/api/v1/images/{path}:latest")).json()
    assert mine.registry.digest(path, "latest") == shown["digest"]
    (named,) = [one for one in (*images, *pushed) if one.manifest.digest == shown["digest"]]
    assert mine.pulls("copy", "latest", named)
    assert await _open_intents(mine) == 0
    repository = (await mine.http.get(f"/api/v1/repositories/{path}")).json()
    assert (repository["tag_count"], repository["size_bytes"]) == (1, named.size_bytes)


async def test_copy_that_ends_in_the_middle_sets_no_tag_and_the_next_one_goes_on(
    mine: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = make_index()
    await mine.push(index, "app", "v1")
    signature = await mine.attach(index.manifest, "app")
    monkeypatch.setattr("services.catalog.intents.usecases.WAIT_SECONDS", 0.2)
    forward, puts = Registry.forward_manifest, list[str]()

    async def failing(
        self: Registry, repository: str, reference: str, *rest: Any, **named: Any
    ) -> Forwarded:
        if reference == index.images[1].manifest.digest:
            raise RegistryUnavailable("no answer")
        puts.append(reference)
        return await forward(self, repository, reference, *rest, **named)

    monkeypatch.setattr(Registry, "forward_manifest", failing)
    answer = await copy(mine, f"{mine.name}/app:v1", "copy", "v1")
    assert refused(answer) == (503, "registry_unavailable")
    assert set(puts) == {index.images[0].manifest.digest, signature.digest}
    assert mine.registry.tags(f"{mine.name}/copy") == []
    monkeypatch.setattr(Registry, "forward_manifest", forward)
    await mine.database.execute("UPDATE catalog.intents SET leased_until = now()")
    await soon(lambda: _open_intents(mine), lambda count: count == 0, within=10)
    await copied(mine, "app:v1", "copy", "v1")
    assert mine.pulls("copy", "v1", index)


async def test_worker_sets_the_tag_of_a_copy_whose_process_has_ended(
    mine: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    monkeypatch.setattr("services.catalog.intents.usecases.WAIT_SECONDS", 0.2)
    with monkeypatch.context() as patched:

        async def lost(self: Registry, *arguments: Any, **named: Any) -> Forwarded:
            raise RegistryUnavailable("no answer")

        patched.setattr(Registry, "forward_manifest", lost)
        answer = await copy(mine, f"{mine.name}/app:v1", "copy", "v1")
        assert refused(answer) == (503, "registry_unavailable")
    await mine.delete(f"images/{mine.name}/app@{image.manifest.digest}")
    await mine.database.execute("UPDATE catalog.intents SET leased_until = now()")
    await soon(lambda: _open_intents(mine), lambda count: count == 0, within=10)
    assert mine.pulls("copy", "v1", image)
    (entry,) = (await mine.http.get("/api/v1/audit", params={"action": "image.copy"})).json()[
        "items"
    ]
    assert (entry["target"], entry["account"]) == (f"images/{mine.name}/copy:v1", "acme")


async def test_copy_that_takes_too_long_goes_on_with_the_next_request(
    mine: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = make_index()
    await mine.push(index, "app", "v1")
    forward = Registry.forward_manifest
    with monkeypatch.context() as patched:
        patched.setattr("services.catalog.copying.usecases.WAIT_SECONDS", 0.5)

        async def hanging(
            self: Registry, repository: str, reference: str, *rest: Any, **named: Any
        ) -> Forwarded:
            answer = await forward(self, repository, reference, *rest, **named)
            if reference == index.images[0].manifest.digest:
                await asyncio.Event().wait()
            return answer

        patched.setattr(Registry, "forward_manifest", hanging)
        answer = await copy(mine, f"{mine.name}/app:v1", "copy", "v1")
        assert refused(answer) == (503, "copy_unfinished")
        assert "Retry-After" in answer.headers
    assert mine.registry.tags(f"{mine.name}/copy") == []
    await copied(mine, "app:v1", "copy", "v1")
    assert mine.pulls("copy", "v1", index)


async def test_layer_of_a_gibibyte_is_copied_as_fast_as_a_small_one_without_disk_space(
    mine: Team,
) -> None:
    """The layer is a sparse file of the storage: only the links to it matter here."""
    size, path = 2**30, f"{mine.name}/app"
    image = make_image()
    layer = "sha256:49bc20df15e412a64472421e13fe86ff1c5165e18b2afccf160d4dc19fe68a14"
    data = mine.registry.storage / blob_data(layer)
    owner = mine.registry.storage.stat()
    mine.pusher.upload(path, image.config)
    _write_sparse(data, size, owner)
    link = mine.registry.layer_link(path, layer)
    link.parent.mkdir(parents=True)
    link.write_text(layer)
    manifest = make_manifest(
        config=image.config.descriptor(),
        layers=[{**image.layers[0].descriptor(), "digest": layer, "size": size}],
    )
    answer = await mine.pusher.put(path, "v1", manifest)
    assert answer.status_code == 201, answer.text
    await mine.push(make_image(), "app", "small")
    started = time.monotonic()
    await copied(mine, "app:small", "copy", "small")
    small = time.monotonic() - started
    before = _disk_use(mine.registry.storage)
    started = time.monotonic()
    body = await copied(mine, "app:v1", "copy", "v1")
    large = time.monotonic() - started
    assert body["size_bytes"] == size + len(image.config.content)
    print(f"a copy of 1 GiB: {large:.3f} s, of a small image: {small:.3f} s")
    assert large < max(1.0, 5 * small)  # On a busy machine, a small copy takes long too.
    assert _disk_use(mine.registry.storage) - before < 200 * 1024
    assert mine.registry.blob_status(f"{mine.name}/copy", layer) == 200


def _write_sparse(path: Path, size: int, owner: os.stat_result) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(size)
    for one in (path, path.parent, path.parent.parent):
        os.chown(one, owner.st_uid, owner.st_gid)


def _disk_use(folder: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


async def test_index_with_many_children_is_copied(mine: Team) -> None:
    images = make_variants(make_image(), 100)
    path = f"{mine.name}/app"
    mine.pusher.upload(path, *images[0].blobs)
    with mine.registry.client(path) as http:
        for image in images:
            mine.registry.put(http, path, image.manifest, image.manifest.digest)
    media_type = MEDIA_TYPES["oci"]["index"]
    content = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "manifests": [image.manifest.descriptor() for image in images],
    }
    index = Blob(media_type, json.dumps(content).encode())
    assert (await mine.pusher.put(path, "v1", index)).status_code == 201

    async def recorded() -> int:
        rows = await mine.database.fetch("SELECT count(*) FROM catalog.manifests")
        return int(rows[0][0])

    await soon(recorded, lambda count: count == 101, within=60)
    await copied(mine, "app:v1", "copy", "v1")
    digests = [image.manifest.digest for image in images]
    assert mine.registry.present(f"{mine.name}/copy", digests) == digests
