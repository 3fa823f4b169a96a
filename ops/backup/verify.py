"""`moorage backup verify`: reads every file of a target, and finds what is damaged."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from ops.backup.archive import Backup, blob_path, list_complete, read_backup
from ops.backup.links import Link
from ops.backup.transport.files import Files, read_whole
from ops.backup.transport.progress import Bars
from ops.backup.transport.streams import Damaged, Stored, extract, read_checked, rows_of
from ops.backup.transport.transfer import drain, for_each
from ops.errors import OpsError
from services.catalog.gc.blobs.domain import digests_in


@dataclass(slots=True)
class Verified:
    """What was read. ``problems`` names each damaged or missing file, and what it affects."""

    backups: list[str] = field(default_factory=list)
    blobs: int = 0
    read_bytes: int = 0
    problems: list[str] = field(default_factory=list)


async def verify(source: Files, bars: Bars) -> Verified:
    """Read all complete backups of a target, and every blob that they need.

    Raises:
        OpsError: there is none.
        StorageUnavailable: the target cannot be read.
    """
    result = Verified(backups=list(await list_complete(source)))
    if not result.backups:
        raise OpsError("the source has no complete backup: check its path")
    bars.begin("Reading the databases")
    blobs: dict[str, int] = {}
    backups: list[Backup] = []
    for id in result.backups:
        try:
            backup = await read_backup(source, id)
        except OpsError as error:
            result.problems.append(f"{error}; it affects the whole backup {id}")
            continue
        backups.append(backup)
        for stored in _files_of(backup):
            await _check(source, stored, f"the whole backup {id}", result)
        if not backup.database_only:
            blobs |= await _read_blobs(source, backup)
    bars.begin("Reading blobs", sum(blobs.values()))
    broken: dict[str, str] = {}

    async def check(digest: str) -> None:
        path = blob_path(digest)
        try:
            size = await drain(read_checked(source, path, digest.removeprefix("sha256:")))
        except Damaged as error:
            broken[digest] = str(error)
        except FileNotFoundError:
            broken[digest] = f"{path} is missing"
        else:
            result.read_bytes += size
        result.blobs += 1
        bars.add(blobs[digest])

    await for_each(sorted(blobs), check)
    if broken:
        await _add_affected(source, backups, broken, result)
    return result


async def read_links(source: Files, backup: Backup) -> AsyncIterator[Link]:
    """Yield the links of a backup. Raises Damaged."""
    async for row in _rows(source, backup.links):
        yield Link(*row)


async def _read_blobs(source: Files, backup: Backup) -> dict[str, int]:
    """Return the blobs that a backup lists. A damaged list is reported as a file."""
    try:
        return {digest: int(size) async for digest, size in _rows(source, backup.blobs)}
    except (Damaged, FileNotFoundError, ValueError):
        return {}


async def _rows(source: Files, stored: Stored) -> AsyncIterator[list[str]]:
    content = extract(read_checked(source, stored.path, stored.sha256), stored.path)
    async for row in rows_of(content):
        yield row


def _files_of(backup: Backup) -> list[Stored]:
    keys = [] if backup.secrets is None else [backup.secrets]
    return [*(table.file for table in backup.tables), backup.links, backup.blobs, *keys]


async def _check(source: Files, stored: Stored, affects: str, result: Verified) -> None:
    try:
        result.read_bytes += await drain(read_checked(source, stored.path, stored.sha256))
    except Damaged as error:
        result.problems.append(f"{error}; it affects {affects}")
    except FileNotFoundError:
        result.problems.append(f"{stored.path} is missing; it affects {affects}")


async def _add_affected(
    source: Files, backups: list[Backup], broken: dict[str, str], result: Verified
) -> None:
    """Report each broken blob with the tags whose images need it."""
    affected: dict[str, set[str]] = {digest: set() for digest in broken}
    needs_of: dict[str, set[str]] = {}
    for backup in backups:
        try:
            async for link in read_links(source, backup):
                if link.kind == "tag":
                    needs = await _list_needs(source, link.target, needs_of)
                    for digest in needs & broken.keys():
                        affected[digest].add(f"{link.repository}:{link.name}")
        except (Damaged, FileNotFoundError, ValueError):
            continue  # the list itself is reported
    for digest, problem in sorted(broken.items()):
        images = sorted(affected[digest])
        shown = ", ".join(images[:10]) + (f", and {len(images) - 10} more" if images[10:] else "")
        what = shown or "no tag, but an untagged image, a trashed one, or an open push"
        result.problems.append(f"{problem}; it affects {what}")


async def _list_needs(
    source: Files, digest: str, needs_of: dict[str, set[str]], depth: int = 0
) -> set[str]:
    """Return a manifest, and all blobs and manifests that it names, directly or by an index."""
    if digest in needs_of or depth > 4:
        return needs_of.get(digest, set())
    needs_of[digest] = needs = {digest}
    content = await read_whole(source, blob_path(digest))
    if content is None:
        return needs
    needs |= digests_in(content)
    try:
        manifest = json.loads(content)
        children = [one["digest"] for one in manifest.get("manifests") or []]
    except (ValueError, TypeError, KeyError, AttributeError):
        return needs
    for child in children:
        needs |= await _list_needs(source, child, needs_of, depth + 1)
    return needs
