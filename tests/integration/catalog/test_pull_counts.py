"""The catalog copies the pull sums of the events service to its counters."""

from datetime import UTC, datetime

import asyncpg
import httpx
import pytest

from tests.integration.catalog.registry import RegistryUnderTest, deliver
from tests.kit.database import Database
from tests.kit.images import make_image
from tests.kit.waiting import soon_json

HOUR = datetime(2026, 11, 24, 5, tzinfo=UTC)
PULLED = datetime(2026, 11, 24, 5, 32, tzinfo=UTC)
UPSERT = """
    INSERT INTO events.pull_hours
      (hour, repository, generation, tag, docker_user, pulls, checks, last_pulled_at)
    VALUES ($1, $2, 0, $3, $4, $5, 7, $6)
    ON CONFLICT (hour, repository, generation, tag, docker_user) DO UPDATE
    SET pulls = excluded.pulls, last_pulled_at = excluded.last_pulled_at,
        xid = pg_current_xact_id()::text::bigint
"""


async def count(
    database: Database,
    repository: str,
    tag: str,
    pulls: int,
    *,
    user: str = "alice",
    hour: datetime = HOUR,
) -> None:
    """Set a sum as the events service does, and notify the catalog."""
    connection = await asyncpg.connect(database.urls["events"])
    try:
        await connection.execute(UPSERT, hour, repository, tag, user, pulls, PULLED)
        await connection.execute("NOTIFY moorage_counts")
    finally:
        await connection.close()


@pytest.fixture
async def app_path(
    acme: httpx.AsyncClient, emptied: Database, registry: RegistryUnderTest, team: str
) -> str:
    """The path of a repository with the tags v1 and v2."""
    await acme.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
    await deliver(emptied, *registry.push(make_image(), f"{team}/app", "v1", "v2"))
    await soon_json(acme, f"/api/v1/repositories/{team}/app", lambda body: body["tag_count"] == 2)
    return f"{team}/app"


async def test_pulls_are_counted_on_tag_repository_and_namespace(
    acme: httpx.AsyncClient, emptied: Database, app_path: str
) -> None:
    before = (await acme.get(f"/api/v1/repositories/{app_path}")).json()
    await count(emptied, app_path, "v1", 3)
    await count(emptied, app_path, "v1", 2, user="bob", hour=HOUR.replace(hour=6))
    await count(emptied, app_path, "v2", 1)
    await count(emptied, app_path, "", 4)
    repository = await soon_json(
        acme, f"/api/v1/repositories/{app_path}", lambda body: body["pull_count"] == 10
    )
    assert repository == before | {"pull_count": 10, "last_pulled_at": "2026-11-24T05:32:00Z"}
    tags = (await acme.get(f"/api/v1/images/{app_path}")).json()["items"]
    assert {tag["tag"]: tag["pull_count"] for tag in tags} == {"v1": 5, "v2": 1}
    namespace = app_path.partition("/")[0]
    assert (await acme.get(f"/api/v1/namespaces/{namespace}")).json()["pull_count"] == 10


async def test_corrected_sum_is_copied_again(
    acme: httpx.AsyncClient, emptied: Database, app_path: str
) -> None:
    await count(emptied, app_path, "v1", 3)
    await soon_json(acme, f"/api/v1/images/{app_path}:v1", lambda body: body["pull_count"] == 3)
    await count(emptied, app_path, "v1", 2)
    await soon_json(acme, f"/api/v1/images/{app_path}:v1", lambda body: body["pull_count"] == 2)


async def test_pulls_of_a_deleted_tag_remain_in_the_count_of_the_repository(
    acme: httpx.AsyncClient, emptied: Database, registry: RegistryUnderTest, app_path: str
) -> None:
    await count(emptied, app_path, "v1", 3)
    await soon_json(acme, f"/api/v1/repositories/{app_path}", lambda body: body["pull_count"] == 3)
    image = (await acme.get(f"/api/v1/images/{app_path}:v1")).json()
    await deliver(emptied, *registry.delete(app_path, image["digest"]))
    repository = await soon_json(
        acme, f"/api/v1/repositories/{app_path}", lambda body: body["tag_count"] == 0
    )
    assert repository["pull_count"] == 3
    await count(emptied, app_path, "", 2)
    await soon_json(acme, f"/api/v1/repositories/{app_path}", lambda body: body["pull_count"] == 5)


async def test_pulls_counted_before_the_push_is_applied_are_not_lost(
    acme: httpx.AsyncClient, emptied: Database, registry: RegistryUnderTest, app_path: str
) -> None:
    late = f"{app_path.partition('/')[0]}/late"
    pushed = registry.push(make_image(), late, "v1")
    await count(emptied, late, "v1", 6)
    await count(emptied, app_path, "v1", 1)
    # When this sum is copied, the position is behind that of the other repository.
    await soon_json(acme, f"/api/v1/repositories/{app_path}", lambda body: body["pull_count"] == 1)
    await deliver(emptied, *pushed)
    await soon_json(acme, f"/api/v1/repositories/{late}", lambda body: body["pull_count"] == 6)
    assert (await acme.get(f"/api/v1/images/{late}:v1")).json()["pull_count"] == 6
