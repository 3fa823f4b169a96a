"""``/healthz``: the process is up. ``/readyz``: its database answers and has the schema that this code was written for. ``/metrics``."""

import sqlalchemy as sa
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import JSONResponse, Response

from libs.common.db.engine import is_unreachable

SCHEMA_REVISION = "0010"
"""The newest alembic revision; a contract test compares it with ``alembic/versions``."""

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "up"}


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    try:
        async with request.app.state.engine.connect() as conn:
            revision = (
                await conn.execute(sa.text("SELECT version_num FROM moorage.alembic_version"))
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
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
