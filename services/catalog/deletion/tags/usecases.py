"""Delete a tag, but not its image (spec 7)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from libs.common.db.audit import RETENTION
from libs.common.db.changes import deleted
from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.transport import Check
from services.catalog.audit.usecases import record_of_namespace
from services.catalog.deletion.domain import DeletionActor, audit_entry_of
from services.catalog.deletion.tags import queries
from services.catalog.deletion.tags.placeholder import Placeholder, make_placeholder
from services.catalog.images.domain import ImageNotFound, is_tag
from services.catalog.intents.domain import (
    DELETION_WAIT_SECONDS,
    Change,
    Intent,
    Kind,
    Requester,
)
from services.catalog.intents.leases import Lease, lease_of
from services.catalog.intents.queries import lock_repositories
from services.catalog.intents.usecases import Record, call_until_confirmed, open_intent
from services.catalog.pull_counts.queries import lock_counters
from services.catalog.repositories.queries import update_totals
from services.catalog.rules.usecases import check_tags
from services.catalog.trash.keeping.usecases import keep_tags

_TRIES = 3
_CONCURRENT_TAGS = 8
T = TypeVar("T")


async def delete_tag(
    *,
    engine: Engine,
    registry: Registry,
    actor: DeletionActor,
    tag: str,
    lifetime: timedelta | None,
    check: Callable[[Tx], Awaitable[None]] | None = None,
    record: Record | None = None,
) -> None:
    """Delete the tag. Of a push of the tag and its deletion, the later one wins.

    The tag can be restored for ``lifetime``; None turns the trash off.

    When the repository is locked, ``check`` raises an error if the tag must not be deleted. Then
    ``record`` writes what belongs to the intent.

    Raises:
        ImageNotFound: the repository has no such tag.
        TagImmutable: the tag is immutable.
        RepositoryDeleting: the repository is being deleted.
        ChangeInProgress: a push or deletion of the tag is not finished.
        RegistryUnavailable: the registry does not answer. The worker completes the deletion.
    """
    repository = actor.repository
    repository.check_not_deleting()
    if not is_tag(tag):
        raise ImageNotFound(f"{repository.path}:{tag}")
    placeholder = make_placeholder()

    async def prepare(tx: Tx) -> Change:
        digest = await queries.find_digest(tx, repository_id=repository.id, tag=tag)
        if digest is None:
            raise ImageNotFound(f"{repository.path}:{tag}")
        await check_tags(tx=tx, repository=repository, tags=[tag])
        if check is not None:
            await check(tx)
        return Change(
            kind=Kind.DELETE_TAG,
            namespace=repository.namespace,
            repository=repository.path,
            digest=digest,
            tags=(tag,),
            removes=frozenset({placeholder.digest}),
            manifest=placeholder.manifest,
            requester=actor.requester,
        )

    async def keep(tx: Tx, intent: Intent) -> None:
        if record is not None:
            await record(tx, intent)
        if lifetime is not None:
            await keep_tags(
                tx=tx,
                repository=repository,
                tags=[tag],
                requester=intent.change.requester,
                lifetime=lifetime,
            )

    intent = await open_intent(
        engine=engine, repository=repository.path, prepare=prepare, record=keep
    )
    lease = lease_of(intent, engine)
    await call_until_confirmed(
        lambda: _delete_in_registry(registry, intent, lease.check),
        engine=engine,
        intent=intent,
        seconds=DELETION_WAIT_SECONDS,
        lease=lease,
    )
    await _finish(engine, intent, lease)


async def resume(intent: Intent, *, engine: Engine, registry: Registry) -> None:
    """Complete a deletion whose outcome is unknown. Raises RegistryUnavailable."""
    lease = lease_of(intent, engine)
    await _delete_in_registry(registry, intent, lease.check)
    await _finish(engine, intent, lease)


async def remove_tag(
    *, registry: Registry, repository: str, tag: str, placeholder: Placeholder, check: Check
) -> None:
    """Delete a tag in the registry as a part of another deletion.

    ``check`` is called before each request that changes something.

    Raises RegistryUnavailable.
    """
    if await registry.deletes_tags() and await registry.delete_tag(repository, tag, check=check):
        return
    for _ in range(_TRIES):
        await registry.put_manifest(repository, tag, placeholder.manifest, check=check)
        if await registry.delete_manifest(repository, placeholder.digest, check=check):
            return
        # Another process deleted the placeholder and left the tag.
    raise RegistryUnavailable(f"The registry did not delete the tag {tag} of {repository}.")


async def remove_tags(
    *, registry: Registry, change: Change, checks: Mapping[str, Check], seconds: float
) -> set[str]:
    """Delete tags in the registry; return those whose deletion it has confirmed in time.

    ``change`` has the placeholder. ``checks`` has for each tag the check of its intent. A request
    that has no answer in time can still be carried out, so its intent must stay open.
    """
    assert change.manifest is not None
    path, manifest, (digest,) = change.repository, change.manifest, change.removes
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    requests = asyncio.Semaphore(_CONCURRENT_TAGS)

    async def confirmed(call: Callable[[], Awaitable[T]]) -> T | None:
        async with requests:
            try:
                async with asyncio.timeout_at(deadline):
                    return await call()
            except (RegistryUnavailable, TimeoutError):
                return None

    async def delete(tag: str) -> bool:
        return await confirmed(lambda: registry.delete_tag(path, tag, check=checks[tag])) or False

    async def replace(tag: str) -> bool:
        async def put() -> bool:
            await registry.put_manifest(path, tag, manifest, check=checks[tag])
            return True

        return await confirmed(put) or False

    async def check_all() -> None:
        await asyncio.gather(*(check() for check in checks.values()))

    can_delete = await confirmed(registry.deletes_tags)
    if can_delete is None:
        return set()
    outcomes = await asyncio.gather(*map(delete if can_delete else replace, checks))
    done = {tag for tag, is_done in zip(checks, outcomes, strict=True) if is_done}
    if can_delete or not done:
        return done
    # All of them name the placeholder now, and are deleted with it.
    is_deleted = await confirmed(lambda: registry.delete_manifest(path, digest, check=check_all))
    return done if is_deleted else set()


async def _delete_in_registry(registry: Registry, intent: Intent, check: Check) -> None:
    change = intent.change
    placeholder = make_placeholder()
    if change.manifest is not None:
        (digest,) = change.removes
        placeholder = Placeholder(digest, change.manifest)
    await remove_tag(
        registry=registry,
        repository=change.repository,
        tag=change.tags[0],
        placeholder=placeholder,
        check=check,
    )


async def _finish(engine: Engine, intent: Intent, lease: Lease) -> None:
    """Delete the tag from the catalog, unless another process completes the deletion."""
    change = intent.change
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[change.repository])
        if not await lease.resolve(tx):
            return
        await lock_counters(tx)
        tag = change.tags[0]
        repository_id = await queries.delete_tag(tx, repository=change.repository, tag=tag)
        if repository_id is not None:
            await update_totals(tx, pushed_at={repository_id: None})
        if change.requester != Requester():  # Garbage collection leaves no trail.
            entry = audit_entry_of(change, target=f"images/{change.repository}:{tag}")
            if change.requester.via == RETENTION and change.requester.api_key_id is None:
                why = await queries.find_retention(tx, intent_id=intent.id)
                entry = replace(
                    entry, action="retention.delete", changes=entry.changes | deleted(**why)
                )
            await record_of_namespace(tx=tx, entry=entry, namespace=change.namespace)
