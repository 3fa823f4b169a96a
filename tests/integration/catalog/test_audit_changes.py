"""What an audit entry shows: the change, by which means, and on whose object."""

import secrets
import uuid
from typing import Any

import httpx
from fastapi import FastAPI

from libs.common.security.passwords import hash_password
from libs.common.security.secrets import hash_of
from tests.integration.catalog.creating import (
    PASSWORD,
    create_docker_user,
    create_namespace,
    create_repository,
)
from tests.kit.database import Database
from tests.kit.sessions import app_client
from tests.kit.waiting import soon

DOCKER_USER = "/api/v1/docker-users/builder"
GRANT = "/api/v1/namespaces/team/grants/builder"


async def entries(client: httpx.AsyncClient, **params: str) -> list[dict[str, Any]]:
    """Return the entries that ``client`` sees, oldest first."""
    response = await client.get("/api/v1/audit", params={"limit": "200"} | params)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    return items[::-1]


async def changes(client: httpx.AsyncClient) -> list[tuple[str, dict[str, Any]]]:
    """Return action and changes of each entry, oldest first."""
    return [(entry["action"], entry["changes"]) for entry in await entries(client)]


async def test_entries_show_what_changed_from_what_to_what(acme: httpx.AsyncClient) -> None:
    await create_namespace(acme, "team", description="images")
    await create_repository(acme, "team", "app", description="shop")
    await create_docker_user(acme, "builder", description="CI")
    await acme.patch("/api/v1/namespaces/team", json={"visibility": "public"})
    await acme.patch("/api/v1/repositories/team/app", json={"description": "web shop"})
    await acme.patch(DOCKER_USER, json={"disabled": True, "token_login": True, "description": "CI"})
    for permission in ("pull", "push", "delete"):
        await acme.put(GRANT, json={"permission": permission})
    await acme.delete(GRANT)
    assert await changes(acme) == [
        (
            "namespace.create",
            {"visibility": [None, "private"], "description": [None, "images"]},
        ),
        ("repository.create", {"description": [None, "shop"]}),
        ("docker_user.create", {"description": [None, "CI"], "token_login": [None, False]}),
        ("namespace.change", {"visibility": ["private", "public"]}),
        ("repository.change", {"description": ["shop", "web shop"]}),
        ("docker_user.change", {"disabled": [False, True], "token_login": [False, True]}),
        ("grant.pull", {"permission": [None, "pull"]}),
        ("grant.push", {"permission": ["pull", "push"]}),
        ("grant.allow_delete", {"permission": ["push", "delete"]}),
        ("grant.delete", {"permission": ["delete", None]}),
    ]


async def test_update_that_changes_nothing_writes_no_entry(acme: httpx.AsyncClient) -> None:
    await create_namespace(acme, "team", description="images")
    await create_repository(acme, "team", "app")
    await create_docker_user(acme, "builder")
    await acme.put(GRANT, json={"permission": "pull"})
    before = len(await entries(acme))
    same = {"visibility": "private", "description": "images"}
    assert (await acme.patch("/api/v1/namespaces/team", json=same)).status_code == 200
    unchanged = {"description": ""}
    assert (await acme.patch("/api/v1/repositories/team/app", json=unchanged)).status_code == 200
    assert (await acme.patch(DOCKER_USER, json={"disabled": False})).status_code == 200
    assert (await acme.put(GRANT, json={"permission": "pull"})).status_code == 200
    assert len(await entries(acme)) == before


async def test_long_texts_in_changes_are_cut(acme: httpx.AsyncClient) -> None:
    await create_namespace(acme, "team", description="長" * 500)
    (entry,) = await entries(acme)
    shown = entry["changes"]["description"][1]
    assert shown.startswith("長" * 100)
    assert shown.endswith("…")
    assert len(shown) <= 201


async def test_entries_of_accounts_show_role_and_status_and_no_password(
    admin: httpx.AsyncClient, emptied: Database
) -> None:
    member = {"username": "second", "password": PASSWORD}
    assert (await admin.post("/api/v1/accounts", json=member)).status_code == 201
    new_password = "another long secret"
    for body in (
        {"role": "admin", "password": new_password},
        {"disabled": True},
        {"disabled": True},
    ):
        await admin.patch("/api/v1/accounts/second", json=body)
    assert await changes(admin) == [
        ("account.create", {"role": [None, "member"]}),
        ("account.change", {"role": ["member", "admin"], "password": [None, None]}),
        ("account.change", {"disabled": [False, True]}),
    ]
    rows = await emptied.fetch("SELECT e::text FROM catalog.audit_entries e")
    assert not any(PASSWORD in row[0] or new_password in row[0] for row in rows)


