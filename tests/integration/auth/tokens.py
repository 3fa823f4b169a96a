"""Requests registry tokens and decodes them."""

import base64
import json
from typing import Any

import httpx

from tests.integration.auth.conftest import PASSWORD


def claims(response: httpx.Response) -> dict[str, Any]:
    """Return the claims of the token in a 200 response."""
    assert response.status_code == 200, response.text
    decoded: dict[str, Any] = json.loads(_part(response.json()["token"], 1))
    return decoded


def header(response: httpx.Response) -> dict[str, Any]:
    """Return the JOSE header of the token in a 200 response."""
    decoded: dict[str, Any] = json.loads(_part(response.json()["token"], 0))
    return decoded


def _part(token: str, index: int) -> bytes:
    part = token.split(".")[index]
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def access(response: httpx.Response) -> list[tuple[str, list[str]]]:
    """Return the access that the token grants, as (name, actions)."""
    return [(item["name"], item["actions"]) for item in claims(response)["access"]]


async def get(
    client: httpx.AsyncClient,
    user: str | None,
    *scopes: str,
    password: str = PASSWORD,
    **params: str,
) -> httpx.Response:
    """Send a GET as docker does; a ``user`` of None is anonymous."""
    auth = None if user is None else httpx.BasicAuth(user, password)
    query: list[tuple[str, str | int | float | bool | None]] = [
        ("service", "moorage"),
        *params.items(),
        *(("scope", scope) for scope in scopes),
    ]
    if "service" in params:
        query = query[1:]
    if auth is None:
        return await client.get("/token", params=query)
    return await client.get("/token", params=query, auth=auth)


async def post(client: httpx.AsyncClient, **form: str) -> httpx.Response:
    """Send a POST as containerd does."""
    return await client.post("/token", data={"service": "moorage", "client_id": "test", **form})
