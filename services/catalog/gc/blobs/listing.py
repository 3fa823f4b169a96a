"""Lists the storage before a mark or a sweep, so that whatever it contains protects its blobs.

Pushes are in the catalog. A manifest can still be unknown to it: after the database was restored
from a backup, or if a client reached the registry without the gateway.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime

import structlog

from libs.common.db.engine import STATEMENT_FAILURES, Engine
from libs.common.registry.client import MAX_MANIFEST_BYTES, Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.names import split_repository
from libs.common.storage.store import (
    LISTED_AT_ONCE,
    EntryKind,
    RepositoryListing,
    Storage,
    StorageUnavailable,
)
from services.catalog.gc.blobs import queries
from services.catalog.gc.blobs.domain import (
    UPLOAD_AGE,
    Listed,
    digests_in,
    is_abandoned,
    is_alias,
    layers_of,
)
from services.catalog.intents.queries import read_clock
from services.catalog.sync.feed.queries import get_path_statuses
from services.catalog.sync.states import usecases as states
from services.catalog.sync.states.domain import Push, Wanted

_SCANNED_AT_ONCE = 200
_READS_AT_ONCE = 16
_REPOSITORIES_AT_ONCE = 100
_ENTRIES_AT_ONCE = LISTED_AT_ONCE
"""Links and tags, each of half a kilobyte. Pushes wait while they are processed."""
_ROWS_AT_ONCE = 1_000
_ADDED_AT_ONCE = 200
_UPLOADS = 10_000
"""The most uploads that one run deletes."""
_UNREADABLE = "a manifest of the repository cannot be read"
_log = structlog.get_logger()


async def list_repositories(
    *,
    engine: Engine,
    registry: Registry,
    storage: Storage,
    run: int,
    adds_unknown: bool,
    report: Callable[[int], Awaitable[None]],
) -> Listed:
    """List all repositories, and exempt the blobs of manifests that are not in the catalog.

    With ``adds_unknown``, they are added to the catalog before.

    ``report`` receives the number of repositories so far.

    Raises:
        StorageUnavailable: a folder cannot be listed, and no run has listed it since the catalog
            has this database. It can contain a manifest that is unknown, and this manifest can need
            any blob.
        RegistryUnavailable: the registry does not work.
    """
    async with engine.connect() as tx:
        listed = Listed(await read_clock(tx))
    scanner = _Scanner(engine, registry, storage, run, listed, adds_unknown=adds_unknown)
    await scanner.scan_known()
    batch: list[RepositoryListing] = []
    entries = 0
    async for listing in storage.list_repositories():
        batch.append(listing)
        entries += len(listing.entries)
        if len(batch) == _REPOSITORIES_AT_ONCE or entries >= _ENTRIES_AT_ONCE:
            await scanner.add(batch)
            await report(listed.repositories)
            batch, entries = [], 0
    await scanner.add(batch)
    await scanner.scan_known()
    if protected_late := scanner.protected_late:
        async for listing in storage.list_repositories():
            if listing.repository in protected_late:
                await scanner.exempt_all(listing)
    return listed


class _Scanner:
    """Finds out which manifests the catalog does not know, and what they need."""

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        storage: Storage,
        run: int,
        listed: Listed,
        *,
        adds_unknown: bool,
    ) -> None:
        self._adds_unknown = adds_unknown
        self._engine = engine
        self._registry = registry
        self._storage = storage
        self._run = run
        self._listed = listed
        self._protected: dict[str, str] = {}
        self._unprotected: set[str] = set()
        self._abandoned: tuple[str, bool] = "", False
        self._reads = asyncio.Semaphore(_READS_AT_ONCE)

    @property
    def protected_late(self) -> set[str]:
        """The repositories that were protected after ``add`` has processed a part of them."""
        return self._protected.keys() & self._unprotected

    async def scan_known(self) -> None:
        """Store the digests of manifests that were not admitted, in whatever field they are.

        If one of them cannot be read, and the catalog knows no reference of it, or if one names a
        blob by another algorithm, all blobs of its repository are protected.
        """
        after = (0, "")
        while True:
            async with self._engine.connect() as tx:
                found = await queries.list_unscanned(tx, after=after, limit=_SCANNED_AT_ONCE)
            if not found:
                return
            for start in range(0, len(found), _READS_AT_ONCE):
                await self._scan(found[start : start + _READS_AT_ONCE])
            after = found[-1][0], found[-1][2]

    async def _scan(self, found: Sequence[tuple[int, str, str, bool]]) -> None:
        all_named = await asyncio.gather(*(self._read_named(digest) for _, _, digest, _ in found))
        scanned: dict[tuple[int, str], Collection[str]] = {}
        for (id_, path, digest, has_references), named in zip(found, all_named, strict=True):
            if named is None:
                if not has_references:
                    self._protected[path] = _UNREADABLE
            elif all(one.startswith("sha256:") for one in named):
                scanned[id_, digest] = named
            else:
                self._protected[path] = "a manifest names a blob by another digest than sha256"
        async with self._engine.begin() as tx:
            await queries.record_scanned(tx, digests=scanned)

    async def add(self, listings: list[RepositoryListing]) -> None:
        """Process the listings of some repositories.

        Raises:
            StorageUnavailable: one of them is not complete, and no earlier run has listed it.
        """
        await self._protect_incomplete(
            {of.repository: of.failure for of in listings if of.failure is not None}
        )
        self._listed.repositories += sum(listing.is_last for listing in listings)
        revisions = {
            (listing.repository, entry.name)
            for listing in listings
            for entry in listing.entries
            if entry.kind is EntryKind.REVISION and not is_alias(entry)
        }
        unknown = await self._list_unknown(revisions)
        if unknown and self._adds_unknown:
            await self._add_to_catalog(unknown)
            await self.scan_known()  # one of them can protect its repository
            unknown = await self._list_unknown(unknown)
        await self._exempt_needed_by(unknown)
        now = datetime.now(UTC)
        for listing in listings:
            path = listing.repository
            await self.exempt_all(listing)
            self._listed.uploads += [
                (path, entry.name)
                for entry in listing.entries
                if entry.kind is EntryKind.UPLOAD and entry.modified_at < now - UPLOAD_AGE
            ][: _UPLOADS - len(self._listed.uploads)]
            abandoned = is_abandoned(listing, now=now) and self._abandoned != (path, False)
            self._abandoned = path, abandoned
            if abandoned and listing.is_last:
                self._listed.abandoned.append(path)

    async def _protect_incomplete(self, failures: dict[str, str]) -> None:
        """Protect repositories that cannot be listed completely (to the reason).

        The catalog knows what their images need, if an earlier run has listed them. Raises
        StorageUnavailable for a folder that no run has listed: nobody knows what it contains.
        """
        if not failures:
            return
        async with self._engine.connect() as tx:
            known = await queries.list_known_paths(tx, paths=failures)
        for path, reason in sorted(failures.items()):
            if path not in known:
                raise StorageUnavailable(
                    f"the folder {path} cannot be listed, and the catalog does not know which "
                    f"blobs it needs: {reason}"
                )
            self._protected.setdefault(path, f"the repository cannot be listed: {reason}")

    async def exempt_all(self, listing: RepositoryListing) -> None:
        """Exempt all blobs of a repository if it is protected."""
        reason = self._protected.get(listing.repository)
        if reason is None:
            self._unprotected.add(listing.repository)
            return
        self._listed.failures[listing.repository] = reason
        await self._exempt(dict.fromkeys(layers_of(listing), reason))

    async def _exempt(self, digests: Mapping[str, str]) -> None:
        ordered = sorted(digests.items())
        for start in range(0, len(ordered), _ROWS_AT_ONCE):
            async with self._engine.begin() as tx:
                some = dict(ordered[start : start + _ROWS_AT_ONCE])
                await queries.exempt(tx, run=self._run, digests=some)

    async def _list_unknown(
        self, manifests_of: Collection[tuple[str, str]]
    ) -> set[tuple[str, str]]:
        ordered = sorted(manifests_of)
        unknown: set[tuple[str, str]] = set()
        for start in range(0, len(ordered), _ROWS_AT_ONCE):
            async with self._engine.connect() as tx:
                some = ordered[start : start + _ROWS_AT_ONCE]
                unknown |= await queries.list_unknown(tx, manifests_of=some)
        return unknown

    async def _add_to_catalog(self, unknown: Collection[tuple[str, str]]) -> None:
        """Add manifests to the catalog, but for those of repositories that are being deleted."""
        digests_of: dict[str, list[str]] = {}
        for path, digest in sorted(unknown):
            digests_of.setdefault(path, []).append(digest)
        for path, digests in digests_of.items():
            split = split_repository(path)
            if split is None:
                continue
            try:
                for start in range(0, len(digests), _ADDED_AT_ONCE):
                    now = datetime.now(UTC)
                    wanted = Wanted(*split, noticed_at=now)
                    for digest in digests[start : start + _ADDED_AT_ONCE]:
                        wanted.digests[digest] = Push(now, "")
                    await self._add_states(path, wanted)
            except RegistryUnavailable as error:
                await self._registry.check()
                _log.warning("manifests cannot be added", repository=path, reason=str(error))
            except STATEMENT_FAILURES as error:
                async with self._engine.connect() as tx:
                    await read_clock(tx)  # fails if the database does not work at all
                reason = type(error).__name__
                _log.warning("manifests cannot be added", repository=path, reason=reason)
                self._protected[path] = f"its manifests cannot be added to the catalog: {reason}"

    async def _add_states(self, path: str, wanted: Wanted) -> None:
        async with self._engine.connect() as tx:
            if (await get_path_statuses(tx, paths=[path]))[path].is_ownerless:
                return
        read = await states.read_states(
            engine=self._engine, registry=self._registry, wanted=[wanted]
        )
        async with self._engine.begin() as tx:
            await states.write_states(tx=tx, read=read)
            if (await get_path_statuses(tx, paths=[path]))[path].is_ownerless:
                await tx.rollback()

    async def _exempt_needed_by(self, unknown: Collection[tuple[str, str]]) -> None:
        """Exempt the digests that manifests outside of the catalog need."""
        ordered = sorted(unknown)
        for start in range(0, len(ordered), _READS_AT_ONCE):
            some = ordered[start : start + _READS_AT_ONCE]
            all_named = await asyncio.gather(*(self._read_named(digest) for _, digest in some))
            needed: dict[str, str] = {}
            for (path, digest), named in zip(some, all_named, strict=True):
                reason = f"{path}@{digest} is not in the catalog"
                needed |= dict.fromkeys({digest, *(named or ())}, reason)
                if named is None:
                    self._protected[path] = _UNREADABLE
                elif any(not one.startswith("sha256:") for one in named):
                    self._protected[path] = reason
            await self._exempt(needed)

    async def _read_named(self, digest: str) -> set[str] | None:
        """Return the digests that a manifest names, or None if it is missing or damaged.

        Its content can have megabytes, so it is dropped at once.
        """
        async with self._reads:
            content = await self._storage.read_blob(digest, limit=4 * MAX_MANIFEST_BYTES)
            if content is None or "sha256:" + hashlib.sha256(content).hexdigest() != digest:
                return None
            return digests_in(content)
