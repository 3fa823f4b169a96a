"""The blobs that a repository of Distribution holds: which exist, how large, and their content.

Distribution checks neither sizes nor configs, so the catalog reads them before it admits a
manifest. On local disk it reads the files, which costs less than a request for each of them.
"""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.manifests import children_of, own_blobs
from libs.common.storage.store import NO_ALIASES, Storage, StorageUnavailable

_MAX_LINK_BYTES = 256
_MISSING = (FileNotFoundError, NotADirectoryError)
_CONCURRENT_REQUESTS = 8


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """A blob that a repository links. ``canonical`` is its sha256 digest, under which it is kept.

    ``size`` is in bytes.
    """

    canonical: str
    size: int


@dataclass(frozen=True, slots=True)
class Inspected:
    """The blobs of a repository that exist, by digest, and the content of one of them.

    ``content`` is None if that blob is missing, too large, or was not requested.
    """

    blobs: Mapping[str, StoredBlob]
    content: bytes | None


class BlobReader(Protocol):
    """Reads blobs and manifests of one repository. Digests must be valid."""

    async def inspect(
        self, repository: str, digests: Collection[str], *, read: str | None, limit: int
    ) -> Inspected:
        """Return those of ``digests`` that the repository links and whose data exists.

        ``read`` is the digest of a blob to read, unless it has more than ``limit`` bytes.

        Raises:
            RegistryUnavailable: the storage cannot be read.
        """


class LocalBlobs:
    """Reads the files of Distribution's storage driver ``filesystem`` below ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root / "docker/registry/v2"

    async def inspect(
        self, repository: str, digests: Collection[str], *, read: str | None, limit: int
    ) -> Inspected:
        """See BlobReader."""
        try:
            return await asyncio.to_thread(self._inspect, repository, digests, read, limit)
        except OSError as error:
            raise RegistryUnavailable(f"the storage cannot be read: {error.strerror}") from error

    def _inspect(
        self, repository: str, digests: Collection[str], read: str | None, limit: int
    ) -> Inspected:
        found = {digest: self._find(repository, digest) for digest in digests}
        content = None if read is None else self._read(repository, read, limit)
        return Inspected({one: blob for one, blob in found.items() if blob is not None}, content)

    def _find(self, repository: str, digest: str) -> StoredBlob | None:
        algorithm, _, value = digest.partition(":")
        folder = self._root / "repositories" / repository
        # The link to a manifest by another algorithm does not say that the repository has it.
        kinds = ("_layers", "_manifests/revisions") if algorithm == "sha256" else ("_layers",)
        for kind in kinds:
            canonical = _read_link(folder / kind / algorithm / value / "link")
            if canonical is None:
                continue
            try:
                return StoredBlob(canonical, self._data(canonical).stat().st_size)
            except _MISSING:
                return None
        return None

    def _read(self, repository: str, digest: str, limit: int) -> bytes | None:
        stored = self._find(repository, digest)
        if stored is None or stored.size > limit:
            return None
        try:
            return self._data(stored.canonical).read_bytes()
        except _MISSING:
            return None

    def _data(self, canonical: str) -> Path:
        value = canonical.removeprefix("sha256:")
        return self._root / "blobs" / "sha256" / value[:2] / value / "data"


def _read_link(path: Path) -> str | None:
    """Return the sha256 digest in a link file, or None if the file is missing or damaged."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_LINK_BYTES).decode("ascii", "replace").strip()
    except _MISSING:
        return None
    value = text.removeprefix("sha256:")
    is_valid = len(value) == 64 and value != text and not set(value) - set("0123456789abcdef")
    return text if is_valid else None


