"""Manifests in the storage that the catalog does not know (docs/garbage-collection.md).

The database was restored from a backup, or a client reached the registry without the gateway.
"""

import hashlib
import json
from typing import Any

import pytest

from services.catalog.sync.states import usecases as states
from services.catalog.sync.states.domain import Wanted
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.clients import assert_pullable
from tests.integration.catalog.gc.conftest import Collect
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import MEDIA_TYPES, Blob, make_image, make_index, make_manifest

pytestmark = pytest.mark.registry_versions


async def forget(database: Database, *, with_namespaces: bool = False) -> None:
    """Restore the database from before all pushes: it knows no image, and has another epoch."""
    tables = "catalog.intents, catalog.repositories" + (
        ", catalog.namespaces" if with_namespaces else ""
    )
    await database.execute(f"TRUNCATE {tables} CASCADE")
    await database.execute("UPDATE catalog.garbage_state SET epoch = epoch + 1")


def put_directly(registry: RegistryUnderTest, repository: str, manifest: Blob, tag: str) -> None:
    """Put a manifest into the registry, without the catalog."""
    with registry.client(repository, "alice") as http:
        registry.put(http, repository, manifest, tag)


@pytest.mark.parametrize("is_owned", [True, False])
async def test_images_of_before_a_restore_are_kept(
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    is_owned: bool,
) -> None:
    """They are added to the catalog, or exempt if their namespace is unknown too."""
    tagged, untagged, index = make_image(), make_image(), make_index()
    await pusher.push(tagged, app_repository, "v1")
    await pusher.push(untagged, app_repository)
    await pusher.push(index, app_repository, "multi")
    await forget(emptied, with_namespaces=not is_owned)
    for _ in range(2):
        run = await collect(days=7)
        assert (run.error, run.report.deleted, run.report.marked) == (None, 0, 0)
    assert_pullable(registry, app_repository, "v1", tagged)
    for image in (untagged, *index.images):
        assert_pullable(registry, app_repository, image.manifest.digest, image)
    (row,) = await emptied.fetch("SELECT count(*) AS known FROM catalog.manifests")
    assert row["known"] == (5 if is_owned else 0)


async def test_marks_of_before_a_restore_are_void(
    emptied: Database, pusher: Pusher, app_repository: str, collect: Collect
) -> None:
    """Their wait may have ended long ago, so they are marked again, with a new wait."""
    pusher.upload(app_repository, *make_image().blobs)
    assert (await collect(minutes=60)).report.marked == 2
    # In one transaction: the next run is due as soon as the marks of this epoch have waited.
    await emptied.execute(
        "WITH waited AS (UPDATE catalog.garbage_runs SET known_at = now() - interval '1 day')"
        " UPDATE catalog.garbage_state SET epoch = epoch + 1"
    )
    second = await collect(minutes=60)
    assert (second.report.deleted, second.report.marked) == (0, 2)


async def test_images_that_a_restored_database_has_lost_from_the_storage_fail_no_run(
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
) -> None:
    """The database is from before a sweep, so it has a manifest whose blobs are deleted."""
    swept, kept = make_image(), make_image()
    await pusher.push(kept, app_repository, "v1")
    await pusher.push(swept, app_repository)
    rows = {
        table: (
            await emptied.fetch(f"SELECT coalesce(jsonb_agg(t)::text, '[]') FROM catalog.{table} t")
        )[0][0]
        for table in ("manifests", "manifest_blobs")
    }
    assert (await collect()).report.deleted == 3
    for table, content in rows.items():
        await emptied.execute(
            f"INSERT INTO catalog.{table} SELECT * FROM jsonb_populate_recordset("
            f"NULL::catalog.{table}, '{content}') ON CONFLICT DO NOTHING"
        )
    await emptied.execute("UPDATE catalog.garbage_state SET epoch = epoch + 1")
    assert (await collect()).error is None
    await pusher.push(swept, app_repository, "v2")
    assert (await collect()).error is None
    assert_pullable(registry, app_repository, "v1", kept)
    assert_pullable(registry, app_repository, "v2", swept)


