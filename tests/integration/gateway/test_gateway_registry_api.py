"""The gateway sends the catalog what it answers in place of the registry, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.gateway.conftest import Start
from tests.kit.servers.gateway import Gateway
from tests.kit.servers.service import Service, running_service

DIGEST = f"sha256:{'0' * 64}"
CATALOG = [
    ("GET", "/v2/_catalog", "n=5&last=a%2Fb"),
    ("HEAD", "/v2/_catalog", ""),
    ("POST", "/v2/_catalog", ""),
    ("GET", "/v2/team/app/tags/list", "n=1"),
    ("HEAD", "/v2/team/app/tags/list", ""),
    ("DELETE", "/v2/team/app/tags/list", ""),
    ("GET", f"/v2/team/app/referrers/{DIGEST}", "artifactType=a/b"),
    ("HEAD", f"/v2/team/app/referrers/{DIGEST}", ""),
    ("GET", "/v2/team/app/referrers/malformed", ""),
    ("PUT", f"/v2/team/app/referrers/{DIGEST}", ""),
    ("DELETE", "/v2/team/app/blobs/uploads/8f7a-1", "_state=x%2B"),
    ("DELETE", "/v2/team/app/manifests/v1", ""),
    ("PUT", "/v2/team/app/manifests/v1", ""),
    ("DELETE", f"/v2/team/app/blobs/{DIGEST}", ""),
]
DISGUISED = [
    ("/v2/%5Fcatalog", "/v2/_catalog"),
    ("/v2//_catalog", "/v2/_catalog"),
    ("/v2/x/../_catalog", "/v2/_catalog"),
    ("/v2/team//app/tags/list", "/v2/team/app/tags/list"),
    ("/v2/team%2Fapp/tags%2flist", "/v2/team/app/tags/list"),
    ("/v2/team/app/%74ags/list", "/v2/team/app/tags/list"),
]
NOWHERE = [
    "/v2/_catalog/",
    "/v2/_catalog//",
    "/v2/%5fcatalog%2F",
    "/v2/_catalog/x",
    "/v2/_Catalog",
    "/v2/_catalog;x",
    "/v2/team/app/tags/list/",
    "/v2/team/app/tags",
    "/v2/team/app/tags/list/v1",
    "/v2/team/app/referrers/",
    f"/v2/team/app/referrers/{DIGEST}/",
    "/v2/referrers",
    "/v2/tags/list",
]


@pytest.fixture(scope="module")
def recording() -> Iterator[Service]:
    with running_service("catalog") as service:
        yield service


@pytest.fixture(scope="module")
def gateway(start: Start, recording: Service) -> Gateway:
    return start("registry-api", catalog_address=recording.address, registry_address="127.0.0.1:9")


@pytest.mark.parametrize(("method", "path", "query"), CATALOG)
def test_catalog_gets_what_it_answers(
    gateway: Gateway, recording: Service, method: str, path: str, query: str
) -> None:
    with gateway.client() as http:
        answer = http.request(method, f"{path}?{query}" if query else path)
    assert answer.status_code == 200
    seen = recording.received[-1]
    assert (seen["method"], seen["path"], seen["query"]) == (method, path, query)


@pytest.mark.parametrize(("target", "path"), DISGUISED)
def test_catalog_gets_the_normalized_path(
    gateway: Gateway, recording: Service, target: str, path: str
) -> None:
    status, _, _ = gateway.get_raw(target, "x")
    assert status == 200
    assert recording.received[-1]["path"] == path


@pytest.mark.parametrize("path", NOWHERE)
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_other_paths_reach_nobody(
    gateway: Gateway, recording: Service, method: str, path: str
) -> None:
    before = len(recording.received)
    request = f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    status, headers, body = gateway.raw(request)
    assert status == 404
    assert headers["content-type"] == "application/json"
    if method != "HEAD":
        assert b"NAME_UNKNOWN" in body
    assert len(recording.received) == before


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_other_methods_of_an_upload_do_not_reach_the_catalog(
    gateway: Gateway, recording: Service, method: str
) -> None:
    before = len(recording.received)
    with gateway.client() as http:
        http.request(method, "/v2/team/app/blobs/uploads/8f7a-1")
        http.request("DELETE", "/v2/team/app/blobs/uploads/")
    assert len(recording.received) == before


def test_message_says_that_lists_need_the_catalog(start: Start) -> None:
    gateway = start("no-catalog-lists", catalog_address="127.0.0.1:9")
    with gateway.client() as http:
        for path in ("/v2/_catalog", "/v2/team/app/tags/list"):
            answer = http.get(path)
            assert answer.status_code == 503
            (error,) = answer.json()["errors"]
            assert error["code"] == "UNAVAILABLE"
            assert "listed" in error["message"]
            assert answer.headers["retry-after"]
