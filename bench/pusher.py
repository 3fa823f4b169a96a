"""Pushes an image with the requests of `docker push`.

The requests are those of Docker 20.10 in the gateway's access log: the challenge, a token, then
each layer on a connection of its own (POST, PATCH, PUT, HEAD), the config (HEAD, POST, PATCH, PUT,
HEAD), and the manifest. A real client would take more processor time than the servers.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from urllib.parse import quote

from bench.client import Connection, Response
from tests.kit.images import Blob, Image, make_image

LAYERS = 3
_AGENT = {"User-Agent": "docker/20.10.24 go/go1.19.8 os/linux arch/amd64"}


def make_images(count: int) -> list[Image]:
    """Return ``count`` images of three small layers. No two of them share a blob."""
    return [make_image(kind="docker", layers=LAYERS) for _ in range(count)]


async def push_all(
    port: int,
    images: Sequence[Image],
    *,
    at_once: int,
    repository: str,
    service: str,
    basic: dict[str, str],
) -> float:
    """Push each image to a tag of its own, and return the seconds that all pushes took.

    Args:
        port: the port of the gateway.
        images: the images.
        at_once: the number of concurrent pushes. Each of them has its own repository.
        repository: the beginning of the names of the repositories.
        service: the service that the token is for.
        basic: the Authorization header of the Docker user.
    """
    waiting = iter(images)

    async def push_again(slot: int) -> None:
        for image in waiting:
            await push(port, image, f"{repository}-{slot}", service=service, basic=basic)

    started = time.perf_counter()
    await asyncio.gather(*map(push_again, range(at_once)))
    return time.perf_counter() - started


async def push(
    port: int, image: Image, repository: str, *, service: str, basic: dict[str, str]
) -> None:
    """Push one image. The tag is the beginning of its digest."""
    async with Connection(port) as connection:
        _expect(await connection.exchange("GET", "/v2/", _AGENT), 401)
        scope = f"repository:{repository}:pull,push"
        path = f"/token?account=bench&scope={quote(scope)}&service={service}"
        answer = _expect(await connection.exchange("GET", path, _AGENT | basic), 200)
        bearer = _AGENT | {"Authorization": f"Bearer {json.loads(answer.body)['token']}"}
        await asyncio.gather(
            *(_push_layer(port, layer, repository, bearer) for layer in image.layers)
        )
        path = f"/v2/{repository}/blobs/{image.config.digest}"
        _expect(await connection.exchange("HEAD", path, bearer), 404)
        await _upload(connection, image.config, repository, bearer)
        path = f"/v2/{repository}/manifests/{tag_of(image)}"
        headers = bearer | {"Content-Type": image.manifest.media_type}
        _expect(await connection.exchange("PUT", path, headers, image.manifest.content), 201)


def tag_of(image: Image) -> str:
    """Return the tag to which ``push`` pushes the image."""
    return image.manifest.hex[:16]


async def _push_layer(port: int, layer: Blob, repository: str, bearer: dict[str, str]) -> None:
    async with Connection(port) as connection:
        await _upload(connection, layer, repository, bearer)


async def _upload(
    connection: Connection, blob: Blob, repository: str, bearer: dict[str, str]
) -> None:
    blobs = f"/v2/{repository}/blobs"
    opened = _expect(await connection.exchange("POST", f"{blobs}/uploads/", bearer), 202)
    octets = bearer | {"Content-Type": "application/octet-stream"}
    patched = _expect(await connection.exchange("PATCH", _path(opened), octets, blob.content), 202)
    path = f"{_path(patched)}&digest={quote(blob.digest)}"
    _expect(await connection.exchange("PUT", path, octets), 201)
    _expect(await connection.exchange("HEAD", f"{blobs}/{blob.digest}", bearer), 200)


def _path(answer: Response) -> str:
    location = answer.headers["location"]
    assert location.startswith("/"), "Distribution runs with relativeurls"
    return location


def _expect(answer: Response, status: int) -> Response:
    if answer.status != status:
        raise RuntimeError(f"status {answer.status} instead of {status}: {answer.body[:300]!r}")
    return answer
