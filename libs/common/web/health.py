"""The endpoints for the supervisor and for monitoring: health, readiness, and metrics."""

import sqlalchemy as sa
from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from libs.common.db.engine import Engine, is_unreachable

SCHEMA_REVISION = "0016"
"""The newest Alembic revision. A contract test compares it with ``alembic/versions``."""

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """Report that the process is up."""
    return {"status": "up"}


@router.get("/readyz")
async def readyz(engine: Engine) -> Response:
    """Report whether the database answers and has the schema that this code requires."""
    try:
        async with engine.connect() as connection:
            revision = (
                await connection.execute(sa.text("SELECT version_num FROM moorage.alembic_version"))
            ).scalar_one_or_none()
    except Exception as error:
        reason = "database unreachable" if is_unreachable(error) else "schema missing"
        return JSONResponse({"status": "not ready", "reason": reason}, status_code=503)
    if revision != SCHEMA_REVISION:
        return JSONResponse(
            {"status": "not ready", "reason": f"schema is {revision}, not {SCHEMA_REVISION}"},
            status_code=503,
        )
    return JSONResponse({"status": "ready"})


@router.get("/metrics")
async def metrics() -> Response:
    """Return the metrics of this process in the Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
