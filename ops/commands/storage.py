"""`moorage storage`: the operator's work on the storage of the images."""

import asyncio
import sys
from typing import Annotated

import typer

from ops.commands.errors import one_line_errors
from ops.commands.installation import current_layout

app = typer.Typer(
    no_args_is_help=True, help="Check the storage of the images, and move them to another one."
)


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


@app.command()
@one_line_errors
def copy(
    to: Annotated[str, typer.Option(help="`s3`: from the local disk to the bucket; `local`: back")],
    json: Annotated[bool, typer.Option("--json", help="print the result as a JSON object")] = False,
) -> None:
    """Copy all images to the other storage while Moorage runs, and verify each blob.

    Copies what the target does not have, so an interrupted copy goes on when the command is run
    again. To switch: copy while Moorage runs, stop Moorage, copy again, which is short, set
    MOORAGE_STORAGE, and start. The exit status is 1 if a blob is damaged.

    Example: moorage storage copy --to s3
    """
    from ops.backup.copy_storage import Copied
    from ops.backup.places import one_line
    from ops.backup.reports import print_copied
    from ops.backup.switching import copy_installation
    from ops.errors import ArgumentError
    from ops.host.interrupts import run_until_signal

    if to not in ("s3", "local"):
        raise ArgumentError("--to: write s3 or local")
    done: list[Copied] = []

    async def work() -> None:
        with one_line():
            done.append(await copy_installation(current_layout(), to_s3=to == "s3"))

    run_until_signal(work())
    print_copied(done[0], is_json=json)
    if done[0].damaged:
        sys.exit(1)
