"""``/namespaces``."""

from fastapi import APIRouter, Request, Response, status

from libs.common.db.engine import Tx
from libs.common.web.account_filter import ByAccount
from libs.common.web.authentication import Authenticated
from libs.common.web.errors import Forbidden, Invalid, LimitReached, NotFound, Unauthenticated
from libs.common.web.fields import Search
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.accounts.dependencies import Limits
from services.catalog.namespaces import usecases
from services.catalog.namespaces.dependencies import OwnedNamespace
from services.catalog.namespaces.domain import NamespaceTaken
from services.catalog.namespaces.schemas import (
    NamespaceChange,
    NamespaceCreate,
    NamespaceDetailOut,
    NamespaceOut,
)
from services.catalog.quotas.sums import Sums
from services.catalog.reserved_names.domain import NameReserved

router = APIRouter(prefix="/namespaces", tags=["namespaces"])


@router.get("", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_namespaces(
    tx: Tx,
    by_account: ByAccount,
    page: Paging,
    request: Request,
    response: Response,
    q: Search = None,
) -> PageOut[NamespaceOut]:
    """List the account's namespaces by name."""
    namespaces = await usecases.list_namespaces(tx=tx, by_account=by_account, q=q, page=page)
    return page_of(namespaces, NamespaceOut.model_validate, request, response)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=responses(Unauthenticated, NamespaceTaken, NameReserved, LimitReached, Invalid),
)
async def create_namespace(
    tx: Tx,
    sums: Sums,
    principal: Authenticated,
    limits: Limits,
    body: NamespaceCreate,
    response: Response,
) -> NamespaceDetailOut:
    """Create a namespace."""
    namespace = await usecases.create_namespace(
        tx=tx,
        principal=principal,
        name=body.name,
        visibility=body.visibility,
        description=body.description,
        limits=limits,
    )
    response.headers["Location"] = f"/api/v1/namespaces/{namespace.name}"
    detail = await usecases.get_detail(tx=tx, sums=sums, namespace=namespace)
    return NamespaceDetailOut.model_validate(detail)


@router.get("/{namespace}", responses=responses(Unauthenticated, NotFound))
async def get_namespace(tx: Tx, sums: Sums, actor: OwnedNamespace) -> NamespaceDetailOut:
    """Return one namespace."""
    return NamespaceDetailOut.model_validate(
        await usecases.get_detail(tx=tx, sums=sums, namespace=actor.namespace)
    )


@router.patch("/{namespace}", responses=responses(Unauthenticated, NotFound, Invalid))
async def change_namespace(
    tx: Tx, sums: Sums, actor: OwnedNamespace, body: NamespaceChange
) -> NamespaceDetailOut:
    """Change a namespace's visibility or description.

    A new visibility applies to every token issued from then on.
    """
    namespace = await usecases.change_namespace(
        tx=tx, actor=actor, visibility=body.visibility, description=body.description
    )
    detail = await usecases.get_detail(tx=tx, sums=sums, namespace=namespace)
    return NamespaceDetailOut.model_validate(detail)
