"""``/audit``."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator, AwareDatetime

from libs.common.db.engine import Tx
from libs.common.web.account_filter import ByAccount
from libs.common.web.errors import Forbidden, Invalid, Unauthenticated
from libs.common.web.fields import Filter
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.catalog.audit import usecases
from services.catalog.audit.domain import EntryFilter
from services.catalog.audit.schemas import AuditEntryOut

router = APIRouter(tags=["audit"])

_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _plausible(value: datetime | None) -> datetime | None:
    if value is not None and not _EARLIEST <= value <= _LATEST:
        raise ValueError("must be between 1970 and 2200")
    return value


Time = Annotated[AwareDatetime | None, AfterValidator(_plausible)]


@router.get("/audit", responses=responses(Unauthenticated, Forbidden, Invalid))
async def list_audit(
    tx: Tx,
    by_account: ByAccount,
    page: Paging,
    request: Request,
    response: Response,
    action: Filter = None,
    target: Filter = None,
    from_: Annotated[
        Time,
        Query(
            alias="from",
            description="An RFC 3339 time with a zone. Entries at this time or later are listed.",
        ),
    ] = None,
    to: Annotated[
        Time, Query(description="An RFC 3339 time with a zone. Entries before it are listed.")
    ] = None,
) -> PageOut[AuditEntryOut]:
    """List what the account did, and what anyone did to its objects, newest first.

    The list has changes, pushes, and refused credentials. `action` is a whole action or its noun.
    `target` matches an object and everything below it.
    """
    entries = await usecases.list_entries(
        tx=tx,
        by_account=by_account,
        entry_filter=EntryFilter(action=action, target=target, start=from_, end=to),
        page=page,
    )
    return page_of(entries, AuditEntryOut.model_validate, request, response)
