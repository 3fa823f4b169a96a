"""The metrics of garbage collection and of the trash (spec 13)."""

import re
from collections.abc import Awaitable, Callable
from functools import partial
from operator import eq

import httpx
import pytest

from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.conftest import Collect
from tests.kit.images import make_image
from tests.kit.waiting import soon


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("libs.common.tasks.measuring.SECONDS", 0.1)


def _reading(client: httpx.AsyncClient, name: str) -> Callable[[], Awaitable[float | None]]:
    async def read() -> float | None:
        text = (await client.get("/metrics")).text
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        return float(found[1]) if found else None

    return read


async def test_metrics_show_blobs_by_state_runs_by_outcome_and_the_trash(
    anonymous: httpx.AsyncClient,
    acme: httpx.AsyncClient,
    pusher: Pusher,
    app_repository: str,
    collect: Collect,
) -> None:
    image, garbage = make_image(), make_image()
    await pusher.push(image, app_repository, "v1")
    pusher.upload(app_repository, garbage.layers[0])
    done = _reading(anonymous, 'moorage_garbage_collections_total{outcome="done"}')
    before = await done()
    assert before is not None
    await collect(minutes=60)
    assert await done() == before + 1
    live = 1 + len(image.blobs)
    for name, value in {
        'moorage_storage_blobs{state="live"}': live,
        'moorage_storage_blobs{state="doomed"}': 1,
        'moorage_storage_bytes{state="doomed"}': len(garbage.layers[0].content),
        'moorage_storage_blobs{state="deleting"}': 0,
        "moorage_trash_entries": 0,
    }.items():
        await soon(_reading(anonymous, name), partial(eq, value), what=name)
    digest = image.manifest.digest
    assert (await acme.delete(f"/api/v1/images/{app_repository}@{digest}")).status_code == 204
    await soon(_reading(anonymous, "moorage_trash_entries"), partial(eq, 1))
    await soon(_reading(anonymous, "moorage_trash_bytes"), partial(eq, image.size_bytes))
