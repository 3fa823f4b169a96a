"""How long listing and deleting 20,000 blobs takes. The tests print it."""

from __future__ import annotations

import time
from pathlib import Path

from libs.common.storage.local import LocalStorage
from tests.integration.storage.place import Place, allow, open_s3
from tests.kit.servers.object_storage import ObjectStorage

BLOBS = 20_000


async def test_many_blobs_on_a_disk_are_listed_and_deleted_quickly(tmp_path: Path) -> None:
    place = Place(LocalStorage(tmp_path), tmp_path, "")

    rate = await measure(place, deleted=BLOBS)

    assert rate > 100, "an idle disk deletes several thousand per second, a busy one hundreds"


async def test_many_blobs_on_s3_are_listed_and_deleted(s3: ObjectStorage) -> None:
    storage = open_s3(s3, "speed")

    await measure(Place(storage, s3.files / "speed", ""), deleted=2000)

    await storage.close()


async def measure(place: Place, *, deleted: int) -> float:
    """Return how many blobs are deleted per second."""
    digests = [place.put_blob(b"%d" % number) for number in range(BLOBS)]
    begun = time.perf_counter()
    batches = [len(batch) async for batch in place.storage.list_blobs()]
    listed = time.perf_counter()
    assert sum(batches) == BLOBS
    assert max(batches) <= 1000
    sweep = await place.storage.prepare_sweep()
    begun_deleting = time.perf_counter()
    done = await place.storage.delete_blobs(sweep, digests[:deleted], check=allow)
    ended = time.perf_counter()
    assert len(done.digests) == deleted
    assert done.freed_bytes > 0
    assert len(await place.list_blobs()) == BLOBS - deleted
    await place.storage.end_sweep(sweep)
    rate = deleted / (ended - begun_deleting)
    print(f"{BLOBS} blobs listed in {listed - begun:.2f} s; {rate:.0f} deleted per second")
    return rate
