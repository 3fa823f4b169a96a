"""Before each write of a blob, and only then, the gateway checks with the auth service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.gateway.conftest import Start, Tokens
from tests.kit.servers.gateway import Gateway
from tests.kit.servers.service import Service, running_service

UPLOADS = "/v2/team/paused/blobs/uploads/"


@pytest.fixture(scope="module")
def auth() -> Iterator[Service]:
    with running_service("auth") as service:
        yield service


@pytest.fixture(scope="module")
def checking(start: Start, auth: Service) -> Gateway:
    return start("writes", auth_address=auth.address)


def _checks(auth: Service) -> list[dict[str, str]]:
    return [dict(seen["headers"]) for seen in auth.received if seen["path"] == "/internal/gate"]


def test_gateway_checks_each_write_with_its_method_and_path(
    checking: Gateway, auth: Service, tokens: Tokens
) -> None:
    authorization = f"Bearer {tokens('team/paused:pull,push')}"
    with checking.client(headers={"Authorization": authorization}) as http:
        opened = http.post(f"{UPLOADS}?x=1")
        assert opened.status_code == 202
        assert http.patch(opened.headers["location"], content=b"x" * 2_000_000).status_code == 202
        assert http.delete(opened.headers["location"]).status_code == 401, "the registry's own"
    checked = [
        (headers["x-original-method"], headers["x-original-uri"].partition("?")[0])
        for headers in _checks(auth)
    ]
    assert checked == [
        ("POST", UPLOADS),
        ("PATCH", opened.headers["location"].partition("?")[0]),
        ("DELETE", opened.headers["location"].partition("?")[0]),
    ]
    assert {headers["authorization"] for headers in _checks(auth)} == {authorization}


def test_gateway_does_not_check_reads(checking: Gateway, auth: Service, tokens: Tokens) -> None:
    before = len(_checks(auth))
    with checking.client(headers={"Authorization": f"Bearer {tokens('team/paused:pull')}"}) as http:
        for path in ("manifests/v1", f"blobs/sha256:{'0' * 64}", "tags/list"):
            assert http.get(f"/v2/team/paused/{path}").status_code == 404
            http.head(f"/v2/team/paused/{path}")
    assert len(_checks(auth)) == before


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", [UPLOADS, f"{UPLOADS}8f7a"])
def test_refused_write_gets_503_in_the_registrys_format(
    checking: Gateway, auth: Service, tokens: Tokens, method: str, path: str
) -> None:
    auth.refuse_writes = True
    try:
        with checking.client(
            headers={"Authorization": f"Bearer {tokens('team/paused:pull,push,delete')}"}
        ) as http:
            answer = http.request(method, path, content=b"x" * 2_000_000)
    finally:
        auth.refuse_writes = False
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    (error,) = answer.json()["errors"]
    assert error["code"] == "UNAVAILABLE"
    assert "try again in 7 seconds" in error["message"]


def test_gateway_without_the_auth_service_refuses_writes_and_allows_pulls(
    start: Start, tokens: Tokens
) -> None:
    with start("alone", auth_address="127.0.0.1:1").client(
        headers={"Authorization": f"Bearer {tokens('team/paused:pull,push')}"}
    ) as http:
        refused = http.post(UPLOADS)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (503, "UNAVAILABLE")
        assert refused.headers["retry-after"]
        assert http.get("/v2/team/paused/manifests/v1").status_code == 404


def test_clients_cannot_reach_the_check_itself(checking: Gateway, auth: Service) -> None:
    before = len(auth.received)
    with checking.client() as http:
        for path in (
            "/internal/gate",
            "/.gateway/writes-paused",
            "/.gateway//write-access",
            "/.gateway/write-access",
        ):
            assert http.get(path).status_code == 404
    assert len(auth.received) == before
