"""What is done with namespaces."""

from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.errors import NotFound
from libs.common.pages import PageRequest
from libs.common.principals import Principal
from libs.common.sorting import Found
from services.catalog import reservations
from services.catalog.actors import Lister, NamespaceOwner
from services.catalog.audit.usecases import record
from services.catalog.namespaces import queries
from services.catalog.namespaces.domain import Namespace, NamespaceNotEmpty, NamespaceTaken, Visibility


async def list_namespaces(*, tx: AsyncConnection, lister: Lister, q: str | None, page: PageRequest) -> Found[Namespace]:
    """The account's namespaces, by name."""
    return await queries.list_namespaces(tx, account=lister.account, q=q, page=page)


async def create_namespace(*, tx: AsyncConnection, principal: Principal, name: str, visibility: Visibility, description: str) -> Namespace:
    """Make a namespace of the account that is signed in. Raises NamespaceTaken, NameReserved."""
    made = await queries.insert_namespace(tx, account_id=principal.account_id, name=name, visibility=visibility, description=description)
    if not made:
        raise NamespaceTaken(f"There is a namespace {name!r}; names are unique in the whole registry")
    await reservations.refuse_reserved(tx, kind="namespace", name=name)
    await record(tx=tx, principal=principal, action="namespace.create", target=f"namespaces/{name}")
    return await _get(tx, name)


async def change_namespace(
    *, tx: AsyncConnection, actor: NamespaceOwner, visibility: Visibility | None, description: str | None
) -> Namespace:
    """Change what is not None. Raises NotFound."""
    namespace = actor.namespace
    if visibility is None and description is None:
        return namespace
    if not await queries.update_namespace(tx, namespace_id=namespace.id, visibility=visibility, description=description):
        raise NotFound(f"There is no namespace {namespace.name!r}")
    await record(tx=tx, principal=actor.principal, action="namespace.change", target=f"namespaces/{namespace.name}")
    return await _get(tx, namespace.name)


async def delete_namespace(*, tx: AsyncConnection, actor: NamespaceOwner, reserved_seconds: int) -> None:
    """Delete an empty namespace with its grants; its name stays taken for ``reserved_seconds``. Raises NotFound, NamespaceNotEmpty."""
    namespace = actor.namespace
    if not await queries.lock_namespace(tx, namespace_id=namespace.id, to_delete=True):
        raise NotFound(f"There is no namespace {namespace.name!r}")
    if await queries.has_repositories(tx, namespace_id=namespace.id):
        raise NamespaceNotEmpty(f"The namespace {namespace.name!r} has repositories: delete them first")
    await queries.delete_namespace(tx, namespace_id=namespace.id)
    await reservations.reserve(tx, kind="namespace", name=namespace.name, seconds=reserved_seconds)
    await record(tx=tx, principal=actor.principal, action="namespace.delete", target=f"namespaces/{namespace.name}")


async def _get(tx: AsyncConnection, name: str) -> Namespace:
    namespace = await queries.find_namespace(tx, name=name)
    if namespace is None:
        raise NotFound(f"There is no namespace {name!r}")
    return namespace
