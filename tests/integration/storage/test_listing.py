"""Listing and reading what Distribution has stored."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from libs.common.storage import folders, s3
from libs.common.storage.local import LocalStorage
from libs.common.storage.store import EntryKind, StorageUnavailable
from tests.integration.storage.place import LONG_AGO, Place, digests, names, new_name, set_age
from tests.kit.images import make_image

pytestmark = pytest.mark.registry_versions


async def test_blobs_are_listed_with_size_and_time(place: Place) -> None:
    name, image = new_name(), make_image(layers=2)
    place.push(name, image, "v1")

    listed = await place.list_blobs()

    for blob in (*image.blobs, image.manifest):
        entry = listed[blob.digest]
        assert entry.size == len(blob.content)
        assert abs(entry.modified_at - datetime.now(UTC)) < timedelta(minutes=1)


async def test_repository_is_listed_with_manifests_layers_tags_and_uploads(place: Place) -> None:
    name, image = new_name(), make_image(layers=2)
    place.push(name, image, "v1")
    place.push(name, image, "v2")
    upload = place.begin_upload(name)

    listing = (await place.list_repositories())[name]

    assert listing.failure is None
    assert names(listing, EntryKind.REVISION) == {image.manifest.digest}
    assert names(listing, EntryKind.LAYER) == digests(image.blobs)
    assert names(listing, EntryKind.TAG) == {"v1", "v2"}
    assert names(listing, EntryKind.UPLOAD) == {upload}
    assert names(listing, EntryKind.OTHER) == set()
    assert len(listing.entries) == len({(entry.kind, entry.name) for entry in listing.entries})


async def test_large_repository_is_listed_in_parts(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    outer, image = new_name(), make_image(layers=3)
    place.push(outer, image, "v1")
    for tag in ("v1", "v2"):
        place.push(f"{outer}/below", image, tag)
    place.begin_upload(outer)
    whole = await place.list_repositories()
    for module in (folders, s3):
        monkeypatch.setattr(module, "LISTED_AT_ONCE", 2)

    parts = [part async for part in place.storage.list_repositories()]

    assert max(len(part.entries) for part in parts) == 2
    for name in (outer, f"{outer}/below"):
        own = [part for part in parts if part.repository == name]
        assert [part.is_last for part in own] == [False] * (len(own) - 1) + [True]
        entries = [entry for part in own for entry in part.entries]
        assert len(entries) == len(whole[name].entries)
        assert set(entries) == set(whole[name].entries)


async def test_repositories_below_a_repository_are_listed_each(place: Place) -> None:
    outer, image = new_name(), make_image()
    inner, sibling = f"{outer}/tools", f"{outer}-tools"
    for name in (outer, inner, sibling):
        place.push(name, image, name.rpartition("/")[2])

    listed = await place.list_repositories()

    assert "team" not in listed
    for name in (outer, inner, sibling):
        assert names(listed[name], EntryKind.TAG) == {name.rpartition("/")[2]}


async def test_blob_with_two_digests_is_listed_as_layer_twice(place: Place) -> None:
    name, blob = new_name(), make_image().config
    sha512 = f"sha512:{hashlib.sha512(blob.content).hexdigest()}"
    with place.http() as http:
        opened = http.post(f"/v2/{name}/blobs/uploads/").raise_for_status()
        target = httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": sha512})
        http.put(target, content=blob.content).raise_for_status()

    listing = (await place.list_repositories())[name]

    assert names(listing, EntryKind.LAYER) == {blob.digest, sha512}
    assert sha512 not in await place.list_blobs()


async def test_time_of_an_upload_is_the_last_write_to_any_of_its_files(place: Place) -> None:
    name = new_name()
    upload = place.begin_upload(name)
    files = place.repository(name) / "_uploads" / upload
    set_age(files, LONG_AGO)
    newest = LONG_AGO + timedelta(hours=5)
    os.utime(files / "startedat", (newest.timestamp(),) * 2)

    (entry,) = (await place.list_repositories())[name].entries

    assert (entry.kind, entry.name) == (EntryKind.UPLOAD, upload)
    assert abs(entry.modified_at - newest) < timedelta(seconds=1)


async def test_deleted_manifest_is_not_listed(place: Place) -> None:
    name, image = new_name(), make_image()
    place.push(name, image, "v1")
    with place.http() as http:
        http.delete(f"/v2/{name}/manifests/{image.manifest.digest}").raise_for_status()

    listing = (await place.list_repositories())[name]

    assert names(listing, EntryKind.REVISION) == set()
    assert names(listing, EntryKind.TAG) == set()
    assert names(listing, EntryKind.LAYER) == digests(image.blobs)


async def test_unknown_file_in_a_repository_is_listed_as_other(place: Place) -> None:
    name = new_name()
    place.push(name, make_image(), "v1")
    (place.repository(name) / "_manifests" / "notes.txt").write_text("mine")

    listing = (await place.list_repositories())[name]

    assert names(listing, EntryKind.OTHER) == {"_manifests/notes.txt"}


async def test_blob_is_read_up_to_a_limit(place: Place) -> None:
    digest = place.put_blob(b"0123456789" * 5)

    assert await place.storage.read_blob(digest, limit=50) == b"0123456789" * 5
    assert await place.storage.read_blob(digest, limit=49) is None
    assert await place.storage.read_blob(f"sha256:{'0' * 64}", limit=50) is None


@pytest.mark.parametrize("digest", ["", "sha256:12", "sha512:" + "0" * 64, "sha256:../" + "0" * 61])
async def test_invalid_digest_is_refused(place: Place, digest: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        await place.storage.read_blob(digest, limit=50)


# The following tests make folders unreadable. A link to itself is unreadable for root too.


async def test_unreadable_part_of_a_local_repository_is_its_failure(local: Place) -> None:
    name, image = new_name(), make_image()
    local.push(name, image, "v1")
    local.push(f"{name}/below", image, "v1")
    layers = local.repository(name) / "_layers"
    layers.rename(layers.with_name("old-layers"))
    layers.symlink_to("_layers")

    listed = await local.list_repositories()

    failure = listed[name].failure or ""
    assert "_layers: Too many levels of symbolic links" in failure
    assert names(listed[name], EntryKind.REVISION) == {image.manifest.digest}
    assert listed[f"{name}/below"].failure is None


async def test_unreadable_local_repository_is_listed_with_its_failure(local: Place) -> None:
    name = new_name()
    local.push(name, make_image(), "v1")
    folder = local.repository(name)
    folder.rename(folder.with_name("moved-" + folder.name))
    folder.symlink_to(folder.name)

    listing = (await local.list_repositories())[name]

    assert (listing.entries, listing.failure is None) == ([], False)


@pytest.mark.parametrize("listed", ["blobs", "repositories"])
async def test_unreadable_top_folder_ends_the_listing(tmp_path: Path, listed: str) -> None:
    top = tmp_path / "docker/registry/v2"
    top.mkdir(parents=True)
    (top / listed).symlink_to(listed)
    place = Place(LocalStorage(tmp_path), tmp_path, "")

    with pytest.raises(StorageUnavailable, match="Too many levels of symbolic links"):
        await (place.list_blobs() if listed == "blobs" else place.list_repositories())


async def test_unreadable_folder_of_blobs_ends_the_listing(tmp_path: Path) -> None:
    place = Place(LocalStorage(tmp_path), tmp_path, "")
    place.put_blob()
    (tmp_path / "docker/registry/v2/blobs/sha256/zz").symlink_to("zz")

    with pytest.raises(StorageUnavailable):
        await place.list_blobs()


async def test_new_storage_is_empty_and_a_missing_one_unavailable(tmp_path: Path) -> None:
    assert await Place(LocalStorage(tmp_path), tmp_path, "").list_repositories() == {}
    assert await Place(LocalStorage(tmp_path), tmp_path, "").list_blobs() == {}
    missing = Place(LocalStorage(tmp_path / "missing"), tmp_path, "")
    with pytest.raises(StorageUnavailable):
        await missing.list_repositories()
    with pytest.raises(StorageUnavailable):
        await missing.list_blobs()
