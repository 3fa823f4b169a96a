"""The challenge of the registry names the address that the client used."""

from __future__ import annotations

from urllib.request import parse_http_list, parse_keqv_list

import httpx
import pytest

from tests.integration.gateway.conftest import Start, Tokens
from tests.kit.servers.gateway import TRUSTED, Gateway


def challenge(answer: httpx.Response) -> dict[str, str]:
    """Return the parameters of the only challenge in a 401 response."""
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
def test_realm_is_the_address_that_the_client_used(gateway: Gateway, host: str) -> None:
    with gateway.client() as http:
        parameters = challenge(http.get("/v2/", headers={"Host": host}))
    assert parameters == {"realm": f"http://{host}/token", "service": "moorage"}


def test_other_parameters_of_the_challenge_are_kept(gateway: Gateway, tokens: Tokens) -> None:
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


def test_client_cannot_inject_parameters_into_the_challenge(gateway: Gateway) -> None:
    attack = '",realm="http://evil.example/token",service="evil'
    with gateway.client() as http:
        answer = http.post(
            "/v2/team/app/blobs/uploads/", params={"from": attack, "mount": f"sha256:{'0' * 64}"}
        )
    parameters = challenge(answer)
    assert set(parameters) == {"realm", "service", "scope"}
    assert parameters["realm"] == f"{gateway.url}/token"
    assert parameters["service"] == "moorage"


def test_trusted_proxy_sets_the_address_in_the_realm(gateway: Gateway) -> None:
    with gateway.client(source=TRUSTED) as http:
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "hub.example:8443"}
        assert (
            challenge(http.get("/v2/", headers=forwarded))["realm"]
            == "https://hub.example:8443/token"
        )
        forwarded = {
            "X-Forwarded-Proto": "https,http",
            "X-Forwarded-Host": "hub.example, inner.example",
        }
        assert (
            challenge(http.get("/v2/", headers=forwarded))["realm"] == "https://hub.example/token"
        )
        assert (
            challenge(http.get("/v2/", headers={"X-Forwarded-Proto": "https"}))["realm"]
            == f"https://127.0.0.1:{gateway.port}/token"
        )


@pytest.mark.parametrize(
    "host", ['hub.example"', "hub.example/x", "a b", "hub.example:80:80", "$scheme"]
)
def test_invalid_host_name_from_a_trusted_proxy_is_ignored(gateway: Gateway, host: str) -> None:
    with gateway.client(source=TRUSTED) as http:
        forwarded = {"X-Forwarded-Proto": "gopher", "X-Forwarded-Host": host}
        assert challenge(http.get("/v2/", headers=forwarded))["realm"] == f"{gateway.url}/token"


def test_forwarded_headers_of_an_untrusted_peer_are_ignored(gateway: Gateway) -> None:
    with gateway.client() as http:
        forwarded = {
            "X-Forwarded-Proto": "https",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-For": TRUSTED,
            "Forwarded": "host=evil.example",
        }
        assert challenge(http.get("/v2/", headers=forwarded))["realm"] == f"{gateway.url}/token"


@pytest.mark.parametrize(
    "host", ['a"b', 'localhost:1",realm="http://evil.example', "localhost:http", ""]
)
def test_invalid_host_name_is_refused(gateway: Gateway, host: str) -> None:
    status, headers, _ = gateway.get_raw("/v2/", host)
    assert status in (400, 421)
    assert "www-authenticate" not in headers


def test_location_of_an_upload_is_valid_for_any_address(gateway: Gateway, tokens: Tokens) -> None:
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
def test_listed_host_is_served(named: Gateway, host: str) -> None:
    with named.client() as http:
        assert (
            challenge(http.get("/v2/", headers={"Host": host}))["realm"] == f"http://{host}/token"
        )


@pytest.mark.parametrize(
    "host", ["other.example", "hub.example.evil", "nothub.example", "localhost"]
)
def test_unlisted_host_gets_421(named: Gateway, host: str) -> None:
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


def test_forwarded_host_of_a_trusted_proxy_decides_whether_a_request_is_served(
    named: Gateway,
) -> None:
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
