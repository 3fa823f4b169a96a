"""Delete the children of indexes that were deleted long ago."""

from libs.common.db.engine import Engine
from services.catalog.deleted_indexes import queries
from services.catalog.deleted_indexes.domain import KEPT_AFTER_DELETION

CHANNEL = "moorage_deleted_indexes"
_ROWS_AT_ONCE = 2000
_INTERVAL_SECONDS = 600.0


async def delete_expired(*, engine: Engine) -> float:
    """Delete a batch of expired rows; return the seconds until the next call."""
    async with engine.begin() as tx:
        deleted = await queries.delete_expired(tx, age=KEPT_AFTER_DELETION, limit=_ROWS_AT_ONCE)
    return 0.0 if deleted == _ROWS_AT_ONCE else _INTERVAL_SECONDS
