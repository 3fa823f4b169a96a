"""nginx itself sends blobs, but only to clients that the registry allows to pull them."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

import httpx
import pytest

from libs.common.storage.layout import blob_data, layer_link
from tests.integration.gateway.conftest import Start, Tokens
from tests.integration.gateway.test_gateway_realm import challenge
from tests.kit.servers.distribution import Distribution
from tests.kit.servers.gateway import Gateway

CONTENT = bytes(range(256)) * 4096  # 1 MiB
DIGEST = "sha256:" + hashlib.sha256(CONTENT).hexdigest()
BLOB = f"/v2/team/app/blobs/{DIGEST}"
UNKNOWN = f"/v2/team/app/blobs/sha256:{'0' * 64}"


def push_blob(http: httpx.Client, repository: str, content: bytes) -> str:
    """Upload a blob in one piece and return its digest."""
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    upload = http.post(f"/v2/{repository}/blobs/uploads/").raise_for_status().headers["location"]
    http.put(
        upload, params={**httpx.URL(upload).params, "digest": digest}, content=content
    ).raise_for_status()
    return digest


def _push(gateway: Gateway, tokens: Tokens) -> None:
    with gateway.client(
        headers={"Authorization": f"Bearer {tokens('team/app:pull,push')}"}
    ) as http:
        assert push_blob(http, "team/app", CONTENT) == DIGEST


@pytest.fixture(scope="module", autouse=True)
def pushed(gateway: Gateway, tokens: Tokens) -> None:
    _push(gateway, tokens)
    with gateway.client(
        headers={"Authorization": f"Bearer {tokens('team/app:pull,push')}"}
    ) as http:
        push_blob(http, "team/app", b"")


@pytest.fixture(scope="module")
def cached(request: pytest.FixtureRequest, s3_registry: Distribution, tokens: Tokens) -> Gateway:
    """The gateway with a cache of S3, and the blobs in S3."""
    gateway: Gateway = request.getfixturevalue("s3_gateway")
    _push(gateway, tokens)
    # Distribution 2.8.2 cannot write an empty object to S3.
    empty = f"sha256:{hashlib.sha256(b'').hexdigest()}"
    for path, content in (
        (blob_data(empty), b""),
        (layer_link("team/app", empty), empty.encode()),
    ):
        file = s3_registry.storage / path
        file.parent.mkdir(parents=True)
        file.write_bytes(content)
    return gateway


@pytest.fixture(scope="module", params=["nginx", "registry", "s3"])
def blobs(request: pytest.FixtureRequest, start: Start, gateway: Gateway) -> Gateway:
    """Gateways whose responses must be the same: nginx, the registry, or S3 sends the blobs."""
    if request.param == "s3":
        found: Gateway = request.getfixturevalue("cached")
        return found
    return gateway if request.param == "nginx" else start("registry-sends", blob_root=None)


@pytest.fixture(scope="module")
def storing(request: pytest.FixtureRequest, blobs: Gateway) -> Distribution:
    """The registry behind ``blobs``."""
    name = "s3_registry" if "s3" in blobs.folder.name else "registry"
    found: Distribution = request.getfixturevalue(name)
    return found


@pytest.fixture(scope="module", params=["nginx", "s3"])
def ranged(request: pytest.FixtureRequest, gateway: Gateway) -> Gateway:
    """The gateways that answer a range beyond the end themselves."""
    if request.param == "nginx":
        return gateway
    found: Gateway = request.getfixturevalue("cached")
    return found


@pytest.fixture
def may_pull(tokens: Tokens) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens('team/app:pull')}"}


def headers_of(answer: httpx.Response) -> dict[str, Any]:
    named = (
        "content-type",
        "content-length",
        "docker-content-digest",
        "etag",
        "docker-distribution-api-version",
        "cache-control",
        "accept-ranges",
    )
    return {name: answer.headers.get_list(name) for name in named}


def test_blob_is_the_same_from_nginx_and_from_the_registry(
    blobs: Gateway, may_pull: dict[str, str]
) -> None:
    with blobs.client(headers=may_pull) as http:
        answer = http.get(BLOB)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert headers_of(answer) == {
        "content-type": ["application/octet-stream"],
        "content-length": [str(len(CONTENT))],
        "docker-content-digest": [DIGEST],
        "etag": [f'"{DIGEST}"'],
        "docker-distribution-api-version": ["registry/2.0"],
        "cache-control": ["max-age=31536000"],
        "accept-ranges": ["bytes"],
    }
    assert "last-modified" not in answer.headers
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]


def test_nginx_sends_a_get_and_the_registry_answers_a_head(
    gateway: Gateway, may_pull: dict[str, str]
) -> None:
    with gateway.client(headers=may_pull) as http:
        by_nginx, by_registry = http.get(BLOB), http.head(BLOB)
    assert gateway.logged(by_nginx.headers["x-request-id"])["upstream"] == ""
    assert gateway.logged(by_registry.headers["x-request-id"])["upstream"] != ""


def test_cached_blob_is_sent_without_s3(
    cached: Gateway, s3_registry: Distribution, may_pull: dict[str, str]
) -> None:
    """The registry still decides: only it knows whether the client may pull the blob."""
    stored = s3_registry.storage / blob_data(DIGEST)
    with cached.client(headers=may_pull) as http:
        assert http.get(BLOB).content == CONTENT
        stored.write_bytes(b"x" * len(CONTENT))
        try:
            assert http.get(BLOB).content == CONTENT
            assert http.get(BLOB, headers={"Range": "bytes=5-9"}).content == CONTENT[5:10]
        finally:
            stored.write_bytes(CONTENT)


def test_head_returns_length_and_digest_of_a_blob(blobs: Gateway, may_pull: dict[str, str]) -> None:
    with blobs.client(headers=may_pull) as http:
        answer = http.head(BLOB)
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (
        200,
        str(len(CONTENT)),
        b"",
    )
    assert answer.headers["docker-content-digest"] == DIGEST


@pytest.mark.registry_versions
def test_blob_of_a_sha512_digest_is_answered_with_that_digest(
    blobs: Gateway, tokens: Tokens
) -> None:
    """The registry keeps it under sha256, and would answer with that digest."""
    content = secrets.token_bytes(100)
    digest = "sha512:" + hashlib.sha512(content).hexdigest()
    token = tokens("team/long:pull,push", "team/long-mounted:pull,push")
    with blobs.client(headers={"Authorization": f"Bearer {token}"}) as http:
        upload = http.post("/v2/team/long/blobs/uploads/").headers["location"]
        query = {**httpx.URL(upload).params, "digest": digest}
        mount = f"/v2/team/long-mounted/blobs/uploads/?mount={digest}&from=team/long"
        answers = {
            "put": http.put(upload, params=query, content=content),
            "head": http.head(f"/v2/team/long/blobs/{digest}"),
            "get": http.get(f"/v2/team/long/blobs/{digest}"),
            "mount": http.post(mount),
        }
    found = {
        name: (answer.status_code, answer.headers.get("docker-content-digest"))
        for name, answer in answers.items()
    }
    assert found == {
        "put": (201, digest),
        "head": (200, digest),
        "get": (200, digest),
        "mount": (201, digest),
    }


def test_empty_blob_can_be_pulled(blobs: Gateway, may_pull: dict[str, str]) -> None:
    with blobs.client(headers=may_pull) as http:
        answer = http.get("/v2/team/app/blobs/sha256:" + hashlib.sha256(b"").hexdigest())
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("requested", "first", "last"),
    [("bytes=0-9", 0, 9), ("bytes=1000000-", 1000000, 1048575), ("bytes=-5", 1048571, 1048575)],
)
def test_range_request_returns_the_requested_bytes(
    blobs: Gateway, may_pull: dict[str, str], requested: str, first: int, last: int
) -> None:
    with blobs.client(headers=may_pull) as http:
        answer = http.get(BLOB, headers={"Range": requested})
    assert (answer.status_code, answer.content) == (206, CONTENT[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(CONTENT)}"
    assert answer.headers["docker-content-digest"] == DIGEST


def test_range_request_with_a_wrong_validator_returns_the_whole_blob(
    blobs: Gateway, may_pull: dict[str, str]
) -> None:
    with blobs.client(headers={**may_pull, "Range": "bytes=0-9"}) as http:
        assert http.get(BLOB, headers={"If-Range": f'"{DIGEST}"'}).status_code == 206
        assert http.get(BLOB, headers={"If-Range": '"another"'}).status_code == 200


def test_range_beyond_the_end_gets_416(ranged: Gateway, may_pull: dict[str, str]) -> None:
    """Not compared with Distribution, which announces the blob's length and sends a text."""
    with ranged.client(headers=may_pull) as http:
        answer = http.get(BLOB, headers={"Range": "bytes=99999999-"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (416, "RANGE_INVALID")
    if ranged.folder.name != "s3":  # S3 does not tell the length with this status.
        assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"


def test_client_with_a_current_copy_gets_a_304(blobs: Gateway, may_pull: dict[str, str]) -> None:
    with blobs.client(headers=may_pull) as http:
        assert http.get(BLOB, headers={"If-None-Match": f'"{DIGEST}"'}).status_code == 304
        assert http.get(BLOB, headers={"If-None-Match": '"another"'}).content == CONTENT


def test_anonymous_client_cannot_pull_a_blob(blobs: Gateway) -> None:
    with blobs.client() as http:
        for path in (BLOB, UNKNOWN):
            answer = http.get(path)
            assert challenge(answer) == {
                "realm": f"{blobs.url}/token",
                "service": "moorage",
                "scope": "repository:team/app:pull",
            }
            assert answer.json()["errors"][0]["code"] == "UNAUTHORIZED"


def test_token_for_another_repository_cannot_pull_a_blob(blobs: Gateway, tokens: Tokens) -> None:
    with blobs.client(
        headers={"Authorization": f"Bearer {tokens('team/other:pull,push')}"}
    ) as http:
        assert challenge(http.get(BLOB))["error"] == "insufficient_scope"
        elsewhere = http.get(BLOB.replace("team/app", "team/other"))
    assert elsewhere.status_code == 404
    assert elsewhere.json()["errors"][0]["code"] in ("BLOB_UNKNOWN", "NAME_UNKNOWN")


def test_forged_token_cannot_pull_a_blob(blobs: Gateway, may_pull: dict[str, str]) -> None:
    with blobs.client(headers={"Authorization": may_pull["Authorization"][:-6] + "AAAAAA"}) as http:
        assert challenge(http.get(BLOB))["scope"] == "repository:team/app:pull"


def test_unknown_blob_gets_404_in_the_registrys_format(
    blobs: Gateway, may_pull: dict[str, str]
) -> None:
    with blobs.client(headers=may_pull) as http:
        answer = http.get(UNKNOWN)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "BLOB_UNKNOWN")
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize(
    "target",
    [
        f"/v2/team/app/blobs/sha256:{'0' * 64}/../{DIGEST}",
        f"/v2/team/app/blobs/{DIGEST}%0a",
        f"/v2/team/app/../other/blobs/{DIGEST}",
        f"/v2/team/app/blobs/{DIGEST}/../../../../../../../etc/passwd",
        f"/v2/team//app/blobs/{DIGEST}",
        f"/v2//team/other/blobs/{DIGEST}",
        "/v2/team/app/blobs/sha256:" + "../" * 21 + "x",
    ],
)
def test_disguised_path_gives_no_access_beyond_the_token(
    gateway: Gateway, tokens: Tokens, target: str
) -> None:
    status, _, body = gateway.get_raw(target)
    assert status in (301, 400, 401, 404)
    assert CONTENT[:64] not in body
    request = (
        f"GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: Bearer {tokens('team/other:pull,push')}\r\n\r\n"
    )
    status, _, body = gateway.raw(request)
    assert status in (301, 400, 401, 404)
    assert CONTENT[:64] not in body


def test_deleted_blob_gets_404(blobs: Gateway, storing: Distribution, tokens: Tokens) -> None:
    content = b"to be deleted"
    token = {"Authorization": f"Bearer {tokens('team/gone:pull,push,delete')}"}
    with blobs.client(headers=token) as http:
        path = f"/v2/team/gone/blobs/{push_blob(http, 'team/gone', content)}"
        assert http.get(path).content == content
        deleted = httpx.delete(f"http://{storing.address}{path}", headers=token, trust_env=False)
        assert deleted.status_code == 202
        assert http.get(path).status_code == 404


def test_blob_whose_file_is_missing_gets_404_in_the_registrys_format(
    blobs: Gateway, storing: Distribution, tokens: Tokens
) -> None:
    content = b"to be collected"
    with blobs.client(headers={"Authorization": f"Bearer {tokens('team/lost:pull,push')}"}) as http:
        digest = push_blob(http, "team/lost", content)
        (storing.storage / blob_data(digest)).unlink()
        answer = http.get(f"/v2/team/lost/blobs/{digest}")
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "BLOB_UNKNOWN")


def test_refused_pull_writes_nothing_to_the_error_log(
    gateway: Gateway, may_pull: dict[str, str]
) -> None:
    before = len(gateway.error_log)
    with gateway.client() as http:
        http.get(BLOB)
        http.get(UNKNOWN, headers=may_pull)
    assert gateway.error_log[before:] == ""
