"""Delete an image by its digest, with all tags on it (spec 7)."""

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from services.catalog.audit.usecases import record_of_namespace
from services.catalog.deletion.domain import audit_entry_of, requester_of
from services.catalog.deletion.images import queries
from services.catalog.deletion.images.domain import NeededByIndex
from services.catalog.images.queries import list_tagged_indexes
from services.catalog.images.usecases import get_image_by_digest
from services.catalog.intents.domain import (
    DELETION_WAIT_SECONDS,
    Change,
    Intent,
    Kind,
    Requester,
)
from services.catalog.intents.queries import lock_repositories, resolve
from services.catalog.intents.usecases import call_until_confirmed, open_intent
from services.catalog.pull_counts.queries import lock_counters
from services.catalog.repositories.domain import RepositoryOwner
from services.catalog.repositories.queries import update_totals


async def delete_image(
    *, engine: Engine, registry: Registry, actor: RepositoryOwner, digest: str
) -> None:
    """Delete an image with all tags on it.

    Raises:
        ImageNotFound: the repository has no such image.
        NeededByIndex: a tagged index needs it.
        RepositoryDeleting: the repository is being deleted.
        ChangeInProgress: a push that needs the image, or its deletion, is not finished.
        RegistryUnavailable: the registry does not answer. The worker completes the deletion.
    """
    repository = actor.repository
    repository.check_not_deleting()

    async def prepare(tx: Tx) -> Change:
        image = await get_image_by_digest(tx=tx, actor=actor, digest=digest)
        indexes = await list_tagged_indexes(tx, repository_id=repository.id, digest=digest)
        if indexes:
            raise NeededByIndex(digest, indexes)
        # The registry deletes the tags that name the image one by one. A push must not move one of
        # them to another image meanwhile.
        return Change(
            kind=Kind.DELETE_MANIFEST,
            namespace=repository.namespace,
            repository=repository.path,
            digest=digest,
            tags=tuple(image.tags),
            needs=frozenset({digest}),
            removes=frozenset({digest}),
            requester=requester_of(actor.principal),
        )

    intent = await open_intent(engine=engine, repository=repository.path, prepare=prepare)
    await call_until_confirmed(
        lambda: registry.delete_manifest(repository.path, digest),
        engine=engine,
        intent=intent,
        seconds=DELETION_WAIT_SECONDS,
    )
    await _finish(engine, intent)


async def resume(intent: Intent, *, engine: Engine, registry: Registry) -> None:
    """Complete a deletion whose outcome is unknown. Raises RegistryUnavailable."""
    await registry.delete_manifest(intent.change.repository, intent.change.digest)
    await _finish(engine, intent)


async def _finish(engine: Engine, intent: Intent) -> None:
    """Delete the image from the catalog, unless another process has completed the deletion."""
    change = intent.change
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[change.repository])
        if not await resolve(tx, id=intent.id):
            return
        await lock_counters(tx)
        repository_id = await queries.delete_manifest(
            tx, repository=change.repository, digest=change.digest
        )
        if repository_id is not None:
            await update_totals(tx, pushed_at={repository_id: None})
        if change.requester != Requester():  # Garbage collection leaves no trail.
            entry = audit_entry_of(change, target=f"images/{change.repository}@{change.digest}")
            await record_of_namespace(tx=tx, entry=entry, namespace=change.namespace)
