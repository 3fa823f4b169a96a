"""``/api/v1/events/dead-letters``, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from libs.common.db.engine import Tx
from libs.common.web.authentication import Administrator
from libs.common.web.errors import (
    DatabaseUnavailable,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
)
from libs.common.web.pagination import PageOut, Paging, page_of
from libs.common.web.problems import responses
from services.events.dead_letters import usecases
from services.events.dead_letters.domain import NotReplayable
from services.events.dead_letters.schemas import DeadLetterOut, ReplayOut

router = APIRouter(prefix="/api/v1/events/dead-letters", tags=["events"])


@router.get("", responses=responses(Unauthenticated, Forbidden, Invalid, DatabaseUnavailable))
async def list_dead_letters(
    tx: Tx, _: Administrator, page: Paging, request: Request, response: Response
) -> PageOut[DeadLetterOut]:
    """List the deliveries that cannot be interpreted, the newest first."""
    letters = await usecases.list_dead_letters(tx=tx, page=page)
    return page_of(letters, DeadLetterOut.model_validate, request, response)


@router.post(
    "/{id}/replay",
    responses=responses(
        Unauthenticated, Forbidden, NotFound, NotReplayable, Invalid, DatabaseUnavailable
    ),
)
async def replay_dead_letter(
    tx: Tx,
    actor: Administrator,
    dead_letter_id: Annotated[int, Path(alias="id", ge=1, le=2**63 - 1)],
) -> ReplayOut:
    """Replay a dead letter.

    If it can be interpreted by now, its events count as if they had been delivered in time.
    """
    events = await usecases.replay_dead_letter(tx=tx, actor=actor, dead_letter_id=dead_letter_id)
    return ReplayOut(events=events)
