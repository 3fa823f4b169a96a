"""`moorage storage`: the operator's work on the storage of the images."""

import asyncio
import sys
from typing import Annotated

import typer

from ops.commands.errors import one_line_errors
from ops.commands.installation import current_layout

app = typer.Typer(no_args_is_help=True, help="Check the storage of the images.")


@app.command()
@one_line_errors
def check(
    json: Annotated[bool, typer.Option("--json", help="print the result as a JSON object")] = False,
) -> None:
    """Check that Moorage can list, read, write, and delete in the storage of its settings.

    It writes a few small objects below the prefix, and deletes them again. It needs no running
    Moorage. The exit status is 0 if everything works, and 1 otherwise.

    Example: moorage storage check --json
    """
    from ops.maintenance.storage_check import check_storage

    if not asyncio.run(check_storage(current_layout(), is_json=json)):
        sys.exit(1)