class RemoteBlobs:
    """Requests blobs from the registry, for a storage that this machine cannot read.

    The registry does not say under which digest it keeps a blob, so ``canonical`` is the digest
    itself.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._requests = asyncio.Semaphore(_CONCURRENT_REQUESTS)

    async def inspect(
        self, repository: str, digests: Collection[str], *, read: str | None, limit: int
    ) -> Inspected:
        """See BlobReader."""
        ordered = list(digests)
        sizes = await asyncio.gather(*(self._find_size(repository, one) for one in ordered))
        content = None
        if read is not None:
            content = await self._registry.find_blob(repository, read, limit=limit)
        return Inspected(
            {
                digest: StoredBlob(digest, size)
                for digest, size in zip(ordered, sizes, strict=True)
                if size is not None
            },
            content,
        )

    async def _find_size(self, repository: str, digest: str) -> int | None:
        async with self._requests:
            size = await self._registry.find_blob_size(repository, digest)
            if size is None and digest.startswith("sha256:"):
                size = await self._registry.find_manifest_size(repository, digest)
            return size


class LinkedBlobs(Protocol):
    """The links and blobs of a storage. Each method raises StorageUnavailable if it fails."""

    async def find_canonical(self, repository: str, digest: str) -> str | None:
        """Return the sha256 digest of a blob or manifest that a repository links, or None."""

    async def find_blob_size(self, digest: str) -> int | None:
        """Return the size of a blob in bytes, or None if it is missing."""

    async def read_blob(self, digest: str, *, limit: int) -> bytes | None:
        """Return a blob, or None if it is missing or has more than ``limit`` bytes."""


class S3Blobs:
    """Reads links and blobs from S3, with fewer requests than the registry sends for the same."""

    def __init__(self, storage: LinkedBlobs) -> None:
        self._storage = storage

    async def inspect(
        self, repository: str, digests: Collection[str], *, read: str | None, limit: int
    ) -> Inspected:
        """See BlobReader."""
        ordered = list(digests)
        try:
            found = await asyncio.gather(*(self._find(repository, one) for one in ordered))
            content = None
            if read is not None:
                canonical = await self._storage.find_canonical(repository, read)
                if canonical is not None:
                    content = await self._storage.read_blob(canonical, limit=limit)
        except StorageUnavailable as error:
            raise RegistryUnavailable(str(error)) from error
        blobs = zip(ordered, found, strict=True)
        return Inspected({one: blob for one, blob in blobs if blob is not None}, content)

    async def _find(self, repository: str, digest: str) -> StoredBlob | None:
        canonical = await self._storage.find_canonical(repository, digest)
        if canonical is None:
            return None
        size = await self._storage.find_blob_size(canonical)
        return None if size is None else StoredBlob(canonical, size)


async def link_layers(
    storage: Storage,
    repository: str,
    manifest: bytes,
    *,
    aliases: Mapping[str, str] = NO_ALIASES,
) -> None:
    """Link what a manifest names to a repository, without moving bytes: config, layers, children.

    The registry refuses a manifest otherwise. The repository must have the children; only their
    digests of other algorithms are linked. A foreign layer is not linked: its blob may be that
    of another account.

    ``aliases`` maps digests of other algorithms to the sha256 digests of the same content. The
    manifest does not have the latter. So the registry refuses a manifest with a digest of another
    algorithm that is neither among ``aliases`` nor linked.

    Raises:
        RegistryUnavailable: the storage failed.
    """
    own = own_blobs(manifest)
    linked = {digest: sha256 for digest, sha256 in aliases.items() if digest in own}
    blobs = {digest for digest in own if digest.startswith("sha256:")} | set(linked.values())
    with _unavailable():
        if blobs:
            await storage.link_layers(repository, blobs, aliases=linked)
    await link_children(storage, repository, manifest, aliases=aliases)


async def link_children(
    storage: Storage, repository: str, manifest: bytes, *, aliases: Mapping[str, str]
) -> None:
    """Link the children of an index that it names by ``aliases``. See `link_layers`.

    Distribution keeps a manifest under its sha256 digest only, but follows such a link.

    Raises:
        RegistryUnavailable: the storage failed.
    """
    linked = {one: aliases[one] for one in children_of(manifest) & aliases.keys()}
    if linked:
        with _unavailable():
            await storage.link_manifests(repository, linked)


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except StorageUnavailable as error:
        raise RegistryUnavailable(str(error)) from error
