"""Retention deletes what its preview says, once a day, and nothing that is needed meanwhile."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from services.catalog.retention import usecases
from services.catalog.retention.worker import RetentionWorker
from tests.integration.catalog.retaining import age, count_pulls, preview_all, put_rules, use
from tests.integration.catalog.trashing import Team
from tests.kit.images import make_image
from tests.kit.waiting import soon

TRASH = timedelta(days=7)
KEEP_ONE = {"tags": "*", "keep_last": 1}


@pytest.fixture
async def counted(mine: Team) -> Team:
    """The namespace, with an events service that has counted all pulls."""
    await count_pulls(mine.database)
    return mine


class Retention:
    """Runs retention as the worker does."""

    def __init__(self, engine: AsyncEngine, registry: Registry) -> None:
        self.engine = engine
        self.registry = registry

    def worker(self) -> RetentionWorker:
        return RetentionWorker(self.engine, self.registry, lifetime=TRASH)

    async def delete(self, path: str, at: datetime, limit: int = 10_000) -> int:
        return await usecases.delete_tags(
            engine=self.engine,
            registry=self.registry,
            path=path,
            at=at,
            lifetime=TRASH,
            limit=limit,
        )


@pytest.fixture
def retention(engine: AsyncEngine, registry_client: Registry) -> Retention:
    return Retention(engine, registry_client)


async def runs(mine: Team) -> list[asyncpg.Record]:
    return await mine.database.fetch("SELECT * FROM catalog.retention_runs ORDER BY id")


async def audit(mine: Team) -> list[dict[str, Any]]:
    answer = await mine.http.get("/api/v1/audit", params={"action": "retention", "limit": "200"})
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def push_tags(mine: Team, *tags: str) -> None:
    """Push tags of one image to `app`, the first one 10 days ago, the next 20 days ago."""
    await mine.push(make_image(), "app", *tags)
    for number, name in enumerate(tags, 1):
        await age(mine.database, f"{mine.name}/app", **{name: number * 10})


async def test_retention_deletes_exactly_what_the_preview_said(
    counted: Team, retention: Retention
) -> None:
    mine, path = counted, f"{counted.name}/app"
    chance = random.Random(11)
    names = [f"{chance.choice(('v', 'dev-', 'rc'))}{number}" for number in range(40)]
    for start in range(0, 40, 4):
        await mine.push(make_image(), "app", *names[start : start + 4])
    for name in names:
        await age(mine.database, path, **{name: chance.uniform(0, 60)})
        if chance.random() < 0.3:
            await use(mine.database, path, name, days=chance.uniform(0, 60))
    await put_rules(
        mine.http,
        f"namespaces/{mine.name}",
        {"tags": "*", "keep_last": 4, "keep_pulled_within_days": 10},
        {"tags": "dev-*", "keep_pushed_within_days": 15},
        immutable=["v?"],
    )
    items = await preview_all(mine.http, f"namespaces/{mine.name}", limit=7)
    said = {item["tag"]: item for item in items if item["decision"] == "delete"}
    assert {item["reason_code"] for item in items} >= {"immutable", "keep_last", "not_kept"}
    before = await mine.tags("app")
    (page,) = {item["at"] for item in [await _first_page(mine)]}
    assert await retention.delete(path, datetime.fromisoformat(page)) == len(said)
    left = await mine.tags("app")
    assert before.keys() - left.keys() == said.keys()
    assert set(mine.registry.tags(path)) == left.keys()
    assert {name for name in before if len(name) == 2 and name[0] == "v"} <= left.keys()

    entries = {one["target"].rpartition(":")[2]: one for one in await audit(mine)}
    assert entries.keys() == said.keys()
    for name, entry in entries.items():
        item = said[name]
        assert (entry["action"], entry["via"], entry["account"]) == (
            "retention.delete",
            "retention",
            None,
        )
        assert entry["owner"] == "acme"
        assert entry["changes"]["digest"] == [item["digest"], None]
        assert entry["changes"]["reason"] == [item["reason"][:200], None]
        assert entry["changes"]["rule"][0].startswith("*: keep_last 4")

    for entry in await mine.trash(limit="200"):
        assert (entry["kind"], entry["via"], entry["deleted_by"]) == ("tag", "retention", None)
        await mine.restored(entry)
    assert await mine.tags("app") == before


async def _first_page(mine: Team) -> dict[str, Any]:
    answer = await mine.http.get(f"/api/v1/namespaces/{mine.name}/rules/preview")
    page: dict[str, Any] = answer.json()
    return page


async def test_run_is_once_a_day_and_deletes_only_where_retention_is_enabled(
    counted: Team, retention: Retention
) -> None:
    mine = counted
    await push_tags(mine, "new", "old")
    await put_rules(mine.http, f"namespaces/{mine.name}", KEEP_ONE, enabled=False)
    worker = retention.worker()
    assert await worker.step() == 0.0
    assert 0 < await worker.step() <= 60.0
    (run,) = await runs(mine)
    assert (run["deleted"], run["finished_at"] is None, run["failures"]) == (0, False, "{}")
    assert (await mine.tags("app")).keys() == {"new", "old"}

    await put_rules(mine.http, f"namespaces/{mine.name}", KEEP_ONE)
    await mine.database.execute("UPDATE catalog.retention_runs SET at = at - interval '23 hours'")
    assert await worker.step() > 0
    await mine.database.execute("UPDATE catalog.retention_runs SET at = at - interval '1 hour'")
    assert await worker.step() == 0.0
    assert [run["deleted"] for run in await runs(mine)] == [0, 1]
    assert (await mine.tags("app")).keys() == {"new"}


async def test_two_replicas_at_once_delete_each_tag_once(
    counted: Team, retention: Retention
) -> None:
    mine = counted
    await push_tags(mine, *(f"v{number}" for number in range(12)))
    await put_rules(mine.http, f"namespaces/{mine.name}", KEEP_ONE)
    await asyncio.gather(retention.worker().step(), retention.worker().step())
    assert (await mine.tags("app")).keys() == {"v0"}
    assert len(await mine.trash(limit="200")) == len(await audit(mine)) == 11
    assert len(await runs(mine)) == 1


async def test_interrupted_run_goes_on_for_the_same_moment(
    counted: Team, retention: Retention
) -> None:
    mine = counted
    await push_tags(mine, *(f"v{number}" for number in range(20)))
    await put_rules(mine.http, f"namespaces/{mine.name}", KEEP_ONE)
    step = asyncio.create_task(retention.worker().step())
    await soon(lambda: audit(mine), lambda found: len(found) > 2, within=20, what="deletions")
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    (run,) = await runs(mine)
    assert run["finished_at"] is None
    # The worker of intents completes what the interrupted process has left.
    await retention.worker().step()
    await soon(
        lambda: mine.tags("app"), lambda found: found.keys() == {"v0"}, within=30, what="the end"
    )
    assert [(one["id"], one["at"]) for one in await runs(mine)] == [(run["id"], run["at"])]
    assert len(await audit(mine)) == 19


async def test_retention_waits_until_all_pulls_are_counted(
    counted: Team, retention: Retention
) -> None:
    mine = counted
    await push_tags(mine, "new", "old")
    await put_rules(mine.http, f"namespaces/{mine.name}", KEEP_ONE)
    for statement, repaired in (
        (
            "UPDATE events.counting_state SET counted_until = now() - interval '2 minutes'",
            "UPDATE events.counting_state SET counted_until = now() + interval '1 day'",
        ),
        (
            "INSERT INTO events.dead_letters (reason, raw, raw_hash) VALUES ('bad', 'x', 'x')",
            "DELETE FROM events.dead_letters",
        ),
    ):
        await mine.database.execute(statement)
        assert await retention.worker().step() == 60.0
        assert await runs(mine) == []
        await mine.database.execute(repaired)
    assert await retention.worker().step() == 0.0
    assert (await mine.tags("app")).keys() == {"new"}


async def test_rules_whose_window_is_not_known_delete_nothing_and_others_do(
    counted: Team, retention: Retention
) -> None:
    mine = counted
    await push_tags(mine, "new", "old")
    await mine.push(make_image(), "other", "new", "old")
    await age(mine.database, f"{mine.name}/other", old=20)
    await put_rules(mine.http, f"namespaces/{mine.name}", KEEP_ONE)
    await put_rules(
        mine.http, f"repositories/{mine.name}/app", {"tags": "*", "keep_pulled_within_days": 9}
    )
    await count_pulls(mine.database, days=8)
    assert await retention.worker().step() == 0.0
    assert (await mine.tags("app")).keys() == {"new", "old"}
    assert (await mine.tags("other")).keys() == {"new"}
    (run,) = await runs(mine)
    assert "Retention waits until" in run["failures"]


@asynccontextmanager
async def locked(mine: Team, path: str) -> AsyncIterator[asyncpg.Connection]:
    """Lock a repository in a transaction; commit it at the end."""
    connection = await asyncpg.connect(mine.database.urls["owner"])
    try:
        async with connection.transaction():
            await connection.execute("SELECT catalog.lock_repository($1)", path)
            yield connection
    finally:
        await connection.close()


async def _waiting(mine: Team) -> int:
    rows = await mine.database.fetch(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        " WHERE d.datname = current_database() AND NOT l.granted"
    )
    count: int = rows[0][0]
    return count


CHANGES = {
    "pulled": "INSERT INTO events.last_uses VALUES ($1, 'old', now())",
    "pushed again": "UPDATE catalog.tags SET pushed_at = now() WHERE name = 'old' AND $1 <> ''",
    "newest deleted": "DELETE FROM catalog.tags WHERE name = 'new' AND $1 <> ''",
    "immutable": "UPDATE catalog.rules SET immutable_tags = '{o*}' WHERE $1 <> ''",
    "disabled": "UPDATE catalog.rules SET retention_enabled = false WHERE $1 <> ''",
}


@pytest.mark.parametrize("change", CHANGES)
async def test_tag_that_must_be_kept_at_the_moment_of_its_deletion_is_kept(
    counted: Team, retention: Retention, change: str
) -> None:
    mine, path = counted, f"{counted.name}/app"
    await push_tags(mine, "new", "old")
    await put_rules(mine.http, f"namespaces/{mine.name}", KEEP_ONE)
    at = datetime.fromisoformat((await _first_page(mine))["at"])
    async with locked(mine, path) as connection:
        run = asyncio.create_task(retention.delete(path, at))
        await soon(lambda: _waiting(mine), lambda count: count > 0, within=10, what="the deletion")
        await connection.execute(CHANGES[change], path)
    assert await run == 0
    assert "old" in await mine.tags("app")
    assert await mine.trash() == []
    assert "old" in mine.registry.tags(path)


async def test_large_repository_takes_several_turns(counted: Team, retention: Retention) -> None:
    mine, path = counted, f"{counted.name}/app"
    await push_tags(mine, *(f"v{number}" for number in range(10)))
    await put_rules(mine.http, f"namespaces/{mine.name}", KEEP_ONE)
    at = datetime.fromisoformat((await _first_page(mine))["at"])
    assert [await retention.delete(path, at, limit=4) for _ in range(4)] == [4, 4, 1, 0]
    assert (await mine.tags("app")).keys() == {"v0"}
