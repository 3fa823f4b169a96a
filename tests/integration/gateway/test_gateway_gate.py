"""Before each write and each HEAD of a blob, and only then, the gateway asks the auth service."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.gateway.conftest import Start, Tokens
from tests.integration.gateway.test_gateway_blobs import push_blob
from tests.kit.servers.distribution import Distribution
from tests.kit.servers.gateway import Gateway
from tests.kit.servers.name_server import running_name_server
from tests.kit.servers.service import Service, running_service

UPLOADS = "/v2/team/gated/blobs/uploads/"
CONTENT = b"a blob that the gate knows"
BLOB = f"/v2/team/gated/blobs/sha256:{hashlib.sha256(CONTENT).hexdigest()}"
UNKNOWN = f"/v2/team/gated/blobs/sha256:{'0' * 64}"
PUSH = "team/gated:pull,push"


@pytest.fixture(scope="module")
def shared_auth() -> Iterator[Service]:
    with running_service("auth") as service:
        yield service


@pytest.fixture
def auth(shared_auth: Service) -> Iterator[Service]:
    shared_auth.received.clear()
    yield shared_auth
    shared_auth.refuse_gated, shared_auth.registry_uri = False, None
    shared_auth.over_quota = None


@pytest.fixture(scope="module", params=["nginx", "registry", "names"])
def asking(
    request: pytest.FixtureRequest, start: Start, shared_auth: Service, registry: Distribution
) -> Iterator[Gateway]:
    """Three gateways: nginx or the registry sends the blobs, and one looks up the services."""
    folder = f"gate-{request.param}"
    if request.param == "nginx":
        yield start(folder, auth_address=shared_auth.address)
    elif request.param == "registry":
        yield start(folder, auth_address=shared_auth.address, blob_root=None)
    else:
        ports = {"auth": shared_auth.port, "registry": registry.address.rpartition(":")[2]}
        with running_name_server(["127.0.0.1"]) as resolver:
            names = {f"{name}_address": f"{name}.test:{port}" for name, port in ports.items()}
            yield start(folder, resolver=resolver, **names)


@pytest.fixture
def http(asking: Gateway, auth: Service, tokens: Tokens) -> Iterator[httpx.Client]:
    """A client that can push, after it has pushed a blob."""
    with asking.client(headers={"Authorization": f"Bearer {tokens(PUSH)}"}) as client:
        push_blob(client, "team/gated", CONTENT)
        auth.received.clear()
        yield client


def _asked(auth: Service) -> list[dict[str, str]]:
    return [dict(seen["headers"]) for seen in auth.received if seen["path"] == "/internal/gate"]


def _requests(auth: Service) -> list[tuple[str, str]]:
    return [
        (headers["x-original-method"], headers["x-original-uri"].partition("&_state=")[0])
        for headers in _asked(auth)
    ]


def test_gateway_asks_for_each_write_of_a_blob(http: httpx.Client, auth: Service) -> None:
    opened = http.post(f"{UPLOADS}?x=1")
    assert opened.status_code == 202
    place = opened.headers["location"]
    assert http.patch(place, content=b"x" * 2_000_000).status_code == 202
    path, _, query = place.partition("?")
    assert [(method, uri.partition("?")[0]) for method, uri in _requests(auth)] == [
        ("POST", UPLOADS),
        ("PATCH", path),
    ]
    assert _asked(auth)[0]["x-original-uri"] == f"{UPLOADS}?x=1"
    assert _asked(auth)[1]["x-original-uri"] == f"{path}?{query}"
    assert {asked["authorization"] for asked in _asked(auth)} == {http.headers["authorization"]}


def test_gateway_asks_for_a_head_of_a_blob_and_for_no_other_read(
    http: httpx.Client, auth: Service
) -> None:
    assert http.get(BLOB).content == CONTENT
    assert http.get(BLOB, headers={"If-None-Match": '"another"'}).content == CONTENT
    assert http.get(BLOB, headers={"Range": "bytes=0-3"}).content == CONTENT[:4]
    assert http.get(UNKNOWN).status_code == 404
    for path in ("manifests/v1", f"manifests/sha256:{'0' * 64}"):
        assert http.get(f"/v2/team/gated/{path}").status_code == 404
        http.head(f"/v2/team/gated/{path}")
    assert _asked(auth) == []
    found = http.head(BLOB)
    assert (found.status_code, found.headers["content-length"]) == (200, str(len(CONTENT)))
    assert http.head(UNKNOWN, headers={"If-None-Match": '"x"'}).status_code == 404
    assert _requests(auth) == [("HEAD", BLOB), ("HEAD", UNKNOWN)]


def test_auth_gets_the_path_and_the_query_that_the_registry_gets(
    asking: Gateway, auth: Service
) -> None:
    for target, uri in (
        ("/v2//team/x/../gated/blobs/uploads/?a=%2e%2e/&b=+#c", f"{UPLOADS}?a=%2e%2e/&b=+"),
        ("/v2/team/%67ated/blobs/uploads%2F?", UPLOADS),
        (f"/v2/team/gated/blobs/uploads/?a={'%41' * 1300}", f"{UPLOADS}?a={'%41' * 1300}"),
    ):
        request = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
        status, _, _ = asking.raw(f"{request}Connection: close\r\n\r\n")
        assert status == 401
        assert _asked(auth)[-1]["x-original-uri"] == uri


def test_check_at_another_address_gets_the_404_of_an_unknown_blob(
    http: httpx.Client, auth: Service
) -> None:
    expected = http.head(UNKNOWN)
    auth.registry_uri = UNKNOWN
    answer = http.head(BLOB)
    assert (answer.status_code, answer.content) == (404, b"")
    varying = {"date", "x-request-id"}
    assert {k: v for k, v in answer.headers.items() if k not in varying} == {
        k: v for k, v in expected.headers.items() if k not in varying
    }
    assert http.get(BLOB).status_code == 200


def test_mount_at_another_address_becomes_an_upload(
    asking: Gateway, auth: Service, tokens: Tokens
) -> None:
    token = tokens(PUSH, "team/source:pull,push")
    with asking.client(headers={"Authorization": f"Bearer {token}"}) as http:
        content = b"to be mounted"
        query = {"mount": push_blob(http, "team/source", content), "from": "team/source"}
        auth.registry_uri = UPLOADS
        opened = http.post(UPLOADS, params=query)
        assert opened.status_code == 202
        auth.registry_uri = None
        assert (
            http.put(
                opened.headers["location"],
                params={**httpx.URL(opened.headers["location"]).params, "digest": query["mount"]},
                content=content,
            ).status_code
            == 201
        )
        assert http.post(UPLOADS, params=query).status_code == 201, "mounted"


def test_parameters_in_the_body_of_a_form_do_not_count(
    asking: Gateway, auth: Service, tokens: Tokens
) -> None:
    token = tokens(PUSH, "team/source:pull,push")
    with asking.client(headers={"Authorization": f"Bearer {token}"}) as http:
        mounted = push_blob(http, "team/source", b"to be mounted by a form")
        form = {"mount": mounted, "from": "team/source"}
        assert http.post(UPLOADS, data=form).status_code == 202
        opened = http.post(UPLOADS)
        other = "sha256:" + hashlib.sha256(b"digest=x").hexdigest()
        place = httpx.URL(opened.headers["location"]).copy_merge_params({"digest": other})
        headers = {"Content-Type": "Application/X-WWW-form-urlencoded; charset=utf-8"}
        assert http.put(place, content=b"digest=x", headers=headers).status_code == 201


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", [UPLOADS, f"{UPLOADS}8f7a"])
def test_refused_write_gets_503_in_the_registrys_format(
    http: httpx.Client, auth: Service, method: str, path: str
) -> None:
    if (method, path) == ("DELETE", f"{UPLOADS}8f7a"):
        pytest.skip("the catalog cancels uploads")
    auth.refuse_gated = True
    answer = http.request(method, path, content=b"x" * 2_000_000)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    (error,) = answer.json()["errors"]
    assert error["code"] == "UNAVAILABLE"
    assert "try again in 7 seconds" in error["message"]


def test_upload_beyond_the_quota_gets_403_with_the_message_of_auth(
    http: httpx.Client, auth: Service
) -> None:
    auth.over_quota = "the account uses 9 bytes of its storage quota of 8 bytes; delete images"
    answer = http.post(UPLOADS, content=b"x" * 2_000_000)
    assert answer.status_code == 403
    assert "retry-after" not in answer.headers
    (error,) = answer.json()["errors"]
    assert (error["code"], error["message"]) == ("DENIED", auth.over_quota)
    assert http.get(BLOB).content == CONTENT


def test_refused_head_gets_503_without_a_body(http: httpx.Client, auth: Service) -> None:
    auth.refuse_gated = True
    answer = http.head(BLOB)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "7")
    assert answer.content == b""
    assert http.get(BLOB).content == CONTENT


def test_gateway_without_the_auth_service_refuses_writes_and_allows_pulls(
    start: Start, tokens: Tokens, http: httpx.Client
) -> None:
    with start("alone", auth_address="127.0.0.1:1").client(
        headers={"Authorization": f"Bearer {tokens(PUSH)}"}
    ) as alone:
        refused = alone.post(UPLOADS)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (503, "UNAVAILABLE")
        assert refused.headers["retry-after"]
        assert alone.head(BLOB).status_code == 503
        assert alone.get(BLOB).content == CONTENT
        assert alone.get("/v2/team/gated/manifests/v1").status_code == 404


def test_clients_cannot_reach_the_gate_itself(asking: Gateway, auth: Service) -> None:
    with asking.client() as http:
        for path in (
            "/internal/gate",
            "/.gateway/gate-refusal",
            "/.gateway//gate",
            "/.gateway/gate",
        ):
            assert http.get(path).status_code == 404
    assert auth.received == []
