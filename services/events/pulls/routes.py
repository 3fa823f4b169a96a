"""``/api/v1/pulls``."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AfterValidator, AwareDatetime

from libs.common.db.engine import Tx
from libs.common.web.authentication import Authenticated
from libs.common.web.errors import (
    DatabaseUnavailable,
    Forbidden,
    Invalid,
    NotFound,
    Unauthenticated,
)
from libs.common.web.problems import responses
from services.events.pulls import usecases
from services.events.pulls.domain import Interval, Wanted
from services.events.pulls.schemas import PullsOut

router = APIRouter(prefix="/api/v1/pulls", tags=["pulls"])

_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"


def _plausible(value: datetime) -> datetime:
    if not _EARLIEST <= value <= _LATEST:
        raise ValueError("must be between 1970 and 2200")
    return value


Time = Annotated[
    AwareDatetime | None,
    AfterValidator(lambda value: value if value is None else _plausible(value)),
]


@router.get(
    "", responses=responses(Unauthenticated, Forbidden, NotFound, Invalid, DatabaseUnavailable)
)
async def list_pulls(
    tx: Tx,
    principal: Authenticated,
    repository: Annotated[
        str | None,
        Query(max_length=255, description="`namespace/name`; without it all of the account's"),
    ] = None,
    tag: Annotated[
        str | None,
        Query(max_length=128, pattern=_NO_CONTROLS, description="empty: pulls by digest alone"),
    ] = None,
    docker_user: Annotated[
        str | None,
        Query(max_length=255, pattern=_NO_CONTROLS, description="empty: nobody was signed in"),
    ] = None,
    from_: Annotated[
        Time,
        Query(
            alias="from",
            description="RFC 3339 with a zone; the hour that it falls into is the first",
        ),
    ] = None,
    to: Annotated[
        Time, Query(description="RFC 3339 with a zone; hours that begin before it")
    ] = None,
    interval: Annotated[Interval, Query(description="hours or days, UTC")] = "hour",
) -> PullsOut:
    """How often images were pulled and checked over time."""
    wanted = Wanted(tag=tag, docker_user=docker_user, start=from_, end=to, interval=interval)
    return PullsOut.of(
        await usecases.list_pulls(tx=tx, principal=principal, repository=repository, wanted=wanted)
    )
