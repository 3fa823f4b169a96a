"""How many requests of one client address the gateway processes at once."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from tests.integration.gateway.conftest import Start, Tokens
from tests.integration.gateway.test_gateway_errors import problem, registry_error
from tests.kit.servers.gateway import TRUSTED, Gateway
from tests.kit.servers.service import Service
from tests.kit.waiting import eventually

LIMIT = 4


@pytest.fixture(scope="module")
def limited(start: Start) -> Gateway:
    return start("limited", trusted_proxies=[TRUSTED], connections_per_address=LIMIT)


@contextmanager
def slow_requests(
    gateway: Gateway, count: int, source: str = "127.0.0.1", forwarded_for: str | None = None
) -> Iterator[None]:
    """Hold ``count`` requests open, each with a body that does not arrive."""
    forwarded = "" if forwarded_for is None else f"X-Forwarded-For: {forwarded_for}\r\n"
    with ExitStack() as stack:
        for _ in range(count):
            connection = stack.enter_context(
                socket.create_connection(
                    ("127.0.0.1", gateway.port), timeout=10, source_address=(source, 0)
                )
            )
            connection.sendall(
                f"POST /api/v1/namespaces HTTP/1.1\r\nHost: hub.example\r\n{forwarded}"
                "Content-Length: 1000\r\n\r\n{".encode()
            )
        yield


def wait_for(get: Callable[[], httpx.Response], status: int) -> httpx.Response:
    """Repeat a request until it has ``status``: the gateway reads requests in its own time."""
    return eventually(
        get, lambda answer: answer.status_code == status, within=5, what=f"the status {status}"
    )


def test_request_beyond_the_limit_gets_429_in_the_format_of_its_path(
    limited: Gateway, tokens: Tokens
) -> None:
    authorization = {"Authorization": f"Bearer {tokens('team/app:pull,push')}"}
    with limited.client(headers=authorization) as http:
        with slow_requests(limited, LIMIT):
            refused = wait_for(lambda: http.get("/api/v1/account"), 429)
            assert problem(refused) == "too_many_requests"
            assert "connections" in refused.json()["detail"]
            assert int(refused.headers["retry-after"]) > 0
            for answer in (
                http.get("/token"),
                http.get("/v2/"),
                http.get("/v2/team/app/manifests/v1"),
                http.get(f"/v2/team/app/blobs/sha256:{'0' * 64}"),
                http.post("/v2/team/app/blobs/uploads/"),
            ):
                assert (answer.status_code, registry_error(answer)) == (429, "TOOMANYREQUESTS")
                assert int(answer.headers["retry-after"]) > 0
            assert http.get("/healthz").status_code == 200
        assert wait_for(lambda: http.get("/api/v1/account"), 200)


def test_other_addresses_are_not_limited(limited: Gateway, services: dict[str, Service]) -> None:
    before = len(services["catalog"].received)
    with (
        slow_requests(limited, LIMIT),
        limited.client() as same,
        limited.client(source="127.0.0.2") as other,
        limited.client(source=TRUSTED) as proxy,
    ):
        wait_for(lambda: same.get("/token"), 429)
        assert len(services["catalog"].received) == before, "no service waits for a slow body"
        assert other.get("/token").status_code == 200
        assert proxy.get("/token", headers={"X-Forwarded-For": "203.0.113.7"}).status_code == 200


@pytest.mark.parametrize(
    ("client", "same", "other"),
    [
        ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("203.0.113.7", "::ffff:203.0.113.7", "::ffff:203.0.113.8"),
        ("2001:db8:1:1::1", "2001:db8:1:1:ffff::2", "2001:db8:1:2::1"),
        ("2001:db8::a0a:1", "2001:db8::1", "2001:db8:0:1::1"),
    ],
)
def test_clients_of_a_trusted_proxy_are_limited_by_address_or_ipv6_network(
    limited: Gateway, client: str, same: str, other: str
) -> None:
    with (
        slow_requests(limited, LIMIT, source=TRUSTED, forwarded_for=client),
        limited.client(source=TRUSTED) as proxy,
    ):
        wait_for(lambda: proxy.get("/token", headers={"X-Forwarded-For": same}), 429)
        assert proxy.get("/token", headers={"X-Forwarded-For": other}).status_code == 200


def test_limit_of_zero_limits_nothing(start: Start) -> None:
    unlimited = start("unlimited", connections_per_address=0)
    with slow_requests(unlimited, 300), unlimited.client() as http:
        assert {http.get("/token").status_code for _ in range(20)} == {200}
