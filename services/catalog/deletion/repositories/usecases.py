"""Request the deletion of a repository or a namespace.

The worker does the rest in the steps of ``steps``.
"""

from collections.abc import Collection
from datetime import timedelta

from libs.common.db.engine import Tx
from services.catalog.audit.usecases import record
from services.catalog.deletion.domain import requester_of
from services.catalog.deletion.repositories import queries
from services.catalog.intents import queries as intents
from services.catalog.namespaces import queries as namespaces
from services.catalog.namespaces.domain import NamespaceNotEmpty, NamespaceOwner
from services.catalog.repositories.domain import Repository, RepositoryOwner
from services.catalog.repositories.queries import get_repository
from services.catalog.reserved_names import usecases as reserved_names
from services.catalog.rules.usecases import check_namespace, check_repository
from services.catalog.trash.keeping.usecases import keep_namespace, keep_repository


async def delete_repository(
    *,
    tx: Tx,
    actor: RepositoryOwner,
    reserved_seconds: int,
    lifetime: timedelta | None,
    force: bool,
) -> Repository:
    """Start to delete a repository with all its images; return its present state.

    It can be restored for ``lifetime``; None turns the trash off. ``force`` deletes immutable tags
    too.

    The name stays reserved for ``reserved_seconds``, and until all images are gone. A second call
    changes nothing.

    Raises:
        RepositoryNotFound: the repository was deleted meanwhile.
        TagImmutable: the repository has an immutable tag, and ``force`` is false.
    """
    repository = actor.repository
    await intents.lock_repositories(tx, paths=[repository.path])
    if not force:
        await check_repository(tx=tx, repository=repository)
    if await queries.mark_repository_deleting(tx, repository_id=repository.id):
        if lifetime is not None:
            await keep_repository(
                tx=tx,
                repository=repository,
                requester=requester_of(actor.principal),
                lifetime=lifetime,
            )
        await queries.insert_deletion(
            tx, kind="repository", name=repository.path, principal=actor.principal
        )
        await reserved_names.reserve(
            tx, kind="repository", name=repository.path, seconds=reserved_seconds
        )
        await record(
            tx=tx,
            principal=actor.principal,
            action="repository.delete",
            target=f"repositories/{repository.path}",
            owner_id=repository.account_id,
        )
    return await get_repository(tx, namespace=repository.namespace, name=repository.name)


async def delete_namespace(
    *,
    tx: Tx,
    actor: NamespaceOwner,
    reserved_seconds: int,
    cascade: bool,
    lifetime: timedelta | None,
    force: bool,
) -> bool:
    """Delete a namespace with its grants; return whether it is gone.

    It can be restored for ``lifetime``; None turns the trash off. ``force`` deletes immutable tags
    too.

    If it has repositories and ``cascade`` is true, they are being deleted, and the namespace
    disappears after the last one. The name stays reserved for ``reserved_seconds``, and until the
    repositories are gone.

    Raises:
        NamespaceNotFound: the namespace was deleted meanwhile.
        NamespaceNotEmpty: the namespace has repositories and ``cascade`` is false.
        TagImmutable: the namespace has an immutable tag, and ``force`` is false.
    """
    namespace = actor.namespace
    if namespace.deleting:
        return False
    if not await namespaces.lock_namespace(tx, namespace_id=namespace.id, to_delete=True):
        # A concurrent call has deleted the namespace, or is deleting it.
        await namespaces.get_namespace(tx, name=namespace.name)
        return False
    # The first push to a repository creates it when the registry has accepted the manifest.
    pushed = await intents.list_open_repositories(tx, namespace=namespace.name)
    is_empty = not pushed and not await namespaces.has_repositories(tx, namespace_id=namespace.id)
    if not is_empty and not cascade:
        raise NamespaceNotEmpty(
            f"The namespace {namespace.name!r} has repositories. Delete them first, or add "
            "`?cascade=true` to delete them with the namespace."
        )
    if not is_empty and not force:
        await check_namespace(tx=tx, namespace=namespace)
    paths = [] if is_empty else await _mark_deleting(tx, actor, pushed)
    if lifetime is not None:
        await keep_namespace(
            tx=tx,
            namespace=namespace,
            paths=paths,
            requester=requester_of(actor.principal),
            lifetime=lifetime,
        )
    await queries.insert_deletion(
        tx, kind="namespace", name=namespace.name, principal=actor.principal, removed=is_empty
    )
    await reserved_names.reserve(
        tx, kind="namespace", name=namespace.name, seconds=reserved_seconds
    )
    if is_empty:
        await namespaces.delete_namespace(tx, namespace_id=namespace.id)
    else:
        await queries.insert_deletions(
            tx, kind="repository", names=paths, principal=actor.principal
        )
        await reserved_names.reserve_all(
            tx, kind="repository", names=paths, seconds=reserved_seconds
        )
    await record(
        tx=tx,
        principal=actor.principal,
        action="namespace.delete",
        target=f"namespaces/{namespace.name}",
        owner_id=namespace.account_id,
    )
    return is_empty


async def _mark_deleting(tx: Tx, actor: NamespaceOwner, pushed: Collection[str]) -> list[str]:
    """Mark the namespace and its repositories; return the paths of all repositories to delete.

    ``pushed`` have an open change, which can create them.
    """
    namespace_id = actor.namespace.id
    await queries.mark_namespace_deleting(tx, namespace_id=namespace_id)
    marked = await queries.mark_repositories_deleting(tx, namespace_id=namespace_id)
    return sorted({*marked, *pushed})
