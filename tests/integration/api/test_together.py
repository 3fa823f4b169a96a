"""Concurrent requests: unique names, parallel writers, and slow password hashing."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from libs.common.security.passwords import PasswordHasher
from tests.integration.api.installation import PASSWORD, Installation
from tests.integration.api.world import World
from tests.kit.waiting import soon

Replicas = tuple[Installation, Installation]
TAKEN: dict[str, tuple[Callable[[World, str], dict[str, Any]], str]] = {
    "accounts": (lambda _, name: {"username": name, "password": PASSWORD}, "account_taken"),
    "docker-users": (lambda _, name: {"username": name, "password": PASSWORD}, "docker_user_taken"),
    "namespaces": (lambda _, name: {"name": name, "visibility": "private"}, "namespace_taken"),
    "repositories": (
        lambda world, name: {"namespace": world.namespace, "name": name},
        "repository_taken",
    ),
}


@pytest.fixture
async def admins(replicas: Replicas) -> AsyncIterator[list[httpx.AsyncClient]]:
    """An administrator's clients, one for each replica."""
    admin = await replicas[0].person("admin")
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(replica.client(admin.token)) for replica in replicas]


@pytest.mark.parametrize("noun", TAKEN)
async def test_only_one_of_several_concurrent_requests_gets_a_name(
    admins: list[httpx.AsyncClient], world: World, noun: str
) -> None:
    make, code = TAKEN[noun]
    for _ in range(3):
        body = make(world, f"wanted-{secrets.token_hex(4)}")
        answers = await asyncio.gather(
            *(client.post(f"/api/v1/{noun}", json=body) for client in admins * 3)
        )
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {code}


@pytest.mark.parametrize("ended", ["namespace", "docker user"])
async def test_a_grant_created_while_its_namespace_or_user_is_deleted_leaves_no_orphan(
    replicas: Replicas, admins: list[httpx.AsyncClient], world: World, ended: str
) -> None:
    for number in range(6):
        space, user = f"{world.empty}.{number}", f"{world.docker_user}.{number}"
        await admins[0].post("/api/v1/namespaces", json={"name": space, "visibility": "private"})
        await admins[0].post("/api/v1/docker-users", json={"username": user, "password": PASSWORD})
        path = (
            f"/api/v1/namespaces/{space}"
            if ended == "namespace"
            else f"/api/v1/docker-users/{user}"
        )
        granted, gone = await asyncio.gather(
            admins[number % 2].put(
                f"/api/v1/namespaces/{space}/grants/{user}", json={"permission": "push"}
            ),
            admins[1].delete(path),
        )
        assert gone.status_code == 204
        assert granted.status_code in (201, 404), granted.text
        left = await replicas[0].database.fetch(
            "SELECT 1 FROM catalog.grants g LEFT JOIN catalog.namespaces n ON n.id = g.namespace_id"
            " LEFT JOIN catalog.docker_users u ON u.id = g.docker_user_id"
            " WHERE n.id IS NULL OR u.id IS NULL OR n.name = $1 OR u.username = $2",
            space,
            user,
        )
        assert left == []


async def _write(client: httpx.AsyncClient, number: int, shared: str) -> list[int]:
    """Create and delete objects of one writer, and write to a namespace that all writers share."""
    name = f"writer-{secrets.token_hex(4)}"
    answers = [
        await client.post("/api/v1/namespaces", json={"name": name, "visibility": "private"}),
        await client.post("/api/v1/docker-users", json={"username": name, "password": PASSWORD}),
        await client.put(f"/api/v1/namespaces/{name}/grants/{name}", json={"permission": "pull"}),
        await client.put(f"/api/v1/namespaces/{shared}/grants/{name}", json={"permission": "push"}),
        await client.post("/api/v1/repositories", json={"namespace": name, "name": "app"}),
        await client.post("/api/v1/repositories", json={"namespace": shared, "name": name}),
        await client.patch(f"/api/v1/namespaces/{shared}", json={"description": f"by {number}"}),
        await client.post(
            f"/api/v1/docker-users/{name}/tokens", json={"name": "t", "permission": "pull"}
        ),
        await client.get("/api/v1/audit", params={"limit": 5}),
        await client.delete(f"/api/v1/namespaces/{shared}/grants/{name}"),
        await client.delete(f"/api/v1/docker-users/{name}"),
    ]
    return [answer.status_code for answer in answers]


async def test_fifty_parallel_writers_all_succeed(installation: Installation) -> None:
    person = await installation.person()
    shared = f"shared-{secrets.token_hex(4)}"
    async with installation.client(person.token) as client:
        await client.post("/api/v1/namespaces", json={"name": shared, "visibility": "private"})
        seen = await asyncio.gather(*(_write(client, number, shared) for number in range(50)))
        assert {tuple(codes) for codes in seen} == {
            (201, 201, 201, 201, 201, 201, 200, 201, 200, 204, 204)
        }
        left = (await client.get(f"/api/v1/namespaces/{shared}/grants")).json()["items"]
        made = (
            await client.get("/api/v1/repositories", params={"namespace": shared, "limit": 200})
        ).json()["items"]
    assert (len(left), len(made)) == (0, 50)


async def test_a_full_hashing_queue_does_not_delay_lists_and_returns_503(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More passwords wait than there are database connections or places in the queue."""
    finish, hashing = asyncio.Event(), 0

    async def hash_later(_: PasswordHasher, __: str) -> str:
        nonlocal hashing
        hashing += 1
        await finish.wait()
        return "a hash"

    async def started() -> int:
        return hashing

    monkeypatch.setattr(PasswordHasher, "hash", hash_later)
    person = await installation.person()
    async with installation.client(person.token) as client:
        bodies = [
            {"username": f"slow-{secrets.token_hex(4)}", "password": PASSWORD} for _ in range(80)
        ]
        tasks = [
            asyncio.create_task(client.post("/api/v1/docker-users", json=body)) for body in bodies
        ]
        try:
            await soon(started, within=20, what="the first password to be hashed")
            lists = await asyncio.wait_for(
                asyncio.gather(*(client.get("/api/v1/namespaces") for _ in range(5))), 20
            )
            assert {answer.status_code for answer in lists} == {200}
            assert hashing < 10
        finally:
            finish.set()
            answers = await asyncio.gather(*tasks)
    assert {answer.status_code for answer in answers} == {201, 503}
    busy = next(answer for answer in answers if answer.status_code == 503)
    assert (busy.json()["code"], int(busy.headers["retry-after"]) > 0) == ("hashing_busy", True)


async def _guess(client: httpx.AsyncClient, password: str) -> httpx.Response:
    return await client.put(
        "/api/v1/account/password",
        json={"current_password": password, "password": "the next battery"},
    )


async def test_guesses_of_the_current_password_are_throttled_per_account(
    installation: Installation,
) -> None:
    victim, neighbour = await installation.person(), await installation.person()
    async with (
        installation.client(victim.token) as thief,
        installation.client(neighbour.token) as other,
    ):
        answers = await asyncio.gather(*(_guess(thief, f"guess number {n}") for n in range(25)))
        assert sorted(answer.status_code for answer in answers) == [403] * 10 + [429] * 15
        refused = await _guess(thief, PASSWORD)
        assert (refused.status_code, refused.json()["code"]) == (429, "password_throttled")
        assert 0 < int(refused.headers["retry-after"]) <= 301
        assert (await thief.get("/api/v1/account")).status_code == 200
        assert (await _guess(other, PASSWORD)).status_code == 204
