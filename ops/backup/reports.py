"""What the commands of backups print."""

import json
from dataclasses import asdict
from typing import Any

import typer

from ops.backup.copy_storage import Copied
from ops.backup.create import Created
from ops.backup.restore import Restored
from ops.backup.verify import Verified
from ops.host.disk import format_size
from ops.maintenance.counted import counted


def print_created(created: Created, *, is_json: bool) -> None:
    """Print what a backup contains, and what was new."""
    backup = created.backup
    if is_json:
        found = backup.model_dump(mode="json", exclude={"tables", "sequences"})
        _print_json(
            found | {"copied_blobs": created.copied_blobs, "copied_bytes": created.copied_bytes}
        )
        return
    counts = backup.counts
    typer.echo(
        f"Backup {backup.id}: {counts.repositories} repositories,"
        f" {counted(counts.tags, 'tag')}, {counted(counts.blobs, 'blob')} with"
        f" {format_size(counts.blob_bytes)}."
    )
    if backup.database_only:
        typer.echo("The backup has no blobs. No blob is deleted until its hold expires.")
    else:
        typer.echo(
            f"Copied: {counted(created.copied_blobs, 'blob')} with"
            f" {format_size(created.copied_bytes)}, which the target did not have."
        )
    if backup.secrets is None:
        typer.echo("The keys of the installation are left out, because there is no --recipient.")
    for digest in backup.missing:
        typer.echo(f"Missing in the storage: {digest}")
    for digest in backup.damaged:
        typer.echo(f"Damaged in the storage: {digest}")


def print_verified(verified: Verified, *, is_json: bool) -> None:
    """Print what was read, and each problem."""
    if is_json:
        _print_json(asdict(verified))
        return
    typer.echo(
        f"Read: {counted(len(verified.backups), 'backup')}, {counted(verified.blobs, 'blob')},"
        f" {format_size(verified.read_bytes)}."
    )
    for problem in verified.problems:
        typer.echo(f"Damaged: {problem}.")
    if not verified.problems:
        typer.echo("Nothing is damaged.")


def print_restored(restored: Restored, *, is_json: bool) -> None:
    """Print what a restore has written, and what comes next."""
    backup = restored.backup
    if is_json:
        found = {"backup": backup.id, "counts": backup.counts.model_dump()}
        figures = {name: getattr(restored, name) for name in ("blobs", "skipped", "links")}
        _print_json(found | figures | {"missing": backup.missing, "damaged": backup.damaged})
        return
    typer.echo(
        f"Restored the backup {backup.id}: {counted(backup.counts.tags, 'tag')},"
        f" {counted(restored.blobs + restored.skipped, 'blob')}."
    )
    for digest in (*backup.missing, *backup.damaged):
        typer.echo(f"Missing in the backup: {digest}")
    typer.echo("Start Moorage, then repair the catalog: `moorage drift --repair`.")


def print_copied(copied: Copied, *, is_json: bool) -> None:
    """Print what a copy of the storage has written."""
    if is_json:
        _print_json(asdict(copied))
        return
    typer.echo(
        f"Copied: {counted(copied.blobs, 'blob')} with {format_size(copied.blob_bytes)},"
        f" {counted(copied.links, 'link')}. Present before:"
        f" {counted(copied.present_blobs, 'blob')}. Removed:"
        f" {counted(copied.removed_links, 'link')}, which the source does not have."
    )
    for digest in copied.damaged or ():
        typer.echo(f"Damaged in the source: {digest}")


def _print_json(found: dict[str, Any]) -> None:
    typer.echo(json.dumps(found))
