"""`moorage gc`: requests a garbage collection from the catalog, and follows it (spec 7)."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db.engine import create_engine, is_unreachable
from ops.errors import OpsError
from ops.host.environment import push_token_seconds
from ops.layout import Layout
from ops.maintenance.catalog_settings import catalog_settings
from ops.maintenance.gc_progress import Progress
from ops.maintenance.gc_report import Result, print_json, print_report
from services.catalog.gc.runs import queries
from services.catalog.gc.runs.domain import STOPPED, Run

_BEGIN_SECONDS = 15.0
"""How long a catalog may take to begin with a requested run."""
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Order:
    """What the operator wants. A number that is None is that of the catalog's settings."""

    is_dry: bool = False
    is_json: bool = False
    untagged_days: int | None = None
    grace_minutes: int | None = None

    def first_option(self) -> str | None:
        """Return the first option that differs from its default, or None."""
        given = {
            "--dry-run": self.is_dry,
            "--json": self.is_json,
            "--untagged-days": self.untagged_days is not None,
            "--grace-minutes": self.grace_minutes is not None,
        }
        return next((name for name, is_given in given.items() if is_given), None)


async def collect_garbage(layout: Layout, order: Order) -> bool:
    """Request a run, show its progress until it ends, and print its report.

    Return False if a repository keeps garbage because it failed.

    Raises:
        OpsError: Another run is open, the catalog does not begin, the database cannot be reached,
            or the run failed.
    """
    async with _database(layout) as (engine, grace):
        _warn_of_short_wait(order.grace_minutes)
        async with engine.begin() as tx:
            id = await queries.request_run(
                tx,
                is_dry=order.is_dry,
                untagged_days=order.untagged_days,
                grace_minutes=order.grace_minutes,
            )
        if id is None:
            raise OpsError("another garbage collection is running")
        try:
            with Progress() as progress:
                run = await _follow(engine, id, progress)
        except asyncio.CancelledError:
            _say(
                "the garbage collection continues in the catalog; stop it with `moorage gc --stop`"
            )
            raise
    (print_json if order.is_json else print_report)(Result(run, grace))
    if run.error == STOPPED:
        raise OpsError("the garbage collection was stopped by the operator")
    if run.error is not None:
        raise OpsError(f"the garbage collection failed: {run.error}")
    return not run.report.failures


async def stop_collection(layout: Layout) -> bool:
    """Ask the open run to end, and wait until it has. Return False if no run is open.

    Raises:
        OpsError: The database cannot be reached.
    """
    async with _database(layout) as (engine, _):
        async with engine.begin() as tx:
            id = await queries.request_stop(tx)
        if id is None:
            return False
        deadline = time.monotonic() + _BEGIN_SECONDS
        while True:
            run = await _find(engine, id)
            if run is None or run.finished_at is not None:
                return True
            if run.begun_at is None and time.monotonic() > deadline:
                await _withdraw(engine, id)
            await asyncio.sleep(_POLL_SECONDS)


async def _follow(engine: AsyncEngine, id: int, progress: Progress) -> Run:
    """Show the progress of the run until it ends, and return it."""
    deadline = time.monotonic() + _BEGIN_SECONDS
    while True:
        run = await _find(engine, id)
        if run is None:
            raise OpsError("the request was withdrawn by `moorage gc --stop`")
        progress.show(run)
        if run.finished_at is not None:
            return run
        if run.begun_at is None and time.monotonic() > deadline and await _withdraw(engine, id):
            raise OpsError(
                f"the catalog did not begin the garbage collection within {_BEGIN_SECONDS:.0f} s;"
                " is it running?"
            )
        await asyncio.sleep(_POLL_SECONDS)


async def _find(engine: AsyncEngine, id: int) -> Run | None:
    async with engine.connect() as tx:
        return await queries.find_run(tx, id=id)


async def _withdraw(engine: AsyncEngine, id: int) -> bool:
    async with engine.begin() as tx:
        return await queries.withdraw_request(tx, id=id)


def _warn_of_short_wait(minutes: int | None) -> None:
    lifetime = push_token_seconds(os.environ)
    if minutes is not None and minutes * 60 < lifetime:
        unit = "minute is" if minutes == 1 else "minutes are"
        _say(
            f"warning: {minutes} {unit} less than the lifetime of a push token ({lifetime} s):"
            " a client that found a blob in the registry may have to repeat its push"
        )


def _say(line: str) -> None:
    typer.echo(f"moorage: {line}", err=True)


@asynccontextmanager
async def _database(layout: Layout) -> AsyncIterator[tuple[AsyncEngine, timedelta]]:
    """Connect with the catalog's role; give also the wait of marked blobs in its settings."""
    settings = catalog_settings(layout)
    engine = create_engine(settings.database_url.get_secret_value(), application_name="moorage gc")
    try:
        yield engine, timedelta(minutes=settings.gc_grace_minutes)
    except Exception as error:
        if is_unreachable(error):
            raise OpsError("the database cannot be reached; is Moorage running?") from None
        raise
    finally:
        await engine.dispose()
