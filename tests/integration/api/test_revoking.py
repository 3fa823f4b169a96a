"""A revoked permission ends on every replica within a second, even if it was just used."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx
import pytest

from tests.integration.api.installation import PASSWORD, Installation
from tests.integration.api.world import World, make_world
from tests.kit.waiting import soon

Replicas = tuple[Installation, Installation]
PATHS = ("/api/v1/api-keys", "/api/v1/account", "/api/v1/pulls")
"""One path of each service."""
ADMIN_PATHS = ("/api/v1/accounts", "/api/v1/events/status")
ONE_SECOND = 1.0
_OFFLINE = {"service": "moorage", "client_id": "docker", "access_type": "offline"}


async def answers(replicas: Replicas, token: str, paths: tuple[str, ...] = PATHS) -> set[int]:
    """Return the statuses of ``paths`` on both replicas."""
    seen = set()
    for replica in replicas:
        async with replica.client(token) as client:
            seen |= {(await client.get(path)).status_code for path in paths}
    return seen


async def become(
    replicas: Replicas, token: str, status: int, paths: tuple[str, ...] = PATHS
) -> None:
    """Wait at most a second until all ``paths`` return ``status`` on both replicas."""
    await soon(
        lambda: answers(replicas, token, paths),
        lambda seen: seen == {status},
        within=ONE_SECOND,
        what=f"{status} everywhere",
    )


Ending = Callable[
    [httpx.AsyncClient, httpx.AsyncClient, World, Installation], Awaitable[httpx.Response]
]


async def _sign_out(
    mine: httpx.AsyncClient, _: httpx.AsyncClient, __: World, ___: Installation
) -> httpx.Response:
    return await mine.delete("/api/v1/sessions/current")


async def _sign_out_everywhere(
    mine: httpx.AsyncClient, _: httpx.AsyncClient, world: World, installation: Installation
) -> httpx.Response:
    async with installation.client(await installation.session(world.owner.id)) as elsewhere:
        return await elsewhere.delete("/api/v1/sessions")


async def _new_password(
    mine: httpx.AsyncClient, _: httpx.AsyncClient, __: World, ___: Installation
) -> httpx.Response:
    return await mine.put(
        "/api/v1/account/password",
        json={"current_password": PASSWORD, "password": "another battery"},
    )


async def _given_password(
    _: httpx.AsyncClient, admin: httpx.AsyncClient, world: World, __: Installation
) -> httpx.Response:
    return await admin.patch(
        f"/api/v1/accounts/{world.owner.username}", json={"password": "another battery"}
    )


async def _disable(
    _: httpx.AsyncClient, admin: httpx.AsyncClient, world: World, __: Installation
) -> httpx.Response:
    return await admin.patch(f"/api/v1/accounts/{world.owner.username}", json={"disabled": True})


@pytest.mark.parametrize(
    ("end", "keys_too"),
    [
        (_sign_out, False),
        (_sign_out_everywhere, False),
        (_new_password, True),
        (_given_password, True),
        (_disable, True),
    ],
)
async def test_sessions_and_keys_end_on_both_replicas(
    replicas: Replicas, world: World, end: Ending, keys_too: bool
) -> None:
    admin = await replicas[0].person("admin")
    key = await replicas[0].api_key(world.owner.id, "write")
    for bearer in (world.owner.token, key):
        await become(replicas, bearer, 200)
    async with (
        replicas[0].client(world.owner.token) as mine,
        replicas[0].client(admin.token) as administrator,
    ):
        assert (await end(mine, administrator, world, replicas[0])).is_success
    await become(replicas, world.owner.token, 401)
    await become(replicas, key, 401 if keys_too else 200)


async def test_enabling_an_account_does_not_restore_its_sessions_and_keys(
    replicas: Replicas, world: World
) -> None:
    admin = await replicas[0].person("admin")
    key = await replicas[0].api_key(world.owner.id, "write")
    async with replicas[0].client(admin.token) as administrator:
        for disabled in (True, False):
            await administrator.patch(
                f"/api/v1/accounts/{world.owner.username}", json={"disabled": disabled}
            )
    for bearer in (world.owner.token, key):
        await become(replicas, bearer, 401)


async def test_deleted_and_expired_keys_are_refused(replicas: Replicas, world: World) -> None:
    async with replicas[0].client(world.owner.token) as mine:
        made = [
            (await mine.post("/api/v1/api-keys", json={"name": "k", "permission": "read"})).json()
            for _ in range(2)
        ]
        for key in made:
            await become(replicas, key["secret"], 200)
        assert (await mine.delete(f"/api/v1/api-keys/{made[0]['id']}")).status_code == 204
    await replicas[0].database.execute(
        "UPDATE auth.api_keys SET expires_at = now() WHERE id = $1::uuid", made[1]["id"]
    )
    for key in made:
        await become(replicas, key["secret"], 401)


async def test_a_former_administrator_loses_access_on_both_replicas(replicas: Replicas) -> None:
    world, admin = await make_world(replicas[0], "admin"), await replicas[0].person("admin")
    key = await replicas[0].api_key(world.owner.id, "read")
    for bearer in (world.owner.token, key):
        await become(replicas, bearer, 200, ADMIN_PATHS)
    async with replicas[1].client(admin.token) as administrator:
        await administrator.patch(
            f"/api/v1/accounts/{world.owner.username}", json={"role": "member"}
        )
    for bearer in (world.owner.token, key):
        await become(replicas, bearer, 403, ADMIN_PATHS)


@pytest.mark.parametrize("end", ["grant", "docker user", "visibility"])
async def test_a_repository_that_is_no_longer_shared_or_public_is_hidden(
    replicas: Replicas, world: World, end: str
) -> None:
    partner = await make_world(replicas[0])
    paths = (
        f"/api/v1/repositories/{world.path}",
        f"/api/v1/images/{world.path}:{world.tag}",
        f"/api/v1/pulls?repository={world.path}",
    )
    space = f"/api/v1/namespaces/{world.namespace}"
    async with (
        replicas[0].client(world.owner.token) as mine,
        replicas[1].client(partner.owner.token) as theirs,
    ):
        if end == "visibility":
            await mine.patch(space, json={"visibility": "public"})
        else:
            body = {"permission": "pull", "account": partner.owner.username}
            assert (
                await mine.put(f"{space}/grants/{partner.docker_user}", json=body)
            ).status_code == 201
        await become(replicas, partner.owner.token, 200, paths)
        ended = {
            "grant": lambda: mine.delete(f"{space}/grants/{partner.docker_user}"),
            "docker user": lambda: theirs.delete(f"/api/v1/docker-users/{partner.docker_user}"),
            "visibility": lambda: mine.patch(space, json={"visibility": "private"}),
        }
        assert (await ended[end]()).is_success
    await become(replicas, partner.owner.token, 404, paths)


async def _statuses(replicas: Replicas, request: Callable[..., Awaitable[httpx.Response]]) -> Any:
    """Return the statuses of ``request`` on both replicas."""
    seen = []
    for replica in replicas:
        async with replica.client() as client:
            seen.append((await request(client)).status_code)
    return seen


async def test_access_token_survives_a_new_password_and_every_login_ends(
    replicas: Replicas, world: World
) -> None:
    """Access tokens are credentials of their own, as at GitHub (ADR 19)."""
    user, new_password = world.docker_user, "another battery"

    def with_password(password: str) -> Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]:
        form = {"grant_type": "password", "username": user, "password": password, **_OFFLINE}
        return lambda client: client.post("/token", data=form)

    def with_login(secret: str) -> Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]:
        form = {"grant_type": "refresh_token", "refresh_token": secret, **_OFFLINE}
        return lambda client: client.post("/token", data=form)

    async with replicas[0].client() as client:
        logins = [
            (await with_password(proof)(client)).json()["refresh_token"]
            for proof in (PASSWORD, world.token)
        ]
    before = [with_password(PASSWORD), with_password(world.token), *map(with_login, logins)]
    assert [await _statuses(replicas, request) for request in before] == [[200, 200]] * 4
    async with replicas[0].client(world.owner.token) as mine:
        path = f"/api/v1/docker-users/{user}/password"
        assert (await mine.put(path, json={"password": new_password})).status_code == 204
    for ended in (with_password(PASSWORD), *map(with_login, logins)):
        await soon(
            partial(_statuses, replicas, ended),
            lambda seen: seen == [401, 401],
            within=ONE_SECOND,
            what="401 everywhere",
        )
    for valid in (with_password(new_password), with_password(world.token)):
        assert await _statuses(replicas, valid) == [200, 200]
