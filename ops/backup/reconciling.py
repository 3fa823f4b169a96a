"""`moorage restored`: reconciles Moorage with an older state of its database."""

import os

import asyncpg
import typer

from ops.backup.database import embedded_database, given_url, has_own_server, owner_url_of
from ops.db.postgres import binaries
from ops.db.restored import reconcile
from ops.db.roles import connected
from ops.errors import OpsError
from ops.host.lock import AlreadyRuns, only_run
from ops.host.privileges import run_user
from ops.layout import Layout
from ops.maintenance.drift import drift
from ops.settings import load_run_settings


async def reconcile_installation(layout: Layout) -> bool:
    """Prepare the database, and repair the catalog if Moorage runs.

    If Moorage does not run, this starts the embedded PostgreSQL for it.

    Returns:
        False if a difference between catalog and registry is left.

    Raises:
        OpsError: the database or the registry cannot be reached.
    """
    settings = load_run_settings()
    if has_own_server(layout, settings):
        if not (layout.postgres / "PG_VERSION").is_file():
            raise OpsError(f"{layout.postgres} has no database: check MOORAGE_DATA")
        try:
            with only_run(layout):
                user = run_user([layout.root, binaries()], data=layout.root)
                with embedded_database(layout, user) as (superuser, owner):
                    await _prepare(await owner_url_of(superuser, owner))
        except AlreadyRuns:
            pass
        else:
            typer.echo("Start Moorage, then repair the catalog: `moorage drift --repair`.")
            return True
    await _prepare(given_url(layout, settings))
    if "SECRETS_DIR" not in os.environ and not _runs(layout):
        typer.echo("Start Moorage, then repair the catalog: `moorage drift --repair`.")
        return True
    return await drift(layout, repair=True)


def _runs(layout: Layout) -> bool:
    """Return whether `moorage run` runs here. In the containers of Compose, it does not."""
    try:
        with only_run(layout):
            return False
    except AlreadyRuns:
        return True


async def _prepare(owner_url: str) -> None:
    async with connected(owner_url) as connection:
        try:
            await reconcile(connection)
        except asyncpg.UndefinedTableError:
            raise OpsError("the database has no tables of Moorage: restore it first") from None
        suspended = await connection.fetchval(
            "SELECT count(*) FROM catalog.deletions WHERE origin <> catalog.origin()"
        )
    if suspended:
        typer.echo("Deletions are suspended: decide on them with `moorage deletions`.")
