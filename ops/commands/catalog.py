"""`moorage drift`, `deletions`, and `gc`: the work of the operator on the catalog and storage."""

import asyncio
import sys
from typing import Annotated

import typer

from ops.commands.errors import one_line_errors
from ops.commands.installation import current_layout
from ops.layout import Layout


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


@one_line_errors
def gc(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="list the garbage and delete nothing")
    ] = False,
    schedule: Annotated[
        bool, typer.Option("--schedule", help="repeat every GC_SCHEDULE_HOURS until stopped")
    ] = False,
) -> None:
    """Delete manifests that have had no tag for GC_UNTAGGED_DAYS, and reclaim disk space.

    Pulls continue meanwhile. Pushes are refused for a moment. The exit status is 1 if a repository
    failed and keeps its garbage.

    Example: moorage gc --dry-run
    """
    from ops.host.interrupts import run_until_signal
    from ops.maintenance.gc import collect_garbage
    from ops.maintenance.gc_schedule import collect_on_schedule
    from ops.settings import load_run_settings

    settings = load_run_settings()
    layout = Layout(settings.data)
    is_complete = True

    async def collect() -> None:
        nonlocal is_complete
        is_complete = await collect_garbage(layout, settings, dry_run=dry_run)

    run_until_signal(collect_on_schedule(layout, settings) if schedule else collect())
    if not is_complete:
        sys.exit(1)
