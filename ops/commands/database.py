"""`moorage migrate` and `schema-check`: the database schema."""

import asyncio
from typing import Annotated

import typer

from ops.commands.admin import ensure_admin
from ops.commands.errors import one_line_errors
from ops.commands.installation import current_layout, owner_url


@one_line_errors
def migrate(
    wait: Annotated[float, typer.Option(help="seconds to wait until the database answers")] = 30.0,
    first_admin: Annotated[
        bool, typer.Option(help="then create the account `admin`, as `moorage admin ensure` does")
    ] = False,
) -> None:
    """Create the database roles of the services and upgrade the schema to the newest revision.

    Several migrations can run at the same time: each waits for the one before it.

    Example: moorage migrate --first-admin
    """
    from ops.db.migrate import migrate as migrate_database
    from ops.db.roles import service_roles

    layout = current_layout()
    asyncio.run(migrate_database(owner_url(layout), service_roles(layout), patience=wait))
    if first_admin:
        ensure_admin(layout)


@one_line_errors
def schema_check() -> None:
    """Check that the migrations create the tables that the code declares.

    Starts a PostgreSQL for the check, and removes it afterwards. `make lint` runs this command.

    Example: moorage schema-check
    """
    from ops.db.schema_check import schema_check as check

    check()
    typer.echo("migrations and tables agree")
