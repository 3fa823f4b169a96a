"""`PUT` of a manifest through the gateway, compared with the same `PUT` straight to Distribution.

After each 201 of the gateway, the tag must be in the next answer of the JSON API.
"""

import asyncio
import json
import secrets
import statistics
import time
from collections.abc import Iterator

from bench.client import Connection
from bench.figures import Figure
from bench.installation import Installation
from bench.names import API_KEYS, PASSWORD, docker_user
from tests.kit.http.registry import Registry
from tests.kit.images import Blob, Image, make_image

MANIFESTS = 1_000
_DIRECT = 4
"""After every fourth manifest through the gateway, one goes straight to Distribution."""
_REPOSITORY = "team-0000/manifests"
_MAX_SECONDS = 10
_POLL_SECONDS = 0.005


def measure(installation: Installation) -> Iterator[Figure]:
    """Yield the time of a `PUT`, and how many tags were missing in the API's next answer."""
    image = make_image(kind="docker", layers=3)
    with Registry(installation.stack.url, (docker_user(0), PASSWORD)) as registry:
        token = registry.token(f"repository:{_REPOSITORY}:pull,push")
        registry.push_with(token, image, _REPOSITORY, "first")
    gateway, direct, missing = asyncio.run(_put_all(installation, image, token))
    medians = [statistics.median(times) * 1000 for times in (gateway, direct)]
    yield Figure(
        "manifest",
        "PUT of a manifest through the gateway",
        medians[0] / medians[1],
        "× straight to Distribution",
        ("≤", 2),
        f"{medians[0]:.1f} ms against {medians[1]:.1f} ms",
    )
    yield Figure(
        "manifest",
        f"tags missing in the API's next answer after 201, of {MANIFESTS:,}",
        missing,
        "tags",
        ("=", 0),
    )


async def _put_all(
    installation: Installation, image: Image, token: str
) -> tuple[list[float], list[float], int]:
    gateway: list[float] = []
    direct: list[float] = []
    missing = 0
    async with (
        Connection(installation.stack.port) as client,
        Connection(installation.ports["registry"]) as distribution,
    ):
        for number in range(MANIFESTS):
            manifest = _variant(image)
            gateway.append(await _put(client, manifest, token))
            missing += await _await_listed(client, manifest)
            if number % _DIRECT == 0:
                manifest = _variant(image)
                direct.append(await _put(distribution, manifest, token))
                # Otherwise the catalog would still work on it during the next measurement.
                await _await_listed(client, manifest)
    return gateway, direct, missing


def _variant(image: Image) -> Blob:
    """Return the image's manifest with a new digest."""
    content = json.loads(image.manifest.content)
    content["annotations"] = {"org.example.variant": secrets.token_hex(16)}
    return Blob(image.manifest.media_type, json.dumps(content).encode())


async def _put(connection: Connection, manifest: Blob, token: str) -> float:
    """Return the seconds of the request."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": manifest.media_type}
    path = f"/v2/{_REPOSITORY}/manifests/{_tag(manifest)}"
    started = time.perf_counter()
    status, body = await connection.request("PUT", path, headers, manifest.content)
    taken = time.perf_counter() - started
    if status != 201:
        raise RuntimeError(f"status {status}: {body[:300]!r}")
    return taken


async def _await_listed(connection: Connection, manifest: Blob) -> bool:
    """Wait until the API returns the tag, and return whether the first answer lacked it."""
    headers = {"Authorization": f"Bearer {API_KEYS['bench-owner']}"}
    path = f"/api/v1/images/{_REPOSITORY}:{_tag(manifest)}"
    deadline = time.monotonic() + _MAX_SECONDS
    first = True
    while time.monotonic() < deadline:
        status, body = await connection.request("GET", path, headers)
        if status == 200 and json.loads(body)["digest"] == manifest.digest:
            return not first
        if status not in (200, 404):
            raise RuntimeError(f"status {status}: {body[:300]!r}")
        first = False
        await asyncio.sleep(_POLL_SECONDS)
    raise RuntimeError(f"the API does not list {path} after {_MAX_SECONDS} s")


def _tag(manifest: Blob) -> str:
    return manifest.hex[:16]
