"""The periodic task deletes rows that can no longer be used."""

import uuid

import pytest

from services.auth import app
from tests.integration.auth.conftest import Replica, World, sign_in
from tests.integration.auth.test_refresh_tokens import log_in
from tests.integration.auth.tokens import get
from tests.kit.waiting import soon


@pytest.fixture(autouse=True)
def _short_period(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "DELETE_ENDED_SECONDS", 0.1)


async def count(world: World, table: str, condition: str) -> int:
    rows = await world.database.fetch(f"SELECT count(*) FROM auth.{table} WHERE {condition}")
    return int(rows[0][0])


async def test_expired_session_is_deleted_and_a_current_one_is_kept(
    replica: Replica, world: World
) -> None:
    client = await replica()
    await sign_in(client, world)
    await world.database.execute(
        "UPDATE auth.sessions SET expires_at = now() - interval '1 s' WHERE account_id = $1",
        world.account_id,
    )
    await sign_in(client, world)
    owned = f"account_id = {world.account_id}"
    await soon(
        lambda: count(world, "sessions", f"{owned} AND expires_at < now()"),
        lambda expired: expired == 0,
        within=3,
        what="the deletion of the expired session",
    )
    assert await count(world, "sessions", owned) == 1


async def test_tokens_of_a_deleted_docker_user_are_deleted(replica: Replica, world: World) -> None:
    client = await replica()
    user = await world.add_user("dev", token_login=True)
    await log_in(client, user)
    await world.database.execute(
        "INSERT INTO auth.access_tokens (id, docker_user_id, name, permission, secret_hash)"
        " VALUES ($1, $2, 'build server', 'pull', $3)",
        uuid.uuid4(),
        world.users["dev"],
        uuid.uuid4().bytes,
    )
    await world.database.execute(
        "DELETE FROM catalog.docker_users WHERE id = $1", world.users["dev"]
    )
    for table in ("refresh_tokens", "access_tokens"):
        await soon(
            lambda table=table: count(  # type: ignore[misc]
                world, table, f"docker_user_id = {world.users['dev']}"
            ),
            lambda left: left == 0,
            within=3,
            what=f"the deletion from {table}",
        )


async def test_failed_logins_are_deleted_after_their_window(replica: Replica, world: World) -> None:
    client = await replica()
    user = await world.add_user("dev")
    assert (await get(client, user, password="a wrong guess")).status_code == 401
    failures = f"username = '{user}'"
    assert await count(world, "login_throttle", failures) == 1
    await world.database.execute(
        "UPDATE auth.login_throttle SET window_ends_at = now() - interval '1 s'"
        " WHERE username = $1",
        user,
    )
    await soon(lambda: count(world, "login_throttle", failures), lambda left: left == 0, within=3)


async def test_tokens_and_keys_are_deleted_a_month_after_they_expired(
    replica: Replica, world: World
) -> None:
    await replica()
    await world.add_user("dev")
    for days in (29, 31):
        await world.database.execute(
            "INSERT INTO auth.access_tokens"
            " (id, docker_user_id, name, permission, secret_hash, expires_at)"
            " VALUES ($1, $2, 'build server', 'pull', $3, now() - $4 * interval '1 day')",
            uuid.uuid4(),
            world.users["dev"],
            uuid.uuid4().bytes,
            days,
        )
        await world.database.execute(
            "INSERT INTO auth.api_keys"
            " (id, account_id, credential_version, name, permission, secret_hash, expires_at)"
            " VALUES ($1, $2, 1, 'nightly', 'read', $3, now() - $4 * interval '1 day')",
            uuid.uuid4(),
            world.account_id,
            uuid.uuid4().bytes,
            days,
        )
    await world.database.execute(
        "INSERT INTO auth.last_logins VALUES ($1, now()), (999999999, now())", world.users["dev"]
    )
    for table, condition in (
        ("access_tokens", f"docker_user_id = {world.users['dev']}"),
        ("api_keys", f"account_id = {world.account_id}"),
        ("last_logins", f"docker_user_id IN (999999999, {world.users['dev']})"),
    ):
        await soon(
            lambda table=table, condition=condition: count(  # type: ignore[misc]
                world, table, condition
            ),
            lambda left: left == 1,
            within=5,
            what=f"the deletion from {table}",
        )