@pytest.mark.parametrize("is_sha512", [False, True])
async def test_manifest_that_was_pushed_straight_to_the_registry_keeps_its_doomed_blobs(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    is_sha512: bool,
) -> None:
    image = make_image()
    layer = image.layers[0]
    digest = layer.digest
    pusher.upload(app_repository, image.config)
    if is_sha512:
        digest = "sha512:" + hashlib.sha512(layer.content).hexdigest()
    registry.upload_as(app_repository, layer, digest)
    assert (await collect(minutes=60)).report.marked == 2
    manifest = make_manifest(
        config=image.config.descriptor(), layers=[layer.descriptor(digest=digest)]
    )
    put_directly(registry, app_repository, manifest, "v1")
    for _ in range(2):
        run = await collect(days=7)
        assert (run.error, run.report.deleted) == (None, 0)
    assert registry.blob_status(app_repository, digest) == 200


async def test_unreadable_manifest_keeps_all_blobs_of_its_repository(
    pusher: Pusher, registry: RegistryUnderTest, app_repository: str, collect: Collect
) -> None:
    image, garbage = make_image(), make_image()
    pusher.upload(app_repository, *image.blobs)
    pusher.upload(f"{app_repository}-other", *garbage.blobs)
    assert (await collect(minutes=60)).report.marked == 4
    put_directly(registry, app_repository, image.manifest, "v1")
    stored = registry.blob_file(image.manifest.digest)
    stored.write_bytes(b"{")
    run = await collect(days=7)
    assert (run.error, run.report.deleted) == (None, 2)
    assert list(run.report.failures) == [app_repository]
    stored.write_bytes(image.manifest.content)
    assert_pullable(registry, app_repository, "v1", image)


@pytest.mark.parametrize("part", ["_layers", "_manifests", ""])
async def test_folder_that_cannot_be_read_keeps_all_blobs(
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    part: str,
) -> None:
    """A manifest in it can be unknown, and nobody knows which blobs it needs."""
    image, garbage = make_image(), make_image()
    await pusher.push(image, app_repository, "v1")
    pusher.upload(f"{app_repository}-other", *garbage.blobs)
    await forget(emptied)
    folder = registry.storage / "docker/registry/v2/repositories" / app_repository / part
    moved = folder.with_name("moved-away")
    folder.rename(moved)
    folder.symlink_to(folder)  # reading it fails, also for root
    for _ in range(2):
        run = await collect(days=7)
        assert run.report.deleted == 0
        assert run.error is not None
        assert app_repository in run.error
    folder.unlink()
    moved.rename(folder)
    run = await collect(days=7)
    assert (run.error, run.report.deleted) == (None, 2)
    assert_pullable(registry, app_repository, "v1", image)


@pytest.mark.parametrize("listed_at_once", [1, 5_000])
async def test_unreadable_repository_keeps_its_blobs_and_stops_no_other(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    monkeypatch: pytest.MonkeyPatch,
    listed_at_once: int,
) -> None:
    """The links are listed before the folder that fails, in other parts of the listing or not."""
    monkeypatch.setattr("libs.common.storage.folders.LISTED_AT_ONCE", listed_at_once)
    monkeypatch.setattr("services.catalog.gc.blobs.listing._ENTRIES_AT_ONCE", listed_at_once)
    image, unused, garbage = make_image(), make_image(), make_image()
    await pusher.push(image, app_repository, "v1")
    assert (await collect(days=7)).error is None
    pusher.upload(app_repository, *unused.blobs)
    pusher.upload(f"{app_repository}-other", *garbage.blobs)
    folder = registry.storage / "docker/registry/v2/repositories" / app_repository / "_manifests"
    moved = folder.with_name("moved-away")
    folder.rename(moved)
    folder.symlink_to(folder)  # reading it fails, also for root
    run = await collect(days=7)
    assert (run.error, run.report.deleted) == (None, 2)
    assert list(run.report.failures) == [app_repository]
    folder.unlink()
    moved.rename(folder)
    assert_pullable(registry, app_repository, "v1", image)
    for blob in unused.blobs:
        assert registry.blob_status(app_repository, blob.digest) == 200


