"""``/api/v1/namespaces/{namespace}/denials``."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from libs.common.db.engine import Tx
from libs.common.web.errors import Invalid, Unauthenticated
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.auth.access.domain import NoSuchNamespace
from services.auth.denials import usecases
from services.auth.denials.dependencies import ListedNamespace
from services.auth.denials.schemas import DenialOut

router = APIRouter(prefix="/api/v1/namespaces/{namespace}/denials", tags=["access"])


@router.get("", responses=responses(Unauthenticated, NoSuchNamespace, Invalid))
async def list_denials(
    tx: Tx, actor: ListedNamespace, page: Paging, request: Request, response: Response
) -> PageOut[DenialOut]:
    """List what was denied to Docker clients in the namespace in the last seven days, newest first.

    Equal denials are one item, with their number. A namespace lists at most 20 items per client and
    500 in all. A denial appears within a few seconds.
    """
    return page_of(
        await usecases.list_denials(tx=tx, actor=actor, page=page),
        DenialOut.model_validate,
        request,
        response,
    )
