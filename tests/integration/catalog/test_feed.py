"""The catalog ends in the state of the registry, however its events come."""

import httpx

from tests.integration.catalog.registry import RegistryUnderTest, at, deliver
from tests.integration.catalog.waiting import eventually_json
from tests.support.database import Database
from tests.support.images import make_image


async def test_a_push_makes_the_repository_and_its_tag(
    acme: httpx.AsyncClient, emptied: Database, registry: RegistryUnderTest, team: str
) -> None:
    await acme.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
    image = make_image(layers=2)
    (event,) = registry.push(image, f"{team}/app", "v1")
    await deliver(emptied, event)
    repository = await eventually_json(acme, f"/api/v1/repositories/{team}/app", lambda body: body["tag_count"] == 1)
    assert repository["status"] == "active"
    assert repository["size_bytes"] == image.size_bytes
    assert repository["last_pushed_at"] == at(event)
