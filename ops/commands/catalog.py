"""`moorage drift` and `deletions`: the work of the operator on the catalog and storage."""

import asyncio
import sys
from typing import Annotated

import typer

from ops.commands.errors import one_line_errors
from ops.commands.installation import current_layout


@one_line_errors
def drift(
    repair: Annotated[
        bool, typer.Option("--repair", help="repair the catalog, and push damaged tags again")
    ] = False,
) -> None:
    """Compare the catalog with the registry and list the differences.

    The exit status is 0 if no difference is left, and 1 otherwise.

    Example: moorage drift --repair
    """
    from ops.maintenance.drift import drift as compare_and_repair

    if not asyncio.run(compare_and_repair(current_layout(), repair=repair)):
        sys.exit(1)


@one_line_errors
def deletions(
    resume: Annotated[
        list[str] | None,
        typer.Option(
            help="repository or namespace to delete, with everything that it contains now"
        ),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(help="repository or namespace to keep, with everything that it contains now"),
    ] = None,
) -> None:
    """List suspended deletions, and resume or drop them.

    If the database is restored from a backup, deletions from before the restore are suspended,
    because the name can have another owner since. The name of a namespace includes its
    repositories.

    Example: moorage deletions --resume team/old --drop team/app
    """
    from ops.maintenance.deletions import decide

    asyncio.run(decide(current_layout(), resume=resume or [], drop=drop or []))
