"""A burst of pulls: how fast one process counts them, and how soon it has caught up."""

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
_MOST_SECONDS = 120
_LAG = (
    "SELECT coalesce(extract(epoch FROM clock_timestamp() - (SELECT received_at FROM events.inbox WHERE counted_at IS NULL"
    " ORDER BY id LIMIT 1)), 0)::float8"
)


def measure(installation: Installation) -> Iterator[Figure]:
    """The row of counting. The burst comes over the webhook, many events in an envelope."""
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
    shown = f"delivered in {delivered - started:.1f} s, counted in {done - started:.1f} s"
    yield Figure(
        "counting",
        "sustained by one process",
        BURST / (done - started),
        "events/s",
        ("≥", 1000),
        shown,
    )
    yield Figure(
        "counting",
        "lag under 2 s again after 50,000",
        max(0.0, caught_up - delivered),
        "s",
        ("≤", 10),
        shown,
    )
    yield Figure(
        "counting", "counted of 50,000", _counted(installation) - before, "pulls", ("=", BURST)
    )
    yield from _inbox(installation)


def _inbox(installation: Installation) -> Iterator[Figure]:
    """How much an event takes up until it is deleted, and how fast that goes: by the service's own rules, as if all were old."""
    rows = fetch_value(installation.database_url(), "SELECT count(*)::float8 FROM events.inbox")
    size = fetch_value(
        installation.database_url(), "SELECT pg_total_relation_size('events.inbox')::float8"
    )
    told = f"{size / 2**20:,.0f} MiB for {rows:,.0f} events"
    yield Figure("counting", "inbox, with its indexes", size / rows, "bytes an event", None, told)
    started = time.monotonic()
    deleted = asyncio.run(_clean(installation.database_url("events")))
    taken = time.monotonic() - started
    yield Figure(
        "counting",
        "old events deleted",
        deleted / taken,
        "rows/s",
        None,
        f"{deleted:,} in {taken:.1f} s, checkpoints among them",
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
    """When the value fell below ``below``."""
    deadline = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < deadline and fetch_value(installation.database_url(), sql) >= below:
        time.sleep(0.1)
    return time.monotonic()


def burst(installation: Installation) -> None:
    """Deliver 50,000 pulls."""
    asyncio.run(_burst(installation))


async def _burst(installation: Installation) -> None:
    known = headers(installation)
    async with Connection(installation.ports["events"]) as webhook:
        for first in range(0, BURST, _ENVELOPE):
            await _deliver(webhook, known, _envelope(first))


async def _deliver(webhook: Connection, known: dict[str, str], envelope: bytes) -> None:
    """As the registry does: again while the answer is that it was not stored."""
    for _ in range(50):
        status, _ = await webhook.ask("POST", "/registry-events", known, envelope)
        if status == 202:
            return
        await asyncio.sleep(0.1)
    raise RuntimeError(f"the webhook answers {status}")


def _envelope(first: int) -> bytes:
    """Pulls of 50 repositories by 200 clients, in the order of their times."""
    events = []
    for number in range(first, first + _ENVELOPE):
        client = number % _CLIENTS
        repository = f"team-0000/app-{number % 50:06}"
        one = event(repository=repository, tag=f"v1.{number % 10}", digest=f"{repository}{number % 10}", at=number / 100,
                    user=f"user-{client:05}", addr=f"10.1.0.{client}:1")  # fmt: skip
        events.append(one)
    return json.dumps({"events": events}).encode()
