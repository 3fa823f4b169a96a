"""``/audit``."""

from fastapi import APIRouter, Request, Response

from libs.common.db.engine import Tx
from libs.common.web.account_filter import ByAccount
from libs.common.web.errors import Forbidden, Invalid, Unauthenticated
from libs.common.web.fields import Filter
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.audit import usecases
from services.catalog.audit.schemas import AuditEntryOut

router = APIRouter(tags=["audit"])


@router.get("/audit", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_audit(
    tx: Tx,
    by_account: ByAccount,
    page: Paging,
    request: Request,
    response: Response,
    action: Filter = None,
    target: Filter = None,
) -> PageOut[AuditEntryOut]:
    """List the changes that the account made, newest first.

    `action` is a whole action or its noun. `target` matches an object and everything below it.
    """
    entries = await usecases.list_entries(
        tx=tx, by_account=by_account, action=action, target=target, page=page
    )
    return page_of(entries, AuditEntryOut.model_validate, request, response)
