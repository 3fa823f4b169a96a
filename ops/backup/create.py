"""`moorage backup`: one snapshot of the database, and every blob and link that it needs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from libs.common.storage.layout import BLOBS as STORED_BLOBS
from libs.common.storage.layout import blob_data, parse_blob
from ops.backup.archive import (
    BLOBS,
    Backup,
    Counts,
    blob_path,
    new_id,
    path_of,
    write_manifest,
)
from ops.backup.dump import Snapshot, open_snapshot
from ops.backup.keys import encrypt_keys
from ops.backup.links import list_links
from ops.backup.transport.files import Files
from ops.backup.transport.hold import extend_hold, storage_hold
from ops.backup.transport.progress import Bars
from ops.backup.transport.streams import Damaged, Stored, compress, lines_of, store
from ops.backup.transport.transfer import copy_blob, for_each, list_sizes
from ops.db.migrate import owner_engine
from ops.layout import Layout
from services.catalog.backups import queries


@dataclass(slots=True)
class Created:
    """A backup that is complete, and what was new in it."""

    backup: Backup
    copied_blobs: int = 0
    copied_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """What the operator wants.

    Without ``recipients``, the keys of the installation are left out. ``retention_days`` is how
    long a backup of the database alone keeps blobs from being deleted.
    """

    recipients: tuple[str, ...] = ()
    is_database_only: bool = False
    retention_days: int = 0


async def create_backup(
    layout: Layout, owner_url: str, storage: Files, target: Files, order: Order, bars: Bars
) -> Created:
    """Make a backup while everything runs.

    Raises:
        OpsError: the database cannot be read, a recipient is not valid, or the hold has expired.
        StorageUnavailable: the storage or the target failed.
    """
    # Before the copy, which takes long: a recipient can be wrong, or the keys are not here.
    keys = encrypt_keys(layout, list(order.recipients)) if order.recipients else None
    id, begun_at = new_id(), datetime.now(UTC)
    async with storage_hold(owner_url, reason="a backup") as check:
        bars.begin("Dumping the database")
        async with open_snapshot(owner_url) as snapshot:
            backup, blobs = await _dump(snapshot, storage, target, id, order)
        created = Created(backup)
        if not order.is_database_only:
            await _copy_blobs(storage, target, blobs, created, bars)
        if keys is not None:
            path = path_of(id, "secrets.age")
            backup.secrets = await store(target, path, _once(keys))
        if order.is_database_only:
            await extend_hold(owner_url, reason=f"the backup {id}", days=order.retention_days)
        await target.sync()
        await check()
        await write_manifest(target, backup)
    await _record(owner_url, begun_at)
    return created


async def _record(owner_url: str, begun_at: datetime) -> None:
    """Note a complete backup in the database, for the metric and the alert.

    A backup that lacks a blob of an image counts too: each tenant can delete the blobs of its
    images, and the rest can be restored.
    """
    engine = owner_engine(owner_url)
    try:
        async with engine.begin() as tx:
            await queries.record(tx, begun_at=begun_at)
    finally:
        await engine.dispose()


async def _dump(
    snapshot: Snapshot, storage: Files, target: Files, id: str, order: Order
) -> tuple[Backup, list[tuple[str, bool]]]:
    counts = Counts()
    tables = await snapshot.dump_tables(target, id)
    blobs = await snapshot.list_blobs()
    links = list_links(snapshot, storage, counts)
    backup = Backup(
        id=id,
        created_at=datetime.now(UTC),
        schema_revision=await snapshot.read_revision(),
        database_only=order.is_database_only,
        tables=tables,
        sequences=await snapshot.read_sequences(),
        links=await _store_rows(target, path_of(id, "links.gz"), links),
        blobs=Stored(path="", sha256="", size=0),
        secrets=None,
        counts=counts,
        missing=[],
        damaged=[],
    )
    if order.is_database_only:
        rows = _rows([digest for digest, _ in blobs])
        backup.blobs = await _store_rows(target, path_of(id, "blobs.gz"), rows)
    return backup, blobs


async def _copy_blobs(
    storage: Files,
    target: Files,
    blobs: list[tuple[str, bool]],
    created: Created,
    bars: Bars,
) -> None:
    """Copy the blobs that the target lacks, and write the list of blobs that it then has."""
    backup = created.backup
    stored = await _list_stored(storage)
    existing = await list_sizes(target, BLOBS)
    is_required = dict(blobs)
    backup.missing = [digest for digest, required in blobs if required and digest not in stored]
    needed = {digest: stored[digest] for digest in is_required if digest in stored}
    new = [digest for digest, size in needed.items() if existing.get(blob_path(digest)) != size]
    bars.begin("Copying blobs", sum(needed[digest] for digest in new))

    async def copy(digest: str) -> None:
        try:
            await copy_blob(storage, blob_data(digest), target, blob_path(digest), digest)
        except Damaged:
            backup.damaged.append(digest)
            return
        created.copied_blobs += 1
        created.copied_bytes += needed[digest]
        bars.add(needed[digest])

    await for_each(new, copy)
    backup.damaged.sort()
    for digest in backup.damaged:
        del needed[digest]
    backup.counts.blobs, backup.counts.blob_bytes = len(needed), sum(needed.values())
    path = path_of(backup.id, "blobs.gz")
    backup.blobs = await _store_rows(target, path, _rows(list(needed.items())))


async def _list_stored(storage: Files) -> dict[str, int]:
    return {
        digest: size
        async for batch in storage.list_files(STORED_BLOBS)
        for path, size in batch
        if (digest := parse_blob(path.removeprefix(f"{STORED_BLOBS}/"))) is not None
    }


async def _store_rows(target: Files, path: str, rows: AsyncIterator[Any]) -> Stored:
    return await store(target, path, compress(lines_of(rows)))


async def _rows(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
