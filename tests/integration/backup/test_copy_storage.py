"""A copy of the storage: verified, resumable, and the same in the end (spec 12)."""

from pathlib import Path

import pytest

from libs.common.storage.layout import blob_data
from libs.common.storage.store import StorageUnavailable
from ops.backup.copy_storage import copy_storage
from ops.backup.links import Link
from ops.backup.transport.files import Files, LocalFiles, write_whole
from ops.backup.transport.progress import Bars
from tests.integration.backup.conftest import FailingFiles, content_of, put_blob, put_links


async def _check() -> None:
    """The hold is valid."""


@pytest.fixture
def source(tmp_path: Path) -> LocalFiles:
    """An empty storage on the disk."""
    folder = tmp_path / "source"
    folder.mkdir()
    return LocalFiles(folder, is_private=False)


async def _fill(storage: Files) -> list[str]:
    digests = [await put_blob(storage, f"blob {number}".encode()) for number in range(4)]
    manifest, *layers = digests
    await put_links(
        storage,
        Link("revision", "team/app", manifest, manifest),
        *(Link("layer", "team/app", layer, layer) for layer in layers),
        Link("tag", "team/app", "v1", manifest),
    )
    return digests


async def test_copy_there_and_back_has_the_same_files(
    source: LocalFiles, place: Files, tmp_path: Path
) -> None:
    await _fill(source)
    copied = await copy_storage(source, place, Bars(), _check)
    assert (copied.blobs, copied.links, copied.damaged) == (4, 6, [])
    assert await content_of(place) == await content_of(source)
    back = LocalFiles(tmp_path / "back", is_private=False)
    await copy_storage(place, back, Bars(), _check)
    assert await content_of(back) == await content_of(source)


async def test_next_copy_moves_tags_and_removes_what_was_deleted(
    source: LocalFiles, place: Files
) -> None:
    manifest, *_ = await _fill(source)
    await put_links(source, Link("tag", "team/app", "old", manifest))
    await copy_storage(source, place, Bars(), _check)
    moved = await put_blob(source, b"another manifest")
    await put_links(
        source,
        Link("revision", "team/app", moved, moved),
        Link("tag", "team/app", "v1", moved),
    )
    for path, _ in Link("tag", "team/app", "old", manifest).files():
        await source.delete(path)
    copied = await copy_storage(source, place, Bars(), _check)
    assert (copied.blobs, copied.present_blobs, copied.links, copied.removed_links) == (1, 4, 3, 2)
    assert await content_of(place) == await content_of(source)
    again = await copy_storage(source, place, Bars(), _check)
    assert (again.blobs, again.links, again.removed_links) == (0, 0, 0)


@pytest.mark.parametrize("writes", range(0, 10, 3))
async def test_interrupted_copy_goes_on(source: LocalFiles, place: Files, writes: int) -> None:
    """It is interrupted in a write of a blob, or of a link."""
    await _fill(source)
    with pytest.raises(StorageUnavailable):
        await copy_storage(source, FailingFiles(place, writes), Bars(), _check)
    whole = await content_of(source)
    for path, content in (await content_of(place)).items():
        assert content == whole[path]
    await copy_storage(source, place, Bars(), _check)
    assert await content_of(place) == whole


async def test_damaged_blob_is_reported_and_not_copied(source: LocalFiles, place: Files) -> None:
    digest, *_ = await _fill(source)
    await write_whole(source, blob_data(digest), b"flipped")
    copied = await copy_storage(source, place, Bars(), _check)
    assert copied.damaged == [digest]
    assert await place.find_size(blob_data(digest)) is None


async def test_uploads_are_not_copied(source: LocalFiles, place: Files) -> None:
    await _fill(source)
    before = await content_of(source)
    upload = "docker/registry/v2/repositories/team/app/_uploads/1234"
    await write_whole(source, f"{upload}/data", b"half")
    await copy_storage(source, place, Bars(), _check)
    assert await content_of(place) == before
