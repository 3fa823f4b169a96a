"""The endpoints for the supervisor and for monitoring: health, readiness, and metrics."""

from typing import Annotated

import sqlalchemy as sa
from fastapi import APIRouter, Depends
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from libs.common.db.engine import Engine, is_unreachable
from libs.common.web.provided import provided

SCHEMA_REVISION = "0036"
"""The oldest Alembic revision that this code works with: the newest one when it was written.

A contract test compares it with ``alembic/versions``. During an upgrade, the database has a newer
revision than the code of the previous version.
"""

router = APIRouter(include_in_schema=False)


class Readiness:
    """Whether this process can take requests.

    It becomes ready when the database answers with a usable schema for the first time, and stays
    ready until it drains. If it became unready whenever the database is away, an outage would take
    every replica out of service, and clients would get no answer instead of a 503.
    """

    def __init__(self) -> None:
        self._has_started = False
        self._is_draining = False

    def drain(self) -> None:
        """Refuse further requests: the process is about to stop."""
        self._is_draining = True

    async def find_obstacle(self, engine: Engine) -> str | None:
        """Return why this process is not ready, or None."""
        if self._is_draining:
            return "draining"
        if self._has_started:
            return None
        obstacle = await _find_obstacle_in_database(engine)
        self._has_started = obstacle is None
        return obstacle


async def _find_obstacle_in_database(engine: Engine) -> str | None:
    try:
        async with engine.connect() as connection:
            revision = (
                await connection.execute(sa.text("SELECT version_num FROM moorage.alembic_version"))
            ).scalar_one_or_none()
    except Exception as error:
        return "database unreachable" if is_unreachable(error) else "schema missing"
    if not revision or not revision.isdecimal() or int(revision) < int(SCHEMA_REVISION):
        return f"the schema is {revision}, older than this code"
    return None


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Report that the event loop responds."""
    return {"status": "up"}


@router.get("/readyz")
async def readyz(
    engine: Engine, readiness: Annotated[Readiness, Depends(provided(Readiness))]
) -> Response:
    """Report whether the process started once with a usable database, and does not drain."""
    obstacle = await readiness.find_obstacle(engine)
    if obstacle is None:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready", "reason": obstacle}, status_code=503)


@router.get("/metrics")
async def metrics() -> Response:
    """Return the metrics of this process in the Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
