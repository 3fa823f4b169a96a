"""``/api/v1/pulls``."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, AwareDatetime

from libs.common.db.engine import Tx
from libs.common.web.errors import (
    DatabaseUnavailable,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
)
from libs.common.web.problems import responses
from services.events.pulls import usecases
from services.events.pulls.dependencies import ReadablePulls
from services.events.pulls.domain import Interval, PullFilter
from services.events.pulls.schemas import PullsOut

router = APIRouter(prefix="/api/v1/pulls", tags=["pulls"])

_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_NO_CONTROL_CHARACTERS = r"^[^\x00-\x1f\x7f]*$"


def _plausible(value: datetime | None) -> datetime | None:
    if value is not None and not _EARLIEST <= value <= _LATEST:
        raise ValueError("must be between 1970 and 2200")
    return value


Time = Annotated[AwareDatetime | None, AfterValidator(_plausible)]


@router.get(
    "", responses=responses(Unauthenticated, Forbidden, NotFound, Invalid, DatabaseUnavailable)
)
async def list_pulls(
    tx: Tx,
    reader: ReadablePulls,
    tag: Annotated[
        str | None,
        Query(
            max_length=128,
            pattern=_NO_CONTROL_CHARACTERS,
            description="The tag. If it is empty, pulls by digest alone.",
        ),
    ] = None,
    docker_user: Annotated[
        str | None,
        Query(
            max_length=255,
            pattern=_NO_CONTROL_CHARACTERS,
            description="The Docker user. If it is empty, anonymous pulls.",
        ),
    ] = None,
    from_: Annotated[
        Time,
        Query(
            alias="from",
            description="An RFC 3339 time with a zone. The hour that it falls into is the first.",
        ),
    ] = None,
    to: Annotated[
        Time,
        Query(description="An RFC 3339 time with a zone. Hours that begin before it are included."),
    ] = None,
    interval: Annotated[Interval, Query(description="Points for hours or days, UTC.")] = "hour",
) -> PullsOut:
    """List how often images were pulled and checked over time."""
    pull_filter = PullFilter(
        tag=tag, docker_user=docker_user, start=from_, end=to, interval=interval
    )
    return PullsOut.model_validate(
        await usecases.list_pulls(tx=tx, reader=reader, pull_filter=pull_filter)
    )
