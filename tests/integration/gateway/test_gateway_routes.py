"""Each public path reaches its service, and no client can reach an internal path."""

from __future__ import annotations

import json

import pytest

from tests.kit.servers.gateway import TRUSTED, Gateway
from tests.kit.servers.service import Service

PUBLIC = [
    ("/token", "auth"),
    ("/.well-known/jwks.json", "auth"),
    ("/api/v1/sessions", "auth"),
    ("/api/v1/sessions/refresh", "auth"),
    ("/api/v1/api-keys", "auth"),
    ("/api/v1/api-keys/7", "auth"),
    ("/api/v1/access/explain", "auth"),
    ("/api/v1/docker-users/alice/tokens", "auth"),
    ("/api/v1/docker-users/alice/tokens/7", "auth"),
    ("/api/v1/docker-users/alice", "catalog"),
    ("/api/v1/docker-users/tokens", "catalog"),
    ("/api/v1/docker-users/alice/grants", "catalog"),
    ("/api/v1/account", "catalog"),
    ("/api/v1/sessionsx", "catalog"),
    ("/api/v1/images/team/app:v1", "catalog"),
    ("/api/v1/pulls", "events"),
    ("/api/v1/events/status", "events"),
    ("/api/v1/eventsx", "catalog"),
]

INTERNAL = [
    "/registry-events",
    "/metrics",
    "/readyz",
    "/debug/vars",
    "/internal/gate",
    "/internal/",
    "/redoc",
    "/openapi.json",
    "/.gateway/console",
    "/.gateway/no-console",
    "/.gateway/problem",
    "/.gateway/registry-error",
    "/.gateway/blob-access",
    "/.gateway//blob-access",
    "/.gateway/%2Fblob-access",
    "/.gateway/refused",
    "/v1/_ping",
    "/v2x",
    "/tokens",
    "/token/",
    "/api/v1",
    "/api/v2/account",
]

DISGUISED = [
    "//registry-events",
    "/./registry-events",
    "/v2/../registry-events",
    "/v2/%2e%2e/registry-events",
    "/v2/..%2Fregistry-events",
    "/api/v1/../../registry-events",
    "/api/v1/..%2f..%2fregistry-events",
    "/api/v1/%2e%2e/%2e%2e/metrics",
    "/.well-known/../metrics",
    "/.well-known/%2e%2e%2fmetrics",
    "/token/../metrics",
    "/registry-events#/../api/v1/account",
    "/metrics?/../api/v1/account",
    "/%6detrics",
    "http://127.0.0.1/metrics",
]


@pytest.mark.parametrize(("path", "service"), PUBLIC)
def test_each_path_reaches_its_service(gateway: Gateway, path: str, service: str) -> None:
    with gateway.client() as http:
        seen = http.post(path, params={"q": "a b"}, content=b"hello").json()
    assert (seen["service"], seen["method"], seen["path"], seen["query"], seen["body"]) == (
        service,
        "POST",
        path,
        "q=a+b",
        5,
    )


@pytest.mark.parametrize("service", ["auth", "catalog", "events"])
def test_each_openapi_document_is_served(gateway: Gateway, service: str) -> None:
    with gateway.client() as http:
        seen = http.get(f"/openapi/{service}.json").json()
    assert (seen["service"], seen["path"]) == (service, "/openapi.json")


def test_gateway_itself_answers_healthz(gateway: Gateway) -> None:
    with gateway.client() as http:
        answer = http.get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


@pytest.mark.parametrize("path", INTERNAL)
def test_internal_path_is_not_reachable(
    gateway: Gateway, services: dict[str, Service], path: str
) -> None:
    before = [len(service.received) for service in services.values()]
    with gateway.client() as http:
        answer = http.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
    assert [len(service.received) for service in services.values()] == before


