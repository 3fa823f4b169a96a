"""Requests registry tokens and decodes them."""

from typing import Any

import httpx

from tests.integration.auth.conftest import PASSWORD
from tests.kit.http.tokens import claims_of, header_of


def claims(response: httpx.Response) -> dict[str, Any]:
    """Return the claims of the token in a 200 response."""
    assert response.status_code == 200, response.text
    return claims_of(response.json()["token"])


def header(response: httpx.Response) -> dict[str, Any]:
    """Return the JOSE header of the token in a 200 response."""
    assert response.status_code == 200, response.text
    return header_of(response.json()["token"])


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
