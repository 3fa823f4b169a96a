"""The `moorage` command line: parses, calls one function, and turns OpsError into one line and an exit code."""

import asyncio
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec, TypeVar

import typer

from ops.errors import OpsError
from ops.host.privileges import RunUser, run_user
from ops.layout import SERVICES, Layout

P = ParamSpec("P")
R = TypeVar("R")

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Run and look after Moorage.",
)
admin_app = typer.Typer(no_args_is_help=True, help="Accounts that look after the others.")
app.add_typer(admin_app, name="admin")
keys_app = typer.Typer(no_args_is_help=True, help="The keys that sign tokens.")
app.add_typer(keys_app, name="keys")


def plain_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Print an OpsError as `moorage: …` on standard error and exit with its code."""

    @functools.wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except OpsError as error:
            typer.echo(f"moorage: {error}", err=True)
            sys.exit(error.exit_code)
        except OSError as error:
            typer.echo(
                f"moorage: {error.filename or 'system'}: {error.strerror or error}", err=True
            )
            sys.exit(1)

    return run


@app.command()
@plain_errors
def run(
    env_file: Annotated[
        Path | None, typer.Option(help="file with settings; the environment goes before it")
    ] = None,
) -> None:
    """Run everything in the foreground: PostgreSQL, registry, services, gateway. Settings: docs/settings.md."""
    from ops.run.main import run as run_everything
    from ops.settings import load_run_settings

    if env_file is not None:
        _read(env_file)
    run_everything(load_run_settings())


@app.command()
@plain_errors
def init(
    owner: Annotated[str, typer.Option(help="uid:gid that services, registry and gateway run as")],
    postgres_owner: Annotated[str, typer.Option(help="uid:gid that PostgreSQL runs as")],
) -> None:
    """Make secrets and configuration for containers (deploy/compose.yaml) in MOORAGE_DATA; `make run` does it itself."""
    from ops.install.container import init_containers
    from ops.secrets.store import Owners
    from ops.settings import load_run_settings

    settings = load_run_settings()
    services, postgres = _user(owner, "--owner"), _user(postgres_owner, "--postgres-owner")
    owners = Owners(services=services, registry=services, postgres=postgres)
    init_containers(Layout(settings.data), settings, owners)


@app.command()
@plain_errors
def serve(
    service: Annotated[str, typer.Argument(help=" | ".join(SERVICES))],
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", min=1, max=65535)] = 8000,
) -> None:
    """Run one service. Its settings come from the environment and from the secret files in SECRETS_DIR."""
    if service not in SERVICES:
        raise typer.BadParameter(
            f"there is no service {service!r}; there are {', '.join(SERVICES)}"
        )
    from ops.run.serve import serve as serve_one

    serve_one(service, host=host, port=port)


@app.command()
@plain_errors
def migrate(
    wait: Annotated[float, typer.Option(help="seconds to wait for the database to answer")] = 30.0,
    first_admin: Annotated[
        bool, typer.Option(help="make the account `admin` too, as `moorage admin ensure` does")
    ] = False,
) -> None:
    """Give each service its database role and bring the schema to the newest revision."""
    from ops.db.migrate import migrate as migrate_database
    from ops.db.roles import service_roles

    layout = _layout()
    asyncio.run(migrate_database(_owner_url(layout), service_roles(layout), patience=wait))
    if first_admin:
        _ensure_admin(layout)


@admin_app.command("ensure")
@plain_errors
def admin_ensure() -> None:
    """Make the account `admin` unless there is one.

    Its password is MOORAGE_ADMIN_PASSWORD, or the one in the file admin-password of the data folder, which is made.
    """
    _ensure_admin(_layout())


@admin_app.command("create")
@plain_errors
def admin_create(username: Annotated[str, typer.Argument(help="name of the account")]) -> None:
    """Make one more administrator; asks for its password, or reads it from standard input."""
    from ops.commands.admin import create_admin

    owner_url = _owner_url(_layout())
    asyncio.run(create_admin(owner_url, username=username, password=_new_password()))
    typer.echo(f"{username} is an administrator now")


@admin_app.command("reset-password")
@plain_errors
def admin_reset_password(
    username: Annotated[str, typer.Argument(help="name of the account")],
) -> None:
    """Give an account a new password and enable it; its sessions and keys end. Asks for the password, or reads it from standard input."""
    from ops.commands.admin import reset_password

    owner_url = _owner_url(_layout())
    asyncio.run(reset_password(owner_url, username=username, password=_new_password()))
    typer.echo(f"{username} has the new password; its sessions and API keys have ended")


def _new_password() -> str:
    # never an argument, which every user of the machine could read
    if sys.stdin.isatty():
        asked: str = typer.prompt("New password", hide_input=True, confirmation_prompt=True)
        return asked
    return sys.stdin.readline().rstrip("\n")


def _ensure_admin(layout: Layout) -> None:
    from ops.commands.admin import ensure_admin
    from ops.settings import load_run_settings

    given = load_run_settings().admin_password
    user = run_user([layout.root], data=layout.root)
    asyncio.run(
        ensure_admin(
            _owner_url(layout), layout, user, given=given.get_secret_value() if given else None
        )
    )


@keys_app.command("rotate")
@plain_errors
def keys_rotate(
    sessions: Annotated[
        bool,
        typer.Option(
            help="the key of the JSON API's sessions too; auth signs with it from its next start"
        ),
    ] = False,
) -> None:
    """Sign registry tokens with new keys from now on. What the old ones signed stays good until it ends."""
    from ops.secrets.rotate import rotate_session_keys, rotate_token_keys

    rotate_token_keys(_layout())
    if sessions:
        rotate_session_keys(_layout())


@app.command()
@plain_errors
def drift(
    repair: Annotated[
        bool, typer.Option("--repair", help="mend the catalog; the registry is never changed")
    ] = False,
) -> None:
    """Compare the catalog with what the registry holds and list what differs; exit 1 when something is left that differs."""
    from ops.commands.drift import drift as compare_and_repair

    if not asyncio.run(compare_and_repair(_layout(), repair=repair)):
        sys.exit(1)


@app.command()
@plain_errors
def deletions(
    resume: Annotated[
        list[str] | None,
        typer.Option(
            help="repository or namespace to delete after all, with whatever is in it now"
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(help="repository or namespace to keep as it is in the registry now"),
    ] = None,
) -> None:
    """List what was to be deleted in the backup that the database was restored from, and what is to become of it."""
    from ops.commands.deletions import decide

    asyncio.run(decide(_layout(), resume=resume or [], keep=keep or []))


@app.command()
@plain_errors
def console(
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="check its types, style and unit tests instead, as `make lint` does"
        ),
    ] = False,
    development: Annotated[
        bool, typer.Option("--dev", help="install what its checks and tests need too")
    ] = False,
) -> None:
    """Build the web console in console/dist, where its sources changed; `make run` and `make test` do it themselves."""
    from ops.install.console import build_console, check_console, install_development_packages

    if check:
        check_console()
        return
    if development:
        install_development_packages()
    if build_console():
        typer.echo("moorage: the console was built")


@app.command()
@plain_errors
def gc(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only tell what would be deleted")
    ] = False,
    schedule: Annotated[
        bool, typer.Option("--schedule", help="do it every GC_SCHEDULE_HOURS until ended")
    ] = False,
) -> None:
    """Give back the disk space of what nobody has tagged for GC_UNTAGGED_DAYS. Pulls go on; pushes are refused for a moment."""
    from ops.commands.gc import collect_garbage
    from ops.commands.gc_schedule import collect_on_schedule
    from ops.host.interrupts import run_until_told
    from ops.settings import load_run_settings

    settings = load_run_settings()
    layout = Layout(settings.data)
    run_until_told(
        collect_on_schedule(layout, settings)
        if schedule
        else collect_garbage(layout, settings, dry_run=dry_run)
    )


@app.command()
@plain_errors
def schema_check() -> None:
    """Migrate a PostgreSQL of its own, made for this and removed, and compare it with the tables in the code."""
    from ops.db.schema_check import schema_check as check

    check()
    typer.echo("migrations and tables agree")


@app.command()
@plain_errors
def config() -> None:
    """List every setting with its value, and where it comes from. Secrets are masked."""
    from ops.docs.config_table import print_settings
    from ops.settings import load_run_settings

    print_settings(load_run_settings())


@app.command()
@plain_errors
def docs() -> None:
    """Write anew from the code what is generated in docs/: settings.md, errors.md, openapi/."""
    from ops.docs import errors_page as errors_doc
    from ops.docs import settings_page as settings_doc
    from ops.docs.openapi import write_documents

    settings_doc.PAGE.write_text(settings_doc.page())
    errors_doc.PAGE.write_text(errors_doc.page())
    write_documents()


def _user(value: str, option: str) -> RunUser:
    uid, _, gid = value.partition(":")
    if not (uid.isdecimal() and gid.isdecimal()):
        raise typer.BadParameter("write uid:gid, two numbers", param_hint=option)
    return RunUser(uid=int(uid), gid=int(gid), drops_root=os.geteuid() == 0)


def _read(env_file: Path) -> None:
    """Put the file's settings into the environment, below those that are there."""
    from dotenv import dotenv_values

    if not env_file.is_file():
        raise OpsError(f"there is no file {env_file}")
    for name, value in dotenv_values(env_file).items():
        os.environ.setdefault(name, value or "")


def _layout() -> Layout:
    from ops.settings import load_run_settings

    return Layout(load_run_settings().data)


def _owner_url(layout: Layout) -> str:
    try:
        return layout.owner_url.read_text().strip()
    except FileNotFoundError:
        raise OpsError(
            f"{layout.owner_url} is missing: run `moorage init` or `moorage run` first"
        ) from None
