"""Pulls of blobs through the gateway, compared with pulls from Distribution itself."""

import hashlib
import json
import os
import socket
import statistics
import time
from collections.abc import Iterator

import httpx

from bench import load
from bench.figures import Figure, interleaved, ratio
from bench.installation import Installation
from bench.names import PASSWORD, docker_user
from tests.kit.http.registry import Registry
from tests.kit.images import Blob

LARGE = 1024 * 1024 * 1024
SMALL, SMALL_BYTES = 500, 4096
_REPOSITORY = "team-0000/bytes"
_CHUNK = 4 * 1024 * 1024


def measure(installation: Installation) -> Iterator[Figure]:
    """Yield the figures of a large blob and of many small ones."""
    with Registry(installation.stack.url, (docker_user(0), PASSWORD)) as registry:
        token = registry.token(f"repository:{_REPOSITORY}:pull,push")
        bearer = {"Authorization": f"Bearer {token}"}
        started = time.monotonic()
        digest = _push_large(installation.stack.url, bearer)
        pushed = time.monotonic() - started
        paths = [_push_small(installation.stack.url, bearer) for _ in range(SMALL)]
    ports = (installation.stack.port, installation.ports["registry"])
    path = f"/v2/{_REPOSITORY}/blobs/{digest}"
    gateway, distribution = interleaved(
        7, *((lambda port=port: LARGE / _download(port, path, token)) for port in ports)
    )
    rates = [statistics.median(speeds) / 1e6 for speeds in (gateway, distribution)]
    detail = f"{rates[0]:,.0f} MB/s against {rates[1]:,.0f} MB/s; pushed in {pushed:.1f} s"
    yield Figure(
        "bytes",
        "pull of one 1 GiB layer",
        ratio(gateway, distribution),
        "× without gateway",
        ("≥", 1.0),
        detail,
    )
    script = _script(paths)
    gateway, distribution = interleaved(
        5, *((lambda port=port: _rate(port, script, bearer)) for port in ports)
    )
    detail = f"{statistics.median(gateway):,.0f}/s against {statistics.median(distribution):,.0f}/s"
    yield Figure(
        "bytes",
        "pulls of 500 small blobs",
        ratio(gateway, distribution),
        "× without gateway",
        ("≥", 1.5),
        detail,
    )


def _rate(port: int, script: str, bearer: dict[str, str]) -> float:
    return load.measure(
        f"http://127.0.0.1:{port}/v2/", seconds=2, headers=bearer, script=script
    ).rate


def _script(paths: list[str]) -> str:
    listed = ", ".join(map(json.dumps, paths))
    return (
        f"local paths, n = {{ {listed} }}, 0\n"
        'request = function() n = n % #paths + 1; return wrk.format("GET", paths[n]) end\n'
    )


def _push_large(url: str, bearer: dict[str, str]) -> str:
    chunk = os.urandom(_CHUNK)
    digest = hashlib.sha256()
    for _ in range(LARGE // _CHUNK):
        digest.update(chunk)
    name = f"sha256:{digest.hexdigest()}"
    with httpx.Client(base_url=url, headers=bearer, timeout=300, trust_env=False) as http:
        opened = http.post(f"/v2/{_REPOSITORY}/blobs/uploads/").raise_for_status()
        location = httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": name})
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(LARGE)}
        http.put(
            location, content=(chunk for _ in range(LARGE // _CHUNK)), headers=headers
        ).raise_for_status()
    return name


def _push_small(url: str, bearer: dict[str, str]) -> str:
    blob = Blob("application/octet-stream", os.urandom(SMALL_BYTES))
    with httpx.Client(base_url=url, headers=bearer, timeout=30, trust_env=False) as http:
        opened = http.post(f"/v2/{_REPOSITORY}/blobs/uploads/").raise_for_status()
        location = httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": blob.digest})
        http.put(
            location, content=blob.content, headers={"Content-Type": "application/octet-stream"}
        ).raise_for_status()
    return f"/v2/{_REPOSITORY}/blobs/{blob.digest}"


def _download(port: int, path: str, token: str) -> float:
    """Return the seconds in which a client reads the blob and discards it."""
    buffer = bytearray(_CHUNK)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        started = time.perf_counter()
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        )
        connection.sendall(request.encode())
        received = 0
        while count := connection.recv_into(buffer):
            received += count
        taken = time.perf_counter() - started
    assert received > LARGE
    return taken
