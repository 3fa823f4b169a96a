"""Copies blobs, many at once, and verifies each while it is copied."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import TypeVar

from ops.backup.transport.files import Files
from ops.backup.transport.streams import read_checked

AT_ONCE = 8
_T = TypeVar("_T")


async def copy_blob(source: Files, path: str, target: Files, to: str, digest: str) -> None:
    """Copy a blob.

    Raises:
        Damaged: the source has other bytes. Nothing was written.
        FileNotFoundError: the source does not have it.
    """
    async with aclosing(read_checked(source, path, digest.removeprefix("sha256:"))) as content:
        await target.write(to, content)


async def list_sizes(files: Files, folder: str) -> dict[str, int]:
    """Return the size of each file below a folder, by its path."""
    return {path: size async for batch in files.list_files(folder) for path, size in batch}


async def for_each(items: Iterable[_T], work: Callable[[_T], Awaitable[None]]) -> None:
    """Call ``work`` for each item, a few at once. The first error ends it."""
    left = iter(items)

    async def run() -> None:
        for item in left:
            await work(item)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(run())
    except* Exception as errors:
        raise errors.exceptions[0] from None


async def drain(content: AsyncIterator[bytes]) -> int:
    """Read everything, and return the number of bytes."""
    size = 0
    async for part in content:
        size += len(part)
    return size
