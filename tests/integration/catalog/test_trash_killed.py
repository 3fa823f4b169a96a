"""A restore completes although the catalog is killed."""

import asyncio
import contextlib
from functools import partial
from operator import le

import httpx

from tests.integration.catalog.catalog_process import CatalogProcess
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image, make_index, make_variants
from tests.kit.sessions import Secrets, open_session
from tests.kit.waiting import soon

TAGS = 100


async def test_repository_is_restored_although_the_catalog_is_killed(
    catalog_process: CatalogProcess,
    emptied: Database,
    catalog_secrets: Secrets,
    registry: RegistryUnderTest,
    team: str,
) -> None:
    token = await open_session(emptied, catalog_secrets.session_key, "acme")
    catalog_process.start()
    images, index = make_variants(make_image(), TAGS - 1), make_index()
    path = f"{team}/app"
    async with httpx.AsyncClient(
        base_url=catalog_process.api,
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=60,
    ) as http:

        async def answers() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return (await http.get("/trash")).status_code == 200
            return False

        async def trash() -> list[dict[str, object]]:
            items: list[dict[str, object]] = (await http.get("/trash")).json()["items"]
            return items

        await soon(answers, within=30)
        created = await http.post("/namespaces", json={"name": team, "visibility": "private"})
        assert created.status_code == 201
        registry.push_many(images, path)
        registry.push(index, path, "multi")

        async def tag_count() -> int:
            rows = await emptied.fetch("SELECT count(*) FROM catalog.tags")
            return int(rows[0][0])

        await soon(tag_count, lambda count: count == TAGS, within=60)
        assert (await http.delete(f"/repositories/{path}")).status_code == 202
        (entry,) = await soon(
            trash, lambda entries: [one["status"] for one in entries] == ["deleted"], within=60
        )

        async def restore() -> None:
            with contextlib.suppress(httpx.TransportError):
                await http.post(f"/trash/{entry['id']}/restore")

        request = asyncio.create_task(restore())
        for threshold in (TAGS // 4, TAGS - 10):
            await soon(tag_count, partial(le, threshold), within=60)
            catalog_process.kill()
            await request
            catalog_process.start()
        await soon(answers, within=30)
        await soon(trash, lambda entries: not entries, within=90)
        listed = await http.get(f"/images/{path}", params={"limit": 200})
        digests = {item["tag"]: item["digest"] for item in listed.json()["items"]}
    expected = {f"v{number}": image.manifest.digest for number, image in enumerate(images)}
    assert digests == {**expected, "multi": index.manifest.digest}
    assert {tag: registry.digest(path, tag) for tag in digests} == digests
    blobs = {blob.digest for image in (*images, *index.images) for blob in image.blobs}
    assert {registry.blob_status(path, blob) for blob in blobs} == {200}
    for image in index.images:
        assert registry.status(path, image.manifest.digest) == 200
    assert await emptied.fetch("SELECT * FROM catalog.intents WHERE resolved_at IS NULL") == []
    assert await emptied.fetch("SELECT * FROM catalog.trash_digests") == []
