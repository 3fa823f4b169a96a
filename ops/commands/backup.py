"""`moorage backup`, `restore`, and `restored`: copies of the whole installation."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ops.commands.errors import one_line_errors
from ops.commands.installation import current_layout, owner_url, use_project_env_file

DEFAULT_RETENTION_DAYS = 30


class _Group(TyperGroup):
    """`moorage backup TARGET` stands for `moorage backup create TARGET`."""

    default = "create"
    """The command that the first word stands for if it is none."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the name of the command if the first word is none."""
        if args and args[0] != "--help" and args[0] not in self.commands:
            args = [self.default, *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    help="Back up database, images, and keys while everything runs: `moorage backup TARGET`.",
)


@app.command()
@one_line_errors
def create(
    target: Annotated[str, typer.Argument(help="folder, or s3://bucket/prefix")],
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            help="public key (age1… or ssh-ed25519 …) to which the keys of the installation are"
            " encrypted; without one, they are left out"
        ),
    ] = None,
    database_only: Annotated[
        bool,
        typer.Option(
            "--database-only",
            help="leave the images in the storage, such as a versioned bucket, and delete no blob"
            " for --retention-days",
        ),
    ] = False,
    retention_days: Annotated[
        int,
        typer.Option(
            min=1,
            max=3650,
            envvar="BACKUP_RETENTION_DAYS",
            help="how long no blob is deleted after --database-only",
        ),
    ] = DEFAULT_RETENTION_DAYS,
    json: Annotated[bool, typer.Option("--json", help="print the result as a JSON object")] = False,
) -> None:
    """Back up the installation while it runs. `create` can be left out.

    Copies only blobs that the target does not have. If the command is interrupted, the backup is
    not complete, and the next one goes on with its blobs. The exit status is 1 if a blob is missing
    or damaged.

    Example: moorage backup /srv/backup --recipient age1…
    """
    from ops.backup.create import Created, Order, create_backup
    from ops.backup.places import one_line, open_place, open_storage, storage_settings
    from ops.backup.reports import print_created
    from ops.backup.transport.progress import Bars
    from ops.host.interrupts import run_until_signal

    done: list[Created] = []

    async def work() -> None:
        layout = current_layout()
        settings = storage_settings(layout)
        storage = open_storage(layout, settings, is_s3=settings.is_s3)
        order = Order(tuple(recipient or ()), database_only, retention_days)
        with one_line(), Bars() as bars:
            place = open_place(target, must_exist=False)
            done.append(await create_backup(layout, owner_url(layout), storage, place, order, bars))

    run_until_signal(work())
    print_created(done[0], is_json=json)
    if done[0].backup.missing or done[0].backup.damaged:
        sys.exit(1)


@app.command()
@one_line_errors
def verify(
    source: Annotated[str, typer.Argument(help="folder, or s3://bucket/prefix")],
    json: Annotated[bool, typer.Option("--json", help="print the result as a JSON object")] = False,
) -> None:
    """Read everything in a target of backups, and report each damaged file and what it affects.

    The exit status is 1 if something is damaged.

    Example: moorage backup verify /srv/backup
    """
    from ops.backup.places import one_line, open_place
    from ops.backup.reports import print_verified
    from ops.backup.transport.progress import Bars
    from ops.backup.verify import Verified
    from ops.backup.verify import verify as verify_backups
    from ops.host.interrupts import run_until_signal

    use_project_env_file()
    done: list[Verified] = []

    async def work() -> None:
        with one_line(), Bars() as bars:
            done.append(await verify_backups(open_place(source, must_exist=True), bars))

    run_until_signal(work())
    print_verified(done[0], is_json=json)
    if done[0].problems:
        sys.exit(1)


@one_line_errors
def restore(
    source: Annotated[str, typer.Argument(help="folder, or s3://bucket/prefix")],
    backup: Annotated[
        str | None, typer.Option(help="id of the backup; without it, the newest one")
    ] = None,
    identity: Annotated[
        Path | None,
        typer.Option(
            help="file with the private key of a recipient, to restore the keys; without it, the"
            " installation has new ones"
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="print the result as a JSON object")] = False,
) -> None:
    """Restore a backup into an empty installation that does not run.

    The storage is that of the settings, such as MOORAGE_STORAGE. If the command is interrupted, run
    it again: it goes on with what is missing.

    Example: moorage restore /srv/backup --identity key.txt
    """
    from ops.backup.installing import restore_installation
    from ops.backup.places import one_line
    from ops.backup.reports import print_restored
    from ops.backup.restore import Restored
    from ops.host.interrupts import run_until_signal

    done: list[Restored] = []

    async def work() -> None:
        with one_line():
            done.append(await restore_installation(current_layout(), source, backup, identity))

    run_until_signal(work())
    print_restored(done[0], is_json=json)


@one_line_errors
def restored() -> None:
    """Reconcile Moorage with an older state of its database, such as a snapshot.

    Suspends the deletions that were under way, voids all marks of garbage, and lets the tags of the
    storage count. `moorage restore` does this itself. Run it before Moorage starts; it starts the
    embedded PostgreSQL if that does not run. While Moorage runs, it also repairs the catalog. The
    exit status is 1 if a difference between catalog and registry is left.

    Example: moorage restored
    """
    import asyncio

    from ops.backup.reconciling import reconcile_installation

    if not asyncio.run(reconcile_installation(current_layout())):
        sys.exit(1)
