"""Delete a tag. No transaction is open while the registry is asked."""

import asyncio

from libs.common.db import audit
from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound
from services.catalog.deletion.tags import queries
from services.catalog.deletion.tags.domain import (
    CatalogBehind,
    KnownTag,
    TagDeletion,
    TagPush,
    WritesPaused,
)
from services.catalog.deletion.tags.placeholder import Placeholder, make_placeholder
from services.catalog.pull_counts import queries as counters
from services.catalog.repositories.domain import Repository
from services.catalog.sync.feed import queries as feed
from services.catalog.tables import audit_entries

SETTLE_SECONDS = 5.0
"""How long a deletion waits for the catalog to hear of a push that the registry has."""
_LOOK_SECONDS = 0.05
_BATCH = 20
_TRIES = 3


async def delete_tag(
    *,
    engine: Engine,
    registry: Registry,
    principal: Principal,
    repository: Repository,
    tag: str,
) -> None:
    """Delete the tag alone. A push of it that comes in between stays.

    Raises NotFound, CatalogBehind, WritesPaused, RegistryUnavailable.
    """
    known = await _settled(engine, registry, repository, tag)
    placeholder = make_placeholder()
    writes = not await registry.deletes_tags()
    async with engine.begin() as tx:
        if writes and await queries.are_writes_paused(tx):
            raise WritesPaused(retry_after=5)
        noted = await queries.insert_untagging(
            tx,
            repository=repository.path,
            tag=tag,
            known=known,
            placeholder=placeholder.digest,
            principal=principal,
        )
    # Only now: a push before this look is seen by it, and the event of one after it finds what was noted.
    held = await registry.find_digest(repository.path, tag)
    if held == known.digest:
        await _remove(registry, repository.path, tag, placeholder)
    await _finish(engine, registry, noted, is_gone=held in (None, known.digest))


async def _settled(
    engine: Engine, registry: Registry, repository: Repository, tag: str
) -> KnownTag:
    """The tag when catalog and registry agree about it, or when the registry does not have it any more."""
    deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
    while True:
        async with engine.connect() as tx:
            known = await queries.find_tag(tx, repository_id=repository.id, tag=tag)
        held = await registry.find_digest(repository.path, tag)
        if known is None and held is None:
            raise NotFound(f"There is no image '{repository.path}:{tag}'.")
        if known is not None and held in (None, known.digest):
            return known
        if asyncio.get_running_loop().time() > deadline:
            raise CatalogBehind
        await asyncio.sleep(_LOOK_SECONDS)


async def _remove(registry: Registry, repository: str, tag: str, placeholder: Placeholder) -> None:
    if await registry.deletes_tags() and await registry.delete_tag(repository, tag):
        return
    for _ in range(_TRIES):
        await registry.put_manifest(repository, tag, placeholder.manifest)
        if await registry.delete_manifest(repository, placeholder.digest):
            return  # else a collection of garbage has just taken it, and left the tag
    raise RegistryUnavailable(f"the tag {tag} of {repository} stays")


async def remove_tag(*, registry: Registry, repository: str, tag: str) -> None:
    """Delete a tag of a repository that is itself being deleted. Raises RegistryUnavailable."""
    await _remove(registry, repository, tag, make_placeholder())


async def _finish(engine: Engine, registry: Registry, noted: TagDeletion, *, is_gone: bool) -> None:
    """Put back what came in between, as far as it is known by now; then let the catalog say so."""
    done: TagPush | None = None
    while True:
        async with engine.begin() as tx:
            tag_deletion = await queries.lock_unfinished(tx, id=noted.id)
            if tag_deletion is None:
                return
            if tag_deletion.restored == done:
                await queries.finish(tx, id=noted.id)
                if is_gone:
                    await counters.lock(
                        tx
                    )  # the feed writes tag and repository the other way round, and takes this first
                    deleted = await queries.delete_tag(
                        tx, repository=noted.repository, tag=noted.tag, digest=noted.digest
                    )
                    if deleted is not None:
                        await feed.sum_up_repository(tx, repository_id=deleted)
                    await audit.append(tx, audit_entries, noted.done())
                return
        assert tag_deletion.restored is not None  # it is never taken back
        await restore(
            registry=registry, tag_deletion=tag_deletion, push=tag_deletion.restored, before=done
        )
        done = tag_deletion.restored


async def restore(
    *, registry: Registry, tag_deletion: TagDeletion, push: TagPush, before: TagPush | None
) -> None:
    """Let the tag name what was pushed in between, unless a later push has it; ``before`` is what was put back first."""
    ours = {tag_deletion.placeholder, before.digest if before else None, None}
    held = await registry.find_digest(tag_deletion.repository, tag_deletion.tag)
    if held == push.digest or held not in ours:
        return
    manifest = await registry.find_manifest(tag_deletion.repository, push.digest)
    if manifest is not None:
        await registry.put_manifest(tag_deletion.repository, tag_deletion.tag, manifest)


async def finish_abandoned(*, engine: Engine, registry: Registry) -> None:
    """End deletions whose process was killed half-way. Raises RegistryUnavailable."""
    async with engine.begin() as tx:
        abandoned = await queries.list_abandoned(tx, limit=_BATCH)
        await queries.forget_old(tx)
    for tag_deletion in abandoned:
        if (
            await registry.find_digest(tag_deletion.repository, tag_deletion.tag)
            == tag_deletion.placeholder
        ):
            await registry.delete_manifest(tag_deletion.repository, tag_deletion.placeholder)
        is_gone = await registry.find_digest(tag_deletion.repository, tag_deletion.tag) is None
        await _finish(engine, registry, tag_deletion, is_gone=is_gone)
