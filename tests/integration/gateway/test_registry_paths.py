"""No request of a client gets around admission to the registry (spec 5).

The registry behind this gateway accepts everything, so the gateway alone keeps manifests, tags, and
deletions away from it. MOORAGE_TEST_REQUESTS is the number of requests, and MOORAGE_TEST_SEED their
seed.
"""

from __future__ import annotations

import hashlib
import json
import os
import posixpath
import random
import re
import socket
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote_to_bytes

import httpx
import pytest

from ops.host.privileges import RunUser
from ops.install.debian import Tool
from tests.integration.gateway.conftest import Start
from tests.kit.clients.certificates import ServerCertificate, make_certificate
from tests.kit.images import Blob, Image, make_image
from tests.kit.servers.distribution import Distribution, running_bare_distribution
from tests.kit.servers.gateway import Gateway
from tests.kit.waiting import eventually

pytestmark = pytest.mark.registry_versions

REQUESTS = int(os.environ.get("MOORAGE_TEST_REQUESTS", "3000"))
AT_ONCE = 8
REPOSITORY = "team/app"
LOGGED = re.compile(r'"(?P<method>\S+) (?P<target>\S+) HTTP/[0-9.]+" (?P<status>\d{3}) ')

NAME = r"[a-z0-9]+(?:(?:[._]|__|-+|/)[a-z0-9]+)*"
TAG = r"\w[\w.-]{0,127}"
DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"
READABLE = re.compile(rf"/v2/?|/v2/{NAME}/(?:manifests/(?:{TAG}|{DIGEST})|blobs/{DIGEST})/?")
"""The routes of Distribution that only GET and HEAD may reach."""
LISTS = re.compile(rf"/v2/_catalog/?|/v2/{NAME}/tags/list/?")
"""The routes of Distribution that nothing may reach, because the catalog answers."""
UPLOAD = re.compile(rf"/v2/{NAME}/blobs/uploads/[\w.=-]+/?")
"""The routes that no DELETE may reach, because the catalog cancels uploads."""
UPLOADS = re.compile(rf"/v2/{NAME}/blobs/uploads/?|{UPLOAD.pattern}")


@pytest.fixture(scope="module")
def bare(distribution: Tool, user: RunUser, folder: Path) -> Iterator[Distribution]:
    """A registry without authentication."""
    with running_bare_distribution(distribution, user, folder / "bare") as running:
        yield running


@pytest.fixture(scope="module")
def image(bare: Distribution) -> Image:
    """An image in the registry, under the tag v1."""
    made = make_image()
    with httpx.Client(base_url=f"http://{bare.address}", trust_env=False) as http:
        for blob in made.blobs:
            opened = http.post(f"/v2/{REPOSITORY}/blobs/uploads/").raise_for_status()
            place = httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": blob.digest})
            http.put(place, content=blob.content).raise_for_status()
        http.put(
            f"/v2/{REPOSITORY}/manifests/v1",
            content=made.manifest.content,
            headers={"Content-Type": made.manifest.media_type},
        ).raise_for_status()
    return made


@pytest.fixture(scope="module")
def open_gateway(start: Start, bare: Distribution) -> Gateway:
    """A gateway in front of ``bare``."""
    return start("bare-gateway", registry_address=bare.address, blob_root=str(bare.storage))


