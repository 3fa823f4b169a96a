"""Streams of bytes: compressed, hashed, and as lines of JSON."""

import asyncio
import errno
import hashlib
import json
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import aclosing, suppress
from typing import Any

from pydantic import BaseModel

from libs.common.storage.store import StorageUnavailable
from ops.backup.transport.files import Files

_GZIP = 31
_LEVEL = 3
_LINES_BYTES = 1 << 18


class Damaged(Exception):
    """A file has another content than it was written with. The message names the file."""


class Stored(BaseModel):
    """A file of a backup: its path, its SHA-256 as hex, and its bytes."""

    path: str
    sha256: str
    size: int


async def store(files: Files, path: str, content: AsyncIterator[bytes]) -> Stored:
    """Write a file, and return what it contains."""
    hashed, size = hashlib.sha256(), 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal size
        async for part in content:
            hashed.update(part)
            size += len(part)
            yield part

    await files.write(path, counted())
    return Stored(path=path, sha256=hashed.hexdigest(), size=size)


async def read_checked(files: Files, path: str, sha256: str) -> AsyncGenerator[bytes, None]:
    """Yield the content of a file.

    Raises:
        Damaged: the content is another one, or the disk cannot read it. Parts of it were yielded
            before.
        FileNotFoundError: the file is missing.
    """
    hashed = hashlib.sha256()
    try:
        async with aclosing(files.read(path)) as content:
            async for part in content:
                hashed.update(part)
                yield part
    except StorageUnavailable as error:
        if getattr(error.__cause__, "errno", None) != errno.EIO:
            raise
        raise Damaged(f"{path}: the disk cannot read it") from None
    if hashed.hexdigest() != sha256:
        raise Damaged(f"{path}: its content is not the one that was written")


async def compress(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the content as a gzip file."""
    packer = zlib.compressobj(_LEVEL, wbits=_GZIP)
    async for part in content:
        if packed := packer.compress(part):
            yield packed
    yield packer.flush()


async def extract(content: AsyncIterator[bytes], name: str) -> AsyncIterator[bytes]:
    """Yield what a gzip file contains. Raises Damaged if it is not complete."""
    unpacker = zlib.decompressobj(wbits=_GZIP)
    try:
        async for part in content:
            if unpacked := unpacker.decompress(part):
                yield unpacked
        if unpacked := unpacker.flush():
            yield unpacked
    except zlib.error as error:
        raise Damaged(f"{name}: {error}") from None
    if not unpacker.eof:
        raise Damaged(f"{name}: its end is missing")


async def lines_of(rows: AsyncIterator[Any]) -> AsyncIterator[bytes]:
    """Yield each row as a line of JSON, many lines at once."""
    lines: list[bytes] = []
    size = 0
    async for row in rows:
        line = json.dumps(row, separators=(",", ":")).encode() + b"\n"
        lines.append(line)
        size += len(line)
        if size >= _LINES_BYTES:
            yield b"".join(lines)
            lines, size = [], 0
    yield b"".join(lines)


async def rows_of(content: AsyncIterator[bytes]) -> AsyncIterator[Any]:
    """Yield the row of each line of JSON."""
    rest = b""
    async for part in content:
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield json.loads(line)


async def produced(
    produce: Callable[[Callable[[bytes], Coroutine[Any, Any, None]]], Awaitable[Any]],
) -> AsyncIterator[bytes]:
    """Yield the parts that ``produce`` hands to its argument. Raise the error that it raises."""
    queue: asyncio.Queue[bytes | None] = asyncio.Queue(8)

    async def run() -> None:
        try:
            await produce(queue.put)
        except Exception:
            await queue.put(None)
            raise
        await queue.put(None)

    task = asyncio.create_task(run())
    try:
        while (part := await queue.get()) is not None:
            yield part
        await task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
