"""``/api/v1/events/status``, for administrators."""

from fastapi import APIRouter

from libs.common.db.engine import Tx
from libs.common.web.authentication import Administrator
from libs.common.web.errors import DatabaseUnavailable, Forbidden, Unauthenticated
from libs.common.web.problems import responses
from services.events.status import queries
from services.events.status.schemas import StatusOut

router = APIRouter(prefix="/api/v1/events", tags=["events"])


@router.get("/status", responses=responses(Unauthenticated, Forbidden, DatabaseUnavailable))
async def get_events_status(tx: Tx, _: Administrator) -> StatusOut:
    """Report the state of the event pipeline."""
    return StatusOut.model_validate(await queries.get_status(tx))
