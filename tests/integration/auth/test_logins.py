"""Logins with passwords: throttled, hashed once, and audited if refused (spec 3)."""

import asyncio
import base64
import statistics
import time

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from libs.common.security.passwords import PasswordHasher, hash_password
from services.auth.registry_tokens.access_cache import AccessCache
from services.auth.registry_tokens.usecases import TokenIssuer
from tests.integration.auth.conftest import HASH, PASSWORD, Replica, World, sign_in
from tests.integration.auth.tokens import get, post
from tests.kit.waiting import soon


async def test_failed_logins_are_throttled_by_user_and_address(
    replica: Replica, world: World
) -> None:
    user = await world.add_user("dev")
    attacker, owner = (
        await replica(login_failures=3),
        await replica(login_failures=3, address="198.51.100.7"),
    )
    for _ in range(3):
        assert (await get(attacker, user, password="guess number 1")).status_code == 401
    refused = await get(attacker, user, password="guess number 2")
    assert refused.status_code == 429
    assert refused.json()["errors"][0]["code"] == "TOOMANYREQUESTS"
    assert 0 < int(refused.headers["retry-after"]) <= 301
    assert (await get(attacker, user)).status_code == 429
    assert (await get(owner, user)).status_code == 200


async def test_parallel_guesses_cannot_exceed_the_limit(replica: Replica, world: World) -> None:
    user = await world.add_user("dev")
    client = await replica(login_failures=3)
    answers = await asyncio.gather(
        *(get(client, user, password=f"guess number {n}") for n in range(20))
    )
    assert sorted(answer.status_code for answer in answers) == [401] * 3 + [429] * 17


async def test_cached_right_password_is_never_throttled(replica: Replica, world: World) -> None:
    user = await world.add_user("dev")
    client = await replica(login_failures=2)
    assert (await get(client, user)).status_code == 200
    for _ in range(3):
        await get(client, user, password="guess number 1")
    assert (await get(client, user, password="guess number 2")).status_code == 429
    assert (await get(client, user)).status_code == 200


async def test_clients_of_one_ipv6_network_are_throttled_together(
    replica: Replica, world: World
) -> None:
    user = await world.add_user("dev")
    one, other = (
        await replica(login_failures=2, address="2001:db8::1"),
        await replica(login_failures=2, address="2001:db8::2"),
    )
    for _ in range(2):
        await get(one, user, password="guess number 1")
    assert (await get(other, user, password="guess number 1")).status_code == 429


async def test_ipv4_address_and_its_ipv4_mapped_ipv6_address_are_throttled_together(
    replica: Replica, world: World
) -> None:
    user = await world.add_user("dev")
    mapped, plain, other = (
        await replica(login_failures=2, address="::ffff:192.0.2.1"),
        await replica(login_failures=2, address="192.0.2.1"),
        await replica(login_failures=2, address="::ffff:198.51.100.7"),
    )
    for _ in range(2):
        await get(mapped, user, password="guess number 1")
    assert (await get(plain, user, password="guess number 1")).status_code == 429
    assert (await get(other, user)).status_code == 200


async def test_concurrent_logins_with_one_password_share_one_hash(
    replica: Replica, world: World
) -> None:
    user = await world.add_user("dev")
    client = await replica(login_failures=2)
    answers = await asyncio.gather(*(get(client, user) for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}


async def test_logins_beyond_the_queue_get_retry_after(replica: Replica, world: World) -> None:
    client = await replica(login_failures=1000)
    answers = await asyncio.gather(
        *(get(client, world.name(f"u{n}"), password=f"guess {n}") for n in range(100))
    )
    assert {answer.status_code for answer in answers} == {401, 429}
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 429)


