"""Requests to the registry: which responses are returned, and which are errors."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from libs.common.registry.errors import RegistryRefused, RegistryUnavailable
from libs.common.registry.tokens import RegistryTokens, repository_access
from libs.common.registry.transport import Answer, Transport
from tests.unit.common.security.key_files import write_key

ACCESS = repository_access("team/app", "pull")
Respond = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def tokens(tmp_path: Path) -> RegistryTokens:
    """A signer with a new key."""
    write_key(tmp_path, "1")
    return RegistryTokens(keys=tmp_path, service="moorage", issuer="moorage", subject="test")


@asynccontextmanager
async def _transport(tokens: RegistryTokens, respond: Respond) -> AsyncIterator[Transport]:
    async with httpx.AsyncClient(
        base_url="http://registry", transport=httpx.MockTransport(respond)
    ) as http:
        yield Transport(http, tokens)


async def _get(tokens: RegistryTokens, respond: Respond, limit: int | None = 10) -> Answer | None:
    async with _transport(tokens, respond) as transport:
        return await transport.request("GET", "/v2/x", access=ACCESS, limit=limit)


async def test_a_response_with_the_expected_status_is_returned(tokens: RegistryTokens) -> None:
    answer = await _get(tokens, lambda _: httpx.Response(200, content=b"0123456789"))
    assert answer is not None
    assert answer.content == b"0123456789"


async def test_each_request_carries_a_token_and_the_type_of_its_body(
    tokens: RegistryTokens,
) -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(201)

    async with _transport(tokens, respond) as transport:
        await transport.request(
            "PUT",
            "/v2/x",
            access=ACCESS,
            limit=0,
            status=201,
            content=b"{}",
            media_type="application/json",
        )
    (request,) = seen
    assert request.headers["authorization"].startswith("Bearer ey")
    assert request.headers["content-type"] == "application/json"
    assert request.content == b"{}"


async def test_a_missing_object_and_a_too_large_one_are_none(tokens: RegistryTokens) -> None:
    assert await _get(tokens, lambda _: httpx.Response(404)) is None
    assert await _get(tokens, lambda _: httpx.Response(200, content=b"0" * 11)) is None
    assert await _get(tokens, lambda _: httpx.Response(200, content=b"0" * 11), limit=None)


async def test_another_status_is_refused_with_the_status(tokens: RegistryTokens) -> None:
    with pytest.raises(RegistryRefused, match="GET /v2/x returned status 405") as refused:
        await _get(tokens, lambda _: httpx.Response(405))
    assert refused.value.status == 405


async def test_a_failed_connection_means_that_the_registry_is_unavailable(
    tokens: RegistryTokens,
) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(RegistryUnavailable, match="GET /v2/x: ConnectError"):
        await _get(tokens, respond)


@pytest.mark.parametrize(
    ("link", "path"),
    [
        (None, None),
        ('</v2/_catalog?last=b&n=2>; rel="next"', "/v2/_catalog?last=b&n=2"),
        ('<http://elsewhere/v2/_catalog?last=b>; rel="next"', "/v2/_catalog?last=b"),
    ],
)
def test_the_next_page_is_the_path_of_the_link_header(link: str | None, path: str | None) -> None:
    headers = httpx.Headers({} if link is None else {"Link": link})
    assert Answer(headers, b"").next == path