class Generator:
    """Generates requests that try to write or delete a manifest, a tag, or a blob."""

    def __init__(self, chance: random.Random, image: Image) -> None:
        self._chance = chance
        self._image = image
        self._number = 0

    def request(self) -> bytes:
        """Return one request."""
        self._number += 1
        manifest = self._manifest()
        method = self._method()
        target = self._target(manifest)
        version = self._chance.choices(("HTTP/1.1", "HTTP/1.0"), (9, 1))[0]
        headers = [
            "Host: gateway.test",
            f"Content-Type: {manifest.media_type}",
            "Connection: close",
            *self._tricks(target),
        ]
        body = manifest.content
        match self._chance.randrange(10):
            case 0 | 1:
                headers.append("Transfer-Encoding: chunked")
                body = f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
            case 2:  # a second request inside the body of the first
                body = self._smuggled(manifest)
                headers += ["Content-Length: 0", "Connection: keep-alive"]
            case 3:
                headers += ["Content-Length: 4", "Transfer-Encoding: chunked"]
                body = b"0\r\n\r\n" + self._smuggled(manifest)
            case 4:
                headers += [f"Content-Length: {len(body)}", "Transfer-Encoding: identity"]
            case 5:
                headers += [f"Content-Length: {len(body)}", "Transfer-Encoding:\x0bchunked"]
            case _:
                headers.append(f"Content-Length: {len(body)}")
        end = self._chance.choices(("\r\n", "\n"), (19, 1))[0]
        head = end.join([f"{method} {target} {version}", *headers, "", ""])
        return head.encode("latin-1") + body

    def _manifest(self) -> Blob:
        """Return the manifest with another annotation, so that the registry cannot have it."""
        value = json.loads(self._image.manifest.content)
        value["annotations"] = {"number": f"{self._number}-{self._chance.random()}"}
        return Blob(self._image.manifest.media_type, json.dumps(value).encode())

    def _smuggled(self, manifest: Blob) -> bytes:
        return (
            f"PUT /v2/{REPOSITORY}/manifests/smuggled HTTP/1.1\r\nHost: x\r\n"
            f"Content-Type: {manifest.media_type}\r\n"
            f"Content-Length: {len(manifest.content)}\r\n\r\n"
        ).encode() + manifest.content

    def _method(self) -> str:
        usual = ("PUT", "DELETE", "POST", "PATCH")
        unusual = (
            "put", "Put", "delete", "GET", "GET", "GET", "GET", "HEAD", "HEAD", "OPTIONS", "TRACE",
            "CONNECT", "MOVE", "COPY", "MKCOL", "PROPPATCH", "LOCK", "PURGE", "X", "PUT-",
            "PUTX", "get", "gET",
        )  # fmt: skip
        return self._chance.choice(usual if self._chance.random() < 0.6 else unusual)

    def _target(self, manifest: Blob) -> str:
        digest = self._image.manifest.digest
        reference = self._chance.choice(
            (f"t{self._number}", "v1", digest, manifest.digest, self._image.layers[0].digest)
        )
        path = self._chance.choice(
            (
                f"/v2/{REPOSITORY}/manifests/{reference}",
                f"/v2/{REPOSITORY}/manifests/{reference}",
                f"/v2/{REPOSITORY}/blobs/{reference}",
                f"/v2/{REPOSITORY}/blobs/uploads/../../manifests/{reference}",
                f"/v2/{REPOSITORY}/blobs/uploads/{reference}/../../../manifests/{reference}",
                f"/v2/{REPOSITORY}/blobs/uploads/x/manifests/{reference}",
                f"/v2/{REPOSITORY}/manifests/blobs/uploads/{reference}",
                f"/v2/{REPOSITORY}/manifests/{reference}/blobs/uploads/",
                f"/v2/{REPOSITORY}/manifests/uploads/{reference}",
                f"/v2/{REPOSITORY}/manifests/{reference}/tags/list",
                f"/v2/{REPOSITORY}/tags/list",
                f"/v2/{REPOSITORY}/tags/reference/{reference}",
                f"/v2/{REPOSITORY}/referrers/{reference}",
                f"/healthz/../v2/{REPOSITORY}/manifests/{reference}",
                f"/token/../v2/{REPOSITORY}/manifests/{reference}",
                f"/api/v1/../../v2/{REPOSITORY}/manifests/{reference}",
                f"/docs/../v2/{REPOSITORY}/manifests/{reference}",
                f"/.gateway//blob-access/../../v2/{REPOSITORY}/manifests/{reference}",
                f"/v2/{REPOSITORY}/blobs/uploads/{'0' * 8}-1",
                "/v2/_catalog",
                "/v2/_catalog",
                "/v2/",
                "/v2",
            )
        )
        for _ in range(self._chance.choice((0, 1, 1, 2, 3))):
            path = self._mutated(path)
        query = self._chance.choice(
            ("", "", "", f"?digest={digest}", "?tag=evil", "?_method=PUT", "?x=/blobs/uploads/",
             f"?mount={digest}&from=team/app", "?n=5&last=a", "?", "?%00", "#x", "?a=b#c")
        )  # fmt: skip
        prefix = self._chance.choices(
            ("", "http://gateway.test", "HTTP://x@gateway.test:80", "//gateway.test", "v2"),
            (12, 1, 1, 1, 1),
        )[0]
        return prefix + path + query

    def _mutated(self, path: str) -> str:
        where = [match.start() for match in re.finditer("/", path)] or [0]
        at = self._chance.choice(where)
        letter = self._chance.randrange(len(path))
        escape = self._chance.choice(("%{:02x}", "%{:02X}", "%25{:02x}"))
        return self._chance.choice(
            (
                path[:at] + "/" + path[at:],
                path[:at] + "%2F" + path[at + 1 :],
                path[:at] + "%2f%2f" + path[at + 1 :],
                path[:at] + "%5C" + path[at + 1 :],
                path[:at] + "\\" + path[at + 1 :],
                path[:at] + "/." + path[at:],
                path[:at] + "/%2e" + path[at:],
                path[:at] + "/x/.." + path[at:],
                path[:at] + "/x/%2e%2e" + path[at:],
                path[:at] + "/x/%2E." + path[at:],
                path[:at] + "/x%2f..%2f" + path[at + 1 :],
                path[:at] + ";a=b" + path[at:],
                path[:at] + "%3B" + path[at:],
                path[:at] + "%00" + path[at:],
                path[:at] + "%20" + path[at:],
                path[:at] + "%0d%0aX:%20y" + path[at:],
                path[:at] + "/.." + path[at:],
                path + "/",
                path + "//",
                path + "/.",
                path + "/..",
                path + "%2F",
                path + "%0a",
                path + "%23",
                path + "%3Fdigest=x",
                path + ";jsessionid=1",
                path.replace("_", "%5F"),
                path.replace("v2", "%76%32", 1),
                path.replace("v2", "V2", 1),
                path.replace("manifests", "Manifests"),
                path.replace("manifests", "manifest%73"),
                path.replace("manifests", "%6danifests"),
                path.replace("manifests", "blobs/uploads"),
                path.replace(":", "%3A"),
                path[:letter] + escape.format(ord(path[letter])) + path[letter + 1 :],
                path[:letter] + "\xff" + path[letter:],
                path[:letter] + "%c0%af" + path[letter:],
                path[:letter] + "%u002f" + path[letter:],
            )
        )

    def _tricks(self, target: str) -> list[str]:
        digest = self._image.manifest.digest
        real = f"/v2/{REPOSITORY}/manifests/evil"
        tricks = (
            "X-HTTP-Method-Override: PUT", "X-HTTP-Method: DELETE", "X-Method-Override: PUT",
            f"X-Accel-Redirect: {real}", f"X-Original-URL: {real}", f"X-Rewrite-URL: {real}",
            f"X-Original-URI: {real}", "X-Original-Method: PUT", "X-Accel-Buffering: no",
            "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk",
            "Expect: 100-continue", "Range: bytes=0-1", f"If-None-Match: \"{digest}\"",
            "If-Match: *", f"Docker-Content-Digest: {digest}", "Content-Encoding: gzip",
            f"Referer: {real}", f"Destination: {real}", "X-Forwarded-Host: registry",
            "X-Forwarded-Prefix: /v2", f"X-Forwarded-Uri: {real}", "Content-Range: 0-10",
            "Transfer_Encoding: chunked", "TE: trailers", "Host: registry", "Max-Forwards: 0",
            "Authorization: Bearer x", "Connection: Content-Length", "Connection: Host",
        )  # fmt: skip
        return self._chance.sample(tricks, self._chance.choice((0, 0, 1, 1, 2, 4)))


