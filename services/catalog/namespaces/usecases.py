"""Create, list, change, and delete namespaces."""

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.principals import Principal
from libs.common.web.account_filter import AccountFilter
from services.catalog.audit.usecases import record
from services.catalog.deletion.repositories import queries as deletions
from services.catalog.namespaces import queries
from services.catalog.namespaces.domain import (
    Namespace,
    NamespaceNotEmpty,
    NamespaceNotFound,
    NamespaceOwner,
    NamespaceTaken,
    Visibility,
)
from services.catalog.reserved_names import usecases as reserved_names


async def get_namespace_owner(*, tx: Tx, principal: Principal, name: str) -> NamespaceOwner:
    """Return ``principal`` with the namespace that it can change. Raises NamespaceNotFound."""
    return NamespaceOwner(principal, await queries.get_namespace(tx, name=name))


async def list_namespaces(
    *, tx: Tx, by_account: AccountFilter, q: str | None, page: PageRequest
) -> Page[Namespace]:
    """Return a page of the account's namespaces by name."""
    return await queries.list_namespaces(tx, account=by_account.account, q=q, page=page)


async def create_namespace(
    *,
    tx: Tx,
    principal: Principal,
    name: str,
    visibility: Visibility,
    description: str,
) -> Namespace:
    """Create a namespace of the principal's account. Raises NamespaceTaken, NameReserved."""
    created = await queries.insert_namespace(
        tx,
        account_id=principal.account_id,
        name=name,
        visibility=visibility,
        description=description,
    )
    if not created:
        raise NamespaceTaken(name)
    await reserved_names.check_available(tx=tx, kind="namespace", name=name)
    await record(tx=tx, principal=principal, action="namespace.create", target=f"namespaces/{name}")
    return await queries.get_namespace(tx, name=name)


async def change_namespace(
    *,
    tx: Tx,
    actor: NamespaceOwner,
    visibility: Visibility | None,
    description: str | None,
) -> Namespace:
    """Change the values that are not None.

    Raises:
        NamespaceNotFound: the namespace was deleted meanwhile.
    """
    namespace = actor.namespace
    if visibility is None and description is None:
        return namespace
    changed = await queries.update_namespace(
        tx, namespace_id=namespace.id, visibility=visibility, description=description
    )
    if not changed:
        raise NamespaceNotFound(namespace.name)
    await record(
        tx=tx,
        principal=actor.principal,
        action="namespace.change",
        target=f"namespaces/{namespace.name}",
    )
    return await queries.get_namespace(tx, name=namespace.name)


async def delete_namespace(
    *, tx: Tx, actor: NamespaceOwner, reserved_seconds: int, cascade: bool
) -> bool:
    """Delete a namespace and its grants, and reserve its name for ``reserved_seconds``.

    If it has repositories, ``cascade`` deletes them in the background. The last one deletes the
    namespace, and the name stays reserved until then.

    Returns:
        Whether the namespace is already gone.

    Raises:
        NamespaceNotFound: the namespace was deleted meanwhile.
        NamespaceNotEmpty: it has repositories, and ``cascade`` is false.
    """
    namespace = actor.namespace
    if namespace.deleting:
        return False
    if not await queries.lock_namespace(tx, namespace_id=namespace.id, to_delete=True):
        await queries.get_namespace(tx, name=namespace.name)
        return False  # a concurrent request deletes it
    is_empty = not await queries.has_repositories(tx, namespace_id=namespace.id)
    if not is_empty and not cascade:
        raise NamespaceNotEmpty(
            f"The namespace {namespace.name!r} has repositories. Delete them first, or add "
            "`?cascade=true` to delete them with the namespace."
        )
    await deletions.insert_deletion(
        tx, kind="namespace", name=namespace.name, principal=actor.principal, removed=is_empty
    )
    await reserved_names.reserve(
        tx, kind="namespace", name=namespace.name, seconds=reserved_seconds
    )
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
    await reserved_names.reserve_all(tx, kind="repository", names=paths, seconds=reserved_seconds)
