"""`/audit`."""

from fastapi import APIRouter, Request, Response

from libs.common.db.engine import Tx
from libs.common.web.errors import Forbidden, Invalid, Unauthenticated
from libs.common.web.fields import Filter
from libs.common.web.pagination import Page, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.accounts.dependencies import Listing
from services.catalog.audit import usecases
from services.catalog.audit.schemas import AuditEntryOut

router = APIRouter(tags=["audit"])


@router.get("/audit", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_audit(
    tx: Tx,
    lister: Listing,
    page: Paging,
    request: Request,
    response: Response,
    action: Filter = None,
    target: Filter = None,
) -> Page[AuditEntryOut]:
    """What the account did, newest first. `action` is a whole action or its noun; `target` finds an object and what is below it."""
    found = await usecases.list_entries(
        tx=tx, account=lister.account, action=action, target=target, page=page
    )
    return page_of(found, AuditEntryOut.of, request, response)
