"""Every error of the registry API is JSON in the registry's format, and names no inner path.

Distribution answers some malformed requests with 500 and a path of its storage, with plain text, or
with a body that is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.integration.gateway.conftest import Start, Tokens
from tests.integration.gateway.test_gateway_blobs import push_blob
from tests.kit.servers.distribution import Distribution
from tests.kit.servers.gateway import Gateway

pytestmark = pytest.mark.registry_versions

APP = "team/errors"
ZEROS = "0" * 64
CONTENT = b"a blob of a few bytes"
UPLOAD = "00000000-0000-0000-0000-000000000000"
LONG = f"team/{'a' * 251}"
INVALID_NAMES = (
    "app", "team/App", "TEAM/app", "team/app-", "-team/app", "team/a__b/..x", "team/a---_b",
    "ex.com:5000/app", LONG,
)  # fmt: skip
MALFORMED_DIGESTS = (
    "sha256:abc", f"sha256:{'G' * 64}", f"sha256:{ZEROS}0", f"sha256:{ZEROS.replace('0', 'A')}",
    f"sha512:{ZEROS}", f"md5:{'0' * 32}", "foo:bar", f"a+b:{ZEROS}", f"sha256+x:{ZEROS}",
    f"SHA256:{ZEROS}", "sha256:", ":x", f"{ZEROS}:sha256",
)  # fmt: skip
UNKNOWN_MANIFESTS = ("nothing", "x" * 128, f"sha256:{ZEROS}", f"sha512:{ZEROS * 2}")
MALFORMED_TAGS = ("x" * 129, ".x", "-x", "a+b", "a=b", "x" * 1000)
RANGES = ("bytes=99999999-", "bytes=5-1", "bytes=99999999999999999999-")


@pytest.fixture(scope="module", params=["nginx", "registry"])
def http(
    request: pytest.FixtureRequest, start: Start, registry: Distribution, tokens: Tokens
) -> Iterator[httpx.Client]:
    """A client that may do everything. Blobs are sent by nginx, and by the registry."""
    root = str(registry.storage) if request.param == "nginx" else None
    gateway: Gateway = start(f"errors-{request.param}", blob_root=root)
    names = [name for name in (APP, "team/none", *INVALID_NAMES) if ":" not in name]
    token = tokens(*(f"{name}:pull,push,delete" for name in names))
    with gateway.client(headers={"Authorization": f"Bearer {token}"}) as client:
        yield client


def error(answer: httpx.Response) -> str:
    """Return the code of the only error, after all checks that hold for every error."""
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"].partition(";")[0] == "application/json", answer.text
    # nginx repeats these headers if it refuses a range of a blob that it sends itself
    assert set(answer.headers["docker-distribution-api-version"].split(", ")) == {"registry/2.0"}
    assert set(answer.headers["x-content-type-options"].split(", ")) == {"nosniff"}
    for inner in (
        "/docker/registry",
        "repositories/",
        "_manifests",
        "_layers",
        "_uploads",
        "Driver",
    ):
        assert inner not in answer.text
    (only,) = answer.json()["errors"]
    assert only["message"]
    assert len(answer.content) < 2048
    return str(only["code"])


@pytest.mark.parametrize("name", INVALID_NAMES)
def test_invalid_name_is_named(http: httpx.Client, name: str) -> None:
    for method, path in (
        ("GET", f"manifests/sha256:{ZEROS}"),
        ("GET", "manifests/v1"),
        ("GET", f"blobs/sha256:{ZEROS}"),
        ("GET", f"blobs/uploads/{UPLOAD}"),
        ("POST", "blobs/uploads/"),
        ("POST", "blobs/uploads"),
        ("PUT", f"blobs/uploads/{UPLOAD}"),
        ("PATCH", f"blobs/uploads/{UPLOAD}"),
    ):
        answer = http.request(method, f"/v2/{name}/{path}")
        assert (answer.status_code, error(answer)) == (400, "NAME_INVALID"), (method, path)
    assert http.head(f"/v2/{name}/manifests/v1").status_code == 400


@pytest.mark.parametrize("name", [f"team/{'a' * 250}", "te/a/b/c", "1.a-b_c/d__e/f--g"])
def test_valid_name_is_not_refused(http: httpx.Client, name: str) -> None:
    answer = http.get(f"/v2/{name}/manifests/v1")
    assert (answer.status_code, error(answer)) == (401, "UNAUTHORIZED")


@pytest.mark.parametrize("digest", MALFORMED_DIGESTS)
@pytest.mark.parametrize("name", [APP, "team/none"])
def test_malformed_digest_is_named(http: httpx.Client, name: str, digest: str) -> None:
    for kind in ("manifests", "blobs"):
        answer = http.get(f"/v2/{name}/{kind}/{digest}")
        assert (answer.status_code, error(answer)) == (400, "DIGEST_INVALID"), kind
        assert http.head(f"/v2/{name}/{kind}/{digest}").status_code == 400


@pytest.mark.parametrize("reference", [*UNKNOWN_MANIFESTS, *MALFORMED_TAGS])
@pytest.mark.parametrize("name", [APP, "team/none"])
def test_unknown_manifest_is_404(http: httpx.Client, name: str, reference: str) -> None:
    answer = http.get(f"/v2/{name}/manifests/{reference}")
    assert (answer.status_code, error(answer)) == (404, "MANIFEST_UNKNOWN")
    assert http.head(f"/v2/{name}/manifests/{reference}").status_code == 404


def test_unknown_blob_is_404(http: httpx.Client) -> None:
    for name in (APP, "team/none"):
        answer = http.get(f"/v2/{name}/blobs/sha256:{ZEROS}")
        assert answer.status_code == 404
        assert error(answer) in ("BLOB_UNKNOWN", "NAME_UNKNOWN")
    for name in ("nothing", "v1", "a=b"):
        answer = http.get(f"/v2/{APP}/blobs/{name}")
        assert (answer.status_code, error(answer)) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("value", RANGES)
def test_range_outside_the_blob_is_416(http: httpx.Client, value: str) -> None:
    digest = push_blob(http, APP, CONTENT)
    answer = http.get(f"/v2/{APP}/blobs/{digest}", headers={"Range": value})
    assert (answer.status_code, error(answer)) == (416, "RANGE_INVALID")


@pytest.mark.parametrize("value", ["bytes=x", "items=0-1", "bytes=0-0,2-3", "bytes=-0", "x"])
def test_unusual_range_is_ignored_or_refused(http: httpx.Client, value: str) -> None:
    digest = push_blob(http, APP, CONTENT)
    answer = http.get(f"/v2/{APP}/blobs/{digest}", headers={"Range": value})
    if answer.status_code >= 300:
        assert (answer.status_code, error(answer)) == (416, "RANGE_INVALID")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "POST"])
@pytest.mark.parametrize(
    "upload", [UPLOAD, "not-an-id", f"{UPLOAD}?_state=abc", f"{UPLOAD}?_state=", "x" * 300]
)
def test_unknown_upload_is_404(http: httpx.Client, method: str, upload: str) -> None:
    answer = http.request(method, f"/v2/{APP}/blobs/uploads/{upload}")
    assert answer.status_code == 404
    codes = ("BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID", "NAME_UNKNOWN")
    assert error(answer) in codes


@pytest.mark.parametrize(
    "digest",
    [
        "",
        "foo",
        "sha256:abc",
        f"sha256:{ZEROS}",
        f"md5:{'0' * 32}",
        "%00",
        "sha256:../../x",
        "../..",
    ],
)
def test_upload_with_a_wrong_digest_is_400(http: httpx.Client, digest: str) -> None:
    place = http.post(f"/v2/{APP}/blobs/uploads/").headers["location"]
    answer = http.put(f"{place}&digest={digest}", content=b"hello")
    assert (answer.status_code, error(answer)) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize("value", ["5-9", "x", "-1", "9-0", "0-9999999999999999999999"])
def test_chunk_at_a_wrong_place_is_refused(http: httpx.Client, value: str) -> None:
    place = http.post(f"/v2/{APP}/blobs/uploads/").headers["location"]
    headers = {"Content-Range": value, "Content-Type": "application/octet-stream"}
    answer = http.patch(place, content=b"hello", headers=headers)
    if answer.status_code != 202:  # 2.8.2 ignores the place
        assert error(answer) in ("RANGE_INVALID", "SIZE_INVALID", "BLOB_UPLOAD_INVALID")


def test_chunks_are_accepted(http: httpx.Client) -> None:
    place = http.post(f"/v2/{APP}/blobs/uploads/").headers["location"]
    octets = {"Content-Type": "application/octet-stream"}
    first = http.patch(place, content=b"hello", headers={**octets, "Content-Range": "0-4"})
    assert first.status_code == 202
    place = first.headers["location"]
    second = http.patch(place, content=b" you", headers={**octets, "Content-Range": "5-8"})
    assert second.status_code == 202
    assert http.patch(second.headers["location"], content=b"!", headers=octets).status_code == 202


def test_failure_of_the_registry_names_no_path(http: httpx.Client, registry: Distribution) -> None:
    folder = registry.storage / f"docker/registry/v2/repositories/{APP}/_manifests/tags/damaged"
    link = folder / "current/link"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.write_text("sha256:damaged")
    answer = http.get(f"/v2/{APP}/manifests/damaged")
    assert answer.status_code >= 400
    assert "docker/registry" not in answer.text
    (only,) = answer.json()["errors"]
    assert only["code"]
    assert only["message"]


def test_method_that_is_too_long(http: httpx.Client) -> None:
    answer = http.request("X" * 21, f"/v2/{APP}/manifests/v1")
    assert (answer.status_code, error(answer)) == (405, "UNSUPPORTED")
