"""The realm is at the address that the client used. Headers of an untrusted peer are ignored."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.kit.clients.addresses import NAME, SECURE_ADDRESS, SECURE_NAME
from tests.kit.clients.base import NewClient
from tests.kit.clients.certificates import ServerCertificate, make_certificate
from tests.kit.clients.podman import Podman
from tests.kit.clients.skopeo import Skopeo
from tests.kit.http.accounts import Account
from tests.kit.http.tenant import Tenant, make_tenant
from tests.kit.images import make_image
from tests.kit.install import Toolbox
from tests.kit.stack.run import Stack

FORGED_HEADERS = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "443",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    "X-Real-IP": "203.0.113.9",
}


def realm_of(answer: httpx.Response) -> str:
    assert answer.status_code == 401
    return answer.headers["WWW-Authenticate"].partition('realm="')[2].partition('"')[0]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", NAME, "[::1]", "Registry.EXAMPLE.com"])
def test_realm_is_at_the_host_that_the_client_used(
    http: httpx.Client, stack: Stack, host: str
) -> None:
    address = f"{host}:{stack.port}"
    assert realm_of(http.get("/v2/", headers={"Host": address})) == f"http://{address}/token"


def test_realm_keeps_a_host_without_port(http: httpx.Client) -> None:
    assert realm_of(http.get("/v2/", headers={"Host": NAME})) == f"http://{NAME}/token"


@pytest.mark.parametrize(
    "host", ['a"b', "a b", "a/b", "a,b", "", "a\\b", "evil.example:port", "a%22b", "a;b"]
)
def test_invalid_host_never_appears_in_the_realm(http: httpx.Client, host: str) -> None:
    answer = http.get("/v2/", headers={"Host": host})
    assert answer.status_code in (400, 421)
    assert host == "" or host not in answer.headers.get("WWW-Authenticate", "")


def test_forwarding_headers_of_an_untrusted_peer_change_no_address(
    http: httpx.Client, tenant: Tenant
) -> None:
    plain, forged = http.get("/v2/"), http.get("/v2/", headers=FORGED_HEADERS)
    assert realm_of(forged) == realm_of(plain)
    user, scope = tenant.granted, f"repository:{tenant.private}/app:pull,push"
    token = http.get(
        "/token", params={"service": "moorage", "scope": scope}, auth=(user.username, user.password)
    )
    bearer = {"Authorization": f"Bearer {token.json()['token']}"}
    opened = http.post(
        f"/v2/{tenant.private}/app/blobs/uploads/", headers={**bearer, **FORGED_HEADERS}
    )
    assert opened.status_code == 202
    assert "evil.example" not in opened.headers["Location"]
    assert httpx.URL(opened.headers["Location"]).scheme in ("", "http")


@pytest.fixture
def address(request: pytest.FixtureRequest, stack: Stack) -> str:
    return f"{request.param}:{stack.port}"


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", NAME], indirect=True)
def test_client_logs_in_pushes_and_pulls_through_every_host_name(
    tenant: Tenant, new_client: NewClient, address: str
) -> None:
    client, image, reference = new_client(), make_image(), f"{address}/{tenant.private}/app:v1"
    client.login(address, tenant.granted.username, tenant.granted.password).checked()
    client.push(image, reference).checked()
    client.pull(reference).checked()
    assert client.pulled_config(reference) == image.config.digest


@pytest.fixture(scope="module")
def secure_tenant(secure_stack: Stack, certificate: ServerCertificate) -> Iterator[Tenant]:
    context = ssl.create_default_context(cafile=str(certificate.ca))
    url = f"https://{SECURE_ADDRESS}:{secure_stack.port}"
    with (
        Account(url, "admin", secure_stack.admin_password, verify=context) as admin,
        admin.make_account() as account,
    ):
        yield make_tenant(account)


@pytest.fixture(scope="module")
def https(secure_stack: Stack, certificate: ServerCertificate) -> Iterator[httpx.Client]:
    context = ssl.create_default_context(cafile=str(certificate.ca))
    url = f"https://{SECURE_ADDRESS}:{secure_stack.port}"
    with httpx.Client(base_url=url, verify=context, timeout=30, trust_env=False) as client:
        yield client


def test_realm_is_https_over_https(https: httpx.Client, secure_stack: Stack) -> None:
    for host in (SECURE_ADDRESS, SECURE_NAME, "127.0.0.1"):
        address = f"{host}:{secure_stack.port}"
        assert realm_of(https.get("/v2/", headers={"Host": address})) == f"https://{address}/token"


def test_host_that_is_not_served_gets_421(https: httpx.Client, secure_stack: Stack) -> None:
    for path in ("/v2/", "/token", "/api/v1/namespaces"):
        answer = https.get(path, headers={"Host": f"localhost:{secure_stack.port}"})
        assert answer.status_code == 421, path


def test_refresh_cookie_is_secure_over_https(
    https: httpx.Client, secure_tenant: Tenant, secure_stack: Stack
) -> None:
    body = {"username": secure_tenant.account.username, "password": secure_tenant.account.password}
    cookie = https.post("/api/v1/sessions", json=body).raise_for_status().headers["Set-Cookie"]
    assert cookie.startswith(f"moorage_refresh_{secure_stack.port}=")
    parts = {part.strip().lower() for part in cookie.split(";")}
    assert {"httponly", "secure", "samesite=strict"} <= parts


@pytest.mark.parametrize("host", [SECURE_ADDRESS, SECURE_NAME])
def test_client_logs_in_pushes_and_pulls_over_https(
    secure_tenant: Tenant,
    new_client: NewClient,
    secure_stack: Stack,
    certificate: ServerCertificate,
    host: str,
) -> None:
    client, image = new_client(ca=certificate.ca), make_image()
    address = f"{host}:{secure_stack.port}"
    reference = f"{address}/{secure_tenant.private}/app:v1"
    assert not client.login(address, secure_tenant.granted.username, "wrong-password").ok
    client.login(address, secure_tenant.granted.username, secure_tenant.granted.password).checked()
    client.push(image, reference).checked()
    client.pull(reference).checked()
    assert client.pulled_config(reference) == image.config.digest


@pytest.mark.parametrize("program", [Podman, Skopeo])
def test_client_that_does_not_trust_the_certificate_sends_no_password(
    secure_tenant: Tenant,
    secure_stack: Stack,
    tools: Toolbox,
    home: Callable[[], Path],
    program: type[Podman] | type[Skopeo],
) -> None:
    """Docker is not tested, because its engine verifies no certificate on 127.0.0.0/8."""
    place = home()
    stranger = make_certificate(place, names=[SECURE_NAME], addresses=[SECURE_ADDRESS])
    user, client = secure_tenant.granted, program(tools, place, ca=stranger.ca)
    refused = client.login(f"{SECURE_ADDRESS}:{secure_stack.port}", user.username, user.password)
    assert not refused.ok
    assert "certificate" in refused.output
