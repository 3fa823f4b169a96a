"""Unlink a blob from a repository, unless something needs it (spec 15).

The blob itself remains until garbage collection.
"""

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.error_format import BlobUnknown, NameUnknown
from services.catalog.audit.usecases import record_of_namespace
from services.catalog.deletion.blobs.domain import check_unneeded, restores_as_layer
from services.catalog.deletion.blobs.queries import find_dependent, find_state
from services.catalog.deletion.domain import audit_entry_of
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
from services.catalog.manifest_aliases.queries import find_canonical
from services.catalog.repositories.domain import RepositoryDeleting


async def delete_blob(
    *,
    engine: Engine,
    registry: Registry,
    repository: str,
    requester: Requester,
    digest: str,
    restore_links: bool,
) -> None:
    """Unlink a blob from a repository. ``restore_links`` is whether restores can link layers.

    ``requester`` can delete from the path ``repository``. Before its first manifest, a repository
    with blobs exists in the registry only.

    A push that needs the blob conflicts with the intent. If the push is first, it protects the
    blob. If the deletion is first, the push waits, and then the registry refuses its manifest.

    Raises:
        NameUnknown: the repository does not exist.
        BlobUnknown: it has no such blob.
        Unsupported: an image, an unfinished push, or the trash needs it.
        RepositoryDeleting: the repository is being deleted.
        ChangeInProgress: another deletion of the blob is not finished.
        RegistryUnavailable: the registry does not answer. The worker completes the deletion.
    """
    namespace = repository.partition("/")[0]
    exists = False

    async def prepare(tx: Tx) -> Change:
        nonlocal exists
        state = await find_state(tx, namespace=namespace, repository=repository)
        if state is None:
            raise NameUnknown(f"there is no repository {repository}")
        if state.is_deleting:
            raise RepositoryDeleting(repository)
        exists = state.exists
        canonical = await find_canonical(tx, digest=digest)
        dependent = await find_dependent(
            tx,
            repository=repository,
            digest=digest,
            restore_links=restore_links and restores_as_layer(digest, canonical=canonical),
        )
        check_unneeded(dependent, repository=repository, digest=digest)
        return Change(
            kind=Kind.DELETE_BLOB,
            namespace=namespace,
            repository=repository,
            digest=digest,
            removes=frozenset({digest}),
            requester=requester,
        )

    intent = await open_intent(engine=engine, repository=repository, prepare=prepare)
    lease = lease_of(intent, engine)
    calls = 0

    async def unlink() -> bool:
        nonlocal calls
        calls += 1
        is_unlinked = await registry.delete_blob(repository, digest, check=lease.check)
        # An earlier call, whose answer was lost, can have unlinked it.
        return is_unlinked or calls > 1

    is_unlinked = await call_until_confirmed(
        unlink, engine=engine, intent=intent, seconds=DELETION_WAIT_SECONDS, lease=lease
    )
    await _finish(engine, intent, lease, is_unlinked=is_unlinked)
    if not is_unlinked and not exists:
        raise NameUnknown(f"there is no repository {repository}")
    if not is_unlinked:
        raise BlobUnknown(f"{repository} has no blob {digest}")


async def resume(intent: Intent, *, engine: Engine, registry: Registry) -> None:
    """Complete a deletion whose outcome is unknown. Raises RegistryUnavailable."""
    change = intent.change
    lease = lease_of(intent, engine)
    await registry.delete_blob(change.repository, change.digest, check=lease.check)
    await _finish(engine, intent, lease, is_unlinked=True)


async def _finish(engine: Engine, intent: Intent, lease: Lease, *, is_unlinked: bool) -> None:
    """Resolve the intent, unless another process completes the deletion."""
    change = intent.change
    async with engine.begin() as tx:
        await lock_repositories(tx, paths=[change.repository])
        if await lease.resolve(tx) and is_unlinked:
            target = f"repositories/{change.repository}"
            entry = audit_entry_of(change, target=target, action="blob.delete")
            await record_of_namespace(tx=tx, entry=entry, namespace=change.namespace)
