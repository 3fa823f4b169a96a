"""`moorage restore`: puts a backup into an empty installation."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass

from libs.common.storage.layout import BLOBS, REPOSITORIES, blob_data
from ops.backup.archive import Backup, Table, blob_path
from ops.backup.links import Link
from ops.backup.load import check_empty, check_revision, load_database
from ops.backup.transport.files import Files, read_whole, write_whole
from ops.backup.transport.progress import Bars
from ops.backup.transport.streams import Damaged, extract, read_checked, rows_of
from ops.backup.transport.transfer import copy_blob, drain, for_each, list_sizes
from ops.backup.verify import read_links
from ops.db.roles import Role
from ops.errors import OpsError

MARKER = "moorage-restore.json"
"""The file in the storage that says which backup is being restored into it."""
_LINKS_AT_ONCE = 500


@dataclass(slots=True)
class Restored:
    """What a restore has written. ``skipped`` blobs were there from an interrupted restore."""

    backup: Backup
    blobs: int = 0
    blob_bytes: int = 0
    skipped: int = 0
    links: int = 0


async def restore(
    owner_url: str,
    roles: list[Role],
    storage: Files,
    source: Files,
    backup: Backup,
    bars: Bars,
) -> Restored:
    """Restore blobs and links, and then the database.

    The rows are the last step, and one transaction. Until then, the installation is empty, and the
    restore can be repeated: it goes on with what is missing.

    Raises:
        OpsError: the installation is not empty or in use, or the backup is damaged or too new.
        StorageUnavailable: the storage or the source failed.
    """
    result = Restored(backup)
    check_revision(backup)
    await check_empty(owner_url, roles)
    await _check_storage(storage, backup)
    await _check_tables(source, backup, bars)
    if not backup.database_only:
        await write_whole(storage, MARKER, json.dumps({"backup": backup.id}).encode())
        await _copy_blobs(storage, source, result, bars)
        await _write_links(storage, source, result, bars)
        await storage.sync()
    bars.begin("Loading the database")

    def read(table: Table) -> AsyncIterator[bytes]:
        stored = table.file
        return extract(read_checked(source, stored.path, stored.sha256), stored.path)

    await load_database(owner_url, roles, backup, read)
    await storage.delete(MARKER)
    return result


async def _check_storage(storage: Files, backup: Backup) -> None:
    """Raise OpsError if the storage has images that no earlier attempt of this restore wrote."""
    if backup.database_only:
        return
    marker = await read_whole(storage, MARKER)
    if marker is not None:
        if json.loads(marker) != {"backup": backup.id}:
            raise OpsError(
                "the storage has a part of another backup, whose restore was interrupted: complete"
                f" that one with --backup, or empty the storage ({marker.decode()})"
            )
        return
    for folder in (BLOBS, REPOSITORIES):
        async for batch in storage.list_files(folder):
            if batch:
                raise OpsError(
                    f"the storage is not empty ({batch[0][0]}): restore into a new installation"
                )


async def _check_tables(source: Files, backup: Backup, bars: Bars) -> None:
    """Read the dump before anything is changed."""
    bars.begin("Checking the backup")
    for stored in (*(table.file for table in backup.tables), backup.links, backup.blobs):
        await drain(read_checked(source, stored.path, stored.sha256))


async def _copy_blobs(storage: Files, source: Files, result: Restored, bars: Bars) -> None:
    stored = result.backup.blobs
    rows = rows_of(extract(read_checked(source, stored.path, stored.sha256), stored.path))
    sizes = {digest: size async for digest, size in rows}
    existing = await list_sizes(storage, BLOBS)
    new = [digest for digest, size in sizes.items() if existing.get(blob_data(digest)) != size]
    result.skipped = len(sizes) - len(new)
    bars.begin("Restoring blobs", sum(sizes[digest] for digest in new))
    broken: list[str] = []

    async def copy(digest: str) -> None:
        try:
            await copy_blob(source, blob_path(digest), storage, blob_data(digest), digest)
        except (Damaged, FileNotFoundError):
            broken.append(blob_path(digest))
            return
        result.blobs += 1
        result.blob_bytes += sizes[digest]
        bars.add(sizes[digest])

    await for_each(new, copy)
    if broken:
        raise OpsError(
            f"{len(broken)} blobs of the backup are damaged or missing, such as {min(broken)}:"
            " `moorage backup verify` shows what they affect; copy them from another backup"
        )


async def _write_links(storage: Files, source: Files, result: Restored, bars: Bars) -> None:
    bars.begin("Restoring links")

    async def write(link: Link) -> None:
        for path, content in link.files():
            await write_whole(storage, path, content)
        result.links += 1

    some: list[Link] = []
    async for link in read_links(source, result.backup):
        some.append(link)
        if len(some) == _LINKS_AT_ONCE:
            await for_each(some, write)
            some = []
    await for_each(some, write)
