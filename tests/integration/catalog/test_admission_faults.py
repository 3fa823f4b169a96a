"""Pushes through admission while processes, the registry, or other tenants fail (spec 5)."""

import asyncio
from typing import Any

import httpx
import pytest

from libs.common.registry.client import Forwarded, Registry
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image

pytestmark = pytest.mark.registry_versions


async def _image(acme: httpx.AsyncClient, reference: str) -> Any:
    answer = await acme.get(f"/api/v1/images/{reference}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_process_that_wakes_up_late_does_not_record_its_push_again(
    acme: httpx.AsyncClient,
    pusher: Pusher,
    emptied: Database,
    registry: RegistryUnderTest,
    space: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worker of another process has resolved the intent meanwhile, and the tag has moved on."""
    old, new = make_image(), make_image()
    for image in (old, new):
        pusher.upload(f"{space}/app", *image.blobs)
    forward = Registry.forward_manifest
    sleeping, awake = asyncio.Event(), asyncio.Event()

    async def slow_once(self: Registry, *arguments: Any, **named: Any) -> Forwarded:
        answer = await forward(self, *arguments, **named)
        if not sleeping.is_set():
            sleeping.set()
            await awake.wait()
        return answer

    monkeypatch.setattr(Registry, "forward_manifest", slow_once)
    late = asyncio.create_task(pusher.put(f"{space}/app", "v1", old.manifest))
    await sleeping.wait()
    await emptied.execute("UPDATE catalog.intents SET leased_until = now()")
    assert (await pusher.put(f"{space}/app", "v1", new.manifest)).status_code == 201
    awake.set()
    assert (await late).status_code == 201
    assert registry.digest(f"{space}/app", "v1") == new.manifest.digest
    assert (await _image(acme, f"{space}/app:v1"))["digest"] == new.manifest.digest
