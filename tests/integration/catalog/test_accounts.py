"""The account that is signed in, and the accounts that an administrator manages."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.security.passwords import PasswordHasher, hash_password
from services.catalog.accounts import usecases
from tests.integration.catalog.creating import PASSWORD, create_docker_user
from tests.kit.database import Database
from tests.kit.sessions import SignIn

OTHER = "another battery horse"


async def _set_password(database: Database, username: str) -> None:
    await database.execute(
        "UPDATE catalog.accounts SET password_hash = $1 WHERE username = $2",
        hash_password(PASSWORD),
        username,
    )


async def _versions(database: Database) -> dict[str, int]:
    rows = await database.fetch("SELECT username, credential_version FROM catalog.docker_users")
    return {row["username"]: row["credential_version"] for row in rows}


async def test_anonymous_client_has_no_account(anonymous: httpx.AsyncClient) -> None:
    response = await anonymous.get("/api/v1/account")
    assert (response.status_code, response.json()["code"]) == (401, "unauthenticated")
    assert response.headers["content-type"] == "application/problem+json"
    assert "WWW-Authenticate" in response.headers


async def test_an_account_can_read_itself(acme: httpx.AsyncClient) -> None:
    body = (await acme.get("/api/v1/account")).json()
    storage = {f"storage_{name}" for name in ("quota_bytes", "used_bytes", "trash_bytes", "state")}
    assert body.keys() == {"username", "role", "created_at"} | storage
    assert (body["username"], body["role"]) == ("acme", "member")


async def test_a_new_password_ends_every_session(sign_in: SignIn, emptied: Database) -> None:
    acme, elsewhere = await sign_in("acme"), await sign_in("acme")
    await _set_password(emptied, "acme")
    wrong = await acme.put(
        "/api/v1/account/password", json={"current_password": OTHER, "password": OTHER}
    )
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    right = await acme.put(
        "/api/v1/account/password", json={"current_password": PASSWORD, "password": OTHER}
    )
    assert right.status_code == 204
    assert right.content == b""
    assert (await acme.get("/api/v1/account")).status_code == 401
    assert (await elsewhere.get("/api/v1/account")).status_code == 401


@pytest.mark.parametrize(
    "call", ["GET /accounts", "POST /accounts", "GET /accounts/acme", "PATCH /accounts/acme"]
)
async def test_a_member_cannot_manage_accounts(acme: httpx.AsyncClient, call: str) -> None:
    method, path = call.split()
    response = await acme.request(
        method,
        f"/api/v1{path}",
        json={"username": "newcomer", "password": PASSWORD} if method == "POST" else None,
    )
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


async def test_an_administrator_creates_finds_and_changes_accounts(
    admin: httpx.AsyncClient, acme: httpx.AsyncClient
) -> None:
    created = await admin.post(
        "/api/v1/accounts", json={"username": "newcomer", "password": PASSWORD, "role": "admin"}
    )
    assert (created.status_code, created.json()["role"], created.json()["disabled"]) == (
        201,
        "admin",
        False,
    )
    taken = await admin.post(
        "/api/v1/accounts", json={"username": "newcomer", "password": PASSWORD}
    )
    assert (taken.status_code, taken.json()["code"]) == (409, "account_taken")
    listed = (await admin.get("/api/v1/accounts")).json()["items"]
    assert [account["username"] for account in listed] == ["acme", "admin", "newcomer"]
    assert [
        a["username"]
        for a in (await admin.get("/api/v1/accounts", params={"q": "COM"})).json()["items"]
    ] == ["newcomer"]
    changed = await admin.patch("/api/v1/accounts/newcomer", json={"role": "member"})
    assert (changed.status_code, changed.json()["role"]) == (200, "member")
    assert (await admin.get("/api/v1/accounts/newcomer")).json() == changed.json()
    assert (await admin.get("/api/v1/accounts/nobody")).status_code == 404
    assert (await admin.get("/api/v1/accounts/a%00b")).status_code == 404


async def test_disabling_an_account_ends_its_sessions_and_its_docker_users_logins(
    admin: httpx.AsyncClient, acme: httpx.AsyncClient, other: httpx.AsyncClient, emptied: Database
) -> None:
    await create_docker_user(acme, "of-acme")
    await create_docker_user(other, "of-other")
    assert (await admin.patch("/api/v1/accounts/acme", json={"disabled": True})).json()[
        "disabled"
    ] is True
    assert (await acme.get("/api/v1/account")).status_code == 401
    assert await _versions(emptied) == {"of-acme": 2, "of-other": 1}
    await admin.patch("/api/v1/accounts/acme", json={"disabled": False})
    assert (await acme.get("/api/v1/account")).status_code == 401, (
        "an ended session must stay invalid"
    )
    assert await _versions(emptied) == {"of-acme": 2, "of-other": 1}


async def test_the_last_administrator_cannot_be_disabled_or_demoted(
    admin: httpx.AsyncClient, sign_in: SignIn
) -> None:
    for body in ({"disabled": True}, {"role": "member"}):
        refused = await admin.patch("/api/v1/accounts/admin", json=body)
        assert (refused.status_code, refused.json()["code"]) == (409, "last_administrator")
    await sign_in("second", role="admin")
    assert (
        await admin.patch("/api/v1/accounts/second", json={"role": "member"})
    ).status_code == 200
    assert (await admin.patch("/api/v1/accounts/admin", json={"role": "member"})).status_code == 409
    assert (
        await admin.patch("/api/v1/accounts/admin", json={"role": "admin", "disabled": False})
    ).status_code == 200


async def test_a_password_set_by_an_administrator_ends_the_sessions(
    admin: httpx.AsyncClient, acme: httpx.AsyncClient
) -> None:
    assert (
        await admin.patch("/api/v1/accounts/acme", json={"password": PASSWORD})
    ).status_code == 200
    assert (await acme.get("/api/v1/account")).status_code == 401


async def test_the_first_administrator_is_created_once(
    emptied: Database, owner_engine: AsyncEngine
) -> None:
    for password, is_new in (("first", True), ("second", False)):
        async with owner_engine.begin() as tx:
            assert (
                await usecases.ensure_first_admin(
                    tx=tx, username="admin", password_hash=hash_password(password)
                )
                is is_new
            )
    (account,) = await emptied.fetch("SELECT role, password_hash FROM catalog.accounts")
    assert account["role"] == "admin"
    assert await PasswordHasher().verify("first", account["password_hash"])
