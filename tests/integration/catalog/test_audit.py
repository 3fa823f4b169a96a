"""The audit trail of the three services."""

from datetime import UTC, datetime

import httpx

from tests.integration.catalog.creating import create_namespace
from tests.kit.database import Database

_INSERT = """
    INSERT INTO {}.audit_entries (at, account_id, account, action, target, client_address)
    VALUES ($1, (SELECT id FROM catalog.accounts WHERE username = $2), $2, $3, $4, '203.0.113.7')
"""


async def _actions(client: httpx.AsyncClient, **params: str | int) -> list[str]:
    response = await client.get("/api/v1/audit", params=params)
    assert response.status_code == 200, response.text
    return [entry["action"] for entry in response.json()["items"]]


async def test_every_change_is_recorded_and_a_refused_one_is_not(
    acme: httpx.AsyncClient,
) -> None:
    await create_namespace(acme, "team")
    await create_namespace(acme, "team")
    await acme.patch("/api/v1/namespaces/team", json={"visibility": "public"})
    await acme.patch("/api/v1/namespaces/none", json={"visibility": "public"})
    await acme.delete("/api/v1/namespaces/team")
    assert await _actions(acme) == ["namespace.delete", "namespace.change", "namespace.create"]
    entry = (await acme.get("/api/v1/audit", params={"limit": 1})).json()["items"][0]
    assert entry | {"at": None} == {
        "at": None,
        "account": "acme",
        "owner": "acme",
        "docker_user": None,
        "via": "session",
        "api_key_id": None,
        "action": "namespace.delete",
        "target": "namespaces/team",
        "changes": {},
        "occurrences": 1,
        "client_address": "192.0.2.1",
    }


async def test_the_audit_list_merges_the_entries_of_all_services(
    acme: httpx.AsyncClient, other: httpx.AsyncClient, admin: httpx.AsyncClient, emptied: Database
) -> None:
    at = datetime(2026, 11, 24, 5, tzinfo=UTC)
    for schema, account, action, target in (
        ("auth", "acme", "session.create", "sessions"),
        ("auth", None, "login.refused", "docker-users/builder"),
        ("events", "admin", "dead_letter.replay", "events/dead-letters/1"),
        ("catalog", "acme", "grant.push", "namespaces/team/grants/builder"),
        ("catalog", "other", "namespace.create", "namespaces/team-x"),
    ):
        await emptied.execute(_INSERT.format(schema), at, account, action, target)
    everything = {
        "session.create",
        "login.refused",
        "dead_letter.replay",
        "grant.push",
        "namespace.create",
    }
    assert set(await _actions(admin)) == everything
    assert set(await _actions(acme)) == {"session.create", "grant.push"}
    assert await _actions(other) == ["namespace.create"]
    assert await _actions(admin, account="other") == ["namespace.create"]
    assert await _actions(admin, account="nobody") == []
    assert (await acme.get("/api/v1/audit", params={"account": "other"})).status_code == 403
    assert (
        await _actions(admin, action="grant")
        == await _actions(admin, action="grant.push")
        == ["grant.push"]
    )
    assert await _actions(admin, action="gran") == []
    assert await _actions(admin, target="namespaces/team") == ["grant.push"], (
        "team-x is another namespace"
    )
    seen, cursor = [], None
    for _ in range(5):  # five entries of one instant, from three tables, on five pages
        body = (
            await admin.get(
                "/api/v1/audit", params={"limit": 1} | ({"cursor": cursor} if cursor else {})
            )
        ).json()
        seen += [entry["action"] for entry in body["items"]]
        cursor = body["next_cursor"]
    assert set(seen) == everything
    assert cursor is None
