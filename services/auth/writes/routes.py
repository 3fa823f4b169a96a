"""`/internal/writes`: what the gateway asks before each write to the registry. It is not reachable from outside."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.auth.writes.usecases import WriteGate

router = APIRouter(include_in_schema=False)


@router.get("/internal/writes")
async def may_write(request: Request) -> Response:
    """204: it may be sent on. 403 with Retry-After: not now; nginx takes no other refusal from a subrequest (auth_request)."""
    gate: WriteGate = request.app.state.write_gate
    headers = request.headers
    seconds = await gate.retry_after(
        method=headers.get("x-original-method", ""), uri=headers.get("x-original-uri", ""), authorization=headers.get("authorization")
    )
    if seconds is None:
        return Response(status_code=204)
    return Response(status_code=403, headers={"Retry-After": str(seconds)})
