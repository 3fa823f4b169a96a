"""Folders and buckets of files, some of which fail at a chosen point."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from pathlib import Path

import pytest

from libs.common.storage.layout import blob_data
from libs.common.storage.s3_objects import open_store
from libs.common.storage.store import StorageUnavailable
from ops.backup.links import Link
from ops.backup.transport.files import Files, LocalFiles, S3Files, write_whole
from tests.kit.servers.object_storage import ObjectStorage, running_object_storage


class FailingFiles:
    """Files whose ``fails_after``-th write fails, as if the process were killed in it."""

    def __init__(self, files: Files, fails_after: int) -> None:
        self._files = files
        self._left = fails_after

    def list_files(self, folder: str) -> AsyncIterator[list[tuple[str, int]]]:
        """See Files."""
        return self._files.list_files(folder)

    def read(self, path: str) -> AsyncGenerator[bytes, None]:
        """See Files."""
        return self._files.read(path)

    async def write(self, path: str, content: AsyncIterator[bytes]) -> None:
        """See Files."""
        self._left -= 1
        if self._left < 0:

            async def torn() -> AsyncIterator[bytes]:
                async for part in content:
                    yield part
                    break
                raise StorageUnavailable("the process was killed")

            await self._files.write(path, torn())
        await self._files.write(path, content)

    async def find_size(self, path: str) -> int | None:
        """See Files."""
        return await self._files.find_size(path)

    async def delete(self, path: str) -> None:
        """See Files."""
        await self._files.delete(path)

    async def sync(self) -> None:
        """See Files."""
        await self._files.sync()


@pytest.fixture(scope="session")
def object_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStorage]:
    """An S3 server. Without Go, the tests on S3 are skipped."""
    with running_object_storage(tmp_path_factory.mktemp("s3")) as running:
        yield running


@pytest.fixture
def bucket(object_storage: ObjectStorage, request: pytest.FixtureRequest) -> S3Files:
    """An empty place in a bucket."""
    digest = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]
    return S3Files(
        open_store(
            object_storage.bucket,
            region=object_storage.region,
            prefix=f"place-{digest}",
            endpoint=object_storage.endpoint,
            access_key=object_storage.access_key,
            path_style=True,
            ca_file=None,
        )
    )


@pytest.fixture(params=["local", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    """An empty folder, or an empty place in a bucket."""
    if request.param == "s3":
        bucket: S3Files = request.getfixturevalue("bucket")
        return bucket
    folder = tmp_path / "place"
    folder.mkdir()
    return LocalFiles(folder)


async def put_blob(storage: Files, content: bytes) -> str:
    """Store a blob as Distribution does, and return its digest."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    await write_whole(storage, blob_data(digest), content)
    return digest


async def put_links(storage: Files, *links: Link) -> None:
    """Store links as Distribution does."""
    for link in links:
        for path, content in link.files():
            await write_whole(storage, path, content)


async def content_of(files: Files) -> dict[str, bytes]:
    """Return all files with their content."""
    return {
        path: b"".join([part async for part in files.read(path)])
        async for batch in files.list_files("")
        for path, _ in batch
    }
