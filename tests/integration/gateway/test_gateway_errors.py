"""Errors of the gateway itself.

Clients of the registry get Distribution's error format, and all others get problem+json (RFC 9457).
A request that nginx refuses before it reads the path always gets problem+json.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path

import httpx
import pytest

from ops.host.ports import reserve
from tests.integration.gateway.conftest import Start, Tokens
from tests.kit.servers.distribution import Distribution
from tests.kit.servers.gateway import Gateway
from tests.kit.servers.service import LONG_HEADER, Service
from tests.kit.waiting import eventually

KIB = 1024
MIB = 1024 * KIB


def registry_error(answer: httpx.Response) -> str:
    """Return the code of the only error in a response in Distribution's format."""
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["docker-distribution-api-version"] == "registry/2.0"
    (error,) = answer.json()["errors"]
    assert set(error) == {"code", "message", "detail"}
    return str(error["code"])


def problem(answer: httpx.Response) -> str:
    """Return the code of a problem document (RFC 9457)."""
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert (document["type"], document["status"]) == ("about:blank", answer.status_code)
    assert document["title"]
    assert document["detail"]
    assert document["request_id"] == answer.headers["x-request-id"]
    return str(document["code"])


def in_chunks(size: int) -> list[bytes]:
    return [b"x" * 65536] * (size // 65536)


@pytest.mark.parametrize(
    "path", ["/api/v1/namespaces", "/api/v1/sessions", "/api/v1/pulls", "/.well-known/x"]
)
def test_body_over_64_kib_reaches_no_service(
    gateway: Gateway, services: dict[str, Service], path: str
) -> None:
    before = [len(service.received) for service in services.values()]
    with gateway.client() as http:
        declared = http.post(path, content=b"x" * (64 * KIB + 1))
        chunked = http.post(path, content=iter(in_chunks(2 * MIB)))
    for answer in (declared, chunked):
        assert (answer.status_code, problem(answer)) == (413, "content_too_large")
    assert [len(service.received) for service in services.values()] == before


def test_body_over_64_kib_for_an_unknown_path_gets_413(gateway: Gateway) -> None:
    with gateway.client() as http:
        answer = http.post("/nothing", content=b"x" * (64 * KIB + 1))
    assert (answer.status_code, problem(answer)) == (413, "content_too_large")


def test_token_request_over_64_kib_gets_413_in_the_registrys_format(
    gateway: Gateway,
) -> None:
    with gateway.client() as http:
        answer = http.post("/token", content=b"x" * (64 * KIB + 1))
    assert (answer.status_code, registry_error(answer)) == (413, "SIZE_INVALID")


def test_body_of_64_kib_passes_without_a_temporary_file(gateway: Gateway) -> None:
    with gateway.client() as http:
        assert http.post("/api/v1/namespaces", content=b"x" * (64 * KIB)).json()["body"] == 64 * KIB
        assert http.post("/token", content=iter(in_chunks(64 * KIB))).json()["body"] == 64 * KIB
    assert "buffered to a temporary file" not in gateway.error_log


@pytest.mark.parametrize("path", ["/token", "/api/v1/namespaces", "/api/v1/sessions"])
def test_service_gets_only_the_headers_that_it_reads(gateway: Gateway, path: str) -> None:
    """A client can send so many that they block the service."""
    read = {
        "Accept": "text/html",
        "Authorization": "Basic eDp5",
        "Content-Type": "application/json",
        "Cookie": "a=1",
        "Origin": "http://hub.example",
        "User-Agent": "docker/29",
    }
    others = "".join(f"a{number}: x\r\n" for number in range(500))
    lines = "".join(f"{name}: {value}\r\n" for name, value in read.items())
    status, _, body = gateway.raw(
        f"POST {path} HTTP/1.1\r\nHost: hub.example\r\nContent-Length: 2\r\n"
        f"Connection: close\r\n{others}{lines}\r\n{{}}"
    )
    seen = dict(json.loads(body)["headers"])
    assert status == 200
    assert {name.lower(): value for name, value in read.items()}.items() <= seen.items()
    assert (seen["host"], seen["content-length"]) == ("hub.example", "2")
    assert not [name for name in seen if name.startswith("a") and name[1:].isdigit()]


@pytest.mark.parametrize("framing", ["declared", "chunked"])
def test_upload_has_no_size_limit(gateway: Gateway, tokens: Tokens, framing: str) -> None:
    content = iter(in_chunks(8 * MIB)) if framing == "chunked" else b"x" * (8 * MIB)
    with gateway.client(
        headers={"Authorization": f"Bearer {tokens('team/big:pull,push')}"}
    ) as http:
        upload = http.post("/v2/team/big/blobs/uploads/").headers["location"]
        answer = http.patch(
            upload, content=content, headers={"Content-Type": "application/octet-stream"}
        )
    assert (answer.status_code, answer.headers["range"]) == (202, f"0-{8 * MIB - 1}")


def test_upload_reaches_the_registry_before_it_is_complete(
    gateway: Gateway, registry: Distribution, tokens: Tokens
) -> None:
    """Half of a body is on the registry's disk before the client sends the other half."""
    authorization = f"Bearer {tokens('team/slow:pull,push')}"
    with gateway.client(headers={"Authorization": authorization}) as http:
        upload = http.post("/v2/team/slow/blobs/uploads/").headers["location"]
    head = (
        f"PATCH {upload} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {2 * MIB}\r\n"
        "Connection: close\r\n\r\n"
    )
    files = registry.storage / "docker/registry/v2/repositories/team/slow/_uploads"
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as connection:
        connection.sendall(head.encode() + b"x" * MIB)
        eventually(
            lambda: sum(f.stat().st_size for f in files.glob("*/data")),
            lambda size: size > MIB // 2,
            within=10,
            what="half of the body",
        )
        connection.sendall(b"x" * MIB)
        assert connection.recv(1024).startswith(b"HTTP/1.1 202 ")


def test_large_token_passes_and_too_large_headers_are_refused(
    gateway: Gateway, tokens: Tokens
) -> None:
    many = tokens(*[f"team/{'x' * 60}{number}:pull,push" for number in range(120)])
    assert len(many) > 11 * 1024
    with gateway.client() as http:
        assert http.get("/v2/", headers={"Authorization": f"Bearer {many}"}).status_code == 200
        answer = http.get("/v2/", headers={"Authorization": "Bearer " + "x" * 70_000})
        assert (answer.status_code, problem(answer)) == (431, "request_headers_too_large")
    status, _, body = gateway.get_raw("/token?scope=" + "x" * 70_000)
    assert (status, json.loads(body)["code"]) == (414, "uri_too_long")


@pytest.mark.parametrize("path", ["/api/v1/", "/api/v1/sessions/", "/api/v1/pulls/"])
def test_long_response_header_of_a_service_passes(gateway: Gateway, path: str) -> None:
    """The header `Link` of a list repeats the query, which the service limits to 8 KiB."""
    with gateway.client() as http:
        answer = http.get(f"{path}long-header")
    assert (answer.status_code, len(answer.headers["link"])) == (200, LONG_HEADER)


@pytest.mark.parametrize(
    "request_line",
    [
        "GET / HTTP/1.1\r\n\r\n",
        "GET /a b c HTTP/1.1\r\nHost: x\r\n\r\n",
        "\x01\r\n\r\n",
        "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
def test_malformed_http_request_gets_a_problem_document(
    gateway: Gateway, request_line: str
) -> None:
    status, headers, body = gateway.raw(request_line)
    assert status == 400
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["code"] == "bad_request"


@pytest.mark.parametrize(
    "line",
    [
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Transfer-Encoding: xchunked",
    ],
)
def test_body_of_ambiguous_length_reaches_no_service(
    gateway: Gateway, services: dict[str, Service], line: str
) -> None:
    before = len(services["catalog"].received)
    status, _, _ = gateway.raw(
        f"POST /api/v1/account HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{line}\r\n\r\n0\r\n\r\n"
    )
    assert status in (400, 501)
    assert len(services["catalog"].received) == before


@pytest.fixture(scope="module")
def alone(start: Start) -> Gateway:
    """A gateway with no program behind it."""
    with reserve() as port:
        dead = port.address
    return start(
        "alone", auth_address=dead, catalog_address=dead, events_address=dead, registry_address=dead
    )


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/account",
        "/api/v1/sessions",
        "/api/v1/pulls",
        "/.well-known/jwks.json",
        "/openapi/auth.json",
    ],
)
def test_service_that_does_not_respond_causes_a_502_problem(alone: Gateway, path: str) -> None:
    with alone.client() as http:
        answer = http.get(path)
    assert (answer.status_code, problem(answer)) == (502, "bad_gateway")
    assert answer.headers["retry-after"] == "2"


@pytest.mark.parametrize(
    "path", ["/v2/", "/v2/team/app/manifests/v1", f"/v2/team/app/blobs/sha256:{'0' * 64}", "/token"]
)
def test_docker_path_without_a_service_gets_502_in_the_registrys_format(
    alone: Gateway, path: str
) -> None:
    with alone.client() as http:
        answer = http.get(path)
    assert (answer.status_code, registry_error(answer)) == (502, "UNAVAILABLE")
    assert answer.headers["retry-after"] == "2"
    assert "www-authenticate" not in answer.headers


def test_health_does_not_depend_on_the_services(alone: Gateway) -> None:
    with alone.client() as http:
        assert http.get("/healthz").status_code == 200


def test_nginx_writes_nothing_outside_its_folder(gateway: Gateway) -> None:
    """The pid file, the logs, and all temporary files are where the settings put them."""
    pid = int((gateway.folder / "nginx.pid").read_text())
    opened = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()}
    files = {path for path in opened if path.startswith("/") and not path.startswith("/dev/")}
    assert files
    assert all(path.startswith(str(gateway.folder)) for path in files)
    assert {path.name for path in (gateway.folder / "temp").iterdir()} == {
        "client_body",
        "proxy",
        "fastcgi",
        "uwsgi",
        "scgi",
    }
