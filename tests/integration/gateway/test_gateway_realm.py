"""The registry's challenge sends every client to the address that it used."""

from __future__ import annotations

from urllib.request import parse_http_list, parse_keqv_list

import httpx
import pytest

from tests.integration.gateway.conftest import Start, Tokens
from tests.integration.gateway.parts import TRUSTED, Gateway


def challenge(answer: httpx.Response) -> dict[str, str]:
    """The parameters of the one challenge in an answer."""
    assert answer.status_code == 401
    (header,) = answer.headers.get_list("www-authenticate")
    scheme, _, parameters = header.partition(" ")
    assert scheme == "Bearer"
    return parse_keqv_list(parse_http_list(parameters))


@pytest.mark.parametrize(
    "host",
    [
        "localhost:8080",
        "127.0.0.1:5000",
        "registry.example.com",
        "Hub.Example:443",
        "[::1]:8080",
        "a_b.local",
    ],
)
def test_the_realm_is_the_address_that_was_used(gateway: Gateway, host: str) -> None:
    with gateway.client() as http:
        parameters = challenge(http.get("/v2/", headers={"Host": host}))
    assert parameters == {"realm": f"http://{host}/token", "service": "moorage"}


def test_all_after_the_realm_is_kept(gateway: Gateway, tokens: Tokens) -> None:
    with gateway.client() as http:
        parameters = challenge(
            http.get(
                "/v2/team/app/manifests/v1",
                headers={"Authorization": f"Bearer {tokens('team/other:pull')}"},
            )
        )
    assert parameters == {
        "realm": f"{gateway.url}/token",
        "service": "moorage",
        "scope": "repository:team/app:pull",
        "error": "insufficient_scope",
    }


def test_text_of_the_clients_cannot_leave_the_scope(gateway: Gateway) -> None:
    attack = '",realm="http://evil.example/token",service="evil'
    with gateway.client() as http:
        answer = http.post(
            "/v2/team/app/blobs/uploads/", params={"from": attack, "mount": f"sha256:{'0' * 64}"}
        )
    parameters = challenge(answer)
    assert set(parameters) == {"realm", "service", "scope"}
    assert parameters["realm"] == f"{gateway.url}/token"
    assert parameters["service"] == "moorage"


def test_a_trusted_proxy_names_the_address(gateway: Gateway) -> None:
    with gateway.client(source=TRUSTED) as http:
        told = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "hub.example:8443"}
        assert (
            challenge(http.get("/v2/", headers=told))["realm"] == "https://hub.example:8443/token"
        )
        told = {"X-Forwarded-Proto": "https,http", "X-Forwarded-Host": "hub.example, inner.example"}
        assert challenge(http.get("/v2/", headers=told))["realm"] == "https://hub.example/token"
        assert (
            challenge(http.get("/v2/", headers={"X-Forwarded-Proto": "https"}))["realm"]
            == f"https://127.0.0.1:{gateway.port}/token"
        )


@pytest.mark.parametrize(
    "host", ['hub.example"', "hub.example/x", "a b", "hub.example:80:80", "$scheme"]
)
def test_what_is_no_host_name_is_not_taken_from_a_trusted_proxy_either(
    gateway: Gateway, host: str
) -> None:
    with gateway.client(source=TRUSTED) as http:
        told = {"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": host}
        assert challenge(http.get("/v2/", headers=told))["realm"] == f"{gateway.url}/token"


def test_an_untrusted_peer_names_nothing(gateway: Gateway) -> None:
    with gateway.client() as http:
        told = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-For": TRUSTED,
            "Forwarded": "host=evil.example",
        }
        assert challenge(http.get("/v2/", headers=told))["realm"] == f"{gateway.url}/token"


@pytest.mark.parametrize(
    "host", ['a"b', 'localhost:1",realm="http://evil.example', "localhost:http", ""]
)
def test_what_is_no_host_name_is_refused(gateway: Gateway, host: str) -> None:
    status, headers, _ = gateway.get_raw("/v2/", host)
    assert status in (400, 421)
    assert "www-authenticate" not in headers


def test_the_registrys_locations_hold_for_any_address(gateway: Gateway, tokens: Tokens) -> None:
    headers = {
        "Host": "hub.example:8443",
        "Authorization": f"Bearer {tokens('team/app:pull,push')}",
    }
    with gateway.client() as http:
        answer = http.post("/v2/team/app/blobs/uploads/", headers=headers)
    assert answer.status_code == 202
    assert answer.headers["location"].startswith("/v2/team/app/blobs/uploads/")


@pytest.fixture(scope="module")
def named(start: Start) -> Gateway:
    return start(
        "named",
        hosts=["hub.example", "*.hub.example", "127.0.0.1", "[::1]"],
        trusted_proxies=[TRUSTED],
    )


@pytest.mark.parametrize(
    "host", ["hub.example", "HUB.example:8080", "cn.hub.example", "127.0.0.1:9", "[::1]:8080"]
)
def test_a_named_host_is_served(named: Gateway, host: str) -> None:
    with named.client() as http:
        assert (
            challenge(http.get("/v2/", headers={"Host": host}))["realm"] == f"http://{host}/token"
        )


@pytest.mark.parametrize(
    "host", ["other.example", "hub.example.evil", "nothub.example", "localhost"]
)
def test_another_host_is_misdirected(named: Gateway, host: str) -> None:
    with named.client(headers={"Host": host}) as http:
        for path in ("/v2/", f"/v2/team/app/blobs/sha256:{'0' * 64}", "/token"):
            answer = http.get(path)
            assert answer.status_code == 421, path
            assert answer.json()["errors"][0]["code"] == "DENIED"
            assert "www-authenticate" not in answer.headers
        for path in (
            "/api/v1/account",
            "/api/v1/sessions",
            "/.well-known/jwks.json",
            "/openapi/auth.json",
            "/nothing",
        ):
            answer = http.get(path)
            assert (answer.status_code, answer.json()["code"]) == (421, "misdirected_request"), path
        assert http.get("/healthz").status_code == 200


def test_behind_a_trusted_proxy_the_public_name_decides(named: Gateway) -> None:
    with named.client(source=TRUSTED, headers={"Host": "inner:8080"}) as http:
        assert (
            http.get("/api/v1/account", headers={"X-Forwarded-Host": "hub.example"}).status_code
            == 200
        )
        assert (
            http.get("/api/v1/account", headers={"X-Forwarded-Host": "other.example"}).status_code
            == 421
        )
        assert http.get("/api/v1/account").status_code == 421
