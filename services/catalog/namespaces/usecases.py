"""Create, list, and change namespaces."""

from dataclasses import fields

from libs.common.db.changes import created
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.security.principals import Principal
from libs.common.web.account_filter import AccountFilter
from libs.common.web.errors import LimitReached
from services.catalog.accounts import queries as accounts
from services.catalog.accounts.domain import AccountLimits
from services.catalog.audit.usecases import record
from services.catalog.namespaces import queries
from services.catalog.namespaces.domain import (
    Namespace,
    NamespaceDetail,
    NamespaceNotFound,
    NamespaceOwner,
    NamespaceTaken,
    Visibility,
)
from services.catalog.quotas.sums import StorageSums
from services.catalog.reserved_names import usecases as reserved_names


async def get_namespace_owner(*, tx: Tx, principal: Principal, name: str) -> NamespaceOwner:
    """Return ``principal`` with the namespace that it can change. Raises NamespaceNotFound."""
    return NamespaceOwner(principal, await queries.get_namespace(tx, name=name))


async def get_detail(*, tx: Tx, sums: StorageSums, namespace: Namespace) -> NamespaceDetail:
    """Return the namespace with its use of the storage."""
    used = await sums.of_namespace(tx, namespace_id=namespace.id)
    values = {field.name: getattr(namespace, field.name) for field in fields(namespace)}
    return NamespaceDetail(**values, storage_used_bytes=used)


async def list_namespaces(
    *, tx: Tx, by_account: AccountFilter, q: str | None, page: PageRequest
) -> Page[Namespace]:
    """Return a page of the account's namespaces by name."""
    return await queries.list_namespaces(tx, account=by_account.account, q=q, page=page)


async def check_namespace_limit(
    *, tx: Tx, account_id: int, name: str, limits: AccountLimits
) -> None:
    """Check that the account can have the namespace, too, and lock the account until ``tx`` ends.

    Namespaces in the trash count: they reserve their names.

    Raises:
        LimitReached: the account has as many namespaces as it can have.
    """
    await accounts.lock_account(tx, account_id=account_id)
    count = await queries.count_namespaces(tx, account_id=account_id, besides=name)
    if count >= limits.namespaces:
        raise LimitReached(
            "The account", "namespaces", limit=limits.namespaces, setting="CATALOG_MAX_NAMESPACES"
        )


async def create_namespace(
    *,
    tx: Tx,
    principal: Principal,
    name: str,
    visibility: Visibility,
    description: str,
    limits: AccountLimits,
) -> Namespace:
    """Create a namespace of the principal's account.

    Raises:
        LimitReached: the account has as many namespaces as it can have.
        NamespaceTaken: the name is taken.
        NameReserved: a namespace of that name was deleted a short time ago, or is in the trash
            of another account.
    """
    await check_namespace_limit(tx=tx, account_id=principal.account_id, name=name, limits=limits)
    is_new = await queries.insert_namespace(
        tx,
        account_id=principal.account_id,
        name=name,
        visibility=visibility,
        description=description,
    )
    if not is_new:
        raise NamespaceTaken(name)
    await reserved_names.check_available(
        tx=tx, kind="namespace", name=name, account_id=principal.account_id
    )
    await record(
        tx=tx,
        principal=principal,
        action="namespace.create",
        target=f"namespaces/{name}",
        owner_id=principal.account_id,
        changes=created(visibility=visibility, description=description),
    )
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
        NamespaceNotFound: a concurrent request deleted the namespace.
    """
    namespace = actor.namespace
    if visibility is None and description is None:
        return namespace
    changes = await queries.update_namespace(
        tx, namespace_id=namespace.id, visibility=visibility, description=description
    )
    if changes is None:
        raise NamespaceNotFound(namespace.name)
    if changes:
        await record(
            tx=tx,
            principal=actor.principal,
            action="namespace.change",
            target=f"namespaces/{namespace.name}",
            owner_id=namespace.account_id,
            changes=changes,
        )
    return await queries.get_namespace(tx, name=namespace.name)
