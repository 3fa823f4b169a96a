"""`/namespaces`."""

from fastapi import APIRouter, Request, Response, status

from libs.common.db.engine import Tx
from libs.common.web.authentication import Authenticated
from libs.common.web.errors import (
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
)
from libs.common.web.fields import Search
from libs.common.web.pagination import Page, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.accounts.dependencies import Listing
from services.catalog.namespaces import usecases
from services.catalog.namespaces.dependencies import OwnedNamespace
from services.catalog.namespaces.domain import NamespaceNotEmpty, NamespaceTaken
from services.catalog.namespaces.schemas import NamespaceChange, NamespaceCreate, NamespaceOut
from services.catalog.reserved_names.usecases import NameReserved, ReservedSeconds

router = APIRouter(prefix="/namespaces", tags=["namespaces"])


@router.get("", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_namespaces(
    tx: Tx, lister: Listing, page: Paging, request: Request, response: Response, q: Search = None
) -> Page[NamespaceOut]:
    """The account's namespaces, by name."""
    return page_of(
        await usecases.list_namespaces(tx=tx, lister=lister, q=q, page=page),
        NamespaceOut.of,
        request,
        response,
    )


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    responses=responses(Unauthenticated, NamespaceTaken, NameReserved, Invalid),
)
async def create_namespace(
    tx: Tx, principal: Authenticated, body: NamespaceCreate, response: Response
) -> NamespaceOut:
    """Make a namespace."""
    namespace = await usecases.create_namespace(
        tx=tx,
        principal=principal,
        name=body.name,
        visibility=body.visibility,
        description=body.description,
    )
    response.headers["Location"] = f"/api/v1/namespaces/{namespace.name}"
    return NamespaceOut.of(namespace)


@router.get("/{namespace}", responses=responses(Unauthenticated, NotFound))
async def get_namespace(actor: OwnedNamespace) -> NamespaceOut:
    """One namespace."""
    return NamespaceOut.of(actor.namespace)


@router.patch("/{namespace}", responses=responses(Unauthenticated, NotFound, Invalid))
async def change_namespace(tx: Tx, actor: OwnedNamespace, body: NamespaceChange) -> NamespaceOut:
    """Change who may pull from it, or its description. A change of visibility holds for every token issued from then on."""
    return NamespaceOut.of(
        await usecases.change_namespace(
            tx=tx, actor=actor, visibility=body.visibility, description=body.description
        )
    )


@router.delete(
    "/{namespace}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=responses(Unauthenticated, NotFound, NamespaceNotEmpty, Invalid)
    | {
        202: {
            "description": "its repositories are being deleted, and then it goes by itself: a GET is a 404 when all is gone"
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
    """Delete a namespace with its grants; with `cascade`, its repositories first. Its name can be taken again once the tokens that name it
    have expired."""
    is_gone = await usecases.delete_namespace(
        tx=tx, actor=actor, reserved_seconds=reserved, cascade=cascade
    )
    response.status_code = status.HTTP_204_NO_CONTENT if is_gone else status.HTTP_202_ACCEPTED
