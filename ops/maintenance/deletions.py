"""`moorage deletions`: decides about deletions from before a restore of the database.

After the backup the name may have got another owner, whose images are in the registry. So such a
deletion is suspended until the operator resumes or drops it.
"""

import json
from collections.abc import Sequence

import typer

from libs.common.db.engine import create_engine, is_unreachable
from ops.errors import OpsError
from ops.layout import Layout
from ops.maintenance.catalog_settings import catalog_settings
from ops.maintenance.counted import counted
from services.catalog.deletion.repositories import queries, steps
from services.catalog.deletion.repositories.domain import Deletion


async def decide(
    layout: Layout, *, resume: Sequence[str], drop: Sequence[str], is_json: bool = False
) -> None:
    """Resume and drop suspended deletions by name, and print those that are left.

    The name of a namespace includes its repositories. All changes are one transaction. With
    `is_json`, print one JSON object.

    Raises:
        OpsError: No suspended deletion has such a name, or the database cannot be reached.
    """
    engine = create_engine(
        catalog_settings(layout).database_url.get_secret_value(),
        application_name="moorage deletions",
    )
    try:
        async with engine.begin() as tx:
            suspended = await queries.list_suspended(tx)
            for name in resume:
                for deletion in _select(suspended, name):
                    await queries.resume(tx, id=deletion.id)
            for name in drop:
                for deletion in _select(suspended, name):
                    await steps.drop(tx=tx, deletion=deletion)
            left = await queries.list_suspended(tx)
    except Exception as error:
        if is_unreachable(error):
            raise OpsError("the database cannot be reached; is Moorage running?") from None
        raise
    finally:
        await engine.dispose()
    (_print_json if is_json else _print)(left)


def _select(suspended: Sequence[Deletion], name: str) -> list[Deletion]:
    """Return the deletions of ``name``, and of its repositories if it is a namespace."""
    found = [
        deletion
        for deletion in suspended
        if deletion.name == name or deletion.name.startswith(f"{name}/")
    ]
    if not found:
        raise OpsError(f"no deletion of {name} is suspended; nothing was changed")
    return found


def _print(suspended: Sequence[Deletion]) -> None:
    for deletion in suspended:
        state = "deleted, its name is still reserved" if deletion.removed else "to be deleted"
        typer.echo(f"{deletion.kind} {deletion.name}: {state}")
    if not suspended:
        typer.echo("No deletion is suspended.")
        return
    verb = "is" if len(suspended) == 1 else "are"
    typer.echo(
        f"{counted(len(suspended), 'deletion')} from before the restore {verb} suspended."
        " Resume or drop each with `moorage deletions`."
    )


def _print_json(suspended: Sequence[Deletion]) -> None:
    found = [
        {
            "kind": deletion.kind,
            "name": deletion.name,
            "state": "reserved" if deletion.removed else "deleting",
        }
        for deletion in suspended
    ]
    typer.echo(json.dumps({"suspended": found}))
