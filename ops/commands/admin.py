"""`moorage admin`: administrators and their passwords."""

import asyncio
import sys
from typing import Annotated

import typer

from ops.commands.errors import one_line_errors
from ops.commands.installation import accounts_url, current_layout, owner_url
from ops.commands.options import Json
from ops.host.privileges import run_user
from ops.layout import Layout

app = typer.Typer(no_args_is_help=True, help="List and create administrators, and reset passwords.")

Username = Annotated[str, typer.Argument(help="name of the account")]


@app.command()
@one_line_errors
def ensure() -> None:
    """Create the account `admin` if it does not exist.

    Its password is MOORAGE_ADMIN_PASSWORD. If that is not set, the password is in the file
    admin-password of the data folder, which this command creates.

    Example: moorage admin ensure
    """
    ensure_admin(current_layout())


@app.command("list")
@one_line_errors
def list_admins(json: Json = False) -> None:
    """List the administrators.

    Example: moorage admin list --json
    """
    from ops.db.admin import list_administrators, print_administrators

    found = asyncio.run(list_administrators(accounts_url(current_layout())))
    print_administrators(found, is_json=json)


@app.command()
@one_line_errors
def create(username: Username) -> None:
    """Create another administrator.

    Prompts for the password, or reads it from standard input if that is not a terminal.

    Example: moorage admin create alice
    """
    from ops.db.admin import create_admin

    url = accounts_url(current_layout())
    asyncio.run(create_admin(url, username=username, password=_read_password()))
    typer.echo(f"{username} is an administrator now")


@app.command()
@one_line_errors
def reset_password(username: Username) -> None:
    """Give an account a new password and enable it. Its sessions and API keys end.

    Prompts for the password, or reads it from standard input if that is not a terminal.

    Example: moorage admin reset-password alice
    """
    from ops.db.admin import reset_password as reset

    url = accounts_url(current_layout())
    asyncio.run(reset(url, username=username, password=_read_password()))
    typer.echo(f"{username} has the new password; its sessions and API keys have ended")


def ensure_admin(layout: Layout) -> None:
    """Create the account `admin` of the installation if it does not exist."""
    from ops.db import admin
    from ops.settings import load_run_settings

    given = load_run_settings().admin_password
    user = run_user([layout.root], data=layout.root)
    asyncio.run(
        admin.ensure_admin(
            owner_url(layout), layout, user, given=given.get_secret_value() if given else None
        )
    )


def _read_password() -> str:
    # Never an argument: every user of the machine can read those.
    if sys.stdin.isatty():
        typed: str = typer.prompt("New password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\n")
