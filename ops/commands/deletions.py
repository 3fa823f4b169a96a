"""`moorage deletions`: what was to be deleted when the backup was made from which the database was restored.

Its name may have had another owner since, whose images are in the registry. So nothing of it is done until the operator says so.
"""

from collections.abc import Sequence

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db.engine import create_engine, is_unreachable
from ops.commands.catalog_settings import catalog_settings
from ops.errors import OpsError
from ops.layout import Layout
from services.catalog.deletion.repositories import queries, steps
from services.catalog.deletion.repositories.domain import Deletion


async def decide(layout: Layout, *, resume: Sequence[str], keep: Sequence[str]) -> None:
    """Delete or keep what waits, by name, a namespace with its repositories; print what waits then.

    Raises OpsError when nothing of such a name waits, or the database cannot be reached: then nothing was changed.
    """
    engine = create_engine(
        catalog_settings(layout).database_url.get_secret_value(),
        application_name="moorage deletions",
    )
    try:
        async with engine.begin() as tx:
            held = await queries.list_suspended(tx)
            for name in resume:
                for deletion in _of(held, name):
                    await queries.resume(tx, id=deletion.id)
            for name in keep:
                await _keep(tx, _of(held, name))
            left = await queries.list_suspended(tx)
    except Exception as error:
        if is_unreachable(error):
            raise OpsError("the database cannot be reached; is Moorage running?") from None
        raise
    finally:
        await engine.dispose()
    _show(left)


async def _keep(tx: AsyncConnection, deletions: Sequence[Deletion]) -> None:
    for deletion in deletions:
        await steps.drop(tx=tx, deletion=deletion)


def _of(held: Sequence[Deletion], name: str) -> list[Deletion]:
    found = [
        deletion
        for deletion in held
        if deletion.name == name or deletion.name.startswith(f"{name}/")
    ]
    if not found:
        raise OpsError(f"no deletion of {name} waits; nothing was changed")
    return found


def _show(held: Sequence[Deletion]) -> None:
    for deletion in held:
        typer.echo(
            f"{deletion.kind} {deletion.name}: {'deleted, its name is not free yet' if deletion.removed else 'to be deleted'}"
        )
    typer.echo(
        f"{len(held)} deletions of before the database was restored wait."
        if held
        else "No deletion waits."
    )
