"""The gateway's metrics, and the trace context of each request."""

from __future__ import annotations

import re
import subprocess

import httpx
import pytest

from ops.host.ports import reserve
from tests.integration.gateway.conftest import Start
from tests.kit.install import toolbox
from tests.kit.servers.gateway import Gateway
from tests.kit.servers.service import Service

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def _sent(services: dict[str, Service]) -> dict[str, str]:
    return dict(services["catalog"].received[-1]["headers"])


def test_request_without_a_trace_gets_one_with_its_id(
    gateway: Gateway, services: dict[str, Service]
) -> None:
    with gateway.client() as http:
        request_id = http.get("/api/v1/account").headers["x-request-id"]
    assert re.fullmatch(rf"00-{request_id}-[0-9a-f]{{15}}1-01", _sent(services)["traceparent"])
    assert "tracestate" not in _sent(services)
    assert gateway.logged(request_id)["trace_id"] == request_id


def test_request_keeps_the_trace_of_its_client(
    gateway: Gateway, services: dict[str, Service]
) -> None:
    given = {"traceparent": f"00-{TRACE}-{SPAN}-01", "tracestate": "vendor=opaque"}
    with gateway.client(headers=given) as http:
        request_id = http.get("/api/v1/account").headers["x-request-id"]
    sent = _sent(services)
    assert {name: sent[name] for name in given} == given
    assert gateway.logged(request_id)["trace_id"] == TRACE


@pytest.mark.parametrize(
    "value",
    [
        f"00-{TRACE}-{SPAN}",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f'00-{TRACE}-{SPAN}-01"',
        f"ff-{TRACE}-{SPAN}-01",
        "x" * 4000,
    ],
)
def test_malformed_trace_is_replaced(
    gateway: Gateway, services: dict[str, Service], value: str
) -> None:
    with gateway.client(headers={"traceparent": value, "tracestate": "a=b"}) as http:
        request_id = http.get("/api/v1/account").headers["x-request-id"]
    assert _sent(services)["traceparent"].startswith(f"00-{request_id}-")
    assert "tracestate" not in _sent(services)


def test_metrics_of_the_gateway_have_a_port_of_their_own(start: Start) -> None:
    with reserve() as port:
        address = port.address
    gateway = start("metrics", metrics_listen=address)
    answer = httpx.get(f"http://{address}/metrics", trust_env=False)
    assert answer.headers["content-type"].startswith("text/plain")
    assert re.search(r"^nginx_connections_active [1-9]", answer.text, re.MULTILINE), answer.text
    assert httpx.get(f"http://{address}/api/v1/account", trust_env=False).status_code == 404
    with gateway.client() as http:
        assert http.get("/metrics").status_code == 404
    promtool = toolbox().find("promtool")
    if promtool is not None:
        subprocess.run([promtool, "check", "metrics"], input=answer.content, check=True)