@pytest.mark.parametrize("target", DISGUISED)
def test_disguised_internal_path_is_not_reachable(gateway: Gateway, target: str) -> None:
    status, _, body = gateway.get_raw(target)
    assert status == 404
    assert json.loads(body)["code"] == "not_found"


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/metrics/../api/v1/account", "/api/v1/account"),
        ("/registry-events/%2e%2e/api/v1/account", "/api/v1/account"),
        ("/api/v1//account", "/api/v1/account"),
        ("/api/v1/docker-users/alice%2Ftokens", "/api/v1/docker-users/alice/tokens"),
        ("/api/v1/a%20b%3Fc%25d%0d%0aX:y", "/api/v1/a%20b%3Fc%25d%0D%0AX:y"),
    ],
)
def test_service_receives_the_path_by_which_nginx_routed(
    gateway: Gateway, target: str, path: str
) -> None:
    status, _, body = gateway.get_raw(target)
    assert (status, json.loads(body)["path"]) == (200, path)


def test_error_of_a_service_passes_unchanged(gateway: Gateway) -> None:
    with gateway.client() as http:
        missing, unavailable = http.get("/api/v1/missing"), http.get("/api/v1/unavailable")
    assert (missing.status_code, missing.json()["service"]) == (404, "catalog")
    assert (unavailable.status_code, unavailable.json()["service"]) == (503, "catalog")


def test_x_accel_redirect_of_a_service_is_ignored(gateway: Gateway) -> None:
    """A user could make a service send the header, so the gateway must not obey it."""
    with gateway.client() as http:
        assert http.get("/api/v1/account").json()["service"] == "catalog"


def test_gateway_sends_its_own_request_id_to_service_client_and_log(gateway: Gateway) -> None:
    with gateway.client() as http:
        answer = http.get(
            "/api/v1/account?secret=in-the-query",
            headers={"X-Request-ID": "made-by-the-client", "Authorization": "Bearer s3cret"},
        )
    request_id = answer.headers["x-request-id"]
    passed_on = [value for name, value in answer.json()["headers"] if name == "x-request-id"]
    assert len(request_id) == 32
    assert passed_on == [request_id]
    line = gateway.logged(request_id)
    assert (line["path"], line["status"], line["client"], line["method"]) == (
        "/api/v1/account",
        200,
        "127.0.0.1",
        "GET",
    )
    assert "in-the-query" not in json.dumps(line)
    assert "s3cret" not in json.dumps(line)


def test_responses_have_each_security_header_once(gateway: Gateway) -> None:
    with gateway.client() as http:
        for path in ("/api/v1/account", "/nothing", "/token", "/v2/"):
            headers = http.get(path).headers
            assert headers.get_list("x-content-type-options") == ["nosniff"], path
            assert len(headers.get_list("x-request-id")) == 1, path
            assert headers["server"] == "nginx", path
        assert http.get("/api/v1/account").headers["x-frame-options"] == "DENY"


def test_untrusted_peer_cannot_forge_its_address(gateway: Gateway) -> None:
    forged = {
        "X-Forwarded-For": "8.8.8.8",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Real-IP": "8.8.8.8",
        "Forwarded": "for=8.8.8.8;host=evil.example;proto=https",
    }
    with gateway.client() as http:
        answer = http.get("/api/v1/account", headers=forged)
    seen = dict(answer.json()["headers"])
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "http"
    assert seen["host"] == f"127.0.0.1:{gateway.port}"
    assert {"x-forwarded-host", "forwarded", "x-real-ip"}.isdisjoint(seen)
    assert gateway.logged(answer.headers["x-request-id"])["client"] == "127.0.0.1"


def test_trusted_proxy_sets_the_address_of_its_client(gateway: Gateway) -> None:
    forwarded = {
        "X-Forwarded-For": f"6.6.6.6, 203.0.113.7, {TRUSTED}",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "hub.example",
    }
    with gateway.client(source=TRUSTED) as http:
        answer = http.get("/api/v1/account", headers=forwarded)
    seen = dict(answer.json()["headers"])
    # the last address that is not a trusted proxy; a client can forge those before it
    assert seen["x-forwarded-for"] == "203.0.113.7"
    assert (seen["x-forwarded-proto"], seen["host"]) == ("https", "hub.example")
    assert "x-forwarded-host" not in seen
    assert gateway.logged(answer.headers["x-request-id"])["client"] == "203.0.113.7"
