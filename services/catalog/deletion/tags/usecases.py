"""Delete a tag.

No transaction is open during calls to the registry. The deletion is recorded first, so that the
follower can restore a concurrent push, and the worker can finish the deletion after a crash.
"""

import asyncio

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.security.principals import Principal
from services.catalog.audit.usecases import record_of_namespace
from services.catalog.deletion.tags import queries
from services.catalog.deletion.tags.domain import (
    CatalogBehind,
    KnownTag,
    TagDeletion,
    TagPush,
    WritesPaused,
)
from services.catalog.deletion.tags.placeholder import Placeholder, make_placeholder
from services.catalog.images.domain import ImageNotFound, is_tag
from services.catalog.pull_counts.queries import lock_counters
from services.catalog.repositories.domain import Repository, RepositoryOwner
from services.catalog.repositories.queries import update_totals

SETTLE_SECONDS = 5.0
"""A deletion waits so long for the catalog to apply a push that the registry has."""
POLL_SECONDS = 0.05
_BATCH = 20
_TRIES = 3


async def delete_tag(
    *, engine: Engine, registry: Registry, actor: RepositoryOwner, tag: str
) -> None:
    """Delete the tag, not its image. A concurrent push of the tag remains.

    Raises:
        ImageNotFound: the repository has no such tag.
        RepositoryDeleting: the repository is being deleted.
        CatalogBehind: the catalog has not applied the last push of the tag.
        WritesPaused: garbage collection pauses writes, and this registry deletes tags by writing.
        RegistryUnavailable: the registry does not answer.
    """
    repository = actor.repository
    repository.check_not_deleting()
    if not is_tag(tag):
        raise ImageNotFound(f"{repository.path}:{tag}")
    known = await _wait_for_agreement(engine, registry, repository, tag)
    placeholder = make_placeholder()
    deletes_by_writing = not await registry.deletes_tags()
    async with engine.begin() as tx:
        if deletes_by_writing and await queries.are_writes_paused(tx):
            raise WritesPaused(retry_after=5)
        deletion = await queries.insert_tag_deletion(
            tx,
            repository=repository.path,
            tag=tag,
            known=known,
            placeholder=placeholder.digest,
            principal=actor.principal,
        )
    # The record comes first: this request sees an earlier push here, and the follower finds the
    # record when it reads the event of a later push.
    current = await registry.find_digest(repository.path, tag)
    if current == known.digest:
        await _remove(registry, repository.path, tag, placeholder)
    await _finish(
        engine,
        registry,
        deletion,
        is_deleted=current in (None, known.digest),
        principal=actor.principal,
    )


async def _wait_for_agreement(
    engine: Engine, registry: Registry, repository: Repository, tag: str
) -> KnownTag:
    """Return the tag when the registry has the digest of the catalog, or no such tag.

    Raises ImageNotFound, CatalogBehind.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLE_SECONDS
    while True:
        async with engine.connect() as tx:
            known = await queries.find_tag(tx, repository_id=repository.id, tag=tag)
        current = await registry.find_digest(repository.path, tag)
        if known is None and current is None:
            raise ImageNotFound(f"{repository.path}:{tag}")
        if known is not None and current in (None, known.digest):
            return known
        if loop.time() > deadline:
            raise CatalogBehind
        await asyncio.sleep(POLL_SECONDS)


async def _remove(registry: Registry, repository: str, tag: str, placeholder: Placeholder) -> None:
    if await registry.deletes_tags() and await registry.delete_tag(repository, tag):
        return
    for _ in range(_TRIES):
        await registry.put_manifest(repository, tag, placeholder.manifest)
        if await registry.delete_manifest(repository, placeholder.digest):
            return
        # The registry's garbage collection took the placeholder and left the tag.
    raise RegistryUnavailable(f"The registry did not delete the tag {tag} of {repository}.")


async def remove_tag(*, registry: Registry, repository: str, tag: str) -> None:
    """Delete a tag of a repository that is itself being deleted. Raises RegistryUnavailable."""
    await _remove(registry, repository, tag, make_placeholder())


async def _finish(
    engine: Engine,
    registry: Registry,
    deletion: TagDeletion,
    *,
    is_deleted: bool,
    principal: Principal | None = None,
) -> None:
    """Restore the concurrent push that the follower has recorded, then finish the deletion.

    The follower can record a newer push meanwhile, so the record is read again after each restore.
    """
    restored: TagPush | None = None
    while True:
        async with engine.begin() as tx:
            current = await queries.lock_unfinished(tx, id=deletion.id)
            if current is None:
                return
            if current.restored == restored:
                await queries.finish(tx, id=deletion.id)
                if is_deleted:
                    # The feed takes this lock first, and then locks tag and repository in another
                    # order.
                    await lock_counters(tx)
                    repository_id = await queries.delete_tag(
                        tx, repository=deletion.repository, tag=deletion.tag, digest=deletion.digest
                    )
                    if repository_id is not None:
                        await update_totals(tx, pushed_at={repository_id: None})
                    namespace, _, _ = deletion.repository.partition("/")
                    await record_of_namespace(
                        tx=tx, entry=deletion.audit_entry(principal), namespace=namespace
                    )
                return
        assert current.restored is not None  # a recorded push is replaced, never removed
        await restore_push(
            registry=registry, deletion=current, push=current.restored, replaces=restored
        )
        restored = current.restored


async def restore_push(
    *, registry: Registry, deletion: TagDeletion, push: TagPush, replaces: TagPush | None
) -> None:
    """Point the tag at the image of a concurrent push, unless a later push has set the tag.

    ``replaces`` is the push that was restored before, if there is one.
    """
    ours = {deletion.placeholder, replaces.digest if replaces else None, None}
    current = await registry.find_digest(deletion.repository, deletion.tag)
    if current == push.digest or current not in ours:
        return
    manifest = await registry.find_manifest(deletion.repository, push.digest)
    if manifest is not None:
        await registry.put_manifest(deletion.repository, deletion.tag, manifest)


async def finish_abandoned(*, engine: Engine, registry: Registry) -> None:
    """Finish deletions whose process was killed. Raises RegistryUnavailable."""
    async with engine.begin() as tx:
        abandoned = await queries.list_abandoned(tx, limit=_BATCH)
        await queries.delete_old(tx)
    for deletion in abandoned:
        current = await registry.find_digest(deletion.repository, deletion.tag)
        if current == deletion.placeholder:
            await registry.delete_manifest(deletion.repository, deletion.placeholder)
            current = await registry.find_digest(deletion.repository, deletion.tag)
        await _finish(engine, registry, deletion, is_deleted=current is None)
