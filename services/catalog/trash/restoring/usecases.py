"""Restore what is in the trash (spec 7).

Each manifest is restored by an intent of its own, children before their indexes. What has been
restored leaves the trash in the transaction that resolves the intent. So a restore can be repeated
at any time: it goes on with what the trash still has.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import structlog

from libs.common.db.changes import created
from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.storage import link_layers
from libs.common.registry.tokens import CATALOG_SUBJECT
from libs.common.storage.store import Storage
from services.catalog.accounts.domain import AccountLimits
from services.catalog.audit.usecases import record
from services.catalog.intents.domain import DELETION_WAIT_SECONDS, Change, Intent
from services.catalog.intents.queries import lock_repositories, resolve
from services.catalog.intents.usecases import call_until_confirmed, open_intent
from services.catalog.manifest_aliases.usecases import list_aliases_of
from services.catalog.pull_counts.queries import copy_sums, lock_counters
from services.catalog.repositories.queries import update_totals
from services.catalog.trash.domain import (
    ContentMissing,
    EntryBusy,
    EntryOwner,
    NameTaken,
    ParentMissing,
)
from services.catalog.trash.domain import Kind as TrashKind
from services.catalog.trash.names.usecases import write_names
from services.catalog.trash.restoring import queries
from services.catalog.trash.restoring.domain import (
    WAIT_SECONDS,
    Item,
    Restore,
    Result,
)
from services.catalog.trash.restoring.planning.queries import find_repository
from services.catalog.trash.restoring.planning.usecases import plan

_CONCURRENT_ITEMS = 8
_BATCH = 100
_MAX_MISSING = 1000
_log = structlog.get_logger()


class _Restored(Exception):
    """Another process has restored the item."""


@dataclass(frozen=True, slots=True)
class Restorer:
    """Restores entries of the trash to ``registry``, whose storage is ``storage``.

    Without a storage, a deleted repository cannot be restored: the registry refuses a manifest
    whose layers are not linked to the repository.
    """

    engine: Engine
    registry: Registry
    storage: Storage | None

    async def restore(self, *, actor: EntryOwner, tag: str | None, limits: AccountLimits) -> Result:
        """Restore an entry; ``tag`` is the tag to set instead of one that is taken.

        Raises:
            EntryBusy: the deletion is not finished, or another request restores the entry.
            NameTaken: a name of the entry is taken.
            ParentMissing: the repository or the namespace does not exist.
            LimitReached: the account can have no more namespaces or repositories.
            ContentMissing: a part of the image was deleted separately.
            ChangeInProgress: another change of the same image is not finished.
            RegistryUnavailable: the registry does not answer. The worker completes the restore.
        """
        result = Result()
        restore = await self._begin(actor, tag, limits, result)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self.run(restore, result)
        except TimeoutError:
            async with self.engine.begin() as tx:
                await queries.renew_lease(tx, entry_id=restore.entry_id, lease=timedelta())
        return result

    async def _begin(
        self, actor: EntryOwner, tag: str | None, limits: AccountLimits, result: Result
    ) -> Restore:
        entry = actor.entry
        async with self.engine.begin() as tx:
            if entry.repository is not None:
                await lock_repositories(tx, paths=[entry.repository])
            restore = await queries.begin(tx, entry_id=entry.id, chosen_tag=tag)
            if restore is None:
                raise EntryBusy(entry.path)
            if entry.kind in (TrashKind.REPOSITORY, TrashKind.NAMESPACE):
                result.vanished = await write_names(tx=tx, entry=entry, limits=limits)
            if entry.repository is not None and entry.digest is not None:
                item = await queries.find_item(
                    tx, entry_id=entry.id, repository=entry.repository, digest=entry.digest
                )
                if item is not None and restore.is_requested(item):
                    await plan(tx, restore, item, result)
            await record(
                tx=tx,
                principal=actor.principal,
                action="trash.restore",
                target=entry.target,
                owner_id=entry.owner_id,
                changes=created(tag=tag),
            )
        return restore

    async def run(self, restore: Restore, result: Result) -> None:
        """Restore all that the entry still has, and write to ``result`` what it is.

        Raises as ``restore``.
        """
        free = asyncio.Semaphore(_CONCURRENT_ITEMS)

        async def restore_one(item: Item) -> None:
            async with free:
                await self._restore_item(restore, item, result)

        seen: set[Item] = set()
        excluded: set[Item] = set()  # could not be restored
        while True:
            async with self.engine.connect() as tx:
                ready = await queries.list_ready(
                    tx, entry_id=restore.entry_id, excluded=excluded, limit=_BATCH
                )
            if not ready:
                break
            excluded.update(seen.intersection(ready))
            items = [item for item in ready if item not in seen]
            seen.update(items)
            done = await asyncio.gather(*map(restore_one, items), return_exceptions=True)
            for error in done:
                if isinstance(error, NameTaken | ParentMissing | ContentMissing):
                    async with self.engine.begin() as tx:
                        await queries.give_up(tx, entry_id=restore.entry_id)
                if error is not None:
                    raise error
        await self._complete(restore, {item.repository for item in seen}, result)

    async def _restore_item(self, restore: Restore, item: Item, result: Result) -> None:
        path, digest = item.repository, item.digest

        async def prepare(tx: Tx) -> Change:
            found = await queries.find_item(
                tx, entry_id=restore.entry_id, repository=path, digest=digest
            )
            if found is None:
                raise _Restored
            return await plan(tx, restore, found, result)

        async def link(tx: Tx, intent: Intent) -> None:
            await queries.insert_link(tx, intent_id=intent.id, entry_id=restore.entry_id)
            await queries.renew_lease(tx, entry_id=restore.entry_id)

        try:
            intent = await open_intent(
                engine=self.engine, repository=path, prepare=prepare, record=link
            )
            is_put = await call_until_confirmed(
                lambda: self._put(intent),
                engine=self.engine,
                intent=intent,
                seconds=DELETION_WAIT_SECONDS,
            )
            if not await self._finish(intent, is_put=is_put):
                raise ContentMissing(restore.path, [digest])
            result.tags.update(intent.change.tags)
        except _Restored:
            pass
        except ContentMissing:
            if restore.is_requested(item):
                raise
            result.missing.add(f"{path}@{digest}")

    async def resume(self, intent: Intent) -> None:
        """Restore a manifest again whose outcome is unknown. Raises RegistryUnavailable."""
        await self._finish(intent, is_put=await self._put(intent))

    async def _put(self, intent: Intent) -> bool:
        """Put the manifest; return False if the registry refuses it, or does not have it.

        Raises RegistryUnavailable.
        """
        change = intent.change
        path = change.repository
        manifest = change.manifest or await self.registry.find_manifest(path, change.digest)
        if manifest is None:
            return False
        if self.storage is not None:
            aliases = await list_aliases_of(self.engine, manifest.content)
            await link_layers(self.storage, path, manifest.content, aliases=aliases)
        for reference in change.tags or (change.digest,):
            answer = await self.registry.forward_manifest(
                path, reference, manifest, subject=CATALOG_SUBJECT
            )
            if answer.status != 201:
                _log.error(
                    "the registry refuses a manifest of the trash",
                    repository=path,
                    digest=change.digest,
                    status=answer.status,
                )
                return False
        return True

    async def _finish(self, intent: Intent, *, is_put: bool) -> bool:
        """Move the manifest and its tags from the trash to the catalog.

        If another process has resolved the intent, it has done so. Return False if it is not
        possible: the registry does not have the manifest, or the repository is being deleted.
        """
        change = intent.change
        path, digest = change.repository, change.digest
        async with self.engine.begin() as tx:
            await lock_repositories(tx, paths=[path])
            if not await resolve(tx, id=intent.id):
                return True
            link = await queries.take_link(tx, intent_id=intent.id)
            if link is None or not is_put:
                return False
            entry_id, owner_id = link
            await lock_counters(tx)
            repository_id = await find_repository(tx, path=path, owner_id=owner_id)
            if repository_id is None:
                return False
            await queries.write_manifest(
                tx,
                repository_id=repository_id,
                owner_id=owner_id,
                entry_id=entry_id,
                repository=path,
                digest=digest,
            )
            await queries.write_tags(
                tx,
                repository_id=repository_id,
                entry_id=entry_id,
                repository=path,
                digest=digest,
                names=change.tags,
            )
            await queries.delete_item(tx, entry_id=entry_id, repository=path, digest=digest)
            return True

    async def _complete(self, restore: Restore, paths: Collection[str], result: Result) -> None:
        """Set the counters, and delete the entry unless something is left in it."""
        for path in sorted(paths):
            async with self.engine.begin() as tx:
                await lock_repositories(tx, paths=[path])
                await lock_counters(tx)
                repository_id = await find_repository(tx, path=path, owner_id=restore.owner_id)
                if repository_id is not None:
                    await update_totals(tx, pushed_at={repository_id: None})
                    await copy_sums(tx, repositories=[path])
                await queries.renew_lease(tx, entry_id=restore.entry_id)
        async with self.engine.begin() as tx:
            left = await queries.list_left(tx, entry_id=restore.entry_id, limit=_MAX_MISSING)
            if left:
                result.missing.update(f"{item.repository}@{item.digest}" for item in left)
                await queries.give_up(tx, entry_id=restore.entry_id)
            else:
                await queries.delete_entry(tx, entry_id=restore.entry_id)
        result.is_complete = True
