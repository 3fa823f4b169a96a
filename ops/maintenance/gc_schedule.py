"""`moorage gc --schedule`: collects garbage every GC_SCHEDULE_HOURS.

The hours count from the last collection, whether the schedule or the operator started it.
"""

import asyncio
from datetime import UTC, datetime, timedelta

import typer

from libs.common.db.engine import create_engine, is_unreachable
from ops.errors import OpsError, SettingError
from ops.layout import Layout
from ops.maintenance.catalog_settings import catalog_settings
from ops.maintenance.gc import collect_garbage
from ops.settings import RunSettings
from services.catalog.gc import queries

_AFTER_FAILURE = timedelta(minutes=10)
_LONGEST_SLEEP = timedelta(hours=1)
"""The schedule reads the last collection at least this often.

The operator can start a collection, and the clock can be set.
"""


async def collect_on_schedule(layout: Layout, settings: RunSettings) -> None:
    """Collect garbage on schedule until cancelled.

    If a collection fails, print the error and retry ten minutes later.

    Raises:
        SettingError: GC_SCHEDULE_HOURS is 0.
    """
    if not settings.gc_schedule_hours:
        raise SettingError("GC_SCHEDULE_HOURS", "is 0: set the hours between two collections")
    while True:
        try:
            left = await _time_left(layout, timedelta(hours=settings.gc_schedule_hours))
            if left <= timedelta():
                await collect_garbage(layout, settings, dry_run=False)
                continue
        except OpsError as error:
            typer.echo(f"moorage: {error}", err=True)
            left = _AFTER_FAILURE
        await asyncio.sleep(min(left, _LONGEST_SLEEP).total_seconds())


async def _time_left(layout: Layout, every: timedelta) -> timedelta:
    engine = create_engine(
        catalog_settings(layout).database_url.get_secret_value(),
        application_name="moorage gc schedule",
    )
    try:
        async with engine.connect() as tx:
            last = await queries.find_last_run(tx)
    except Exception as error:
        if is_unreachable(error):
            raise OpsError("the database cannot be reached") from None
        raise
    finally:
        await engine.dispose()
    return timedelta() if last is None else last.started_at + every - datetime.now(UTC)
