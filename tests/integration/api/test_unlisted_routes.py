"""Every route is in an OpenAPI document, whose tests check its authentication, or on a short list.

Otherwise a forgotten route could answer without a check (pitfalls, "Alternate path").
"""

from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import pytest

from tests.integration.api.installation import Installation
from tests.integration.api.world import World

INTERNAL = {"/healthz", "/readyz", "/metrics", "/openapi.json"}
"""The gateway has no route to these paths of a service (tests/integration/gateway)."""
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


def _unlisted(routes: Iterable[Any]) -> Iterator[str]:
    """Yield the paths of routes, and of the routers that an app includes, without a document."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from _unlisted(included.routes)
        elif not getattr(route, "include_in_schema", False):
            yield route.path


@pytest.mark.parametrize("service", ["auth", "catalog", "events"])
def test_every_route_is_documented_or_internal(installation: Installation, service: str) -> None:
    assert set(_unlisted(installation.apps[service].routes)) <= INTERNAL


async def test_header_that_names_another_method_changes_nothing(
    installation: Installation, world: World
) -> None:
    key = await installation.api_key(world.owner.id, "read")
    path = f"/api/v1/namespaces/{world.empty}"
    async with installation.client(key) as client:
        for header in OVERRIDES:
            answer = await client.get(
                path, headers={header: "DELETE"}, params={"_method": "DELETE"}
            )
            assert (answer.status_code, answer.json()["name"]) == (200, world.empty)
    async with installation.client(world.owner.token) as client:
        assert (await client.get(path)).status_code == 200


@pytest.mark.parametrize(
    ("path", "method"),
    [("/registry-events/", "POST"), ("/token/", "GET"), ("/api/v1/account/", "GET")],
)
async def test_path_with_a_slash_at_its_end_is_not_redirected(
    installation: Installation, path: str, method: str
) -> None:
    """A client could send its secret to the target of the redirect."""
    async with installation.client() as client:
        answer = await client.request(method, path, headers={"Host": "evil.example"})
    assert answer.status_code == httpx.codes.NOT_FOUND, answer.headers
