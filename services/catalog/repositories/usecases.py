"""What is done with repositories."""

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.registry.names import MAX_REPOSITORY_PATH, split_repository
from libs.common.security.principals import Principal
from libs.common.web.errors import Invalid, NotFound
from services.catalog.accounts import queries as accounts
from services.catalog.accounts.dependencies import Lister
from services.catalog.audit.usecases import record
from services.catalog.deletion.repositories import queries as deletions
from services.catalog.namespaces import queries as namespaces
from services.catalog.namespaces.dependencies import get_namespace_owner
from services.catalog.namespaces.domain import NamespaceDeleting
from services.catalog.repositories import queries
from services.catalog.repositories.dependencies import RepositoryOwner
from services.catalog.repositories.domain import Order, Repository, RepositoryTaken, View
from services.catalog.reserved_names import usecases as reservations


async def list_repositories(
    *,
    tx: Tx,
    lister: Lister,
    view: View,
    namespace: str | None,
    q: str | None,
    order: Order,
    page: PageRequest,
) -> Page[Repository]:
    """The account's own repositories, those that others share with it, or all public ones.

    When an administrator names an account: that one's, those that others share with that one, or its public ones.
    """
    named = await _named_account(tx, lister)
    if lister.account is not None and named is None:
        return Page((), None)
    viewer_id = lister.principal.account_id
    if view == "shared":
        viewer_id, named = named or viewer_id, None
    return await queries.list_repositories(
        tx,
        view=view,
        viewer_id=viewer_id,
        account_id=named if view == "own" or lister.principal.is_admin else None,
        namespace=namespace,
        q=q,
        order=order,
        page=page,
    )


async def _named_account(tx: Tx, lister: Lister) -> int | None:
    """The id of the account that the list is of; None: of all, or there is none of that name."""
    if lister.account is None or lister.account == lister.principal.username:
        return lister.principal.account_id if lister.account else None
    found = await accounts.find_account(tx, username=lister.account)
    return found.id if found else None


async def create_repository(
    *, tx: Tx, principal: Principal, namespace: str, name: str, description: str
) -> Repository:
    """Make an empty repository in a namespace of the account that is signed in.

    Raises NotFound (no such namespace of that account), Invalid (the whole path is too long), RepositoryTaken, NameReserved,
    NamespaceDeleting.
    """
    owner = await get_namespace_owner(tx, principal, namespace)
    if owner.namespace.deleting:
        raise NamespaceDeleting(f"The namespace {namespace!r} is being deleted")
    path = f"{namespace}/{name}"
    if split_repository(path) is None:
        raise Invalid(
            "name",
            f"must have at most {MAX_REPOSITORY_PATH} characters together with the namespace",
        )
    if not await namespaces.lock_namespace(tx, namespace_id=owner.namespace.id):
        raise NotFound(f"There is no namespace {namespace!r}")
    if not await queries.insert_repository(
        tx, namespace_id=owner.namespace.id, name=name, description=description
    ):
        raise RepositoryTaken(f"There is a repository {path!r}")
    await reservations.refuse_reserved(tx, kind="repository", name=path)
    await record(
        tx=tx, principal=principal, action="repository.create", target=f"repositories/{path}"
    )
    return await _get(tx, namespace, name)


async def change_repository(
    *, tx: Tx, actor: RepositoryOwner, description: str | None
) -> Repository:
    """Change its description, unless None. Raises NotFound."""
    repository = actor.repository
    if description is None:
        return repository
    if not await queries.update_description(
        tx, repository_id=repository.id, description=description
    ):
        raise NotFound(f"There is no repository {repository.path!r}")
    await record(
        tx=tx,
        principal=actor.principal,
        action="repository.change",
        target=f"repositories/{repository.path}",
    )
    return await _get(tx, repository.namespace, repository.name)


async def delete_repository(*, tx: Tx, actor: RepositoryOwner, reserved_seconds: int) -> Repository:
    """Delete it with all its images, which goes on by itself: the answer is what is left so far. Its name stays taken for
    ``reserved_seconds``, and until all is gone. A second call changes nothing. Raises NotFound.
    """
    repository = actor.repository
    if await deletions.close_repository(tx, repository_id=repository.id):
        await deletions.insert_deletion(
            tx, kind="repository", name=repository.path, principal=actor.principal
        )
        await reservations.reserve(
            tx, kind="repository", name=repository.path, seconds=reserved_seconds
        )
        await record(
            tx=tx,
            principal=actor.principal,
            action="repository.delete",
            target=f"repositories/{repository.path}",
        )
    return await _get(tx, repository.namespace, repository.name)


async def _get(tx: Tx, namespace: str, name: str) -> Repository:
    repository = await queries.find_repository(tx, namespace=namespace, name=name)
    if repository is None:
        raise NotFound(f"There is no repository '{namespace}/{name}'")
    return repository
