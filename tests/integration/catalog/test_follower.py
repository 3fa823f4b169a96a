"""The follower: unavailable registry, broken event, open transaction, and several replicas."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import connected
from libs.common.registry.tokens import CATALOG_SUBJECT
from libs.common.tasks.background import running
from libs.common.tasks.leader import LeaderWorker
from ops.host.ports import reserve
from services.catalog.sync.feed.follower import CHANNEL, Follower
from tests.integration.catalog.conftest import catalog_settings
from tests.integration.catalog.following import follow_to_the_end
from tests.integration.catalog.registry import INSERT, RegistryUnderTest, deliver, row_of
from tests.kit.database import Database
from tests.kit.images import make_image
from tests.kit.sessions import Secrets, SignIn
from tests.kit.waiting import soon

FollowerAt = Callable[[str], Awaitable[Follower]]


@pytest.fixture
async def follower_at(
    engine: AsyncEngine, emptied: Database, catalog_secrets: Secrets
) -> AsyncIterator[FollowerAt]:
    """Returns a follower whose registry is at the given URL. The test calls its steps."""
    contexts = []

    async def make(url: str) -> Follower:
        settings = catalog_settings(emptied, catalog_secrets, url)
        context = connected(settings.registry, subject=CATALOG_SUBJECT)
        contexts.append(context)
        return Follower(engine, await context.__aenter__())

    yield make
    for context in contexts:
        await context.__aexit__(None, None, None)


async def _tags(database: Database) -> set[str]:
    return {row["name"] for row in await database.fetch("SELECT name FROM catalog.tags")}


async def test_no_event_is_skipped_while_the_registry_is_unavailable(
    emptied: Database,
    engine: AsyncEngine,
    registry: RegistryUnderTest,
    follower_at: FollowerAt,
    namespace: str,
) -> None:
    await deliver(emptied, *registry.push(make_image(), f"{namespace}/app", "v1"))
    with reserve() as nowhere:
        away = await follower_at(f"http://{nowhere.address}")
        waits = [await away.step() for _ in range(12)]
    assert waits == sorted(waits)
    assert waits[-1] <= 5
    assert await emptied.fetch("SELECT * FROM catalog.feed_positions") == []
    there = await follower_at(registry.url)
    await follow_to_the_end(there, engine)
    assert await _tags(emptied) == {"v1"}


async def test_no_event_is_skipped_while_the_registry_refuses_the_tokens(
    emptied: Database,
    registry: RegistryUnderTest,
    engine: AsyncEngine,
    catalog_secrets: Secrets,
    namespace: str,
) -> None:
    await deliver(emptied, *registry.push(make_image(), f"{namespace}/app", "v1"))
    settings = catalog_settings(emptied, catalog_secrets, registry.url, issuer="somebody-else")
    async with connected(settings.registry, subject=CATALOG_SUBJECT) as refused:
        follower = Follower(engine, refused)
        assert all([await follower.step() > 0 for _ in range(12)])
    assert await emptied.fetch("SELECT * FROM catalog.feed_positions") == []


async def test_only_the_event_that_cannot_be_applied_is_skipped(
    emptied: Database,
    engine: AsyncEngine,
    registry: RegistryUnderTest,
    follower_at: FollowerAt,
    namespace: str,
) -> None:
    before = registry.push(make_image(), f"{namespace}/app", "before")
    broken = registry.push(make_image(), f"{namespace}/app", "broken")
    after = registry.push(make_image(), f"{namespace}/app", "after")
    link = (
        registry.storage
        / f"docker/registry/v2/repositories/{namespace}/app/_manifests/tags/broken/current/link"
    )
    link.write_text("no digest")  # the registry answers 500 to every request for this tag
    await deliver(emptied, *before, *broken, *after)
    follower = await follower_at(registry.url)
    await follow_to_the_end(follower, engine)
    assert await _tags(emptied) == {"before", "after"}
    link.unlink()  # the registry is shared


async def test_event_of_a_transaction_that_commits_late_is_applied(
    emptied: Database,
    engine: AsyncEngine,
    registry: RegistryUnderTest,
    follower_at: FollowerAt,
    namespace: str,
) -> None:
    (first,) = registry.push(make_image(), f"{namespace}/app", "first")
    (second,) = registry.push(make_image(), f"{namespace}/app", "second")
    follower = await follower_at(registry.url)
    slow = await asyncpg.connect(emptied.urls["events"])
    try:
        transaction = slow.transaction()
        await transaction.start()
        await slow.execute(INSERT, *row_of(first))
        await deliver(emptied, second)
        assert 0 < await follower.step() < 0.5  # an event cannot be read yet
        assert await _tags(emptied) == set()
        await transaction.commit()
    finally:
        await slow.close()
    await follow_to_the_end(follower, engine)
    assert await _tags(emptied) == {"first", "second"}


async def test_push_to_a_deleted_namespace_creates_no_repository(
    emptied: Database,
    engine: AsyncEngine,
    registry: RegistryUnderTest,
    follower_at: FollowerAt,
    namespace: str,
) -> None:
    await deliver(emptied, *registry.push(make_image(), f"{namespace}/app", "v1"))
    await emptied.execute("DELETE FROM catalog.namespaces")
    follower = await follower_at(registry.url)
    await follow_to_the_end(follower, engine)
    assert await emptied.fetch("SELECT * FROM catalog.repositories") == []


async def test_second_replica_takes_over_when_the_first_loses_its_session(
    emptied: Database,
) -> None:
    steps: list[str] = []

    def worker(name: str) -> LeaderWorker:
        async def step() -> float:
            steps.append(name)
            return 0.05

        return LeaderWorker(
            name="of-a-test",
            application_name="tests",
            database_url=emptied.urls["catalog"],
            channel=CHANNEL,
            step=step,
        )

    async def seen() -> set[str]:
        return set(steps)

    async with running([worker("one").run]):
        await soon(seen, lambda names: names == {"one"})
        async with running([worker("two").run]):
            await asyncio.sleep(0.3)
            assert set(steps) == {"one"}
            killed = await emptied.fetch(
                "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
                " AND pid IN (SELECT pid FROM pg_stat_activity WHERE usename = $1)",
                f"{emptied.name}_catalog",
            )
            assert len(killed) == 1
            await _terminate(emptied, killed[0]["pid"])
            steps.clear()
            await soon(seen, lambda names: bool(names))


async def _terminate(database: Database, pid: int) -> None:
    """Terminate a session of the catalog's role with a session of the same role."""
    connection = await asyncpg.connect(database.urls["catalog"])
    try:
        await connection.execute("SELECT pg_terminate_backend($1)", pid)
    finally:
        await connection.close()


async def test_push_is_applied_although_its_notification_is_lost(
    sign_in: SignIn, emptied: Database, registry: RegistryUnderTest, team: str
) -> None:
    acme: httpx.AsyncClient = await sign_in("acme")
    await acme.post("/api/v1/namespaces", json={"name": team, "visibility": "public"})
    (event,) = registry.push(make_image(), f"{team}/app", "v1")
    connection = await asyncpg.connect(emptied.urls["events"])
    try:
        await connection.execute(INSERT, *row_of(event))
    finally:
        await connection.close()

    async def status() -> int:
        return (await acme.get(f"/api/v1/images/{team}/app:v1")).status_code

    await soon(status, lambda code: code == 200)
