"""The deletion of a namespace completes although the catalog is killed again and again."""

import random
from functools import partial
from operator import ge

import httpx
import pytest

from tests.integration.catalog.catalog_process import CatalogProcess
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image, make_index, make_variants
from tests.kit.sessions import Secrets, open_session
from tests.kit.waiting import soon

pytestmark = pytest.mark.registry_versions

TAGS, KILLS = 200, 10


async def test_namespace_with_200_tags_is_deleted_although_the_catalog_is_killed_ten_times(
    catalog_process: CatalogProcess,
    emptied: Database,
    catalog_secrets: Secrets,
    registry: RegistryUnderTest,
    team: str,
) -> None:
    token = await open_session(emptied, catalog_secrets.session_key, "acme")
    catalog_process.start()
    async with httpx.AsyncClient(
        base_url=catalog_process.api,
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=30,
    ) as http:

        async def status() -> int:
            try:
                return (await http.get(f"/namespaces/{team}")).status_code
            except httpx.TransportError:
                return 0

        await soon(status, lambda code: code == 404, within=30)
        assert (
            await http.post("/namespaces", json={"name": team, "visibility": "private"})
        ).status_code == 201
        images = make_variants(make_image(), TAGS - 1)
        index = make_index()
        registry.push_many(images, f"{team}/app")
        registry.push(index, f"{team}/app", "multi")

        async def tag_count() -> int:
            rows = await emptied.fetch("SELECT tag_count FROM catalog.repositories")
            return int(rows[0]["tag_count"]) if rows else 0

        await soon(tag_count, lambda count: count == TAGS, within=30)
        assert (
            await http.delete(f"/namespaces/{team}", params={"cascade": "true"})
        ).status_code == 202

        async def left() -> int:
            return len(registry.tags(f"{team}/app"))

        for threshold in sorted((random.randrange(TAGS) for _ in range(KILLS)), reverse=True):
            await soon(left, partial(ge, threshold), within=30)
            catalog_process.kill()
            catalog_process.start()
        await soon(status, lambda code: code == 404, within=30)
    assert registry.tags(f"{team}/app") == []
    digests = [
        index.manifest.digest,
        *(image.manifest.digest for image in (*index.images, *images)),
    ]
    assert registry.present(f"{team}/app", digests) == []
    assert await emptied.fetch("SELECT * FROM catalog.repositories") == []
    ended = await emptied.fetch(
        "SELECT action FROM catalog.audit_entries WHERE action LIKE '%.deleted' ORDER BY action"
    )
    assert [row["action"] for row in ended] == ["namespace.deleted", "repository.deleted"]
