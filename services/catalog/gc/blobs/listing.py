"""Lists the storage before a mark or a sweep, so that whatever it contains protects its blobs.

Pushes are in the catalog. A manifest can still be unknown to it: after the database was restored
from a backup, or if a client reached the registry without the gateway.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from libs.common.db.engine import Engine
from libs.common.registry.client import MAX_MANIFEST_BYTES, Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.names import split_repository
from libs.common.storage.store import (
    EntryKind,
    RepositoryListing,
    Storage,
    StorageUnavailable,
)
from services.catalog.gc.blobs import queries
from services.catalog.gc.blobs.domain import UPLOAD_AGE, digests_in, is_abandoned, layers_of
from services.catalog.intents.queries import read_clock
from services.catalog.sync.feed.queries import get_path_statuses
from services.catalog.sync.states import usecases as states
from services.catalog.sync.states.domain import Push, Wanted

_SCANNED_AT_ONCE = 200
_READS_AT_ONCE = 16
_REPOSITORIES_AT_ONCE = 100
_ENTRIES_AT_ONCE = 5_000
"""Links and tags, each of half a kilobyte. Pushes wait while they are processed."""
_UNREADABLE = "a manifest of the repository cannot be read"
_log = structlog.get_logger()


@dataclass(slots=True)
class Listed:
    """What a listing found besides blobs. It began at ``began_at``, by the database's clock.

    ``uploads`` (repository, id) were not written to for a day. ``abandoned`` are empty
    repositories. ``failures`` are repositories whose blobs are all kept, with the reason.
    """

    began_at: datetime
    repositories: int = 0
    uploads: list[tuple[str, str]] = field(default_factory=list)
    abandoned: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


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
        StorageUnavailable: a folder cannot be listed, and the catalog knows no image of it. It can
            contain a manifest that is unknown, and this manifest can need any blob.
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
    protected_late = await scanner.scan_known()
    if protected_late:
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
        self._reads = asyncio.Semaphore(_READS_AT_ONCE)

    async def scan_known(self) -> set[str]:
        """Store the digests of manifests that were not admitted, in whatever field they are.

        If one of them cannot be read, and the catalog knows no reference of it, or if one names a
        blob by another algorithm, all blobs of its repository are protected. Returns the paths of
        the repositories that were not protected before.
        """
        protected_before = set(self._protected)
        after = (0, "")
        while True:
            async with self._engine.connect() as tx:
                found = await queries.list_unscanned(tx, after=after, limit=_SCANNED_AT_ONCE)
            if not found:
                return set(self._protected) - protected_before
            contents = await asyncio.gather(*(self._read(digest) for _, _, digest, _ in found))
            scanned: dict[tuple[int, str], Collection[str]] = {}
            for (id_, path, digest, has_references), content in zip(found, contents, strict=True):
                if content is None:
                    if not has_references:
                        self._protected[path] = _UNREADABLE
                    continue
                named = digests_in(content)
                scanned[id_, digest] = {one for one in named if one.startswith("sha256:")}
                if len(scanned[id_, digest]) < len(named):
                    del scanned[id_, digest]
                    self._protected[path] = "a manifest names a blob by another digest than sha256"
            async with self._engine.begin() as tx:
                await queries.record_scanned(tx, digests=scanned)
            after = found[-1][0], found[-1][2]

    async def add(self, listings: list[RepositoryListing]) -> None:
        """Process the listings of some repositories.

        Raises:
            StorageUnavailable: one of them is not complete, and the catalog knows no image of it.
        """
        await self._protect_incomplete(
            {of.repository: of.failure for of in listings if of.failure is not None}
        )
        self._listed.repositories += len(listings)
        revisions = {
            (listing.repository, entry.name)
            for listing in listings
            for entry in listing.entries
            if entry.kind is EntryKind.REVISION
        }
        unknown = await self._list_unknown(revisions)
        if unknown and self._adds_unknown:
            await self._add_to_catalog(unknown)
            await self.scan_known()  # one of them can protect its repository
            unknown = await self._list_unknown(unknown)
        exempt = await self._needed_by(unknown)
        now = datetime.now(UTC)
        for listing in listings:
            path = listing.repository
            exempt |= self._protected_blobs(listing)
            self._listed.uploads += [
                (path, entry.name)
                for entry in listing.entries
                if entry.kind is EntryKind.UPLOAD and entry.modified_at < now - UPLOAD_AGE
            ]
            if is_abandoned(listing, now=now):
                self._listed.abandoned.append(path)
        async with self._engine.begin() as tx:
            await queries.exempt(tx, run=self._run, digests=exempt)

    async def _protect_incomplete(self, failures: dict[str, str]) -> None:
        """Protect repositories that cannot be listed completely (to the reason).

        The catalog knows what their images need. Raises StorageUnavailable for a folder of which
        the catalog knows no image: nobody knows what it contains.
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
        """Exempt all blobs of a repository that was protected after ``add``."""
        async with self._engine.begin() as tx:
            await queries.exempt(tx, run=self._run, digests=self._protected_blobs(listing))

    def _protected_blobs(self, listing: RepositoryListing) -> dict[str, str]:
        """Return the blobs of a protected repository, with the reason."""
        reason = self._protected.get(listing.repository)
        if reason is None:
            return {}
        self._listed.failures[listing.repository] = reason
        return dict.fromkeys(layers_of(listing), reason)

    async def _list_unknown(
        self, manifests_of: Collection[tuple[str, str]]
    ) -> set[tuple[str, str]]:
        async with self._engine.connect() as tx:
            return await queries.list_unknown(tx, manifests_of=manifests_of)

    async def _add_to_catalog(self, unknown: Collection[tuple[str, str]]) -> None:
        """Add manifests to the catalog, but for those of repositories that are being deleted."""
        now = datetime.now(UTC)
        wanted: dict[str, Wanted] = {}
        for path, digest in unknown:
            split = split_repository(path)
            if split is not None:
                of = wanted.setdefault(path, Wanted(*split, noticed_at=now))
                of.digests[digest] = Push(now, "")
        async with self._engine.connect() as tx:
            statuses = await get_path_statuses(tx, paths=list(wanted)) if wanted else {}
        for path, of in wanted.items():
            if statuses[path].is_ownerless:
                continue
            try:
                read = await states.read_states(
                    engine=self._engine, registry=self._registry, wanted=[of]
                )
                async with self._engine.begin() as tx:
                    await states.write_states(tx=tx, read=read)
                    if (await get_path_statuses(tx, paths=[path]))[path].is_ownerless:
                        await tx.rollback()
            except RegistryUnavailable as error:
                await self._registry.check()
                _log.warning("manifests cannot be added", repository=path, reason=str(error))

    async def _needed_by(self, unknown: Collection[tuple[str, str]]) -> dict[str, str]:
        """Return the digests that manifests outside of the catalog need, with the reason."""
        needed: dict[str, str] = {}
        ordered = sorted(unknown)
        contents = await asyncio.gather(*(self._read(digest) for _, digest in ordered))
        for (path, digest), content in zip(ordered, contents, strict=True):
            reason = f"{path}@{digest} is not in the catalog"
            needed[digest] = reason
            named = set() if content is None else digests_in(content)
            needed |= dict.fromkeys(named, reason)
            if content is None:
                self._protected[path] = _UNREADABLE
            elif any(not one.startswith("sha256:") for one in named):
                self._protected[path] = reason
        return needed

    async def _read(self, digest: str) -> bytes | None:
        """Return the content of a manifest, or None if it is missing or damaged."""
        async with self._reads:
            content = await self._storage.read_blob(digest, limit=4 * MAX_MANIFEST_BYTES)
        if content is None or "sha256:" + hashlib.sha256(content).hexdigest() != digest:
            return None
        return content