async def test_change_by_an_administrator_is_in_the_trail_of_both_accounts(
    acme: httpx.AsyncClient, other: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await create_namespace(acme, "team")
    await create_docker_user(acme, "builder")
    await create_repository(acme, "team", "app")
    await admin.patch("/api/v1/namespaces/team", json={"visibility": "public"})
    await admin.patch(DOCKER_USER, json={"disabled": True})
    await admin.put(f"{DOCKER_USER}/password", json={"password": PASSWORD})
    await admin.put(GRANT, json={"permission": "pull"})
    await admin.patch("/api/v1/repositories/team/app", json={"description": "x"})
    await create_repository(admin, "team", "web")
    await admin.patch("/api/v1/accounts/acme", json={"role": "admin"})
    by_admin = [
        ("admin", "acme", "namespace.change"),
        ("admin", "acme", "docker_user.change"),
        ("admin", "acme", "docker_user.change_password"),
        ("admin", "acme", "grant.pull"),
        ("admin", "acme", "repository.change"),
        ("admin", "acme", "repository.create"),
        ("admin", "acme", "account.change"),
    ]
    for seen in (await entries(acme, account="acme"), await entries(admin, account="admin")):
        listed = [(e["account"], e["owner"], e["action"]) for e in seen if e["account"] == "admin"]
        assert listed == by_admin
    own = await entries(admin, account="acme")
    assert len(own) == len(by_admin) + 3
    assert await entries(other) == []


async def test_entry_names_the_session_or_the_api_key(
    acme: httpx.AsyncClient, app: FastAPI, emptied: Database
) -> None:
    await create_namespace(acme, "team")
    secret, key_id = f"mak_{secrets.token_hex(16)}", uuid.uuid4()
    await emptied.execute(
        "INSERT INTO auth.api_keys"
        " (id, account_id, credential_version, name, permission, secret_hash)"
        " SELECT $1, id, credential_version, 'nightly build', 'write', $2"
        " FROM catalog.accounts WHERE username = 'acme'",
        key_id,
        hash_of(secret),
    )
    async with app_client(app, secret) as client:
        await client.patch("/api/v1/namespaces/team", json={"visibility": "public"})
    assert [(entry["via"], entry["api_key_id"]) for entry in await entries(acme)] == [
        ("session", None),
        ("nightly build", str(key_id)),
    ]


async def test_filters_by_time(acme: httpx.AsyncClient, emptied: Database) -> None:
    for name in ("first", "second", "third"):
        await create_namespace(acme, name)
    _, second, third = await entries(acme)
    seen = await entries(acme, **{"from": second["at"], "to": third["at"]})
    assert [entry["target"] for entry in seen] == ["namespaces/second"]
    wrong = await acme.get("/api/v1/audit", params={"from": third["at"], "to": second["at"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "to")


async def test_wrong_current_password_and_refused_api_key_are_audited(
    acme: httpx.AsyncClient, admin: httpx.AsyncClient, app: FastAPI, emptied: Database
) -> None:
    await emptied.execute(
        "UPDATE catalog.accounts SET password_hash = $1 WHERE username = 'acme'",
        hash_password("the current one"),
    )
    body = {"current_password": "another one", "password": PASSWORD}
    assert (await acme.put("/api/v1/account/password", json=body)).status_code == 403
    async with app_client(app, f"mak_{secrets.token_hex(16)}") as client:
        assert (await client.get("/api/v1/namespaces")).status_code == 401

    async def seen() -> set[tuple[str, str, str | None]]:
        return {
            (entry["action"], entry["target"], entry["owner"]) for entry in await entries(admin)
        }

    expected = {
        ("account.refuse_password", "accounts/acme", "acme"),
        ("api_key.refuse", "api-keys/-", None),
    }
    await soon(seen, lambda found: found == expected, within=5, what="the refusals")
    assert [entry["action"] for entry in await entries(acme)] == ["account.refuse_password"]
