"""Pushes through admission while processes, the registry, or other tenants fail (spec 5)."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.http.tampering import Proxy, running_proxy
from tests.kit.images import Blob, Image, make_image

pytestmark = pytest.mark.registry_versions

LONGEST_SECONDS = 1.0


@pytest.fixture
def proxy(registry: RegistryUnderTest) -> Iterator[Proxy]:
    """A proxy between the catalog and the registry, which can hold responses back."""
    with running_proxy(registry.url) as running:
        yield running


@pytest.fixture
def registry_url(proxy: Proxy) -> str:
    """The catalog calls the registry through ``proxy``."""
    return f"http://{proxy.registry}"


async def _image(acme: httpx.AsyncClient, reference: str) -> Any:
    answer = await acme.get(f"/api/v1/images/{reference}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def _variant(image: Image, number: int) -> Blob:
    """Return the manifest of the image with an annotation."""
    value = json.loads(image.manifest.content) | {"annotations": {"number": str(number)}}
    return Blob(image.manifest.media_type, json.dumps(value).encode())


@pytest.fixture
def small_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two connections to the database for pushes and workers together."""
    monkeypatch.setattr("services.catalog.app._POOL_SIZE", 1)


@pytest.mark.usefixtures("small_pool")
async def test_ten_pushes_of_one_tag_need_no_ten_connections(
    acme: httpx.AsyncClient,
    pusher: Pusher,
    registry: RegistryUnderTest,
    proxy: Proxy,
    space: str,
) -> None:
    images = [make_image() for _ in range(10)]
    for image in images:
        pusher.upload(f"{space}/app", *image.blobs)

    def slowly(_: httpx.Request, response: httpx.Response) -> bytes:
        time.sleep(0.2)
        return response.content

    proxy.answer = slowly
    answers = await asyncio.gather(
        *(pusher.put(f"{space}/app", "v1", image.manifest) for image in images)
    )
    assert [answer.status_code for answer in answers] == [201] * 10
    shown = await _image(acme, f"{space}/app:v1")
    assert shown["digest"] == registry.digest(f"{space}/app", "v1")


@pytest.mark.parametrize("count", [8, 120])
async def test_hanging_pushes_of_one_tenant_delay_no_other_tenant(
    acme: httpx.AsyncClient,
    other: httpx.AsyncClient,
    pusher: Pusher,
    proxy: Proxy,
    space: str,
    count: int,
) -> None:
    """By default, httpx has 100 connections for all of them."""
    theirs = f"{space}-other"
    created = await other.post("/api/v1/namespaces", json={"name": theirs, "visibility": "private"})
    assert created.status_code == 201
    image = make_image()
    manifests = [_variant(image, number) for number in range(count)]
    mine = [make_image() for _ in range(10)]
    pusher.upload(f"{theirs}/app", *image.blobs)
    for one in mine:
        pusher.upload(f"{space}/app", *one.blobs)
    released, hanging = threading.Event(), threading.Semaphore(0)

    def answer(request: httpx.Request, response: httpx.Response) -> bytes:
        if f"/{theirs}/" in request.url.path:
            hanging.release()
            released.wait(30)
        return response.content

    proxy.answer = answer
    pushes = [
        asyncio.create_task(pusher.put(f"{theirs}/app", f"v{number}", manifest))
        for number, manifest in enumerate(manifests)
    ]
    try:
        for _ in pushes:
            await asyncio.to_thread(hanging.acquire, timeout=0.2)
        seconds = []
        for number, one in enumerate(mine):
            started = time.monotonic()
            answered = await pusher.put(f"{space}/app", f"v{number}", one.manifest)
            seconds.append(time.monotonic() - started)
            assert answered.status_code == 201
            await _image(acme, f"{space}/app:v{number}")
        started = time.monotonic()
        assert (await acme.delete(f"/api/v1/images/{space}/app:v0")).status_code == 204
        seconds.append(time.monotonic() - started)
        print("seconds:", " ".join(f"{one:.3f}" for one in seconds))
        assert not any(push.done() for push in pushes)
        assert max(seconds) < LONGEST_SECONDS
    finally:
        released.set()
    assert {answer.status_code for answer in await asyncio.gather(*pushes)} == {201}
