"""A change reaches every replica within a second, and a database restart stops no pull.

Source: spec 2.8; design 2, "Token path".
"""

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path

import asyncpg
import httpx
import pytest

from ops.db.postgres import EmbeddedServer
from services.auth.cache import confirmed
from tests.integration.auth.conftest import Replica, World, running
from tests.integration.auth.tokens import access, claims, get
from tests.kit.database import Database
from tests.kit.relay import relay
from tests.kit.waiting import soon


async def both(
    clients: list[httpx.AsyncClient], user: str, scope: str
) -> list[list[tuple[str, list[str]]]]:
    return [
        access(answer)
        for answer in await asyncio.gather(*(get(client, user, scope) for client in clients))
    ]


async def test_grant_changes_reach_both_replicas_within_a_second(
    replica: Replica, world: World
) -> None:
    clients = [await replica(), await replica()]
    user = await world.add_user("dev")
    space = await world.add_namespace("team")
    scope = f"repository:{space}/app:pull"
    assert await both(clients, user, scope) == [[], []]
    await world.grant("team", "dev", "push")
    granted = [(f"{space}/app", ["pull"])]
    await soon(
        lambda: both(clients, user, scope), lambda seen: seen == [granted, granted], within=1
    )
    await world.revoke("team", "dev")
    await soon(lambda: both(clients, user, scope), lambda seen: seen == [[], []], within=1)


async def test_visibility_password_and_status_reach_both_replicas_within_a_second(
    replica: Replica, world: World
) -> None:
    clients = [await replica(), await replica()]
    user = await world.add_user("dev")
    space = await world.add_namespace("team", "public")
    scope = f"repository:{space}/app:pull"
    assert await both(clients, user, scope) == [[(f"{space}/app", ["pull"])]] * 2
    await world.database.execute(
        "UPDATE catalog.namespaces SET visibility = 'private' WHERE name = $1", space
    )
    await soon(lambda: both(clients, user, scope), lambda seen: seen == [[], []], within=1)
    for change in ("password_hash = 'x'", "disabled = true"):

        async def refused() -> list[int]:
            return [(await get(client, user)).status_code for client in clients]

        await world.set_user("dev", change)
        await soon(refused, lambda seen: seen == [401, 401], within=1)


async def test_deleting_a_repository_ends_its_tokens_on_both_replicas_within_a_second(
    replica: Replica, world: World
) -> None:
    clients = [await replica(), await replica()]
    user = await world.add_user("dev")
    space = await world.add_namespace("team", "public", dev="push")
    scope = (
        f"repository:{space}/web/app:pull,push repository:{space}/web:pull"
        f" repository:{space}/web/apple:pull"
    )
    others = [(f"{space}/web", ["pull"]), (f"{space}/web/apple", ["pull"])]
    everything = [(f"{space}/web/app", ["pull", "push"]), *others]
    assert await both(clients, user, scope) == [everything, everything]
    await world.database.execute(
        "INSERT INTO catalog.deletions (kind, name) VALUES ('repository', $1)", f"{space}/web/app"
    )
    await soon(lambda: both(clients, user, scope), lambda seen: seen == [others, others], within=1)
    await world.database.execute(
        "DELETE FROM catalog.deletions WHERE name = $1", f"{space}/web/app"
    )
    await soon(
        lambda: both(clients, user, scope), lambda seen: seen == [everything, everything], within=1
    )


async def test_deleting_a_namespace_ends_its_tokens(replica: Replica, world: World) -> None:
    clients = [await replica(), await replica()]
    user = await world.add_user("dev")
    space = await world.add_namespace("team", "public", dev="push")
    scope = f"repository:{space}/app:pull,push"
    assert await both(clients, user, scope) == [[(f"{space}/app", ["pull", "push"])]] * 2
    await world.database.execute(
        "UPDATE catalog.namespaces SET deleting = true WHERE name = $1", space
    )
    await soon(lambda: both(clients, user, scope), lambda seen: seen == [[], []], within=1)


