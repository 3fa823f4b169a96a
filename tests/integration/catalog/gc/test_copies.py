"""Copies of images that nothing else needs, at each point of a run (admission.md 4)."""

import asyncio
from typing import Any

import httpx
import pytest

from services.catalog.admission.usecases import Admission
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.clients import assert_pullable
from tests.integration.catalog.gc.conftest import Collect
from tests.integration.catalog.gc.pausing import PausingStorage, Point
from tests.integration.catalog.registry import RegistryUnderTest
from tests.integration.catalog.trashing import Team
from tests.kit.database import Database
from tests.kit.images import make_image

pytestmark = pytest.mark.registry_versions

_POINTS: tuple[Point, ...] = ("listing", "listed", "marking", "marked", "claimed", "deleted")


@pytest.fixture
def mine(
    acme: httpx.AsyncClient,
    registry: RegistryUnderTest,
    emptied: Database,
    pusher: Pusher,
    app_repository: str,
) -> Team:
    return Team(app_repository.partition("/")[0], acme, registry, emptied, pusher)


async def _copy(mine: Team, digest: str, target: str, tag: str) -> int:
    answer = await mine.http.post(
        f"/api/v1/images/{mine.name}/{target}/copy",
        json={"source": f"{mine.name}/app@{digest}", "tag": tag},
    )
    return answer.status_code


async def test_images_are_copied_at_each_point_of_a_run(
    mine: Team,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    """The source of each is garbage. An accepted copy keeps its blobs; else there is no source."""
    images = {point: make_image(layers=2) for point in _POINTS}
    for image in images.values():
        await mine.push(image, "app")
    mine.pusher.upload(app_repository, *make_image().blobs)
    pauses = {point: storage.pause_at(point) for point in _POINTS}
    run = asyncio.create_task(collect())
    statuses: dict[Point, int] = {}
    for point, pause in pauses.items():
        await pause.reached()
        statuses[point] = await _copy(mine, images[point].manifest.digest, "copy", point)
        pause.release()
    assert (await run).error is None
    assert (await collect()).error is None
    assert statuses["listing"] == statuses["listed"] == 201
    assert set(statuses.values()) <= {201, 404}
    for point, status in statuses.items():
        if status == 201:
            assert_pullable(registry, f"{mine.name}/copy", point, images[point])


async def test_copy_whose_source_is_deleted_while_it_waits_keeps_no_missing_blob(
    mine: Team,
    registry: RegistryUnderTest,
    collect: Collect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The blobs are swept between the check of the source and the intent of the copy."""
    image = make_image()
    await mine.push(image, "app")
    opening, go_on = asyncio.Event(), asyncio.Event()

    open_intent = Admission.open

    async def late(self: Admission, *arguments: Any, **named: Any) -> Any:
        opening.set()
        await go_on.wait()
        return await open_intent(self, *arguments, **named)

    monkeypatch.setattr(Admission, "open", late)
    copy = asyncio.create_task(_copy(mine, image.manifest.digest, "copy", "v1"))
    await opening.wait()
    await collect()
    await collect()
    assert registry.blob_status(f"{mine.name}/app", image.layers[0].digest) == 404
    go_on.set()
    assert await copy == 409
    assert registry.tags(f"{mine.name}/copy") == []
    rows = await mine.database.fetch("SELECT id FROM catalog.intents WHERE resolved_at IS NULL")
    assert rows == []