async def test_refused_login_is_audited_without_its_password(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    await get(client, user, password="a secret guess")

    async def entries() -> list[asyncpg.Record]:
        return await world.database.fetch(
            "SELECT action, target, client_address, e::text FROM auth.audit_entries e"
            " WHERE owner_id = $1",
            world.account_id,
        )

    rows = await soon(entries, within=5, what="the audit entry")
    assert [tuple(row)[:3] for row in rows] == [
        ("login.refuse", f"docker-users/{user}", "192.0.2.1")
    ]
    assert "a secret guess" not in rows[0][3]


async def test_password_sent_as_user_name_is_not_stored(
    client: httpx.AsyncClient, world: World
) -> None:
    slip = f"My Password {world.suffix}"
    assert (await get(client, slip, password="x")).status_code == 401
    rows = await world.database.fetch(
        "SELECT count(*) FROM auth.audit_entries e, auth.login_throttle t"
        " WHERE e::text || t::text LIKE $1",
        f"%{slip}%",
    )
    assert rows[0][0] == 0


async def test_unknown_user_and_wrong_password_take_the_same_time(
    replica: Replica, world: World
) -> None:
    user = await world.add_user("dev")
    client = await replica(login_failures=1000, address_login_failures=1000)
    taken: dict[str, list[float]] = {user: [], world.name("nobody"): []}
    for n in range(15):
        for name, times in taken.items():
            started = time.perf_counter()
            assert (await get(client, name, password=f"guess {n}")).status_code == 401
            times.append(time.perf_counter() - started)
    known, unknown = (statistics.median(times) for times in taken.values())
    assert 0.6 < known / unknown < 1.6


async def test_password_is_accepted_in_every_unicode_composition(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    await world.database.execute(
        "UPDATE catalog.docker_users SET password_hash = $1 WHERE id = $2",
        hash_password("пароль-é-密码"),
        world.users["dev"],
    )
    for written in ("пароль-é-密码", "пароль-e\u0301-密码"):
        basic = base64.b64encode(f"{user}:{written}".encode()).decode()
        answer = await client.get(
            "/token?service=moorage", headers={"Authorization": f"Basic {basic}"}
        )
        assert answer.status_code == 200


async def test_last_login_is_recorded_within_seconds(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    assert (await get(client, user, password=PASSWORD)).status_code == 200

    async def logins() -> int:
        rows = await world.database.fetch(
            "SELECT 1 FROM auth.docker_user_logins WHERE docker_user_id = $1", world.users["dev"]
        )
        return len(rows)

    await soon(logins, within=3, what="the last login")


async def test_password_changed_during_its_check_is_refused(
    client: httpx.AsyncClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await world.add_user("dev")
    verify = PasswordHasher.verify
    changed = False
    transport = client._transport
    assert isinstance(transport, httpx.ASGITransport)
    assert isinstance(transport.app, FastAPI)
    cache: AccessCache = transport.app.state.provided[TokenIssuer].cache

    async def is_invalidated() -> bool:
        return cache.credentials.peek(user) is None

    async def changed_meanwhile(
        hasher: PasswordHasher, password: str, password_hash: str | None
    ) -> bool:
        nonlocal changed
        right = await verify(hasher, password, password_hash)
        if not changed:
            changed = True
            await world.set_user("dev", f"password_hash = '{hash_password('the new password')}'")
            await soon(is_invalidated, within=1, what="the invalidation")
        return right

    monkeypatch.setattr(PasswordHasher, "verify", changed_meanwhile)
    assert (await get(client, user)).status_code == 401
    assert (await get(client, user, password="the new password")).status_code == 200
    assert (await get(client, user)).status_code == 401


async def test_long_password_of_combining_marks_is_refused_quickly(
    client: httpx.AsyncClient, world: World
) -> None:
    user = await world.add_user("dev")
    started = time.perf_counter()
    answer = await get(client, user, password="a" + "\u0301\u0316" * 5_000)
    assert answer.status_code == 401
    assert time.perf_counter() - started < 0.5
    form = {
        "grant_type": "password",
        "service": "moorage",
        "username": user,
        "password": "a" + "\u0301\u0316" * 5_000,
    }
    started = time.perf_counter()
    assert (await client.post("/token", data=form)).status_code == 401
    assert time.perf_counter() - started < 1.0


async def test_throttled_logins_are_audited_apart_from_wrong_passwords(
    replica: Replica, world: World
) -> None:
    user = await world.add_user("dev")
    client = await replica(login_failures=2)
    for n in range(6):
        await get(client, user, password=f"guess number {n}")

    async def entries() -> set[str]:
        rows = await world.database.fetch(
            "SELECT action FROM auth.audit_entries WHERE owner_id = $1", world.account_id
        )
        return {row[0] for row in rows}

    await soon(
        entries,
        lambda actions: actions == {"login.refuse", "login.throttle"},
        within=5,
        what="the audit entries",
    )


@pytest.mark.parametrize(
    "stored", ["", "x", "$argon2id$", HASH[:-1]], ids=["empty", "letter", "prefix", "cut"]
)
async def test_nobody_logs_in_to_a_credential_without_a_valid_password_hash(
    client: httpx.AsyncClient, world: World, stored: str
) -> None:
    """An empty password must not match an empty hash, and a hash must not match itself."""
    user = await world.add_user("dev")
    await world.set_user("dev", f"password_hash = '{stored}'")
    await world.database.execute(
        "UPDATE catalog.accounts SET password_hash = $1 WHERE id = $2", stored, world.account_id
    )
    for password in {"", stored, PASSWORD}:
        assert (await get(client, user, password=password)).status_code == 401
        form = {"grant_type": "password", "username": user, "password": password}
        assert (await post(client, **form)).status_code == (401 if password else 400)
        assert (await sign_in(client, world, password)).status_code in (401, 422)
