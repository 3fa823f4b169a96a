"""Uploads, links, and the folders of repositories."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime, timedelta

import pytest

from libs.common.registry.storage import LocalBlobs, S3Blobs
from libs.common.storage.s3 import S3Storage
from libs.common.storage.store import EntryKind, Storage, SweepEnded
from tests.integration.storage.place import (
    LONG_AGO,
    YESTERDAY,
    Place,
    digests,
    files_of,
    names,
    new_name,
    set_age,
)
from tests.kit.images import MEDIA_TYPES, make_image, make_manifest

pytestmark = pytest.mark.registry_versions


def tomorrow() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)


async def allowed() -> None:
    """Check nothing."""


async def remove_links(storage: Storage, repository: str, *, older_than: datetime) -> bool:
    """Remove the links of a repository in a sweep of its own."""
    sweep = await storage.prepare_sweep()
    try:
        return await storage.remove_links(sweep, repository, older_than=older_than, check=allowed)
    finally:
        await storage.end_sweep(sweep)


async def test_ended_sweep_removes_no_link(place: Place) -> None:
    name = new_name()
    place.push(name, make_image(), "v1")
    set_age(place.repository(name), LONG_AGO)
    before = (await place.list_repositories())[name]
    sweep = await place.storage.prepare_sweep()
    await place.storage.end_sweep(sweep)

    with pytest.raises(SweepEnded):
        await place.storage.remove_links(sweep, name, older_than=YESTERDAY, check=allowed)

    assert (await place.list_repositories())[name].entries == before.entries


async def test_abandoned_upload_is_deleted(place: Place) -> None:
    name = new_name()
    upload, other = place.begin_upload(name), place.begin_upload(name)
    set_age(place.repository(name) / "_uploads" / upload, LONG_AGO)

    freed = await place.storage.delete_upload(name, upload, unwritten_since=YESTERDAY)

    assert freed > 0
    assert names((await place.list_repositories())[name], EntryKind.UPLOAD) == {other}
    assert await place.storage.delete_upload(name, upload, unwritten_since=YESTERDAY) == 0


async def test_upload_with_one_new_file_is_kept(place: Place) -> None:
    name = new_name()
    upload = place.begin_upload(name)
    folder = place.repository(name) / "_uploads" / upload
    set_age(folder, LONG_AGO)
    deepest = max(files_of(folder), key=lambda path: len(path.parts))
    os.utime(deepest)

    assert await place.storage.delete_upload(name, upload, unwritten_since=YESTERDAY) == 0
    assert names((await place.list_repositories())[name], EntryKind.UPLOAD) == {upload}


async def test_empty_repository_disappears_with_the_empty_folders_above(place: Place) -> None:
    group = new_name()
    name, image = f"{group}/deep/app", make_image()
    place.push(name, image, "v1")
    set_age(place.repository(name), LONG_AGO)

    assert await remove_links(place.storage, name, older_than=YESTERDAY)

    assert not any(one.startswith(group) for one in await place.list_repositories())
    assert not place.repository(group).exists()
    assert image.manifest.digest in await place.list_blobs()
    place.push(name, image, "v1")
    assert await remove_links(place.storage, name, older_than=YESTERDAY) is False
    assert names((await place.list_repositories())[name], EntryKind.TAG) == {"v1"}


async def test_missing_repository_is_gone(place: Place) -> None:
    assert await remove_links(place.storage, new_name(), older_than=YESTERDAY)


async def test_new_links_are_left(place: Place) -> None:
    name, old, new = new_name(), make_image(), make_image()
    place.push(name, old, "v1")
    place.push(name, old, "moved")
    set_age(place.repository(name), LONG_AGO)
    place.push(name, new, "v2")
    place.push(name, new, "moved")

    assert await remove_links(place.storage, name, older_than=YESTERDAY) is False

    listing = (await place.list_repositories())[name]
    assert names(listing, EntryKind.TAG) == {"v2", "moved"}
    assert names(listing, EntryKind.REVISION) == {new.manifest.digest}
    assert names(listing, EntryKind.LAYER) == digests(new.blobs)
    index = place.repository(name) / "_manifests/tags/moved/index/sha256" / old.manifest.hex
    assert (index / "link").exists(), "a part of a tag that is in use is missing"
    with place.http() as http:
        http.headers["Accept"] = new.manifest.media_type
        assert http.get(f"/v2/{name}/manifests/v2").content == new.manifest.content
        assert http.get(f"/v2/{name}/manifests/v1").status_code == 404


async def test_uploads_and_unknown_files_are_left(place: Place) -> None:
    name = new_name()
    place.push(name, make_image(), "v1")
    upload = place.begin_upload(name)
    (place.repository(name) / "_layers" / "notes.txt").write_text("mine")
    set_age(place.repository(name), LONG_AGO)

    assert await remove_links(place.storage, name, older_than=YESTERDAY) is False

    found = {(one.kind, one.name) for one in (await place.list_repositories())[name].entries}
    assert found == {(EntryKind.UPLOAD, upload), (EntryKind.OTHER, "_layers/notes.txt")}


async def test_repository_below_an_empty_one_is_left(place: Place) -> None:
    outer, image = new_name(), make_image()
    inner = f"{outer}/tools"
    place.push(outer, image, "v1")
    place.push(inner, image, "v1")
    set_age(place.repository(outer), LONG_AGO)
    set_age(place.repository(inner), datetime.now(UTC))

    assert await remove_links(place.storage, outer, older_than=YESTERDAY)

    listed = await place.list_repositories()
    assert outer not in listed
    assert names(listed[inner], EntryKind.TAG) == {"v1"}


async def test_linked_layers_can_be_pulled(place: Place) -> None:
    source, target, image = new_name(), new_name(), make_image()
    place.push(source, image, "v1")
    wanted = digests(image.blobs)

    await place.storage.link_layers(target, wanted)

    assert names((await place.list_repositories())[target], EntryKind.LAYER) == wanted
    with place.http() as http:
        for blob in image.blobs:
            assert http.get(f"/v2/{target}/blobs/{blob.digest}").content == blob.content


async def test_index_can_name_a_child_by_a_linked_digest(place: Place) -> None:
    name, image = new_name(), make_image()
    place.push(name, image, "v1")
    digest = f"sha512:{hashlib.sha512(image.manifest.content).hexdigest()}"
    media_type = MEDIA_TYPES["oci"]["index"]
    child = image.manifest.descriptor(digest=digest)
    index = make_manifest(mediaType=media_type, manifests=[child]).content

    await place.storage.link_manifests(name, {digest: image.manifest.digest})

    with place.http() as http:
        answer = http.put(
            f"/v2/{name}/manifests/multi", content=index, headers={"Content-Type": media_type}
        )
    assert answer.status_code == 201, answer.text
    listed = (await place.list_repositories())[name]
    assert {digest, image.manifest.digest} < names(listed, EntryKind.REVISION)
    set_age(place.repository(name), LONG_AGO)
    assert await remove_links(place.storage, name, older_than=YESTERDAY)


async def test_linked_digest_does_not_say_that_the_repository_has_the_child(place: Place) -> None:
    """Such a link remains when the child is deleted."""
    name, image = new_name(), make_image()
    place.push(name, image, "v1")
    other = f"sha512:{hashlib.sha512(image.manifest.content).hexdigest()}"
    await place.storage.link_manifests(name, {other: image.manifest.digest})
    storage = place.storage
    blobs = S3Blobs(storage) if isinstance(storage, S3Storage) else LocalBlobs(place.root)

    found = await blobs.inspect(name, [other, image.manifest.digest], read=None, limit=0)

    assert found.blobs.keys() == {image.manifest.digest}


async def test_existing_link_is_not_written_again_but_a_damaged_one_is(place: Place) -> None:
    name, image = new_name(), make_image(layers=2)
    place.push(name, image, "v1")
    set_age(place.repository(name), LONG_AGO)
    links = {
        layer.digest: place.repository(name) / "_layers/sha256" / layer.hex / "link"
        for layer in image.layers
    }
    damaged, intact = links
    links[damaged].write_text("")

    await place.storage.link_layers(name, links)

    assert links[damaged].read_text() == damaged
    assert links[intact].stat().st_mtime == pytest.approx(LONG_AGO.timestamp(), abs=1)


@pytest.mark.parametrize("odd", ["Team one", "a+b", "x\u00e4", "-x"])
async def test_each_listed_name_is_accepted(place: Place, odd: str) -> None:
    """Distribution does not create such folders, but an operator can."""
    name = f"{new_name()}/{odd}"
    for path in ("_layers/notes.txt", f"_uploads/{odd}/startedat"):
        file = place.repository(name) / path
        file.parent.mkdir(parents=True)
        file.write_text("any")
    set_age(place.repository(name), LONG_AGO)

    listing = (await place.list_repositories())[name]

    assert names(listing, EntryKind.UPLOAD) == {odd}
    assert await place.storage.delete_upload(name, odd, unwritten_since=YESTERDAY)
    assert await remove_links(place.storage, name, older_than=YESTERDAY) is False


@pytest.mark.parametrize("odd", [".snapshot", "_old"])
async def test_folder_with_an_invalid_name_is_no_repository(place: Place, odd: str) -> None:
    name = f"{new_name()}/{odd}"
    file = place.repository(name) / "_layers/notes.txt"
    file.parent.mkdir(parents=True)
    file.write_text("any")

    assert name not in await place.list_repositories()


@pytest.mark.parametrize("odd", [b"\xff", b"line\nbreak"])
async def test_folder_whose_name_cannot_be_stored_is_no_repository(
    local: Place, odd: bytes
) -> None:
    outer = new_name()
    folder = local.repository(outer) / os.fsdecode(odd) / "_layers"
    folder.mkdir(parents=True)

    assert not any(name.startswith(outer) for name in await local.list_repositories())


@pytest.mark.parametrize("name", ["", "..", "team/../app", "/etc", "team//app", "team/_layers"])
async def test_invalid_repository_is_refused(place: Place, name: str) -> None:
    storage: Storage = place.storage
    with pytest.raises(ValueError, match="repository"):
        await remove_links(storage, name, older_than=tomorrow())
    with pytest.raises(ValueError, match="repository"):
        await storage.link_layers(name, [f"sha256:{'0' * 64}"])
    with pytest.raises(ValueError, match="repository"):
        await storage.delete_upload(name, "upload", unwritten_since=tomorrow())


@pytest.mark.parametrize("upload", ["", "..", "a/b"])
async def test_invalid_upload_is_refused(place: Place, upload: str) -> None:
    with pytest.raises(ValueError, match="upload"):
        await place.storage.delete_upload("team/app", upload, unwritten_since=tomorrow())


async def test_empty_folder_of_an_upload_is_an_upload(local: Place) -> None:
    name = new_name()
    folder = local.repository(name) / "_uploads" / "begun"
    folder.mkdir(parents=True)
    assert names((await local.list_repositories())[name], EntryKind.UPLOAD) == {"begun"}

    assert await remove_links(local.storage, name, older_than=YESTERDAY) is False
    assert folder.is_dir()

    os.utime(folder, (LONG_AGO.timestamp(),) * 2)
    assert await remove_links(local.storage, name, older_than=YESTERDAY)
    assert not folder.exists()