async def test_unreadable_repository_of_which_a_restored_database_lacks_an_image_ends_the_run(
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
) -> None:
    """The catalog knows one of its images, and cannot know that there is another one."""
    old, lost = make_image(), make_image()
    await pusher.push(old, app_repository, "old")
    assert (await collect(days=7)).error is None
    await pusher.push(lost, app_repository, "lost")
    await emptied.execute("DELETE FROM catalog.intents")
    await emptied.execute("DELETE FROM catalog.tags WHERE name = 'lost'")
    await emptied.execute("DELETE FROM catalog.manifests WHERE digest = $1", lost.manifest.digest)
    await emptied.execute("UPDATE catalog.garbage_state SET epoch = epoch + 1")
    folder = registry.storage / "docker/registry/v2/repositories" / app_repository / "_manifests"
    moved = folder.with_name("moved-away")
    folder.rename(moved)
    folder.symlink_to(folder)  # reading it fails, also for root
    run = await collect(days=7)
    assert (run.report.deleted, run.report.marked) == (0, 0)
    assert run.error is not None
    folder.unlink()
    moved.rename(folder)
    assert (await collect(days=7)).error is None
    assert_pullable(registry, app_repository, "lost", lost)


async def test_signature_is_kept_with_its_image(
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
) -> None:
    """It has no tag, and its subject has one. The same holds if the catalog scans it again."""
    image = make_image()
    await pusher.push(image, app_repository, "v1")
    payload = Blob("application/octet-stream", b"signature of " + image.manifest.content)
    pusher.upload(app_repository, payload)
    signature = make_manifest(
        config=image.config.descriptor(),
        layers=[payload.descriptor()],
        subject=image.manifest.descriptor(),
    )
    assert (await pusher.put(app_repository, signature.digest, signature)).status_code == 201
    for _ in range(2):
        run = await collect()
        assert (run.error, run.report.manifests, run.report.deleted) == (None, 0, 0)
        await emptied.execute("UPDATE catalog.manifests SET is_scanned = false")
    assert registry.status(app_repository, signature.digest) == 200
    assert registry.blob_status(app_repository, payload.digest) == 200


async def test_blob_as_the_child_of_an_index_is_kept(
    pusher: Pusher, registry: RegistryUnderTest, app_repository: str, collect: Collect
) -> None:
    """Buildkit's registry cache writes such indexes. Distribution 3 refuses them."""
    blobs = make_image(layers=2).blobs
    pusher.upload(app_repository, *blobs)
    media_type = MEDIA_TYPES["oci"]["index"]
    value = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "manifests": [blob.descriptor() for blob in blobs],
    }
    cache = Blob(media_type, json.dumps(value).encode())
    answer = await pusher.put(app_repository, "cache", cache)
    run = await collect()
    assert run.error is None
    if answer.status_code == 201:
        assert run.report.deleted == 0
        assert registry.status(app_repository, "cache") == 200
        assert {registry.blob_status(app_repository, blob.digest) for blob in blobs} == {200}
    else:
        assert run.report.deleted == len(blobs)


async def test_repository_that_cannot_be_added_to_the_catalog_keeps_its_blobs(
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Adding its manifests takes too long."""
    image, unused, garbage = make_image(), make_image(), make_image()
    await pusher.push(image, app_repository, "v1")
    pusher.upload(app_repository, *unused.blobs)
    pusher.upload(f"{app_repository}-other", *garbage.blobs)
    await forget(emptied)

    async def exceed_time(**_: Any) -> None:
        raise TimeoutError

    with monkeypatch.context() as patch:
        patch.setattr(states, "write_states", exceed_time)
        run = await collect(days=7)
    assert (run.error, list(run.report.failures), run.report.deleted) == (None, [app_repository], 2)
    assert_pullable(registry, app_repository, "v1", image)
    assert (await collect(days=7)).report.deleted == 2


async def test_unknown_manifests_are_added_in_groups(
    emptied: Database,
    pusher: Pusher,
    app_repository: str,
    collect: Collect,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(3):
        await pusher.push(make_image(), app_repository)
    await forget(emptied)
    for limit in ("_ADDED_AT_ONCE", "_READS_AT_ONCE", "_ROWS_AT_ONCE"):
        monkeypatch.setattr(f"services.catalog.gc.blobs.listing.{limit}", 2)
    groups: list[int] = []
    read_states = states.read_states

    async def count_and_read(*, wanted: list[Wanted], **named: Any) -> Any:
        groups.append(sum(len(one.digests) for one in wanted))
        return await read_states(wanted=wanted, **named)

    monkeypatch.setattr(states, "read_states", count_and_read)
    run = await collect(days=7)
    assert (run.error, run.report.deleted, groups) == (None, 0, [2, 1])
