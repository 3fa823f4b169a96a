"""Restores from the trash while a run goes on (docs/garbage-collection.md)."""

import asyncio

import httpx
import pytest

from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.clients import assert_pullable
from tests.integration.catalog.gc.conftest import Collect, age, folder_of
from tests.integration.catalog.gc.pausing import PausingStorage, Point
from tests.integration.catalog.registry import RegistryUnderTest
from tests.integration.catalog.trashing import Team
from tests.kit.database import Database
from tests.kit.images import make_image, make_index

pytestmark = pytest.mark.registry_versions

_POINTS: tuple[Point, ...] = ("listed", "marked", "claimed", "deleted")


@pytest.fixture
def mine(
    acme: httpx.AsyncClient,
    registry: RegistryUnderTest,
    emptied: Database,
    pusher: Pusher,
    app_repository: str,
) -> Team:
    return Team(app_repository.partition("/")[0], acme, registry, emptied, pusher)


async def test_images_are_restored_at_each_point_of_a_run(
    mine: Team,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    storage: PausingStorage,
) -> None:
    """The trash needs their blobs until the catalog has their manifests again."""
    images = {point: make_image() for point in _POINTS}
    entries = {}
    for point, image in images.items():
        await mine.push(image, "app", point)
        await mine.delete_image(f"app@{image.manifest.digest}")
        entries[point] = await mine.entry()
    assert (await collect()).report.deleted == 0
    mine.pusher.upload(app_repository, *make_image().blobs)
    pauses = {point: storage.pause_at(point) for point in _POINTS}
    run = asyncio.create_task(collect())
    for point, pause in pauses.items():
        await pause.reached()
        assert (await mine.restored(entries[point]))["tags"] == [point]
        pause.release()
    finished = await run
    assert (finished.error, finished.report.deleted) == (None, 2)
    assert (await collect()).report.deleted == 0
    for point, image in images.items():
        assert_pullable(registry, app_repository, point, image)


@pytest.mark.parametrize("deleted", ["index", "tag"])
async def test_index_in_the_trash_keeps_its_children_and_signatures(
    mine: Team, collect: Collect, deleted: str
) -> None:
    """Its children and referrers have rows in the catalog, and these name all that they need."""
    index = make_index()
    await mine.push(index, "app", "multi")
    cosign = f"sha256-{index.manifest.hex}.sig"
    signature = await mine.attach(index.manifest, "app", tag=cosign)
    referrers = [
        await mine.attach(index.manifest, "app"),
        await mine.attach(index.images[0].manifest, "app"),
    ]
    referrers.append(await mine.attach(referrers[0], "app"))
    reference = {"index": f"app@{index.manifest.digest}", "tag": "app:multi"}[deleted]
    await mine.delete_image(reference)
    finished = await collect()
    assert (finished.error, finished.report.manifests) == (None, 0)
    await mine.restored(await mine.entry())
    assert mine.pulls("app", "multi", index)
    assert mine.pulls("app", cosign, signature)
    for referrer in referrers:
        assert mine.pulls("app", referrer.digest, referrer)
    assert (await collect()).report.manifests == 0


async def test_folder_of_a_repository_whose_images_are_in_the_trash_is_kept(
    mine: Team, registry: RegistryUnderTest, app_repository: str, collect: Collect
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    await mine.delete_image(f"app@{image.manifest.digest}")
    entry = await mine.entry()
    age(folder_of(registry, app_repository))
    run = await collect()
    assert (run.error, run.report.repositories) == (None, 0)
    assert (await mine.restored(entry))["tags"] == ["v1"]
    assert_pullable(registry, app_repository, "v1", image)


async def test_ended_entry_keeps_nothing_from_the_next_run(mine: Team, collect: Collect) -> None:
    """Its rows may be there for ten more minutes."""
    image = make_image()
    await mine.push(image, "app", "v1")
    await mine.delete_image(f"app@{image.manifest.digest}")
    entry = await mine.entry()
    kept = await collect()
    assert (kept.error, kept.report.marked, kept.report.deleted) == (None, 0, 0)
    (await mine.delete(f"trash/{entry['id']}")).raise_for_status()
    finished = await collect()
    expected = len(image.blobs) + 1
    assert (finished.error, finished.report.deleted) == (None, expected)