async def test_new_user_and_namespace_replace_their_cached_absence(
    client: httpx.AsyncClient, world: World
) -> None:
    name, space = world.name("late"), world.name("space")
    assert (await get(client, name)).status_code == 401
    await world.add_user("late")
    await soon(lambda: get(client, name), lambda answer: answer.status_code == 200, within=1)
    assert access(await get(client, name, f"repository:{space}/app:pull")) == []
    await world.add_namespace("space", "public")
    await soon(
        lambda: get(client, name, f"repository:{space}/app:pull"),
        lambda answer: bool(access(answer)),
        within=1,
    )


async def test_warm_request_sends_no_query(client: httpx.AsyncClient, world: World) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    scopes = [f"repository:{space}/a{n}:pull" for n in range(20)]
    await get(client, user, *scopes)
    queries = await _queries(world.database, f"{world.database.name}_auth")
    for scope in scopes:
        assert access(await get(client, user, scope))
    assert await _queries(world.database, f"{world.database.name}_auth") == queries


async def _queries(database: Database, role: str) -> list[object]:
    """Return the last statement of each connection of the service.

    The statements that it sends every second without a request are excluded.
    """
    rows = await database.fetch(
        "SELECT pid, query_start, query FROM pg_stat_activity"
        " WHERE usename = $1 AND application_name = 'moorage auth'"
        " AND query NOT ILIKE '%last_logins%' AND query NOT ILIKE 'COMMIT%'"
        " AND query NOT ILIKE 'BEGIN%' ORDER BY pid",
        role,
    )
    return [tuple(row) for row in rows]


async def test_cached_pulls_continue_for_a_minute_without_the_database(
    world: World,
    secrets_dir: Path,
    postgres_server: EmbeddedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    scope = f"repository:{space}/app:pull"
    async with relay(postgres_server.port) as line:
        address = world.database.urls["auth"].replace(f":{postgres_server.port}/", f":{line.port}/")
        async with running(address, secrets_dir, "192.0.2.1", {}) as client:
            assert access(await get(client, user, scope))
            started = time.monotonic()
            await line.cut()
            assert access(await get(client, user, scope)) == [(f"{space}/app", ["pull"])]
            unknown = await get(client, world.name("other"), scope)
            assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (
                503,
                "UNAVAILABLE",
            )
            assert "retry-after" in unknown.headers
            assert (await get(client, user, password="another password")).status_code == 503
            monkeypatch.setattr(confirmed, "OUTAGE_SECONDS", 2.0)
            await soon(
                lambda: get(client, user, scope), lambda answer: answer.status_code == 503, within=5
            )
            assert time.monotonic() - started >= 1.5
            await line.repair()
            again = await soon(
                lambda: get(client, user, scope), lambda answer: answer.status_code == 200, within=5
            )
            assert claims(again)["sub"] == user


async def test_change_missed_by_a_lost_listener_applies_after_it_reconnects(
    client: httpx.AsyncClient, world: World, postgres_server: EmbeddedServer
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    scope = f"repository:{space}/app:pull"
    assert access(await get(client, user, scope))
    superuser = await asyncpg.connect(postgres_server.superuser_url)
    ended = await superuser.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'auth changes'"
    )
    await superuser.close()
    assert ended
    await world.revoke("team", "dev")
    await soon(lambda: get(client, user, scope), lambda answer: access(answer) == [], within=1)


async def test_hanging_database_delays_one_read_and_not_every_read(
    world: World, secrets_dir: Path, postgres_server: EmbeddedServer
) -> None:
    user = await world.add_user("dev")
    space = await world.add_namespace("team", dev="push")
    scope = f"repository:{space}/app:pull"
    async with relay(postgres_server.port) as line:
        address = world.database.urls["auth"].replace(f":{postgres_server.port}/", f":{line.port}/")
        async with running(address, secrets_dir, "192.0.2.1", {}) as client:
            assert access(await get(client, user, scope))
            line.hang()
            await soon(
                lambda: _timed(get(client, user, scope)),
                lambda seconds: seconds > 1,
                within=5,
                what="a read that times out",
            )
            assert await _timed(get(client, user, scope)) < 0.5


async def _timed(request: Awaitable[httpx.Response]) -> float:
    started = time.monotonic()
    assert access(await request)
    return time.monotonic() - started
