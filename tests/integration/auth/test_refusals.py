"""Refused credentials are in the audit trail, and a flood of them does not fill it (spec 4, 14)."""

import asyncio
import secrets
import uuid

import asyncpg
import httpx

from tests.integration.auth.conftest import PASSWORD, Replica, World, sign_in
from tests.integration.auth.test_access_tokens import new_token
from tests.integration.auth.test_refresh_tokens import log_in, use
from tests.integration.auth.test_sessions import COOKIE, refresh
from tests.integration.auth.tokens import get
from tests.kit.waiting import soon


async def refused(world: World, number: int) -> list[asyncpg.Record]:
    """Return the refusals in the account's trail, when there are ``number`` of them."""

    async def rows() -> list[asyncpg.Record]:
        return await world.database.fetch(
            "SELECT action, target, account, client_address, occurrences FROM auth.audit_entries"
            " WHERE owner_id = $1 AND account_id IS NULL ORDER BY id",
            world.account_id,
        )

    return await soon(rows, lambda found: len(found) >= number, within=5, what="the refusals")


async def test_refused_password_access_token_and_refresh_token_are_audited(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    user = await world.add_user("dev", token_login=True)
    token = await log_in(client, user)
    made = await new_token(client, world, me)
    await get(client, user, password="a wrong guess")
    await world.database.execute(
        "UPDATE auth.access_tokens SET expires_at = now() - interval '1 s' WHERE id = $1",
        uuid.UUID(made["id"]),
    )
    assert (await get(client, user, password=made["secret"])).status_code == 401
    await world.set_user("dev", "disabled = true")
    await soon(lambda: use(client, token), lambda answer: answer.status_code == 401, within=2)
    rows = await refused(world, 3)
    seen = {
        (row["action"], row["target"].rpartition("/tokens/")[0] or row["target"]) for row in rows
    }
    assert seen == {
        ("login.refuse", f"docker-users/{user}"),
        ("token.refuse", f"docker-users/{user}"),
        ("refresh_token.refuse", f"docker-users/{user}"),
    }
    assert {(row["account"], row["client_address"]) for row in rows} == {(None, "192.0.2.1")}


async def test_refused_cookie_and_reuse_of_a_rotated_cookie_are_audited(
    client: httpx.AsyncClient, world: World
) -> None:
    await sign_in(client, world)
    first = client.cookies[COOKIE]
    session_id, _, secret = first.partition(".")
    target = f"sessions/{uuid.UUID(session_id)}"
    await refresh(client, f"{session_id}.{'0' * len(secret)}")
    assert [tuple(row)[:2] for row in await refused(world, 1)] == [("session.refuse", target)]
    await refresh(client, first)
    await world.database.execute(
        "UPDATE auth.sessions SET rotated_at = now() - interval '1 minute' WHERE id = $1",
        uuid.UUID(session_id),
    )
    assert (await refresh(client, first)).status_code == 401
    assert [tuple(row)[:2] for row in await refused(world, 2)] == [
        ("session.refuse", target),
        ("session.reuse", target),
    ]


async def test_refused_api_key_is_audited_with_the_account_that_had_it(
    client: httpx.AsyncClient, world: World, me: dict[str, str]
) -> None:
    body = {"name": "nightly", "permission": "read"}
    made = (await client.post("/api/v1/api-keys", json=body, headers=me)).json()
    await world.database.execute(
        "UPDATE auth.api_keys SET expires_at = now() - interval '1 s' WHERE id = $1",
        uuid.UUID(made["id"]),
    )
    header = {"Authorization": f"Bearer {made['secret']}"}
    assert (await client.get("/api/v1/api-keys", headers=header)).status_code == 401
    (row,) = await refused(world, 1)
    assert tuple(row)[:2] == ("api_key.refuse", f"api-keys/{made['id']}")


async def test_unknown_credentials_are_audited_without_what_was_sent(
    replica: Replica, world: World
) -> None:
    address = f"2001:db8:{secrets.randbelow(65536):x}:{secrets.randbelow(65536):x}::1"
    client = await replica(address=address)
    nobody = world.name("nobody")
    garbage = secrets.token_hex(16)
    await get(client, nobody, password=PASSWORD)
    await use(client, f"mrt_{garbage}")
    await refresh(client, garbage)
    await client.get("/api/v1/api-keys", headers={"Authorization": f"Bearer mak_{garbage}"})

    async def rows() -> list[asyncpg.Record]:
        return await world.database.fetch(
            "SELECT action, target, owner_id, e::text FROM auth.audit_entries e"
            " WHERE client_address = $1",
            address,
        )

    found = await soon(rows, lambda rows: len(rows) >= 4, within=5, what="the refusals")
    assert {tuple(row)[:3] for row in found} == {
        ("login.refuse", "docker-users/-", None),
        ("refresh_token.refuse", "docker-users/-", None),
        ("session.refuse", "sessions/-", None),
        ("api_key.refuse", "api-keys/-", None),
    }
    assert not any(nobody in row[3] or garbage in row[3] for row in found)


async def test_flood_of_refused_credentials_adds_few_entries(
    replica: Replica, world: World
) -> None:
    user = await world.add_user("dev")
    await world.add_user("other")
    client = await replica(login_failures=1000)
    before = (await world.database.fetch("SELECT count(*) FROM auth.audit_entries"))[0][0]

    async def attack(n: int) -> None:
        await use(client, f"mrt_{secrets.token_hex(16)}")
        await refresh(client, f"{uuid.uuid4().hex}.{secrets.token_hex(64)}")
        await get(client, world.name(f"u{n}"), password="x")
        await get(client, user, password=f"guess {n % 20}")

    for _ in range(5):
        await asyncio.gather(*(attack(n) for n in range(40)))
    actions = {row["action"] for row in await refused(world, 1)}
    assert actions <= {"login.refuse", "login.throttle"}
    after = (await world.database.fetch("SELECT count(*) FROM auth.audit_entries"))[0][0]
    assert after - before <= 10
