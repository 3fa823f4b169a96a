"""``/namespaces``."""

from fastapi import APIRouter, Request, Response, status

from libs.common.db.engine import Tx
from libs.common.web.account_filter import ByAccount
from libs.common.web.authentication import Authenticated
from libs.common.web.errors import Forbidden, Invalid, NotFound, Unauthenticated
from libs.common.web.fields import Search
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.namespaces import usecases
from services.catalog.namespaces.dependencies import OwnedNamespace
from services.catalog.namespaces.domain import NamespaceNotEmpty, NamespaceTaken
from services.catalog.namespaces.schemas import NamespaceChange, NamespaceCreate, NamespaceOut
from services.catalog.reserved_names.dependencies import ReservedSeconds
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
    responses=responses(Unauthenticated, NamespaceTaken, NameReserved, Invalid),
)
async def create_namespace(
    tx: Tx, principal: Authenticated, body: NamespaceCreate, response: Response
) -> NamespaceOut:
    """Create a namespace."""
    namespace = await usecases.create_namespace(
        tx=tx,
        principal=principal,
        name=body.name,
        visibility=body.visibility,
        description=body.description,
    )
    response.headers["Location"] = f"/api/v1/namespaces/{namespace.name}"
    return NamespaceOut.model_validate(namespace)


@router.get("/{namespace}", responses=responses(Unauthenticated, NotFound))
async def get_namespace(actor: OwnedNamespace) -> NamespaceOut:
    """Return one namespace."""
    return NamespaceOut.model_validate(actor.namespace)


@router.patch("/{namespace}", responses=responses(Unauthenticated, NotFound, Invalid))
async def change_namespace(tx: Tx, actor: OwnedNamespace, body: NamespaceChange) -> NamespaceOut:
    """Change a namespace's visibility or description.

    A new visibility applies to every token issued from then on.
    """
    namespace = await usecases.change_namespace(
        tx=tx, actor=actor, visibility=body.visibility, description=body.description
    )
    return NamespaceOut.model_validate(namespace)


@router.delete(
    "/{namespace}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(Unauthenticated, NotFound, NamespaceNotEmpty, Invalid)
    | {
        202: {
            "description": "The repositories are being deleted. The namespace disappears with "
            "the last one: GET then returns 404."
        }
    },
)
async def delete_namespace(
    tx: Tx,
    actor: OwnedNamespace,
    reserved: ReservedSeconds,
    response: Response,
    cascade: bool = False,
) -> None:
    """Delete a namespace and its grants.

    With `cascade`, its repositories are deleted first. The name can be taken again when all tokens
    that name the namespace have expired.
    """
    is_gone = await usecases.delete_namespace(
        tx=tx, actor=actor, reserved_seconds=reserved, cascade=cascade
    )
    response.status_code = status.HTTP_204_NO_CONTENT if is_gone else status.HTTP_202_ACCEPTED
