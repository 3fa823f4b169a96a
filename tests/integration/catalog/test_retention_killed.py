"""Retention deletes each tag once although the catalog is killed again and again."""

import contextlib
from functools import partial
from operator import ge

import httpx

from tests.integration.catalog.catalog_process import CatalogProcess
from tests.integration.catalog.registry import RegistryUnderTest
from tests.integration.catalog.retaining import count_pulls, put_rules
from tests.kit.database import Database
from tests.kit.images import make_image, make_variants
from tests.kit.sessions import Secrets, open_session
from tests.kit.waiting import soon

TAGS, KEPT = 100, 10


async def test_retention_deletes_each_tag_once_although_the_catalog_is_killed(
    catalog_process: CatalogProcess,
    emptied: Database,
    catalog_secrets: Secrets,
    registry: RegistryUnderTest,
    team: str,
) -> None:
    token = await open_session(emptied, catalog_secrets.session_key, "acme")
    catalog_process.start()
    path = f"{team}/app"
    async with httpx.AsyncClient(
        base_url=catalog_process.api.removesuffix("/api/v1"),
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=60,
    ) as http:

        async def answers() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return (await http.get("/api/v1/trash")).status_code == 200
            return False

        async def tag_count() -> int:
            rows = await emptied.fetch("SELECT count(*) FROM catalog.tags")
            return int(rows[0][0])

        await soon(answers, within=30)
        body = {"name": team, "visibility": "private"}
        assert (await http.post("/api/v1/namespaces", json=body)).status_code == 201
        registry.push_many(make_variants(make_image(), TAGS), path)
        await soon(tag_count, lambda count: count == TAGS, within=60)
        await put_rules(http, f"namespaces/{team}", {"tags": "*", "keep_last": KEPT})
        catalog_process.kill()
        await count_pulls(emptied)
        for left in (TAGS * 3 // 4, TAGS // 3):
            catalog_process.start()
            await soon(tag_count, partial(ge, left), within=60)
            catalog_process.kill()
        catalog_process.start()
        await soon(tag_count, lambda count: count == KEPT, within=60)
        await soon(answers, within=30)

        async def finished() -> list[int]:
            rows = await emptied.fetch(
                "SELECT id FROM catalog.retention_runs WHERE finished_at IS NOT NULL"
            )
            return [row["id"] for row in rows]

        await soon(finished, lambda found: len(found) == 1, within=60)
        query = {"action": "retention.delete", "limit": "200"}
        entries = (await http.get("/api/v1/audit", params=query)).json()["items"]
        trash = (await http.get("/api/v1/trash", params={"limit": "200"})).json()["items"]
        left_tags = (await http.get(f"/api/v1/images/{path}?limit=200")).json()["items"]
    deleted = {f"v{number}" for number in range(TAGS)} - {item["tag"] for item in left_tags}
    assert len(deleted) == TAGS - KEPT
    assert sorted(item["target"] for item in entries) == sorted(
        f"images/{path}:{tag}" for tag in deleted
    )
    assert sorted(entry["path"] for entry in trash) == sorted(f"{path}:{tag}" for tag in deleted)
    assert all(entry["changes"]["reason"][0] for entry in entries)
    kept = {item["tag"] for item in left_tags}

    async def registry_tags() -> set[str]:
        return set(registry.tags(path))

    await soon(registry_tags, lambda tags: tags == kept, within=30)
    assert len(await emptied.fetch("SELECT FROM catalog.retention_runs")) == 1
