"""Delete many tags in one request, and preview it (spec 7).

Each tag has its own intent, entry of the trash, and audit entry, as if it were deleted alone. But
a batch of them shares its statements, and its placeholder in the registry.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.web.errors import MoorageError
from services.catalog.audit.usecases import record_all_of_namespace
from services.catalog.deletion.bulk import queries
from services.catalog.deletion.bulk.domain import (
    WAIT_SECONDS,
    BulkDeletion,
    BulkPreview,
    Failure,
    NamedTag,
    NotConfirmed,
    Outcome,
    find_unneeded,
)
from services.catalog.deletion.domain import DeletionActor, audit_entry_of
from services.catalog.deletion.tags.placeholder import make_placeholder
from services.catalog.deletion.tags.queries import delete_tags as delete_rows
from services.catalog.deletion.tags.usecases import remove_tags
from services.catalog.images.domain import ImageNotFound, find_exclusive
from services.catalog.images.queries import (
    get_manifest_tree,
    list_indexes_of,
    sum_exclusive_bytes,
)
from services.catalog.intents.domain import (
    Change,
    ChangeInProgress,
    Kind,
    RegistryUnreachable,
)
from services.catalog.intents.leases import Lease
from services.catalog.intents.queries import insert_of_tags, lock_repositories, resolve_leased
from services.catalog.pull_counts.queries import lock_counters
from services.catalog.referrers.queries import list_referrers
from services.catalog.repositories.domain import Repository, RepositoryOwner
from services.catalog.repositories.queries import update_totals
from services.catalog.rules.domain import TagImmutable
from services.catalog.rules.queries import find_immutable
from services.catalog.trash.keeping.usecases import keep_tags

_BATCH = 50
_BATCH_SECONDS = 5.0
"""How long the registry may take for a batch. It is shorter than the lease of its intents."""
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Opened:
    """A batch whose intents are open: the digests and the leases of its tags."""

    change: Change
    digests: Mapping[str, str]
    leases: Mapping[str, Lease]


async def delete_tags(
    *,
    engine: Engine,
    registry: Registry,
    actor: DeletionActor,
    tags: Sequence[str],
    lifetime: timedelta | None,
) -> BulkDeletion:
    """Delete ``tags``, which are different, and return which of them were not deleted.

    The tags can be restored for ``lifetime``; None turns the trash off. If the registry does not
    confirm a deletion in time, the worker completes it.

    Raises:
        RepositoryDeleting: the repository is being deleted.
    """
    actor.repository.check_not_deleting()
    bulk = _Bulk(engine, registry, actor, lifetime)
    await bulk.run(tags)
    found = {one.tag: one for one in bulk.outcome.deleted()}
    failed = {one.tag: one for one in bulk.outcome.failed()}
    return BulkDeletion(
        tuple(found[tag] for tag in tags if tag in found),
        tuple(failed[tag] for tag in tags if tag in failed),
    )


class _Bulk:
    """One request."""

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        actor: DeletionActor,
        lifetime: timedelta | None,
    ) -> None:
        self.outcome = Outcome()
        self._engine = engine
        self._registry = registry
        self._actor = actor
        self._lifetime = lifetime

    async def run(self, tags: Sequence[str]) -> None:
        """Delete the tags batch by batch. Those with an open push come last, and wait for it."""
        deadline = time.monotonic() + WAIT_SECONDS
        new, blocked = list(tags), list[str]()
        while new or blocked:
            if time.monotonic() >= deadline:
                self._fail(new, RegistryUnreachable())
                self._fail(blocked, ChangeInProgress())
                return
            if not new:
                await asyncio.sleep(_POLL_SECONDS)
            batch = (new or blocked)[:_BATCH]
            new, blocked = new[_BATCH:], blocked if new else blocked[_BATCH:]
            opened = await self._open(batch)
            blocked += [
                tag for tag in batch if tag not in opened.leases and tag not in self.outcome.errors
            ]
            if opened.leases and not await self._complete(opened, deadline):
                self._fail([*new, *blocked], RegistryUnreachable())
                return

    def _fail(self, tags: Sequence[str], error: ChangeInProgress | RegistryUnreachable) -> None:
        self.outcome.errors.update(dict.fromkeys(tags, error))

    async def _open(self, tags: Sequence[str]) -> _Opened:
        """Insert the intents of the tags that exist and that no open intent blocks."""
        repository, requester = self._actor.repository, self._actor.requester
        placeholder = make_placeholder()
        change = Change(
            kind=Kind.DELETE_TAG,
            namespace=repository.namespace,
            repository=repository.path,
            digest="",
            removes=frozenset({placeholder.digest}),
            manifest=placeholder.manifest,
            requester=requester,
        )
        async with self._engine.begin() as tx:
            await lock_repositories(tx, paths=[repository.path])
            digests, errors = await _find(tx, repository, tags)
            self.outcome.errors.update(errors)
            taken_at = time.monotonic()
            intents = await insert_of_tags(tx, change=change, digests=digests)
            if self._lifetime is not None and intents:
                await keep_tags(
                    tx=tx,
                    repository=repository,
                    tags=intents,
                    requester=requester,
                    lifetime=self._lifetime,
                )
        leases = {
            tag: Lease(self._engine, id_, until, taken_at=taken_at)
            for tag, (id_, until) in intents.items()
        }
        return _Opened(change, digests, leases)

    async def _complete(self, opened: _Opened, deadline: float) -> bool:
        """Delete the tags in the registry, and then in the catalog.

        Return False if the registry has confirmed nothing: it does not respond.
        """
        seconds = max(1.0, min(_BATCH_SECONDS, deadline - time.monotonic()))
        removed = await remove_tags(
            registry=self._registry,
            change=opened.change,
            checks={tag: lease.check for tag, lease in opened.leases.items()},
            seconds=seconds,
        )
        deleted = await self._finish(opened, {tag: opened.leases[tag] for tag in removed})
        for tag in opened.leases:
            if tag in deleted:
                self.outcome.digests[tag] = opened.digests[tag]
            else:
                self.outcome.errors[tag] = NotConfirmed()
        return bool(removed)

    async def _finish(self, opened: _Opened, leases: Mapping[str, Lease]) -> set[str]:
        """Delete tags from the catalog, without those that another process has taken over."""
        if not leases:
            return set()
        repository = self._actor.repository
        async with self._engine.begin() as tx:
            await lock_repositories(tx, paths=[repository.path])
            resolved = await resolve_leased(tx, versions=[one.version for one in leases.values()])
            deleted = {tag for tag, lease in leases.items() if lease.version[0] in resolved}
            if deleted:
                await lock_counters(tx)
                await delete_rows(tx, repository=repository.path, tags=deleted)
                await update_totals(tx, pushed_at={repository.id: None})
                entries = [
                    audit_entry_of(
                        opened.change,
                        target=f"images/{repository.path}:{tag}",
                        digest=opened.digests[tag],
                    )
                    for tag in sorted(deleted)
                ]
                await record_all_of_namespace(
                    tx=tx, entries=entries, namespace=repository.namespace
                )
        return deleted


async def _find(
    tx: Tx, repository: Repository, tags: Sequence[str]
) -> tuple[dict[str, str], dict[str, MoorageError]]:
    """Return the digests of the tags that can be deleted, and why the others cannot."""
    digests = await queries.find_digests(tx, repository_id=repository.id, tags=tags)
    immutable = await find_immutable(tx, repository_id=repository.id, tags=digests)
    errors: dict[str, MoorageError] = {
        tag: ImageNotFound(f"{repository.path}:{tag}") for tag in tags if tag not in digests
    }
    errors |= {tag: TagImmutable.of_tag(repository.path, tag) for tag in immutable}
    return {tag: one for tag, one in digests.items() if tag not in immutable}, errors


async def preview_deletion(
    *, engine: Engine, actor: RepositoryOwner, tags: Sequence[str]
) -> BulkPreview:
    """Return the consequences of deleting ``tags`` together."""
    repository = actor.repository
    async with engine.connect() as tx:
        found, errors = await _find(tx, repository, tags)
        digests = frozenset(found.values())
        siblings = await queries.find_siblings(
            tx, repository_id=repository.id, tags=found, digests=digests
        )
        indexes = await list_indexes_of(
            tx, repository_id=repository.id, digests=digests, besides=found
        )
        unneeded = find_unneeded(digests, siblings=siblings, indexes=indexes)
        tree = await get_manifest_tree(tx, repository_id=repository.id, digests=unneeded)
        exclusive = find_exclusive(unneeded, tree)
        return BulkPreview(
            tags=tuple(NamedTag(tag, found[tag]) for tag in tags if tag in found),
            failed=tuple(Failure.of(tag, errors[tag]) for tag in tags if tag in errors),
            sibling_tags=tuple(siblings),
            indexes=tuple({one.digest: one for all_ in indexes.values() for one in all_}.values()),
            referrers=tuple(
                await list_referrers(tx, repository_id=repository.id, digests=exclusive)
            ),
            exclusive_bytes=await sum_exclusive_bytes(
                tx,
                account_id=repository.account_id,
                repository_id=repository.id,
                digests=exclusive,
            ),
            last_pulled_at=await queries.find_last_pull(
                tx, repository_id=repository.id, tags=found
            ),
        )
