"""No client can write long lines, queries, or credentials to the logs of gateway and registry."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.integration.gateway.conftest import Start, Tokens
from tests.kit.servers.distribution import Distribution
from tests.kit.servers.gateway import TRUSTED, Gateway
from tests.kit.servers.service import Service
from tests.kit.waiting import eventually

pytestmark = pytest.mark.registry_versions

LONG = 60_000
ACCESS_LINE_BYTES = 6_000
ERROR_LINE_BYTES = 2_100
REGISTRY_LINE_BYTES = 40_000
"""Distribution writes `&` and `<` as six characters."""


def test_long_parts_of_a_request_are_cut_in_the_access_log(gateway: Gateway) -> None:
    with gateway.client() as http:
        for answer in (
            http.get("/api/v1/" + "a" * LONG),
            http.get("/" + "a" * LONG),
            http.get("/api/v1/account?secret=" + "q" * LONG),
            http.get("/api/v1/account", headers={"User-Agent": "<\x01" * (LONG // 2)}),
            http.get("/api/v1/account", headers={"Host": "h" * LONG}),
            http.get("/api/v1/account", headers={"Host": "[" + ":" * LONG + "]"}),
            http.request("X" * LONG, "/api/v1/account"),
            http.request("X" * LONG, "/nothing"),
            http.get("/api/v1/account", headers={"Referer": "r" * LONG, "Cookie": "c" * LONG}),
        ):
            line = gateway.logged(answer.headers["x-request-id"])
            assert len(json.dumps(line)) < ACCESS_LINE_BYTES
            assert "secret" not in json.dumps(line)


def test_long_forwarded_host_is_cut_in_the_access_log(gateway: Gateway) -> None:
    with gateway.client(source=TRUSTED, headers={"X-Forwarded-Host": "h" * LONG}) as http:
        answer = http.get("/api/v1/account")
    assert len(json.dumps(gateway.logged(answer.headers["x-request-id"]))) < ACCESS_LINE_BYTES


def test_services_receive_a_short_user_agent_and_no_referrer(
    gateway: Gateway, services: dict[str, Service]
) -> None:
    with gateway.client() as http:
        sent = {"User-Agent": "docker/27.0 (linux)" + "x" * LONG, "Referer": "r" * 100}
        headers = http.post("/api/v1/account", headers=sent, json={}).json()["headers"]
        plain = dict(http.get("/api/v1/account").json()["headers"])
    seen = dict(headers)
    assert len(headers) == len(seen), "a header reaches the service twice"
    assert (len(seen["user-agent"]), seen["user-agent"][:19]) == (512, "docker/27.0 (linux)")
    assert "referer" not in seen
    assert plain["user-agent"].startswith("python-httpx/")


def test_line_of_the_error_log_is_short(start: Start) -> None:
    gateway = start("long-errors", catalog_address="127.0.0.1:9")
    with gateway.client() as http:
        http.get("/api/v1/" + "a" * LONG, headers={"User-Agent": "u" * LONG, "Referer": "r" * LONG})
    lines = eventually(lambda: gateway.error_log.splitlines(), within=5, what="the error")
    assert max(map(len, lines)) < ERROR_LINE_BYTES


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/v2/?" + "&" * LONG, {}),
        ("GET", "/v2/" + "a" * LONG + "/manifests/v1", {}),
        ("GET", "/v2/team/long/manifests/" + "b" * LONG, {}),
        ("GET", f"/v2/team/long/blobs/sha256:{'0' * 64}?" + "&" * LONG, {}),
        ("PUT", "/v2/team/long/manifests/v1?" + "&" * LONG, {}),
        ("GET", "/v2", {"User-Agent": "<" * LONG, "Referer": "&" * LONG}),
        ("GET", "/v2/", {"User-Agent": "<" * LONG, "Referer": "&" * LONG}),
        ("PUT", "/v2/team/long/manifests/v1", {"Content-Type": "x" * LONG}),
        ("GET", "/v2/", {"Host": "h" * LONG}),
        ("X" * LONG, "/v2/", {}),
        ("GET", "/v2/", {"Authorization": f"Bearer {'t' * LONG}"}),
        ("GET", "/v2/?" + "&" * 4000, {"User-Agent": "<" * LONG}),
    ],
)
def test_line_of_the_registrys_log_is_short(
    gateway: Gateway,
    registry: Distribution,
    tokens: Tokens,
    method: str,
    path: str,
    headers: dict[str, str],
) -> None:
    start = registry.log.stat().st_size
    authorization = {"Authorization": f"Bearer {tokens('team/long:pull,push')}"}
    with gateway.client() as http:
        answers = [
            http.request(method, path, headers=headers),
            http.request(method, path, headers=authorization | headers),
        ]
        # A line after the ones in question.
        http.get("/v2/team/marker/manifests/none")
    assert all(answer.status_code < 500 for answer in answers)
    log = eventually(
        lambda: registry.log.read_bytes()[start:],
        lambda text: b"team/marker" in text,
        within=5,
        what="the last line",
    )
    assert max(map(len, log.splitlines())) < REGISTRY_LINE_BYTES


def test_longest_addresses_of_clients_reach_the_registry(gateway: Gateway, tokens: Tokens) -> None:
    name = "team/" + "n" * 250
    with gateway.client(headers={"Authorization": f"Bearer {tokens(f'{name}:pull,push')}"}) as http:
        upload = http.post(f"/v2/{name}/blobs/uploads/")
        sha512 = "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
        sha512 += "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
        done = http.put(
            httpx.URL(upload.headers["location"]).copy_merge_params({"digest": f"sha512:{sha512}"})
        )
    assert (upload.status_code, done.status_code) == (202, 201)
