"""Lists, reads, and writes objects on S3."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from libs.common.storage.layout import parse_link
from libs.common.storage.store import StorageUnavailable

_PAGE = 1000
_MAX_LINK_BYTES = 256
_CONCURRENT_REQUESTS = 32
_REQUEST_TIMEOUT = timedelta(seconds=30)
_RETRY_TIMEOUT = timedelta(seconds=60)
_BULK_TIMEOUT = timedelta(days=1)
_STALL_TIMEOUT = timedelta(minutes=5)


def open_store(
    bucket: str,
    *,
    region: str,
    prefix: str,
    endpoint: str | None,
    access_key: tuple[str, str] | None,
    path_style: bool,
    ca_file: Path | None,
    max_retries: int = 3,
    is_bulk: bool = False,
) -> S3Store:
    """Return obstore's access to a bucket. `S3Storage` describes the other arguments.

    With ``is_bulk``, a request can take hours, and fails only if no bytes come for some minutes.
    Otherwise, the time limit includes the whole content.
    """
    options: dict[str, str] = {} if endpoint is None else {"endpoint": endpoint}
    client_options: dict[str, object] = {
        "allow_http": (endpoint or "").startswith("http://"),
        "timeout": _BULK_TIMEOUT if is_bulk else _REQUEST_TIMEOUT,
    }
    if is_bulk:
        client_options["read_timeout"] = _STALL_TIMEOUT
    if ca_file is not None:
        client_options["root_certificate"] = ca_file.read_bytes()
    if access_key is not None:
        options["access_key_id"], options["secret_access_key"] = access_key
    return S3Store(
        bucket,
        prefix=prefix or None,
        region=region,
        virtual_hosted_style_request=not path_style,
        client_options=client_options,  # type: ignore[arg-type]
        retry_config={"max_retries": max_retries, "retry_timeout": _RETRY_TIMEOUT},
        **options,  # type: ignore[arg-type]
    )


@contextlib.contextmanager
def unavailable() -> Iterator[None]:
    """Turn errors of obstore into StorageUnavailable."""
    try:
        yield
    except (BaseError, OSError) as error:
        reason = " ".join(str(error).split())
        raise StorageUnavailable(f"the storage failed: {reason}") from error


class Objects:
    """The objects of a bucket. Each method raises StorageUnavailable if S3 fails."""

    def __init__(self, store: S3Store) -> None:
        self._store = store
        self._requests = asyncio.Semaphore(_CONCURRENT_REQUESTS)

    async def list(self, folder: str) -> AsyncIterator["Sequence[obstore.ObjectMeta]"]:
        """Yield pages of objects whose paths begin with ``folder/``, sorted by path.

        obstore refuses a path with an empty part, a `.`, or a control character. Distribution
        writes no such object; if there is one, it must be removed.
        """
        with unavailable():
            async for page in obstore.list(self._store, folder, chunk_size=_PAGE):
                yield page

    async def find_size(self, path: str) -> int | None:
        """Return the size of an object in bytes, or None if it is missing."""
        with unavailable():
            try:
                async with self._requests:
                    return (await obstore.head_async(self._store, path))["size"]
            except FileNotFoundError:
                return None

    async def read(self, path: str, limit: int) -> bytes | None:
        """Return an object, or None if it is missing or has more than ``limit`` bytes."""
        with unavailable():
            try:
                found = await obstore.get_async(self._store, path)
                if found.meta["size"] > limit:
                    return None
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                return None

    async def read_link(self, paths: Sequence[str]) -> str | None:
        """Return the sha256 digest in the first of these links that is there, or None."""
        for path in paths:
            async with self._requests:
                content = await self.read(path, _MAX_LINK_BYTES)
            if content is not None and (digest := parse_link(content)) is not None:
                return digest
        return None

    async def write(self, path: str, content: bytes) -> None:
        """Write an object if its content is missing or different."""
        async with self._requests:
            if await self.read(path, len(content)) != content:
                with unavailable():
                    await obstore.put_async(self._store, path, content)
