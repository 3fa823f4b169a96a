"""Files by path, in a folder or in a bucket of S3: what a backup and a storage consist of.

A file is written as a whole or not at all, so a file that exists is complete.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, ParamSpec, Protocol, TypeVar

import obstore
from obstore.store import S3Store

from libs.common.storage.s3_objects import unavailable
from libs.common.storage.store import StorageUnavailable

CHUNK_BYTES = 1 << 20
_PART_BYTES = 16 << 20
_PAGE = 1000
_TEMPORARY = ".moorage-new-"

_T = TypeVar("_T")
_P = ParamSpec("_P")


class Files(Protocol):
    """Reads and writes files. Each method raises StorageUnavailable if that fails."""

    def list_files(self, folder: str) -> AsyncIterator[list[tuple[str, int]]]:
        """Yield the path and the size in bytes of each file below a folder, in batches.

        An empty ``folder`` stands for all. A missing folder has no files.
        """
        ...

    def read(self, path: str) -> AsyncGenerator[bytes, None]:
        """Yield the content of a file, in parts. Raises FileNotFoundError if it is missing."""
        ...

    async def write(self, path: str, content: AsyncIterator[bytes]) -> None:
        """Write or replace a file. If ``content`` raises an error, nothing is written."""
        ...

    async def find_size(self, path: str) -> int | None:
        """Return the size of a file in bytes, or None if it is missing."""
        ...

    async def delete(self, path: str) -> None:
        """Delete a file if it exists."""
        ...

    async def sync(self) -> None:
        """Return when everything that was written survives a crash of the machine."""
        ...


async def read_whole(files: Files, path: str) -> bytes | None:
    """Return a small file, or None if it is missing."""
    try:
        return b"".join([part async for part in files.read(path)])
    except FileNotFoundError:
        return None


async def write_whole(files: Files, path: str, content: bytes) -> None:
    """Write a small file."""
    await files.write(path, _parts(content))


async def _parts(content: bytes) -> AsyncIterator[bytes]:
    yield content


class LocalFiles:
    """The files of a folder. If root writes, they belong to the owner of the folder.

    With ``is_private``, only the owner can read what is written, and each file survives a crash of
    the machine when it is written. Otherwise, `sync` is necessary: a storage has many small files.
    """

    def __init__(self, root: Path, *, is_private: bool = True) -> None:
        self._root = root
        self._is_private = is_private
        self._file_mode, self._folder_mode = (0o600, 0o700) if is_private else (0o644, 0o755)

    async def list_files(self, folder: str) -> AsyncIterator[list[tuple[str, int]]]:
        """See Files."""
        top = self._root / folder if folder else self._root
        batch: list[tuple[str, int]] = []
        pending = [top]
        while pending:
            found, below = await _in_thread(self._list_one, pending.pop())
            pending += below
            batch += found
            if len(batch) >= _PAGE:
                yield batch
                batch = []
        if batch:
            yield batch

    def _list_one(self, folder: Path) -> tuple[list[tuple[str, int]], list[Path]]:
        files: list[tuple[str, int]] = []
        below: list[Path] = []
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except FileNotFoundError:
            return [], []
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                below.append(Path(entry.path))
            elif entry.name.startswith(_TEMPORARY):
                continue
            else:
                with suppress(FileNotFoundError):
                    path = Path(entry.path).relative_to(self._root).as_posix()
                    files.append((path, entry.stat(follow_symlinks=False).st_size))
        return files, below[::-1]

    async def read(self, path: str) -> AsyncGenerator[bytes, None]:
        """See Files."""
        with _unavailable():
            # Not in a thread: if this is cancelled meanwhile, nobody would close the file.
            stream = (self._root / path).open("rb")
            try:
                while part := await asyncio.to_thread(stream.read, CHUNK_BYTES):
                    yield part
            finally:
                stream.close()

    async def write(self, path: str, content: AsyncIterator[bytes]) -> None:
        """See Files."""
        target = self._root / path
        temporary = target.with_name(f"{_TEMPORARY}{secrets.token_hex(8)}")
        with _unavailable():
            await asyncio.to_thread(self._make_folder, target.parent)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, self._file_mode)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    async for part in content:
                        await asyncio.to_thread(stream.write, part)
                    if self._is_private:
                        await asyncio.to_thread(_sync, stream)
                self._own(temporary)
                temporary.replace(target)
                if self._is_private:
                    await asyncio.to_thread(_sync_folder, target.parent)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise

    def _make_folder(self, folder: Path) -> None:
        missing: list[Path] = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for one in reversed(missing):
            with suppress(FileExistsError):
                one.mkdir(mode=self._folder_mode)
                self._own(one)
                if self._is_private:
                    _sync_folder(one.parent)

    def _own(self, path: Path) -> None:
        if os.geteuid() == 0 and self._root.exists():
            owner = self._root.stat()
            os.chown(path, owner.st_uid, owner.st_gid)

    async def find_size(self, path: str) -> int | None:
        """See Files."""
        try:
            return (await _in_thread((self._root / path).stat)).st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    async def delete(self, path: str) -> None:
        """See Files."""
        await _in_thread((self._root / path).unlink, True)

    async def sync(self) -> None:
        """See Files."""
        await _in_thread(os.sync)


class S3Files:
    """The objects below the prefix of a bucket."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    async def list_files(self, folder: str) -> AsyncIterator[list[tuple[str, int]]]:
        """See Files."""
        with unavailable():
            async for page in obstore.list(self._store, folder or None, chunk_size=_PAGE):
                yield [(found["path"], found["size"]) for found in page]

    async def read(self, path: str) -> AsyncGenerator[bytes, None]:
        """See Files."""
        try:
            with unavailable():
                found = await obstore.get_async(self._store, path)
                async for part in found.stream(min_chunk_size=CHUNK_BYTES):
                    yield bytes(part)
        except StorageUnavailable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise error.__cause__ from None
            raise

    async def write(self, path: str, content: AsyncIterator[bytes]) -> None:
        """See Files. A small object is one request, a large one a multipart upload."""
        start: list[bytes] = []
        size = 0
        async for part in content:
            start.append(part)
            size += len(part)
            if size >= _PART_BYTES:
                break
        is_large = size >= _PART_BYTES
        with unavailable():
            await obstore.put_async(
                self._store,
                path,
                _chained(start, content) if is_large else b"".join(start),
                use_multipart=is_large,
                chunk_size=_PART_BYTES,
                max_concurrency=2,
            )

    async def find_size(self, path: str) -> int | None:
        """See Files."""
        try:
            with unavailable():
                return (await obstore.head_async(self._store, path))["size"]
        except StorageUnavailable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                return None
            raise

    async def delete(self, path: str) -> None:
        """See Files."""
        with unavailable():
            await obstore.delete_async(self._store, path)

    async def sync(self) -> None:
        """See Files. S3 answers when an object is stored."""


async def _chained(start: Sequence[bytes], rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    for part in start:
        yield part
    async for part in rest:
        yield part


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageUnavailable(
            f"the storage failed: {error.filename}: {error.strerror}"
        ) from error


async def _in_thread(function: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs) -> _T:
    with _unavailable():
        return await asyncio.to_thread(function, *arguments, **named)


def _sync(stream: IO[bytes]) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
