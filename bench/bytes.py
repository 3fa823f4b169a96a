"""Image bytes through the gateway beside straight from Distribution, with the same token."""

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
    """The rows of the bytes."""
    with Registry(installation.stack.url, (docker_user(0), PASSWORD)) as registry:
        token = registry.token(f"repository:{_REPOSITORY}:pull,push")
        bearer = {"Authorization": f"Bearer {token}"}
        started = time.monotonic()
        digest = _push_large(installation.stack.url, bearer)
        pushed = time.monotonic() - started
        paths = [_push_small(installation.stack.url, bearer) for _ in range(SMALL)]
    ports = (installation.stack.port, installation.ports["registry"])
    path = f"/v2/{_REPOSITORY}/blobs/{digest}"
    through, straight = interleaved(
        7, *((lambda port=port: LARGE / _download(port, path, token)) for port in ports)
    )
    shown = f"{statistics.median(through) / 1e6:,.0f} MB/s against {statistics.median(straight) / 1e6:,.0f} MB/s; pushed in {pushed:.1f} s"
    yield Figure(
        "bytes",
        "pull of one 1 GiB layer",
        ratio(through, straight),
        "× straight",
        ("≥", 1.0),
        shown,
    )
    script = _script(paths)
    rates = interleaved(5, *((lambda port=port: _rate(port, script, bearer)) for port in ports))
    shown = f"{sorted(rates[0])[2]:,.0f}/s against {sorted(rates[1])[2]:,.0f}/s"
    yield Figure(
        "bytes", "pulls of 500 small blobs", ratio(*rates), "× straight", ("≥", 1.5), shown
    )


def _rate(port: int, script: str, bearer: dict[str, str]) -> float:
    return load.measure(
        f"http://127.0.0.1:{port}/v2/", seconds=2, headers=bearer, script=script
    ).rate


def _script(paths: list[str]) -> str:
    listed = ", ".join(map(json.dumps, paths))
    return f'local paths, n = {{ {listed} }}, 0\nrequest = function() n = n % #paths + 1; return wrk.format("GET", paths[n]) end\n'


def _push_large(url: str, bearer: dict[str, str]) -> str:
    chunk = os.urandom(_CHUNK)
    digest = hashlib.sha256()
    for _ in range(LARGE // _CHUNK):
        digest.update(chunk)
    name = f"sha256:{digest.hexdigest()}"
    with httpx.Client(base_url=url, headers=bearer, timeout=300, trust_env=False) as http:
        opened = http.post(f"/v2/{_REPOSITORY}/blobs/uploads/").raise_for_status()
        place = httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": name})
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(LARGE)}
        http.put(
            place, content=(chunk for _ in range(LARGE // _CHUNK)), headers=headers
        ).raise_for_status()
    return name


def _push_small(url: str, bearer: dict[str, str]) -> str:
    blob = Blob("application/octet-stream", os.urandom(SMALL_BYTES))
    with httpx.Client(base_url=url, headers=bearer, timeout=30, trust_env=False) as http:
        opened = http.post(f"/v2/{_REPOSITORY}/blobs/uploads/").raise_for_status()
        place = httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": blob.digest})
        http.put(
            place, content=blob.content, headers={"Content-Type": "application/octet-stream"}
        ).raise_for_status()
    return f"/v2/{_REPOSITORY}/blobs/{blob.digest}"


def _download(port: int, path: str, token: str) -> float:
    """The seconds that it takes to read all of it, as a client that keeps nothing."""
    buffer = bytearray(_CHUNK)
    with socket.create_connection(("127.0.0.1", port)) as connection:
        started = time.perf_counter()
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode()
        )
        received = 0
        while count := connection.recv_into(buffer):
            received += count
        taken = time.perf_counter() - started
    assert received > LARGE
    return taken
