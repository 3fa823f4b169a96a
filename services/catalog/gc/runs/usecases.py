"""Show the storage, and start and stop runs of garbage collection."""

from libs.common.db.changes import created
from libs.common.db.engine import Tx
from libs.common.security.principals import Principal
from libs.common.web.errors import NotFound
from services.catalog.audit.usecases import record
from services.catalog.gc.holds.queries import list_holds
from services.catalog.gc.runs import queries
from services.catalog.gc.runs.domain import (
    Blobs,
    Run,
    RunInProgress,
    Schedule,
    Storage,
    live_blobs,
    next_start,
)


async def get_storage(*, tx: Tx, schedule: Schedule) -> Storage:
    """Return the blobs of the storage by state, and the last, the running, and the next run."""
    waiting = await queries.sum_waiting(tx, grace=schedule.grace)
    counted = await queries.find_last_count(tx)
    current, last = await queries.find_open_run(tx), await queries.find_last_run(tx)
    next_run_at = None
    if current is None:
        next_run_at = next_start(
            last=last,
            installed_at=await queries.find_installed_at(tx),
            every=schedule.every,
            due_at=waiting.due_at,
        )
    return Storage(
        live=None if counted is None else live_blobs(counted, waiting, schedule=schedule),
        doomed=Blobs(waiting.doomed, waiting.doomed_bytes),
        deleting=Blobs(waiting.deleting, waiting.deleting_bytes),
        counted_at=None if counted is None else counted.begun_at,
        due_at=waiting.due_at,
        next_run_at=next_run_at,
        current_run=current,
        last_run=last,
        holds=await list_holds(tx),
    )


async def get_run(*, tx: Tx, id: int) -> Run:
    """Return a run. Raises NotFound."""
    run = await queries.find_run(tx, id=id)
    if run is None:
        raise NotFound(f"There is no garbage collection {id}.")
    return run


async def start_run(*, tx: Tx, administrator: Principal, is_dry: bool) -> Run:
    """Request a run, which begins at once. Raises RunInProgress."""
    id = await queries.request_run(tx, is_dry=is_dry)
    if id is None:
        raise RunInProgress
    await record(
        tx=tx,
        principal=administrator,
        action="garbage_collection.create",
        target=f"storage/runs/{id}",
        changes=created(is_dry=is_dry),
    )
    return await get_run(tx=tx, id=id)


async def stop_run(*, tx: Tx, administrator: Principal) -> Run:
    """Ask the open run to end.

    Raises:
        NotFound: no run is open.
    """
    id = await queries.request_stop(tx)
    if id is None:
        raise NotFound("No garbage collection is running.")
    await record(
        tx=tx,
        principal=administrator,
        action="garbage_collection.stop",
        target=f"storage/runs/{id}",
    )
    return await get_run(tx=tx, id=id)
