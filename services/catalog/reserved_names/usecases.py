"""Reserve the names of deleted objects, and refuse to create objects with them."""

from collections.abc import Sequence

from libs.common.db.engine import Tx
from services.catalog.reserved_names import queries
from services.catalog.reserved_names.domain import Kind

_ROWS_PER_STATEMENT = 1000


async def reserve(tx: Tx, *, kind: Kind, name: str, seconds: int) -> None:
    """Reserve ``name`` until ``seconds`` from now."""
    await reserve_all(tx, kind=kind, names=[name], seconds=seconds)


async def reserve_all(tx: Tx, *, kind: Kind, names: Sequence[str], seconds: int) -> None:
    """Reserve each of ``names`` until ``seconds`` from now."""
    for start in range(0, len(names), _ROWS_PER_STATEMENT):
        chunk = names[start : start + _ROWS_PER_STATEMENT]
        await queries.upsert_reserved_names(tx, kind=kind, names=chunk, seconds=seconds)


async def check_available(*, tx: Tx, kind: Kind, name: str, account_id: int | None = None) -> None:
    """Raise NameReserved if ``name`` is reserved or an object of that name is being deleted.

    The name of a namespace is also reserved while the trash of another account than ``account_id``
    has the namespace or one of its repositories.

    Call it after the insert of the new object. The insert waits for a concurrent deletion of the
    old object, and this check then sees the reservation that the deletion made.
    """
    status = await queries.get_name_status(tx, kind=kind, name=name, account_id=account_id)
    status.check_available(name)
