"""Background work of the storage figures: apply changes, and find out what is not known yet."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from libs.common.db.engine import Engine, is_unreachable
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.manifests import is_digest
from libs.common.registry.names import split_repository
from libs.common.registry.storage import BlobReader
from services.catalog.quotas import queries
from services.catalog.quotas.domain import charges_of, stored_charges

CHANNEL = "moorage_storage"
_POLL_SECONDS = 1.0
_CHANGES_AT_ONCE = 5_000
_MANIFESTS_AT_ONCE = 100
_TRASH_AT_ONCE = 10
"""Manifests of the trash, of up to 4 MiB each."""
_UPLOADS_AT_ONCE = 200
_CONCURRENT_READS = 4
_REST = 3.0
"""The worker rests so many times as long as it reads, so that pushes go on after an upgrade."""
_UPLOAD_CHECK_AGE = timedelta(minutes=10)
_UPLOAD_FAILED_AFTER = timedelta(minutes=10)
_log = structlog.get_logger()


@dataclass
class StorageWorker:
    """Keeps the storage use of all accounts up to date.

    Triggers append what pushes, deletions, and restores change. A manifest that reached the
    registry without admission has no charges yet; this worker reads it. The gate reports completed
    uploads; this worker finds their sizes, and drops those that are gone or that an image names.
    """

    engine: Engine
    registry: Registry
    blobs: BlobReader
    _after: str = field(default="", init=False)

    async def step(self) -> float:
        """Do a part of the work, and return the seconds until the next one."""
        is_full = await self._check_uploads()
        began_at = time.monotonic()
        has_uncharged = await self._charge_manifests()
        has_uncharged |= await self._charge_trash()
        seconds = time.monotonic() - began_at
        is_full |= await self._apply()
        if is_full:
            return 0.0
        return min(_POLL_SECONDS, _REST * seconds) if has_uncharged else _POLL_SECONDS

    async def _apply(self) -> bool:
        """Apply changes of each account in a transaction. Return whether some are left.

        If those of one account cannot be applied, the others are applied nevertheless.
        """
        async with self.engine.connect() as tx:
            due = await queries.list_due_accounts(tx)
        is_full = False
        failures: list[Exception] = []
        for account_id in due:
            try:
                async with self.engine.begin() as tx:
                    applied = await queries.apply_changes(
                        tx, account_ids=[account_id], limit=_CHANGES_AT_ONCE
                    )
            except Exception as error:
                if is_unreachable(error):
                    raise
                failures.append(error)
            else:
                is_full |= applied >= _CHANGES_AT_ONCE
        if failures:
            raise ExceptionGroup("changes of accounts are not applied", failures)
        return is_full

    async def _charge_manifests(self) -> bool:
        """Read manifests whose charges are unknown. Return whether more are left.

        One that cannot be read is read again after all others.
        """
        async with self.engine.connect() as tx:
            found = await queries.list_uncharged(tx, after=self._after, limit=_MANIFESTS_AT_ONCE)
        is_full = len(found) == _MANIFESTS_AT_ONCE
        self._after = found[-1][1] if is_full else ""
        paths = [(path, digest) for digest, path in {of[1]: of[0] for of in found}.items()]
        for start in range(0, len(paths), _CONCURRENT_READS):
            await asyncio.gather(
                *(self._charge(*one) for one in paths[start : start + _CONCURRENT_READS])
            )
        return is_full

    async def _charge_trash(self) -> bool:
        """Charge manifests that only the trash has. Return whether more are left."""
        async with self.engine.begin() as tx:
            found = await queries.list_uncharged_trash(tx, limit=_TRASH_AT_ONCE)
            for digest, content in found:
                charges = stored_charges(content, digest=digest)
                await queries.set_charges(tx, digest=digest, charges=charges)
        return len(found) == _TRASH_AT_ONCE

    async def _charge(self, path: str, digest: str) -> None:
        try:
            manifest = await self.registry.find_manifest(path, digest)
        except RegistryUnavailable as error:
            _log.warning("manifest not charged", repository=path, reason=str(error))
            return
        async with self.engine.begin() as tx:
            if manifest is None:
                # It is damaged here, or deleted by now. What the catalog knows of it counts.
                known = await queries.list_known_blobs(tx, path=path, digest=digest)
                charges = charges_of({**known, digest: 0})
                await queries.set_known_charges(tx, path=path, digest=digest, charges=charges)
            else:
                charges = stored_charges(manifest.content, digest=digest)
                await queries.set_charges(tx, digest=digest, charges=charges)

    async def _check_uploads(self) -> bool:
        async with self.engine.connect() as tx:
            unchecked = await queries.list_unchecked_uploads(
                tx, age=_UPLOAD_CHECK_AGE, limit=_UPLOADS_AT_ONCE
            )
        by_path: dict[str, list[str]] = {}
        for path, digest in unchecked:
            by_path.setdefault(path, []).append(digest)
        checked = [await self._check_uploads_of(path, digests) for path, digests in by_path.items()]
        # If the storage cannot be read, the same uploads come next, and the worker rests.
        return len(unchecked) == _UPLOADS_AT_ONCE and all(checked)

    async def _check_uploads_of(self, path: str, digests: Sequence[str]) -> bool:
        """Check uploads to a repository. Return False if the storage cannot be read."""
        valid = [digest for digest in digests if is_digest(digest)]
        found: dict[str, int] = {}
        if split_repository(path) is not None:
            try:
                inspected = await self.blobs.inspect(path, valid, read=None, limit=0)
            except RegistryUnavailable as error:
                _log.warning("uploads not checked", repository=path, reason=str(error))
                return False
            found = {digest: blob.size for digest, blob in inspected.blobs.items()}
        sizes = {(path, digest): found.get(digest) for digest in digests}
        async with self.engine.begin() as tx:
            await queries.record_uploads(tx, sizes=sizes, failed_after=_UPLOAD_FAILED_AFTER)
        return True
