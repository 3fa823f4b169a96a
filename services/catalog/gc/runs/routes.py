"""``/storage``, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, Response, status

from libs.common.db.engine import Tx
from libs.common.web.authentication import Administrator, ReadOnlyKey
from libs.common.web.errors import Forbidden, Invalid, NotFound, Unauthenticated
from libs.common.web.problems import responses
from services.catalog.gc.runs import usecases
from services.catalog.gc.runs.dependencies import GarbageSchedule
from services.catalog.gc.runs.domain import RunInProgress
from services.catalog.gc.runs.schemas import RunCreate, RunOut, StorageOut

router = APIRouter(tags=["storage"])

_MAX_ID = 2**63 - 1
_USUAL = RunCreate()


@router.get("/storage", responses=responses(Unauthenticated, Forbidden))
async def get_storage(tx: Tx, _: Administrator, schedule: GarbageSchedule) -> StorageOut:
    """Return the blobs of the registry by state, and the runs of garbage collection."""
    return StorageOut.model_validate(await usecases.get_storage(tx=tx, schedule=schedule))


@router.post(
    "/storage/runs",
    status_code=status.HTTP_201_CREATED,
    responses=responses(Unauthenticated, Forbidden, ReadOnlyKey, RunInProgress, Invalid),
)
async def create_garbage_collection(
    tx: Tx, administrator: Administrator, response: Response, body: RunCreate = _USUAL
) -> RunOut:
    """Start a garbage collection. It begins within seconds, and continues after the response."""
    run = await usecases.start_run(tx=tx, administrator=administrator, is_dry=body.is_dry)
    response.headers["Location"] = f"/api/v1/storage/runs/{run.id}"
    return RunOut.model_validate(run)


@router.get(
    "/storage/runs/{id}", responses=responses(Unauthenticated, Forbidden, NotFound, Invalid)
)
async def get_garbage_collection(
    tx: Tx, _: Administrator, id: Annotated[int, Path(ge=1, le=_MAX_ID)]
) -> RunOut:
    """Return one garbage collection with its progress, or with its report once it has ended."""
    return RunOut.model_validate(await usecases.get_run(tx=tx, id=id))


@router.delete(
    "/storage/runs/current",
    status_code=status.HTTP_202_ACCEPTED,
    responses=responses(Unauthenticated, Forbidden, ReadOnlyKey, NotFound),
)
async def delete_current_garbage_collection(tx: Tx, administrator: Administrator) -> RunOut:
    """Stop the garbage collection that is running.

    It ends after the step that it has begun, and leaves nothing half done. The next one continues.
    """
    return RunOut.model_validate(await usecases.stop_run(tx=tx, administrator=administrator))
