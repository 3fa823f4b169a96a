"""Delete an image by its digest, with all tags on it (spec 7)."""

from datetime import timedelta

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryRefused
from libs.common.registry.manifests import is_digest
from libs.common.registry.names import artifact_tags
from libs.common.registry.transport import Check
from services.catalog.audit.usecases import record_of_namespace
from services.catalog.deletion.domain import DeletionActor, audit_entry_of
from services.catalog.deletion.images import queries
from services.catalog.deletion.images.domain import NeededByIndex
from services.catalog.deletion.tags.artifact_tags import open_artifact_deletions
from services.catalog.deletion.tags.placeholder import Placeholder, make_placeholder
from services.catalog.deletion.tags.queries import delete_tags
from services.catalog.deletion.tags.usecases import remove_tag
from services.catalog.images.domain import ImageNotFound
from services.catalog.images.queries import find_image_by_digest, list_tagged_indexes
from services.catalog.intents.domain import (
    DELETION_WAIT_SECONDS,
    Change,
    Intent,
    Kind,
    Requester,
)
from services.catalog.intents.leases import Lease, lease_of
from services.catalog.intents.queries import lock_repositories
from services.catalog.intents.usecases import call_until_confirmed, open_intent
from services.catalog.pull_counts.queries import lock_counters
from services.catalog.repositories.queries import update_totals
from services.catalog.rules.usecases import check_image
from services.catalog.trash.keeping.queries import (
    find_artifact_tags,
    needs_content,
    store_content,
)
from services.catalog.trash.keeping.usecases import keep_manifest


async def delete_image(
    *,
    engine: Engine,
    registry: Registry,
    actor: DeletionActor,
    digest: str,
    lifetime: timedelta | None,
) -> None:
    """Delete an image with all tags on it, and the tags of its signatures.

    The image can be restored for ``lifetime``; None turns the trash off.

    Raises:
        ImageNotFound: the repository has no such image.
        NeededByIndex: a tagged index needs it.
        TagImmutable: an immutable tag names it.
        RepositoryDeleting: the repository is being deleted.
        ChangeInProgress: a push that needs the image, or its deletion, is not finished.
        RegistryUnavailable: the registry does not answer. The worker completes the deletion.
    """
    repository = actor.repository
    repository.check_not_deleting()
    if not is_digest(digest):
        raise ImageNotFound(f"{repository.path}@{digest}")
    placeholder = make_placeholder()

    async def prepare(tx: Tx) -> Change:
        image = await find_image_by_digest(tx, repository_id=repository.id, digest=digest)
        if image is None:
            raise ImageNotFound(f"{repository.path}@{digest}")
        indexes = await list_tagged_indexes(tx, repository_id=repository.id, digest=digest)
        if indexes:
            raise NeededByIndex(digest, indexes)
        await check_image(tx=tx, repository=repository, digest=digest, tags=image.tags)
        artifacts = await find_artifact_tags(tx, repository_id=repository.id, digest=digest)
        # The registry deletes the tags that name the image one by one. A push must not move one of
        # them to another image meanwhile.
        return Change(
            kind=Kind.DELETE_MANIFEST,
            namespace=repository.namespace,
            repository=repository.path,
            digest=digest,
            tags=tuple(dict.fromkeys((*image.tags, *artifacts))),
            needs=frozenset({digest}),
            removes=frozenset({digest, placeholder.digest}),
            manifest=placeholder.manifest if artifacts else None,
            requester=actor.requester,
        )

    async def keep(tx: Tx, intent: Intent) -> None:
        if lifetime is not None:
            change = intent.change
            await keep_manifest(
                tx=tx,
                repository=repository,
                digest=digest,
                tags=change.tags,
                requester=change.requester,
                lifetime=lifetime,
            )

    intent = await open_intent(
        engine=engine, repository=repository.path, prepare=prepare, record=keep
    )
    lease = lease_of(intent, engine)
    await call_until_confirmed(
        lambda: _delete_in_registry(engine, registry, intent, lease.check),
        engine=engine,
        intent=intent,
        seconds=DELETION_WAIT_SECONDS,
        lease=lease,
    )
    await _finish(engine, intent, lease)


async def resume(intent: Intent, *, engine: Engine, registry: Registry) -> None:
    """Complete a deletion whose outcome is unknown. Raises RegistryUnavailable."""
    lease = lease_of(intent, engine)
    await _delete_in_registry(engine, registry, intent, lease.check)
    await _finish(engine, intent, lease)


async def _delete_in_registry(
    engine: Engine, registry: Registry, intent: Intent, check: Check
) -> None:
    """Delete the manifest, and the tags of its signatures.

    The trash keeps the content of the manifest first.
    """
    change = intent.change
    path, digest = change.repository, change.digest
    async with engine.connect() as tx:
        keeps = await needs_content(tx, repository=path, digest=digest)
    if keeps:
        try:
            manifest = await registry.find_manifest(path, digest)
        except RegistryRefused:  # Its content can be damaged. Then it cannot be restored.
            manifest = None
        if manifest is not None:
            async with engine.begin() as tx:
                await store_content(tx, repository=path, digest=digest, content=manifest.content)
    await registry.delete_manifest(path, digest, check=check)
    if change.manifest is not None:
        placeholder = Placeholder(
            next(one for one in change.removes if one != digest), change.manifest
        )
        for tag in _artifact_tags(change):
            await remove_tag(
                registry=registry,
                repository=path,
                tag=tag,
                placeholder=placeholder,
                check=check,
            )


def _artifact_tags(change: Change) -> list[str]:
    return [tag for tag in artifact_tags(change.digest) if tag in change.tags]


async def _finish(engine: Engine, intent: Intent, lease: Lease) -> None:
    """Delete the image from the catalog, unless another process completes the deletion."""
    change = intent.change
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[change.repository])
        if not await lease.resolve(tx):
            return
        await lock_counters(tx)
        repository_id = await queries.delete_manifest(
            tx, repository=change.repository, digest=change.digest
        )
        await delete_tags(tx, repository=change.repository, tags=_artifact_tags(change))
        if repository_id is not None:
            await update_totals(tx, pushed_at={repository_id: None})
        if change.requester == Requester():
            # Garbage collection has not named the tags of signatures. It leaves no trail.
            await open_artifact_deletions(tx, path=change.repository, digests=[change.digest])
        else:
            entry = audit_entry_of(change, target=f"images/{change.repository}@{change.digest}")
            await record_of_namespace(tx=tx, entry=entry, namespace=change.namespace)
