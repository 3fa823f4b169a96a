"""`moorage drift`, `usage`, `deletions`, and `gc`: the operator's work on catalog and storage."""

import asyncio
import sys
from typing import Annotated

import typer

from ops.commands.errors import one_line_errors
from ops.commands.installation import current_layout
from ops.commands.options import Json
from ops.errors import ArgumentError


@one_line_errors
def drift(
    repair: Annotated[
        bool, typer.Option("--repair", help="repair the catalog, and push damaged tags again")
    ] = False,
    json: Json = False,
) -> None:
    """Compare the catalog with the registry and list the differences.

    The exit status is 0 if no difference is left, and 1 otherwise.

    Example: moorage drift --repair
    """
    from ops.maintenance.drift import drift as compare_and_repair

    if not asyncio.run(compare_and_repair(current_layout(), repair=repair, is_json=json)):
        sys.exit(1)


@one_line_errors
def usage(
    repair: Annotated[
        bool, typer.Option("--repair", help="compute the storage use again where it is wrong")
    ] = False,
    json: Json = False,
) -> None:
    """Compare the storage use of each account with its images, trash, and uploads.

    Quotas are compared with the storage use. The exit status is 0 if no difference is left, and 1
    otherwise.

    Example: moorage usage --repair
    """
    from ops.maintenance.usage import compare_usage

    if not asyncio.run(compare_usage(current_layout(), repair=repair, is_json=json)):
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
    json: Json = False,
) -> None:
    """List suspended deletions, and resume or drop them.

    If the database is restored from a backup, deletions from before the restore are suspended,
    because the name can have another owner since. The name of a namespace includes its
    repositories.

    Example: moorage deletions --resume team/old --drop team/app
    """
    from ops.maintenance.deletions import decide

    asyncio.run(decide(current_layout(), resume=resume or [], drop=drop or [], is_json=json))


@one_line_errors
def gc(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="report what would be deleted, and change nothing")
    ] = False,
    json: Json = False,
    stop: Annotated[
        bool, typer.Option("--stop", help="stop the running garbage collection, and wait")
    ] = False,
    untagged_days: Annotated[
        int | None,
        typer.Option(min=0, max=36500, help="replaces GC_UNTAGGED_DAYS for this run"),
    ] = None,
    grace_minutes: Annotated[
        int | None,
        typer.Option(min=0, max=525600, help="replaces GC_GRACE_MINUTES for this run"),
    ] = None,
) -> None:
    """Delete what no tag needs, while pushes and pulls continue.

    The catalog deletes manifests that have had no tag for GC_UNTAGGED_DAYS. It marks blobs that
    nothing needs, and deletes them when they have waited for GC_GRACE_MINUTES. This command
    requests it and shows its progress. Ctrl-C ends the command, and the catalog goes on.

    The exit status is 1 if a repository failed and keeps its garbage.

    Example: moorage gc --dry-run
    """
    from ops.host.interrupts import run_until_signal
    from ops.maintenance.gc import Order, collect_garbage, stop_collection

    order = Order(
        is_dry=dry_run, is_json=json, untagged_days=untagged_days, grace_minutes=grace_minutes
    )
    is_complete = True

    async def collect() -> None:
        nonlocal is_complete
        is_complete = await collect_garbage(current_layout(), order)

    async def stop_running() -> None:
        stopped = await stop_collection(current_layout())
        typer.echo(
            "The garbage collection was stopped."
            if stopped
            else "No garbage collection is running."
        )

    if stop and (name := order.first_option()) is not None:
        raise ArgumentError(f"--stop takes no option of a new garbage collection; remove {name}")
    run_until_signal(stop_running() if stop else collect())
    if not is_complete:
        sys.exit(1)
