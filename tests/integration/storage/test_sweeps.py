"""Deletion of blobs in a sweep, and its end."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from libs.common.storage.local import LocalStorage
from libs.common.storage.store import StorageUnavailable, SweepEnded
from tests.integration.storage.place import Place, allow, files_of, new_name
from tests.kit.images import make_image

pytestmark = pytest.mark.registry_versions

Check = Callable[[], Awaitable[None]]


def ends(place: Place, sweep: str) -> Check:
    """Return a check that passes, although another process ends the sweep right after it."""

    async def check() -> None:
        await place.storage.end_sweep(sweep)

    return check


async def refuse() -> None:
    raise SweepEnded("the lease has ended")


async def test_deleted_blob_is_gone_and_can_be_pushed_again(place: Place) -> None:
    name, image = new_name(), make_image()
    place.push(name, image, "v1")
    (layer,) = image.layers
    sweep = await place.storage.prepare_sweep()

    deleted = await place.storage.delete_blobs(sweep, [layer.digest], check=allow)

    assert deleted.digests == [layer.digest]
    assert deleted.freed_bytes >= len(layer.content)
    assert layer.digest not in await place.list_blobs()
    with place.http() as http:
        assert http.head(f"/v2/{name}/blobs/{layer.digest}").status_code == 404
        place.push(name, image, "v1")
        assert http.get(f"/v2/{name}/blobs/{layer.digest}").content == layer.content
    await place.storage.end_sweep(sweep)


async def test_missing_blob_counts_as_deleted(place: Place) -> None:
    existing, missing = place.put_blob(), f"sha256:{'1' * 64}"
    sweep = await place.storage.prepare_sweep()

    deleted = await place.storage.delete_blobs(sweep, [missing], check=allow)
    assert (deleted.digests, deleted.freed_bytes) == ([missing], 0)

    deleted = await place.storage.delete_blobs(sweep, [existing, missing, existing], check=allow)
    assert set(deleted.digests) == {existing, missing}
    assert not place.has_blob(existing)
    await place.storage.end_sweep(sweep)


async def test_failed_check_deletes_nothing(place: Place) -> None:
    digest = place.put_blob()
    sweep = await place.storage.prepare_sweep()

    with pytest.raises(SweepEnded):
        await place.storage.delete_blobs(sweep, [digest], check=refuse)

    assert place.has_blob(digest)
    await place.storage.end_sweep(sweep)


async def test_stopped_deleter_deletes_nothing_after_the_sweep_has_ended(place: Place) -> None:
    digests = [place.put_blob() for _ in range(3)]
    sweep = await place.storage.prepare_sweep()

    with pytest.raises(SweepEnded):
        await place.storage.delete_blobs(sweep, digests, check=ends(place, sweep))

    assert all(place.has_blob(digest) for digest in digests)


async def test_ended_sweep_cannot_delete(place: Place) -> None:
    digest = place.put_blob()
    ended = await place.storage.prepare_sweep()
    other = await place.storage.prepare_sweep()
    assert ended != other
    await place.storage.end_sweep(ended)
    await place.storage.end_sweep(ended)

    with pytest.raises(SweepEnded):
        await place.storage.delete_blobs(ended, [digest], check=allow)
    assert place.has_blob(digest)

    await place.storage.delete_blobs(other, [digest], check=allow)
    assert not place.has_blob(digest)
    await place.storage.end_sweep(other)


@pytest.mark.parametrize("name", ["", ".", "../docker", "a/b"])
async def test_invalid_name_of_a_sweep_is_refused(local: Place, name: str) -> None:
    with pytest.raises(ValueError, match="sweep"):
        await local.storage.end_sweep(name)


async def test_freed_bytes_are_the_blocks_of_files_and_folders(local: Place) -> None:
    digest = local.put_blob(os.urandom(100_000))
    folder = local.root / "docker/registry/v2/blobs/sha256" / digest[7:9] / digest[7:]
    blocks = sum(path.stat().st_blocks for path in (folder, folder / "data"))
    sweep = await local.storage.prepare_sweep()

    deleted = await local.storage.delete_blobs(sweep, [digest], check=allow)

    assert deleted.freed_bytes == blocks * 512 > 100_000
    assert files_of(local.root / "moorage" / sweep) == []
    assert folder.parent.is_dir()
    await local.storage.end_sweep(sweep)


async def test_end_removes_what_a_killed_process_has_left(tmp_path: Path) -> None:
    place = Place(LocalStorage(tmp_path), tmp_path, "")
    sweep = await place.storage.prepare_sweep()
    folder = tmp_path / "moorage" / sweep
    (folder / "blob").mkdir()
    (folder / "blob/data").write_bytes(b"left")
    # The other process was killed after the rename, in the removal.
    folder.rename(folder.with_name(f"{sweep}.ended"))

    await place.storage.end_sweep(sweep)

    assert list((tmp_path / "moorage").iterdir()) == []


async def test_blob_that_cannot_be_deleted_does_not_stop_the_others(tmp_path: Path) -> None:
    place = Place(LocalStorage(tmp_path), tmp_path, "")
    fine, stuck = place.put_blob(), f"sha256:{'2' * 64}"
    unreadable = tmp_path / "docker/registry/v2/blobs/sha256/22"
    unreadable.symlink_to("22")
    sweep = await place.storage.prepare_sweep()

    deleted = await place.storage.delete_blobs(sweep, [stuck, fine], check=allow)

    assert deleted.digests == [fine]
    with pytest.raises(StorageUnavailable, match="Too many levels of symbolic links"):
        await place.storage.delete_blobs(sweep, [stuck], check=allow)


async def test_no_blob_disappears_after_a_sweep_has_ended_in_the_middle(tmp_path: Path) -> None:
    place = Place(LocalStorage(tmp_path), tmp_path, "")
    digests = [place.put_blob(b"%d" % number) for number in range(3000)]
    sweep = await place.storage.prepare_sweep()
    checks = 0
    half_way = asyncio.Event()

    async def check() -> None:
        nonlocal checks
        checks += 1
        if checks == 2:
            half_way.set()

    deleting = asyncio.create_task(place.storage.delete_blobs(sweep, digests, check=check))
    await half_way.wait()

    await LocalStorage(tmp_path).end_sweep(sweep)

    left = await place.list_blobs()
    with pytest.raises(SweepEnded):
        await deleting
    assert left
    assert await place.list_blobs() == left
    assert list((tmp_path / "moorage").iterdir()) == []
