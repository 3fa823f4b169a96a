"""Create, list, and change repositories."""

from dataclasses import fields

from libs.common.db.changes import created
from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest
from libs.common.registry.names import MAX_REPOSITORY_PATH, split_repository
from libs.common.security.principals import Principal
from libs.common.web.account_filter import AccountFilter
from libs.common.web.errors import Invalid, LimitReached
from services.catalog.accounts import queries as accounts
from services.catalog.accounts.domain import AccountLimits
from services.catalog.audit.usecases import record
from services.catalog.namespaces import queries as namespaces
from services.catalog.namespaces.domain import NamespaceDeleting, NamespaceNotFound
from services.catalog.namespaces.usecases import get_namespace_owner
from services.catalog.quotas.sums import StorageSums
from services.catalog.repositories import queries
from services.catalog.repositories.domain import (
    Order,
    Repository,
    RepositoryDetail,
    RepositoryNotFound,
    RepositoryOwner,
    RepositoryReader,
    RepositoryTaken,
    View,
    owner_to_list,
)
from services.catalog.reserved_names import usecases as reserved_names


async def get_repository_reader(
    *, tx: Tx, principal: Principal, namespace: str, name: str
) -> RepositoryReader:
    """Return ``principal`` with the repository that it can read. Raises RepositoryNotFound."""
    repository = await queries.get_repository(tx, namespace=namespace, name=name)
    is_shared = repository.needs_share(principal) and await namespaces.is_shared_with(
        tx, namespace_id=repository.namespace_id, account_id=principal.account_id
    )
    return RepositoryReader(principal, repository, is_shared)


async def get_repository_owner(
    *, tx: Tx, principal: Principal, namespace: str, name: str
) -> RepositoryOwner:
    """Return ``principal`` with the repository that it can change. Raises RepositoryNotFound."""
    repository = await queries.get_repository(tx, namespace=namespace, name=name)
    return RepositoryOwner(principal, repository)


async def get_detail(*, tx: Tx, sums: StorageSums, repository: Repository) -> RepositoryDetail:
    """Return the repository with its use of the storage."""
    used = await sums.of_repository(tx, repository_id=repository.id)
    values = {field.name: getattr(repository, field.name) for field in fields(repository)}
    return RepositoryDetail(**values, storage_used_bytes=used)


async def list_repositories(
    *,
    tx: Tx,
    by_account: AccountFilter,
    view: View,
    namespace: str | None,
    q: str | None,
    order: Order,
    page: PageRequest,
) -> Page[Repository]:
    """Return a page of repositories: own, shared with the account by grants, or all public ones.

    If an administrator names an account, the page holds that account's own repositories, those
    shared with it, or its public ones.
    """
    principal = by_account.principal
    account_id = await _find_account_id(tx, by_account)
    if by_account.account is not None and account_id is None:
        return Page((), None)
    return await queries.list_repositories(
        tx,
        view=view,
        viewer_id=account_id or principal.account_id,
        account_id=owner_to_list(view, principal=principal, account_id=account_id),
        namespace=namespace,
        q=q,
        order=order,
        page=page,
    )


async def _find_account_id(tx: Tx, by_account: AccountFilter) -> int | None:
    """Return the id of the account to filter by; None without a filter, or if it does not exist."""
    if by_account.account is None:
        return None
    if by_account.account == by_account.principal.username:
        return by_account.principal.account_id
    account = await accounts.find_account(tx, username=by_account.account)
    return account.id if account else None


async def check_repository_limit(
    *, tx: Tx, account_id: int, limits: AccountLimits, added: int = 1
) -> None:
    """Check that the account can have ``added`` repositories more, and lock it until ``tx`` ends.

    Call this before a repository is inserted, and before other rows are locked: the order of locks
    is account, namespace, repository.

    Raises:
        LimitReached: the account has as many repositories as it can have.
    """
    await accounts.lock_account(tx, account_id=account_id)
    count = await queries.count_repositories(tx, account_id=account_id)
    if count + added > limits.repositories:
        raise LimitReached(
            "The account",
            "repositories",
            limit=limits.repositories,
            setting="CATALOG_MAX_REPOSITORIES",
        )


async def create_repository(
    *,
    tx: Tx,
    principal: Principal,
    namespace: str,
    name: str,
    description: str,
    limits: AccountLimits,
) -> Repository:
    """Create an empty repository in a namespace that the principal can change.

    Raises:
        NamespaceNotFound: there is no such namespace.
        NamespaceDeleting: the namespace is being deleted.
        Invalid: the path ``namespace/name`` is too long.
        LimitReached: the account has as many repositories as it can have.
        RepositoryTaken: the repository exists.
        NameReserved: a repository of that path was deleted a short time ago.
    """
    owner = await get_namespace_owner(tx=tx, principal=principal, name=namespace)
    if owner.namespace.deleting:
        raise NamespaceDeleting(namespace)
    path = f"{namespace}/{name}"
    if split_repository(path) is None:
        raise Invalid(
            "name",
            f"must have at most {MAX_REPOSITORY_PATH} characters together with the namespace",
        )
    await check_repository_limit(tx=tx, account_id=owner.namespace.account_id, limits=limits)
    if not await namespaces.lock_namespace(tx, namespace_id=owner.namespace.id):
        raise NamespaceNotFound(namespace)
    is_new = await queries.insert_repository(
        tx, namespace_id=owner.namespace.id, name=name, description=description
    )
    if not is_new:
        raise RepositoryTaken(path)
    await reserved_names.check_available(tx=tx, kind="repository", name=path)
    await record(
        tx=tx,
        principal=principal,
        action="repository.create",
        target=f"repositories/{path}",
        owner_id=owner.namespace.account_id,
        changes=created(description=description),
    )
    return await queries.get_repository(tx, namespace=namespace, name=name)


async def change_repository(
    *, tx: Tx, actor: RepositoryOwner, description: str | None
) -> Repository:
    """Change the description unless it is None.

    Raises:
        RepositoryNotFound: the repository was deleted meanwhile.
    """
    repository = actor.repository
    if description is None:
        return repository
    changes = await queries.update_description(
        tx, repository_id=repository.id, description=description
    )
    if changes is None:
        raise RepositoryNotFound(repository.path)
    if changes:
        await record(
            tx=tx,
            principal=actor.principal,
            action="repository.change",
            target=f"repositories/{repository.path}",
            owner_id=repository.account_id,
            changes=changes,
        )
    return await queries.get_repository(tx, namespace=repository.namespace, name=repository.name)
