"""Deletes abandoned uploads and the folders of empty repositories (spec 7)."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from libs.common.db.engine import Engine
from libs.common.storage.store import Storage
from services.catalog.gc.blobs import queries
from services.catalog.gc.blobs.domain import EMPTY_AGE, UPLOAD_AGE
from services.catalog.intents.queries import lock_repositories


async def purge_uploads(
    *,
    storage: Storage,
    uploads: Sequence[tuple[str, str]],
    report: Callable[[int], Awaitable[None]],
) -> int:
    """Delete uploads (repository, id) that were not written to for a day. Return the freed bytes.

    ``report`` receives the number of processed uploads.

    Raises:
        StorageUnavailable: the storage does not work.
    """
    freed = 0
    unwritten_since = datetime.now(UTC) - UPLOAD_AGE
    for number, (repository, upload) in enumerate(uploads):
        freed += await storage.delete_upload(repository, upload, unwritten_since=unwritten_since)
        await report(number + 1)
    return freed


async def remove_empty_repositories(
    *,
    engine: Engine,
    storage: Storage,
    paths: Sequence[str],
    report: Callable[[int], Awaitable[None]],
) -> int:
    """Remove the folders of repositories that have no manifest. Return how many are gone.

    The lock of the repository keeps pushes of manifests waiting meanwhile. An upload that begins
    meanwhile is newer than a day, so its files stay.

    ``report`` receives the number of processed repositories.

    Raises:
        StorageUnavailable: the storage does not work.
    """
    removed = 0
    for number, path in enumerate(paths):
        async with engine.begin() as tx:
            await lock_repositories(tx, paths=[path])
            if not await queries.is_in_use(tx, path=path):
                older_than = datetime.now(UTC) - EMPTY_AGE
                removed += await storage.remove_links(path, older_than=older_than)
        await report(number + 1)
    return removed
