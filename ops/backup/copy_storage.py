"""`moorage storage copy`: copies the images from one storage to the other while Moorage runs."""

from dataclasses import dataclass

from libs.common.storage.layout import (
    BLOBS,
    REPOSITORIES,
    UPLOADS,
    parse_blob,
    split_repository,
)
from ops.backup.transport.files import Files, read_whole, write_whole
from ops.backup.transport.hold import Check
from ops.backup.transport.progress import Bars
from ops.backup.transport.streams import Damaged
from ops.backup.transport.transfer import copy_blob, for_each, list_sizes


@dataclass(slots=True)
class Copied:
    """What a copy has written. ``damaged`` are blobs whose content is another one."""

    blobs: int = 0
    blob_bytes: int = 0
    present_blobs: int = 0
    links: int = 0
    removed_links: int = 0
    damaged: list[str] | None = None


async def copy_storage(source: Files, target: Files, bars: Bars, check: Check) -> Copied:
    """Copy what the target lacks, and remove the links that the source has no more.

    Blobs first, so that no link leads to a missing one. Links that are written meanwhile are copied
    by the next call, which is short. Uploads are not copied: their clients begin again.

    ``check`` raises OpsError if blobs could have been deleted meanwhile.

    Raises:
        StorageUnavailable: one of the storages failed. The next call goes on.
    """
    result = Copied(damaged=[])
    # The links are listed first: a blob is older than the links to it.
    links = await _list_links(source)
    await _copy_blobs(source, target, result, bars)
    await _copy_links(source, target, links, result, bars)
    await target.sync()
    await check()
    return result


async def _copy_blobs(source: Files, target: Files, result: Copied, bars: Bars) -> None:
    bars.begin("Listing blobs")
    existing = await list_sizes(target, BLOBS)
    stored = await list_sizes(source, BLOBS)
    digests = {
        path: digest
        for path in stored
        if (digest := parse_blob(path.removeprefix(f"{BLOBS}/"))) is not None
    }
    new = [path for path in digests if existing.get(path) != stored[path]]
    result.present_blobs = len(digests) - len(new)
    bars.begin("Copying blobs", sum(stored[path] for path in new))

    async def copy(path: str) -> None:
        try:
            await copy_blob(source, path, target, path, digests[path])
        except Damaged:
            assert result.damaged is not None
            result.damaged.append(digests[path])
            return
        except FileNotFoundError:
            return  # A deletion that was claimed before the hold. Nothing needs the blob.
        result.blobs += 1
        result.blob_bytes += stored[path]
        bars.add(stored[path])

    await for_each(new, copy)


async def _list_links(files: Files) -> dict[str, int]:
    """Return the files of all repositories but those of uploads."""
    return {
        path: size
        for path, size in (await list_sizes(files, REPOSITORIES)).items()
        if not _is_upload(path)
    }


def _is_upload(path: str) -> bool:
    place = split_repository(path.removeprefix(f"{REPOSITORIES}/"))
    return place is None or place[1].startswith(f"{UPLOADS}/")


async def _copy_links(
    source: Files, target: Files, links: dict[str, int], result: Copied, bars: Bars
) -> None:
    bars.begin("Copying links")
    existing = await _list_links(target)

    async def copy(path: str) -> None:
        # Only the link of a tag changes. All others have one content.
        is_tag = path.endswith("/current/link")
        if path in existing and not is_tag and existing[path] == links[path]:
            return
        content = await read_whole(source, path)
        if content is None:
            return  # deleted meanwhile
        if path in existing and await read_whole(target, path) == content:
            return
        await write_whole(target, path, content)
        result.links += 1

    async def remove(path: str) -> None:
        await target.delete(path)
        result.removed_links += 1

    # A tag after the manifest to which it leads.
    await for_each(sorted(links, key=lambda path: (path.endswith("/current/link"), path)), copy)
    await for_each(existing.keys() - links.keys(), remove)
