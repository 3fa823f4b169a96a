"""``/repositories``."""

from fastapi import APIRouter, Request, Response, status

from libs.common.db.engine import Tx
from libs.common.web.account_filter import ByAccount
from libs.common.web.authentication import Authenticated
from libs.common.web.errors import Forbidden, Invalid, LimitReached, NotFound, Unauthenticated
from libs.common.web.fields import Filter, Search
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.accounts.dependencies import Limits
from services.catalog.namespaces.domain import NamespaceDeleting
from services.catalog.quotas.sums import Sums
from services.catalog.repositories import usecases
from services.catalog.repositories.dependencies import OwnedRepository, ReadableRepository
from services.catalog.repositories.domain import Order, RepositoryTaken, View
from services.catalog.repositories.schemas import (
    RepositoryChange,
    RepositoryCreate,
    RepositoryDetailOut,
    RepositoryOut,
)
from services.catalog.reserved_names.domain import NameReserved

router = APIRouter(prefix="/repositories", tags=["repositories"])


@router.get("", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_repositories(
    tx: Tx,
    by_account: ByAccount,
    page: Paging,
    request: Request,
    response: Response,
    view: View = "own",
    namespace: Filter = None,
    q: Search = None,
    sort: Order = "name",
) -> PageOut[RepositoryOut]:
    """List the account's own repositories, those shared with it by grants, or all public ones.

    The shared ones are those that other accounts granted to its Docker users, without the grants
    that the account has hidden.
    """
    repositories = await usecases.list_repositories(
        tx=tx, by_account=by_account, view=view, namespace=namespace, q=q, order=sort, page=page
    )
    return page_of(repositories, RepositoryOut.model_validate, request, response)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=responses(
        Unauthenticated,
        NotFound,
        RepositoryTaken,
        NamespaceDeleting,
        NameReserved,
        LimitReached,
        Invalid,
    ),
)
async def create_repository(
    tx: Tx,
    sums: Sums,
    principal: Authenticated,
    limits: Limits,
    body: RepositoryCreate,
    response: Response,
) -> RepositoryDetailOut:
    """Create an empty repository."""
    repository = await usecases.create_repository(
        tx=tx,
        principal=principal,
        namespace=body.namespace,
        name=body.name,
        description=body.description,
        limits=limits,
    )
    response.headers["Location"] = f"/api/v1/repositories/{repository.path}"
    detail = await usecases.get_detail(tx=tx, sums=sums, repository=repository)
    return RepositoryDetailOut.model_validate(detail)


@router.get("/{namespace}/{repository:path}", responses=responses(Unauthenticated, NotFound))
async def get_repository(tx: Tx, sums: Sums, actor: ReadableRepository) -> RepositoryDetailOut:
    """Return one repository: the account's own, a public one, or one shared with it by a grant."""
    return RepositoryDetailOut.model_validate(
        await usecases.get_detail(tx=tx, sums=sums, repository=actor.repository)
    )


@router.patch(
    "/{namespace}/{repository:path}", responses=responses(Unauthenticated, NotFound, Invalid)
)
async def change_repository(
    tx: Tx, sums: Sums, actor: OwnedRepository, body: RepositoryChange
) -> RepositoryDetailOut:
    """Change a repository's description."""
    repository = await usecases.change_repository(tx=tx, actor=actor, description=body.description)
    detail = await usecases.get_detail(tx=tx, sums=sums, repository=repository)
    return RepositoryDetailOut.model_validate(detail)
