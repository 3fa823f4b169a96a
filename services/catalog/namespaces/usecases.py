"""What is done with namespaces."""

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound
from services.catalog.accounts.dependencies import Lister
from services.catalog.audit.usecases import record
from services.catalog.deletion.repositories import queries as deletions
from services.catalog.namespaces import queries
from services.catalog.namespaces.dependencies import NamespaceOwner
from services.catalog.namespaces.domain import (
    Namespace,
    NamespaceNotEmpty,
    NamespaceTaken,
    Visibility,
)
from services.catalog.reserved_names import usecases as reservations


async def list_namespaces(
    *, tx: Tx, lister: Lister, q: str | None, page: PageRequest
) -> Page[Namespace]:
    """The account's namespaces, by name."""
    return await queries.list_namespaces(tx, account=lister.account, q=q, page=page)


async def create_namespace(
    *,
    tx: Tx,
    principal: Principal,
    name: str,
    visibility: Visibility,
    description: str,
) -> Namespace:
    """Make a namespace of the account that is signed in. Raises NamespaceTaken, NameReserved."""
    made = await queries.insert_namespace(
        tx,
        account_id=principal.account_id,
        name=name,
        visibility=visibility,
        description=description,
    )
    if not made:
        raise NamespaceTaken(
            f"There is a namespace {name!r}; names are unique in the whole registry"
        )
    await reservations.refuse_reserved(tx, kind="namespace", name=name)
    await record(tx=tx, principal=principal, action="namespace.create", target=f"namespaces/{name}")
    return await _get(tx, name)


async def change_namespace(
    *,
    tx: Tx,
    actor: NamespaceOwner,
    visibility: Visibility | None,
    description: str | None,
) -> Namespace:
    """Change what is not None. Raises NotFound."""
    namespace = actor.namespace
    if visibility is None and description is None:
        return namespace
    if not await queries.update_namespace(
        tx, namespace_id=namespace.id, visibility=visibility, description=description
    ):
        raise NotFound(f"There is no namespace {namespace.name!r}")
    await record(
        tx=tx,
        principal=actor.principal,
        action="namespace.change",
        target=f"namespaces/{namespace.name}",
    )
    return await _get(tx, namespace.name)


async def delete_namespace(
    *, tx: Tx, actor: NamespaceOwner, reserved_seconds: int, cascade: bool
) -> bool:
    """Delete a namespace with its grants; its name stays taken for ``reserved_seconds``, and until its repositories are gone.

    True: it was empty and is gone. False: its repositories are being deleted (``cascade``), and then it goes by itself.
    Raises NotFound, NamespaceNotEmpty.
    """
    namespace = actor.namespace
    if namespace.deleting:
        return False
    if not await queries.lock_namespace(tx, namespace_id=namespace.id, to_delete=True):
        await _get(tx, namespace.name)
        return False  # another call came first
    is_empty = not await queries.has_repositories(tx, namespace_id=namespace.id)
    if not is_empty and not cascade:
        raise NamespaceNotEmpty(
            f"The namespace {namespace.name!r} has repositories: delete them first"
        )
    await deletions.insert_deletion(
        tx, kind="namespace", name=namespace.name, principal=actor.principal, removed=is_empty
    )
    await reservations.reserve(tx, kind="namespace", name=namespace.name, seconds=reserved_seconds)
    if is_empty:
        await queries.delete_namespace(tx, namespace_id=namespace.id)
    else:
        await _delete_repositories(tx, actor, reserved_seconds)
    await record(
        tx=tx,
        principal=actor.principal,
        action="namespace.delete",
        target=f"namespaces/{namespace.name}",
    )
    return is_empty


async def _delete_repositories(tx: Tx, actor: NamespaceOwner, reserved_seconds: int) -> None:
    await deletions.close_namespace(tx, namespace_id=actor.namespace.id)
    paths = await deletions.close_repositories(tx, namespace_id=actor.namespace.id)
    await deletions.insert_deletions(tx, kind="repository", names=paths, principal=actor.principal)
    await reservations.reserve_all(tx, kind="repository", names=paths, seconds=reserved_seconds)


async def _get(tx: Tx, name: str) -> Namespace:
    namespace = await queries.find_namespace(tx, name=name)
    if namespace is None:
        raise NotFound(f"There is no namespace {name!r}")
    return namespace
