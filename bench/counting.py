"""A burst of pulls: how fast one process counts them, and when its lag is short again."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import timedelta

from bench.client import Connection
from bench.database import fetch_value
from bench.figures import Figure
from bench.installation import Installation
from bench.webhook import headers
from libs.common.db.pool import Pool
from services.events.retention.worker import Retention
from tests.kit.pulls.envelopes import event

BURST = 50_000
_ENVELOPE = 500
_CLIENTS = 200
_MAX_SECONDS = 120
_LAG = (
    "SELECT coalesce(extract(epoch FROM clock_timestamp() - (SELECT received_at FROM events.inbox"
    " WHERE counted_at IS NULL ORDER BY id LIMIT 1)), 0)::float8"
)


def measure(installation: Installation) -> Iterator[Figure]:
    """Yield the figures of a burst that arrives over the webhook, with 500 events per request."""
    before = _counted(installation)
    started = time.monotonic()
    burst(installation)
    delivered = time.monotonic()
    caught_up = _until(installation, _LAG, below=2.0)
    done = _until(
        installation,
        "SELECT count(*)::float8 FROM events.inbox WHERE counted_at IS NULL",
        below=1.0,
    )
    detail = f"delivered in {delivered - started:.1f} s, counted in {done - started:.1f} s"
    yield Figure(
        "counting",
        "sustained by one process",
        BURST / (done - started),
        "events/s",
        ("≥", 1000),
        detail,
    )
    yield Figure(
        "counting",
        "time until the lag is below 2 s after 50,000 events",
        max(0.0, caught_up - delivered),
        "s",
        ("≤", 10),
        detail,
    )
    yield Figure(
        "counting",
        "pulls counted of 50,000",
        _counted(installation) - before,
        "pulls",
        ("=", BURST),
    )
    yield from _inbox(installation)


def _inbox(installation: Installation) -> Iterator[Figure]:
    """Yield the size of an event in the inbox, and the rate at which old events are deleted.

    The service's own task deletes them, with a retention of zero.
    """
    rows = fetch_value(installation.database_url(), "SELECT count(*)::float8 FROM events.inbox")
    size = fetch_value(
        installation.database_url(), "SELECT pg_total_relation_size('events.inbox')::float8"
    )
    detail = f"{size / 2**20:,.0f} MiB for {rows:,.0f} events"
    yield Figure(
        "counting", "inbox, with its indexes", size / rows, "bytes per event", None, detail
    )
    started = time.monotonic()
    deleted = asyncio.run(_clean(installation.database_url("events")))
    taken = time.monotonic() - started
    yield Figure(
        "counting",
        "old events deleted",
        deleted / taken,
        "rows/s",
        None,
        f"{deleted:,} in {taken:.1f} s, checkpoints included",
    )


async def _clean(url: str) -> int:
    pool = Pool(url, application_name="moorage bench", size=1)
    try:
        return await Retention(pool, pulls=timedelta(0), feed=timedelta(days=365)).delete()
    finally:
        await pool.close()


def _counted(installation: Installation) -> float:
    return float(
        fetch_value(
            installation.database_url(),
            "SELECT coalesce(sum(pulls), 0)::float8 FROM events.pull_hours",
        )
    )


def _until(installation: Installation, sql: str, *, below: float) -> float:
    """Wait until the value of ``sql`` is below ``below``, and return the monotonic time."""
    deadline = time.monotonic() + _MAX_SECONDS
    while time.monotonic() < deadline and fetch_value(installation.database_url(), sql) >= below:
        time.sleep(0.1)
    return time.monotonic()


def burst(installation: Installation) -> None:
    """Deliver 50,000 pulls."""
    asyncio.run(_burst(installation))


async def _burst(installation: Installation) -> None:
    sent_headers = headers(installation)
    async with Connection(installation.ports["events"]) as webhook:
        for first in range(0, BURST, _ENVELOPE):
            await _deliver(webhook, sent_headers, _envelope(first))


async def _deliver(webhook: Connection, sent_headers: dict[str, str], envelope: bytes) -> None:
    """Send an envelope again until the service has stored it, as the registry does."""
    for _ in range(50):
        status, _ = await webhook.request("POST", "/registry-events", sent_headers, envelope)
        if status == 202:
            return
        await asyncio.sleep(0.1)
    raise RuntimeError(f"the webhook responds with status {status}")


def _envelope(first: int) -> bytes:
    """Return pulls of 50 repositories by 200 clients, in the order of their times."""
    events = []
    for number in range(first, first + _ENVELOPE):
        client = number % _CLIENTS
        repository = f"team-0000/app-{number % 50:06}"
        events.append(
            event(
                repository=repository,
                tag=f"v1.{number % 10}",
                digest=f"{repository}{number % 10}",
                at=number / 100,
                user=f"user-{client:05}",
                addr=f"10.1.0.{client}:1",
            )
        )
    return json.dumps({"events": events}).encode()
