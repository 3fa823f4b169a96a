"""Every response over https has the header Strict-Transport-Security, and none over http does."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from ops.host.ports import reserve
from ops.host.privileges import RunUser
from ops.install.console import publish_console
from tests.integration.gateway.conftest import Start, Tokens
from tests.integration.gateway.test_gateway_blobs import push_blob
from tests.integration.gateway.test_gateway_console import build
from tests.integration.gateway.test_gateway_tls import trusting
from tests.kit.clients.certificates import ServerCertificate, make_certificate
from tests.kit.servers.gateway import TRUSTED, Gateway

YEAR = ["max-age=31536000"]
HTTPS = {"X-Forwarded-Proto": "https"}
HTTP = {"X-Forwarded-Proto": "http"}
HTML = {"Accept": "text/html"}
_ZEROS = f"/v2/team/app/blobs/sha256:{'0' * 64}"

RESPONSES = [
    ("GET", "/healthz", {}, 200),
    ("GET", "/v2/", {}, 401),
    ("GET", "/v2", {}, 301),
    ("GET", _ZEROS, {}, 401),
    ("PUT", "/v2/team/app/manifests/v1", {}, 200),
    ("POST", "/v2/team/app/blobs/uploads/", {}, 401),
    ("GET", "/token", {}, 200),
    ("POST", "/token", {}, 413),
    ("GET", "/.well-known/jwks.json", {}, 200),
    ("GET", "/api/v1", {}, 404),
    ("GET", "/api/v1/account", {}, 200),
    ("GET", "/api/v1/missing", {}, 404),
    ("POST", "/api/v1/account", {}, 413),
    ("GET", "/api/v1/sessions", {}, 200),
    ("GET", "/openapi/auth.json", {}, 200),
    ("GET", "/docs", {}, 200),
    ("GET", "/docs/", {}, 308),
    ("GET", "/docs/none.js", {}, 404),
    ("GET", "/", HTML, 200),
    ("POST", "/repositories", {}, 405),
    ("GET", "/assets/index-C0ffee.js", {}, 200),
    ("GET", "/assets/none.js", {}, 404),
    ("GET", "/nothing", {}, 404),
    ("GET", "/nothing", HTML, 404),
    ("GET", "/", {"X-Long": "x" * 70_000}, 431),
]


@pytest.fixture(scope="module")
def proxied(start: Start, folder: Path, user: RunUser) -> Gateway:
    """A gateway with a console, over http, that trusts one proxy."""
    assert publish_console(folder / "hsts" / "console", user, dist=build(folder / "hsts-dist"))
    return start("hsts", trusted_proxies=[TRUSTED], hosts=["127.0.0.1"])


def body(status: int) -> bytes:
    """Return a body that is too large if the test expects a 413."""
    return b"x" * (1024 * 1024 + 1 if status == 413 else 0)


def hsts(answer: httpx.Response) -> list[str]:
    return answer.headers.get_list("strict-transport-security")


@pytest.mark.parametrize(("method", "path", "headers", "status"), RESPONSES)
def test_only_responses_over_https_have_hsts(
    proxied: Gateway, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    with proxied.client(source=TRUSTED) as proxy, proxied.client() as direct:
        over_https = proxy.request(method, path, headers=headers | HTTPS, content=body(status))
        over_http = proxy.request(method, path, headers=headers | HTTP, content=body(status))
        forged = direct.request(method, path, headers=headers | HTTPS, content=body(status))
    # nginx refuses headers that are too long before it reads X-Forwarded-Proto.
    expected = [] if status == 431 else YEAR
    assert (over_https.status_code, hsts(over_https)) == (status, expected)
    assert (over_http.status_code, hsts(over_http)) == (status, [])
    assert (forged.status_code, hsts(forged)) == (status, [])


def test_unknown_host_and_stopped_service_over_https_get_hsts(
    proxied: Gateway, start: Start, folder: Path, user: RunUser
) -> None:
    publish_console(folder / "hsts-stopped" / "console", user, dist=folder / "none")
    with reserve() as port:
        dead = port.address
    stopped = start(
        "hsts-stopped",
        trusted_proxies=[TRUSTED],
        **{f"{part}_address": dead for part in ("auth", "catalog", "events", "registry")},
    )
    with proxied.client(source=TRUSTED, headers=HTTPS) as http:
        refused = http.get("/api/v1/account", headers={"Host": "other.example"})
        assert (refused.status_code, hsts(refused)) == (421, YEAR)
    with stopped.client(source=TRUSTED, headers=HTTPS) as http:
        for path in ("/api/v1/account", "/token", "/v2/", _ZEROS):
            answer = http.get(path)
            assert (answer.status_code, hsts(answer)) == (502, YEAR), path
        write = http.put("/v2/team/app/manifests/v1")
        assert (write.status_code, hsts(write)) == (503, YEAR)
        page = http.get("/", headers=HTML)
        assert (page.status_code, hsts(page)) == (503, YEAR)


def test_blob_over_https_has_hsts(proxied: Gateway, tokens: Tokens) -> None:
    token = {"Authorization": f"Bearer {tokens('team/hsts:pull,push')}"}
    with proxied.client(source=TRUSTED, headers=token | HTTPS) as http:
        digest = push_blob(http, "team/hsts", b"a layer")
        blob = http.get(f"/v2/team/hsts/blobs/{digest}")
        part = http.get(f"/v2/team/hsts/blobs/{digest}", headers={"Range": "bytes=99-"})
    assert (blob.status_code, hsts(blob)) == (200, YEAR)
    # The 416 has the headers of two locations, because nginx checks the range after the first.
    assert (part.status_code, set(hsts(part))) == (416, set(YEAR))


def test_gateway_with_a_certificate_sends_hsts(start: Start, folder: Path, user: RunUser) -> None:
    made: ServerCertificate = make_certificate(
        folder / "hsts", names=["hub.example"], addresses=["127.0.0.1"]
    )
    user.own(made.key)
    secure = start("hsts-tls", tls_cert=str(made.certificate), tls_key=str(made.key))
    with secure.client(verify=trusting(made)) as http:
        for method, path, headers, status in RESPONSES:
            if path == "/assets/index-C0ffee.js" or headers == HTML or status == 405:
                continue  # this gateway has no console
            answer = http.request(method, path, headers=headers, content=body(status))
            assert (answer.status_code, hsts(answer)) == (status, YEAR), path
    plain = httpx.get(f"http://127.0.0.1:{secure.port}/v2/", trust_env=False)
    assert (plain.status_code, hsts(plain)) == (400, [])
