"""Where a backup keeps what, and its manifest.

blobs/sha256/ab/abcd…           each blob once, for all backups of a target
backups/<id>/database/<table>.gz
backups/<id>/blobs.gz           the blobs that the backup needs
backups/<id>/links.gz           the links of repositories to them, and the tags
backups/<id>/secrets.age        the keys of the installation, encrypted
backups/<id>/manifest.json      written last: without it, the backup is not complete
"""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ValidationError

from ops.backup.transport.files import Files, read_whole, write_whole
from ops.backup.transport.streams import Stored
from ops.errors import OpsError

FORMAT = 1
BLOBS = "blobs/sha256"
_BACKUPS = "backups"
_MANIFEST = "manifest.json"


class Table(BaseModel):
    """The rows of a table, in PostgreSQL's text format of COPY, compressed."""

    schema_name: str
    name: str
    columns: list[str]
    file: Stored


class Counts(BaseModel):
    """What a backup contains."""

    repositories: int = 0
    tags: int = 0
    manifests: int = 0
    blobs: int = 0
    blob_bytes: int = 0


class Backup(BaseModel):
    """The manifest of a complete backup.

    ``missing`` are blobs that the storage did not have, and ``damaged`` those whose content was
    another one. ``database_only`` says that the backup has no blobs: they are in the bucket.
    """

    format: int = FORMAT
    id: str
    created_at: datetime
    schema_revision: str
    database_only: bool
    tables: list[Table]
    sequences: dict[str, int | None]
    blobs: Stored
    links: Stored
    secrets: Stored | None
    counts: Counts
    missing: list[str]
    damaged: list[str]


def new_id() -> str:
    """Return the id of a new backup. A later one sorts after it."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def path_of(id: str, name: str) -> str:
    """Return the path of a file of one backup."""
    return f"{_BACKUPS}/{id}/{name}"


def blob_path(digest: str) -> str:
    """Return the path of a blob in a target. ``digest`` is ``sha256:<hex>``."""
    value = digest.removeprefix("sha256:")
    return f"{BLOBS}/{value[:2]}/{value}"


async def write_manifest(target: Files, backup: Backup) -> None:
    """Complete a backup."""
    await write_whole(
        target, path_of(backup.id, _MANIFEST), backup.model_dump_json(indent=1).encode()
    )


async def read_backup(source: Files, id: str | None = None) -> Backup:
    """Return the manifest of a backup, or of the newest one.

    Raises:
        OpsError: there is no complete backup, or its format is unknown.
    """
    if id is None:
        complete = await list_complete(source)
        if not complete:
            raise OpsError("the source has no complete backup: check its path")
        id = complete[-1]
    content = await read_whole(source, path_of(id, _MANIFEST))
    if content is None:
        raise OpsError(f"the source has no complete backup {id}")
    try:
        backup = Backup.model_validate_json(content)
    except ValidationError:
        raise OpsError(f"{path_of(id, _MANIFEST)} is damaged: it cannot be read") from None
    if backup.format != FORMAT:
        raise OpsError(
            f"the backup {id} has the format {backup.format}: use the Moorage that made it"
        )
    return backup


async def list_complete(source: Files) -> Sequence[str]:
    """Return the ids of the complete backups, the oldest first."""
    found: list[str] = []
    async for batch in source.list_files(_BACKUPS):
        for path, _ in batch:
            parts = path.split("/")
            if len(parts) == 3 and parts[2] == _MANIFEST:
                found.append(parts[1])
    return sorted(found)
