"""Addresses that are too long get a 414 from every service, and never a 5xx."""

import pytest

from tests.integration.api.installation import Installation
from tests.integration.api.world import World

KIB = 1024
GATEWAY_HEADERS = 30 * KIB
"""The gateway accepts response headers of 32 KiB in total (`proxy_buffer_size`)."""
PATHS = ["/api/v1/account", "/api/v1/namespaces", "/api/v1/pulls", "/api/v1/api-keys", "/healthz"]


@pytest.mark.parametrize("path", PATHS)
async def test_query_of_9_kb_gets_414(installation: Installation, world: World, path: str) -> None:
    async with installation.client(world.owner.token) as client:
        answer = await client.get(f"{path}?limit=1&x=" + "x" * 9000)
    assert (answer.status_code, answer.json()["code"]) == (414, "uri_too_long")
    assert "8 KiB" in answer.json()["detail"]
    assert len(answer.content) < KIB


async def test_path_of_9_kb_gets_414(installation: Installation, world: World) -> None:
    async with installation.client(world.owner.token) as client:
        for path in ("x" * 9000, "x" * 9000 + "/"):
            answer = await client.get(f"/api/v1/namespaces/{path}")
            assert (answer.status_code, answer.json()["code"]) == (414, "uri_too_long")


@pytest.mark.parametrize("character", ["x", ":", "%3A", "%FF", "%"])
async def test_headers_of_a_response_to_the_longest_query_pass_the_gateway(
    installation: Installation, world: World, character: str
) -> None:
    path = "/api/v1/namespaces"
    query = "limit=1&x="
    repeated = (8 * KIB - len(f"{path}?{query}")) // len(character)
    async with installation.client(world.owner.token) as client:
        answer = await client.get(f"{path}?{query}{character * repeated}")
    assert answer.status_code == 200
    assert "link" in answer.headers
    assert sum(len(name) + len(value) + 4 for name, value in answer.headers.raw) < GATEWAY_HEADERS
