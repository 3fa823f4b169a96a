"""A backup and a restore that are interrupted at several points go on, and restore all rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from libs.common.storage.layout import blob_data
from libs.common.storage.store import StorageUnavailable
from ops.backup.archive import list_complete, read_backup
from ops.backup.create import Created, Order, create_backup
from ops.backup.links import Link
from ops.backup.restore import restore
from ops.backup.transport.files import Files, LocalFiles, write_whole
from ops.backup.transport.progress import Bars
from ops.backup.verify import verify
from ops.db.roles import Role
from ops.errors import OpsError
from ops.layout import Layout
from tests.integration.backup.conftest import FailingFiles, content_of, put_blob, put_links
from tests.kit.database import SERVICES, Database

NewDatabase = Callable[[], Awaitable[Database]]


@pytest.fixture
def storage(tmp_path: Path) -> LocalFiles:
    """An empty storage on the disk."""
    folder = tmp_path / "storage"
    folder.mkdir()
    return LocalFiles(folder, is_private=False)


async def _fill(database: Database, storage: Files) -> list[str]:
    """Store an image as pushes do, and return the digests of its manifest and its layers."""
    manifest, *layers = [await put_blob(storage, f"blob {n}".encode()) for n in range(3)]
    await put_links(
        storage,
        Link("revision", "team/app", manifest, manifest),
        *(Link("layer", "team/app", layer, layer) for layer in layers),
        Link("tag", "team/app", "v1", manifest),
    )
    await database.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role)"
        " VALUES ('admin', 'x', 'admin'), ('acme', 'x', 'member')"
    )
    await database.execute(
        "INSERT INTO catalog.namespaces (account_id, name, visibility)"
        " SELECT id, 'team', 'private' FROM catalog.accounts WHERE username = 'acme'"
    )
    await database.execute(
        "INSERT INTO catalog.repositories (namespace_id, name)"
        " SELECT id, 'app' FROM catalog.namespaces"
    )
    await database.execute(
        "INSERT INTO catalog.manifests"
        " (repository_id, digest, media_type, size_bytes, pushed_at, pushed_by)"
        " SELECT id, $1, 'application/vnd.oci.image.manifest.v1+json', 6, now(), 'dev'"
        " FROM catalog.repositories",
        manifest,
    )
    for layer in layers:
        await database.execute(
            "INSERT INTO catalog.manifest_blobs"
            " (repository_id, manifest_digest, blob_digest, size_bytes)"
            " SELECT id, $1, $2, 6 FROM catalog.repositories",
            manifest,
            layer,
        )
    await database.execute(
        "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " SELECT id, 'v1', $1, now(), 'dev' FROM catalog.repositories",
        manifest,
    )
    return [manifest, *layers]


def _roles(database: Database) -> list[Role]:
    return [
        Role(url.split("//")[1].split(":")[0], url.split(":")[2].split("@")[0])
        for service, url in database.urls.items()
        if service in SERVICES
    ]


async def _back_up(
    database: Database, storage: Files, target: Files, order: Order | None = None
) -> Created:
    layout = Layout(Path("/nonexistent"))
    return await create_backup(
        layout, database.urls["owner"], storage, target, order or Order(), Bars()
    )


async def _rows(database: Database) -> dict[str, list[tuple[object, ...]]]:
    tables = ("accounts", "namespaces", "repositories", "manifests", "manifest_blobs")
    return {
        name: sorted(tuple(row) for row in await database.fetch(f"SELECT * FROM catalog.{name}"))
        for name in tables
    }


async def test_interrupted_backup_is_not_complete_and_its_blobs_are_used_again(
    new_database: NewDatabase, storage: LocalFiles, place: Files, tmp_path: Path
) -> None:
    """It is interrupted in the dump, the lists, the first blob, the last blob, and the manifest."""
    database = await new_database()
    await _fill(database, storage)
    writes = await _count_writes(database, storage, tmp_path / "whole")
    recorded = await _list_recorded(database)
    for fails_after in (0, writes - 6, writes - 5, writes - 2, writes - 4):
        with pytest.raises(StorageUnavailable):
            await _back_up(database, storage, FailingFiles(place, fails_after))
        assert await list_complete(place) == []
        with pytest.raises(OpsError, match="no complete backup"):
            await verify(place, Bars())
        assert await database.fetch("SELECT FROM catalog.storage_holds") == []
    assert await _list_recorded(database) == recorded
    begun_after = datetime.now(UTC)
    created = await _back_up(database, storage, place)
    assert (created.copied_blobs, created.backup.counts.blobs) == (0, 3)
    assert (await verify(place, Bars())).problems == []
    *earlier, newest = await _list_recorded(database)
    assert earlier == recorded
    assert begun_after <= newest <= created.backup.created_at


async def _list_recorded(database: Database) -> list[datetime]:
    """Return when the complete backups began, which the metric shows."""
    rows = await database.fetch("SELECT begun_at FROM catalog.backups ORDER BY id")
    return [row["begun_at"] for row in rows]


async def _count_writes(database: Database, storage: Files, folder: Path) -> int:
    """Return the number of files of a whole backup."""
    await _back_up(database, storage, LocalFiles(folder))
    return len(await content_of(LocalFiles(folder)))


async def test_interrupted_restore_goes_on(
    new_database: NewDatabase, storage: LocalFiles, place: Files, tmp_path: Path
) -> None:
    """It is interrupted in the marker, a blob, and a link, and is then complete."""
    database, empty = await new_database(), await new_database()
    await _fill(database, storage)
    source = LocalFiles(tmp_path / "source")
    await _back_up(database, storage, source)
    backup = await read_backup(source)
    url, roles = empty.urls["owner"], _roles(empty)
    for writes in (0, 1, 2, 5):
        with pytest.raises(StorageUnavailable):
            await restore(url, roles, FailingFiles(place, writes), source, backup, Bars())
        assert await empty.fetch("SELECT FROM catalog.accounts") == []
    done = await restore(url, roles, place, source, backup, Bars())
    assert (done.blobs + done.skipped, done.links) == (3, 4)
    assert await content_of(place) == await content_of(storage)
    assert await _rows(empty) == await _rows(database)
    # Identities go on after the restored rows, and the foreign keys and triggers are back.
    await empty.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role) VALUES ('x', 'x', 'member')"
    )
    await empty.execute("DELETE FROM catalog.manifests")
    assert await empty.fetch("SELECT FROM catalog.manifest_blobs") == []
    with pytest.raises(OpsError, match="is not empty"):
        await restore(url, roles, place, source, backup, Bars())


async def test_restore_into_a_storage_with_images_is_refused(
    new_database: NewDatabase, storage: LocalFiles, place: Files, tmp_path: Path
) -> None:
    database, empty = await new_database(), await new_database()
    await _fill(database, storage)
    source = LocalFiles(tmp_path / "source")
    await _back_up(database, storage, source)
    await put_blob(place, b"an image of somebody else")
    backup = await read_backup(source)
    with pytest.raises(OpsError, match="the storage is not empty"):
        await restore(empty.urls["owner"], _roles(empty), place, source, backup, Bars())


async def test_missing_and_damaged_blobs_are_reported_and_the_others_copied(
    new_database: NewDatabase, storage: LocalFiles, place: Files
) -> None:
    database = await new_database()
    _, missing, damaged = await _fill(database, storage)
    await storage.delete(blob_data(missing))
    await write_whole(storage, blob_data(damaged), b"blob X")
    backup = (await _back_up(database, storage, place)).backup
    assert (backup.missing, backup.damaged, backup.counts.blobs) == ([missing], [damaged], 1)
    assert (await verify(place, Bars())).problems == []


async def test_possible_link_is_in_the_backup_only_if_the_storage_has_it(
    new_database: NewDatabase, storage: LocalFiles, place: Files, tmp_path: Path
) -> None:
    """A manifest can name the blob of another tenant in any field. It must not become readable."""
    database, empty = await new_database(), await new_database()
    await _fill(database, storage)
    linked = await put_blob(storage, b"a blob that an index names as its child")
    foreign = await put_blob(storage, b"a blob of another tenant")
    await put_links(storage, Link("layer", "team/app", linked, linked))
    for digest in (linked, foreign):
        await database.execute(
            "INSERT INTO catalog.manifest_other_digests"
            " SELECT repository_id, digest, $1 FROM catalog.manifests",
            digest,
        )
    source = LocalFiles(tmp_path / "source")
    await _back_up(database, storage, source)
    backup = await read_backup(source)
    await restore(empty.urls["owner"], _roles(empty), place, source, backup, Bars())
    assert await content_of(place) == await content_of(storage)
