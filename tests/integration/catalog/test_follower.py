"""The follower: unavailable registry, broken event, open transaction, and several replicas."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Fetched, Registry, connected
from libs.common.registry.tokens import CATALOG_SUBJECT
from libs.common.tasks.background import running
from libs.common.tasks.leader import LeaderWorker
from ops.host.ports import reserve
from services.catalog.sync.feed import follower, precedence
from services.catalog.sync.feed.delayed import DelayedRepositories
from services.catalog.sync.feed.follower import CHANNEL, Follower
from tests.integration.catalog.conftest import catalog_settings
from tests.integration.catalog.following import follow_to_the_end
from tests.integration.catalog.registry import INSERT, RegistryUnderTest, deliver, row_of
from tests.kit.database import Database
from tests.kit.images import make_image
from tests.kit.sessions import Secrets, SignIn
from tests.kit.waiting import soon

OTHERS_SECONDS = 1.0
"""Nobody waits longer for another repository (spec 5)."""
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


async def _delayed(database: Database) -> list[str]:
    rows = await database.fetch("SELECT repository FROM catalog.delayed_repositories")
    return [row["repository"] for row in rows]


async def _retry_until_applied(worker: DelayedRepositories, database: Database) -> None:
    async def retry() -> list[str]:
        await worker.step()
        return await _delayed(database)

    await soon(retry, lambda left: not left, within=10)


async def test_unreadable_tag_delays_no_other_tag_and_is_retried(
    emptied: Database,
    engine: AsyncEngine,
    registry: RegistryUnderTest,
    registry_client: Registry,
    namespace: str,
) -> None:
    app = f"{namespace}/app"
    before = registry.push(make_image(), app, "before")
    broken = registry.push(make_image(), app, "broken")
    after = registry.push(make_image(), app, "after")
    link = registry.tag_link(app, "broken")
    content = link.read_text()
    link.write_text("no digest")  # the registry answers 500 to every request for this tag
    await deliver(emptied, *before, *broken, *after)
    started = time.monotonic()
    await follow_to_the_end(Follower(engine, registry_client), engine, delayed=False)
    assert time.monotonic() - started < OTHERS_SECONDS
    assert await _tags(emptied) == {"before", "after"}
    assert await _delayed(emptied) == [app]
    link.write_text(content)
    await _retry_until_applied(DelayedRepositories(engine, registry_client), emptied)
    assert await _tags(emptied) == {"before", "after", "broken"}


async def test_slow_repository_delays_no_other(
    emptied: Database,
    engine: AsyncEngine,
    registry: RegistryUnderTest,
    registry_client: Registry,
    namespace: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow, fast = f"{namespace}/slow", f"{namespace}/fast"
    original = Registry.find_digest

    async def find_digest(self: Registry, repository: str, tag: str) -> str | None:
        if repository == slow:
            await asyncio.sleep(30)
        return await original(self, repository, tag)

    monkeypatch.setattr(Registry, "find_digest", find_digest)
    pushed = [registry.push(make_image(), name, name[-4:]) for name in (slow, fast)]
    await deliver(emptied, *(event for events in pushed for event in events))
    follower = Follower(engine, registry_client)
    started = time.monotonic()
    await follow_to_the_end(follower, engine, delayed=False)
    assert time.monotonic() - started < OTHERS_SECONDS
    assert await _tags(emptied) == {"fast"}
    assert await _delayed(emptied) == [slow]

    # The feed does not wait for the next push to the slow repository at all.
    await deliver(emptied, *registry.push(make_image(), slow, "again"))
    await follow_to_the_end(follower, engine, delayed=False)
    assert await _delayed(emptied) == [slow]
    monkeypatch.setattr(Registry, "find_digest", original)
    await _retry_until_applied(DelayedRepositories(engine, registry_client), emptied)
    assert await _tags(emptied) == {"fast", "slow", "again"}


async def test_repository_that_the_database_refuses_delays_no_other(
    emptied: Database,
    engine: AsyncEngine,
    registry: RegistryUnderTest,
    registry_client: Registry,
    namespace: str,
) -> None:
    refused = f"{namespace}/refused"
    pushed = [
        registry.push(make_image(), name, name.rpartition("/")[2])
        for name in (refused, f"{namespace}/fine")
    ]
    digest = pushed[0][0]["target"]["digest"]
    await emptied.execute(
        f"ALTER TABLE catalog.manifests ADD CONSTRAINT refused CHECK (digest <> '{digest}')"
    )
    try:
        await deliver(emptied, *(event for events in pushed for event in events))
        started = time.monotonic()
        await follow_to_the_end(Follower(engine, registry_client), engine, delayed=False)
        assert time.monotonic() - started < OTHERS_SECONDS
        assert len(await _tags(emptied)) == 1
        assert await _delayed(emptied) == [refused]
        worker = DelayedRepositories(engine, registry_client)

        async def failures() -> int:
            await worker.step()
            (row,) = await emptied.fetch("SELECT failures FROM catalog.delayed_repositories")
            return int(row["failures"])

        await soon(failures, lambda count: count >= 2, within=10)
    finally:
        await emptied.execute("ALTER TABLE catalog.manifests DROP CONSTRAINT refused")
    await _retry_until_applied(worker, emptied)
    assert len(await _tags(emptied)) == 2


async def test_repository_that_fails_for_a_day_is_given_up(
    emptied: Database,
    engine: AsyncEngine,
    registry: RegistryUnderTest,
    registry_client: Registry,
    namespace: str,
) -> None:
    app = f"{namespace}/app"
    events = registry.push(make_image(), app, "broken")
    registry.tag_link(app, "broken").write_text("no digest")
    await deliver(emptied, *events)
    await follow_to_the_end(Follower(engine, registry_client), engine, delayed=False)
    await emptied.execute(
        "UPDATE catalog.delayed_repositories SET since = now() - interval '25 hours'"
    )
    await _retry_until_applied(DelayedRepositories(engine, registry_client), emptied)
    assert await _tags(emptied) == set()


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


async def test_follower_reads_nothing_of_a_repository_with_many_manifests(
    emptied: Database,
    engine: AsyncEngine,
    registry: RegistryUnderTest,
    registry_client: Registry,
    namespace: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many, few = f"{namespace}/many", f"{namespace}/few"
    pushed = [event for n in range(21) for event in registry.push(make_image(), many, f"v{n}")]
    pushed += registry.push(make_image(), few, "few")
    original = Registry.find_manifest
    read: set[str] = set()

    async def find_manifest(self: Registry, repository: str, digest: str) -> Fetched | None:
        read.add(repository)
        return await original(self, repository, digest)

    monkeypatch.setattr(Registry, "find_manifest", find_manifest)
    monkeypatch.setattr(follower, "_BATCH_SECONDS", 30)  # a busy machine is slow
    await deliver(emptied, *pushed)
    await follow_to_the_end(Follower(engine, registry_client), engine, delayed=False)
    assert read == {few}
    assert await _tags(emptied) == {"few"}
    assert await _delayed(emptied) == [many]
    await _retry_until_applied(DelayedRepositories(engine, registry_client), emptied)
    assert len(await _tags(emptied)) == 22


async def test_delayed_repository_waits_while_the_follower_works(
    emptied: Database,
    engine: AsyncEngine,
    registry: RegistryUnderTest,
    registry_client: Registry,
    namespace: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await deliver(emptied, *registry.push(make_image(), f"{namespace}/app", "v1"))
    await emptied.execute(
        "INSERT INTO catalog.delayed_repositories (repository, after, retry_at, reason)"
        " VALUES ($1, '0:0', now(), '')",
        f"{namespace}/app",
    )
    monkeypatch.setattr(precedence, "_LONGEST_WAIT_SECONDS", 60)
    shared = precedence.Precedence()
    worker = DelayedRepositories(engine, registry_client, shared)
    with shared.first():
        for _ in range(5):
            await worker.step()
        assert await _tags(emptied) == set()
    await _retry_until_applied(worker, emptied)
    assert await _tags(emptied) == {"v1"}


async def test_delayed_repository_is_written_in_short_transactions(
    emptied: Database,
    engine: AsyncEngine,
    registry: RegistryUnderTest,
    registry_client: Registry,
    namespace: str,
) -> None:
    """An open transaction keeps the feed from showing later events of anybody."""
    app, images = f"{namespace}/app", [make_image() for _ in range(101)]
    pushed = [event for image in images for event in registry.push(image, app, "v1")]
    await deliver(emptied, *pushed)
    await follow_to_the_end(Follower(engine, registry_client), engine, delayed=False)
    await _retry_until_applied(DelayedRepositories(engine, registry_client), emptied)
    written = await emptied.fetch(
        "SELECT count(*) AS manifests FROM catalog.manifests GROUP BY xmin"
    )
    assert sum(row["manifests"] for row in written) == 101
    assert max(row["manifests"] for row in written) <= 51  # 50, and the one that the tag names
