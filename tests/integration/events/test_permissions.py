"""Which requests the events service refuses."""

import httpx
import pytest

from tests.kit.sessions import SignIn


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/pulls"),
        ("GET", "/api/v1/events/status"),
        ("GET", "/api/v1/events/dead-letters"),
        ("POST", "/api/v1/events/dead-letters/1/replay"),
    ],
)
async def test_anonymous_client_is_refused(
    anonymous: httpx.AsyncClient, method: str, path: str
) -> None:
    response = await anonymous.request(method, path)
    assert response.status_code == 401
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/events/status"),
        ("GET", "/api/v1/events/dead-letters"),
        ("POST", "/api/v1/events/dead-letters/1/replay"),
    ],
)
async def test_member_cannot_read_the_pipeline(sign_in: SignIn, method: str, path: str) -> None:
    member = await sign_in("acme")
    assert (await member.request(method, path)).status_code == 403