def test_no_request_writes_or_deletes_around_admission(
    open_gateway: Gateway, bare: Distribution, image: Image
) -> None:
    seed = int(os.environ.get("MOORAGE_TEST_SEED", str(random.SystemRandom().randrange(10**9))))
    print(f"{REQUESTS} requests, seed {seed}")
    generator = Generator(random.Random(seed), image)
    requests = [generator.request() for _ in range(REQUESTS)]
    before, read_from = _stored(bare), bare.log.stat().st_size
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda request: _send(open_gateway, request), requests))
    received = _received(open_gateway, bare, read_from)
    print(f"{len(received)} reached the registry")
    assert _stored(bare) == before
    assert received  # otherwise the test tests nothing
    wrong = [line for line in received if not _is_allowed(*line)]
    assert not wrong, wrong[:20]


def test_no_http2_request_writes_or_deletes_around_admission(
    start: Start, bare: Distribution, image: Image, folder: Path, user: RunUser
) -> None:
    certificate = _certificate(folder, user)
    gateway = start(
        "bare-http2",
        registry_address=bare.address,
        tls_cert=str(certificate.certificate),
        tls_key=str(certificate.key),
    )
    digest = image.manifest.digest
    paths = [
        f"/v2/{REPOSITORY}/manifests/evil",
        f"/v2/{REPOSITORY}//manifests/evil",
        f"/v2/{REPOSITORY}/manifests%2Fevil",
        f"/v2/{REPOSITORY}/%6danifests/evil",
        f"/v2/{REPOSITORY}/blobs/uploads/../../manifests/evil",
        f"/v2/{REPOSITORY}/blobs/uploads/%2e%2e/%2e%2e/manifests/evil",
        f"/v2/{REPOSITORY}/manifests/{digest}",
        f"/v2/{REPOSITORY}/manifests/v1",
        f"/v2/{REPOSITORY}/manifests/v1/",
        f"/v2/{REPOSITORY}/blobs/{image.layers[0].digest}",
    ]
    before, read_from = _stored(bare), bare.log.stat().st_size
    body = folder / "evil.json"
    body.write_bytes(image.manifest.content + b"\n")
    answered = 0
    for method in ("PUT", "DELETE", "POST", "PATCH", "put", "MOVE"):
        command = [
            "curl", "--silent", "--insecure", "--http2", "--path-as-is", "--request", method,
            "--output", os.devnull, "--write-out", "%{http_version} %{http_code}\n",
            "--header", f"Content-Type: {image.manifest.media_type}",
            "--header", "X-HTTP-Method-Override: PUT",
        ]  # fmt: skip
        command += ["--data-binary", f"@{body}", *(gateway.url + path for path in paths)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        answered += done.stdout.count("2 ")
    assert answered == 6 * len(paths)
    assert _stored(bare) == before
    wrong = [line for line in _received(gateway, bare, read_from) if not _is_allowed(*line)]
    assert not wrong


def _certificate(folder: Path, user: RunUser) -> ServerCertificate:
    place = folder / "bare-certificate"
    place.mkdir()
    place.chmod(0o755)
    made = make_certificate(place, names=["gateway.test"], addresses=["127.0.0.1"])
    user.own(made.key)
    return made


def _send(gateway: Gateway, request: bytes) -> None:
    """Send the bytes, and read until the gateway closes the connection or says nothing more."""
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as connection:
        try:
            connection.sendall(request)
            connection.settimeout(0.3)
            while connection.recv(65536):
                pass
        except (TimeoutError, ConnectionError):
            return


def _stored(bare: Distribution) -> dict[str, str]:
    """Return each file of the storage but those of uploads, and its content's digest."""
    return {
        str(path.relative_to(bare.storage)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in bare.storage.rglob("*")
        if path.is_file() and "_uploads" not in path.parts
    }


def _received(gateway: Gateway, bare: Distribution, read_from: int) -> list[tuple[str, str]]:
    """Return method and target of each request that the registry has received since."""
    mark = f"mark-{random.SystemRandom().randrange(10**9)}"

    def log() -> str:
        with bare.log.open("rb") as file:
            file.seek(read_from)
            return file.read().decode("latin-1")

    httpx.get(f"http://{bare.address}/{mark}", trust_env=False)
    text = eventually(log, lambda text: mark in text, within=10, what="the registry's log")
    return [
        (match["method"], match["target"])
        for match in LOGGED.finditer(text)
        if mark not in match["target"]
    ]


def _is_allowed(method: str, target: str) -> bool:
    """Return whether the registry may get the request, with the path as its router reads it.

    A path without a route is harmless.
    """
    path = unquote_to_bytes(target.partition("?")[0]).decode("latin-1")
    cleaned = posixpath.normpath(path) + ("/" if path.endswith("/") and path != "/" else "")
    if LISTS.fullmatch(cleaned):
        return False
    if UPLOADS.fullmatch(cleaned) and not READABLE.fullmatch(cleaned):
        return method != "DELETE" or UPLOAD.fullmatch(cleaned) is None
    return method in ("GET", "HEAD") or READABLE.fullmatch(cleaned) is None
