"""The time to acknowledge one event, compared with `BEGIN; INSERT; COMMIT` over the same driver."""

import asyncio
import json
import statistics
import time
import uuid
from collections.abc import Iterator

import asyncpg

from bench.client import Connection
from bench.figures import Figure, ratio
from bench.installation import Installation
from tests.kit.pulls.envelopes import event

_ROUNDS = 9
_EACH = 150
"""The number of deliveries, and of inserts, in each round."""
_INSERT = (
    "INSERT INTO events.inbox (event_id, at_ns, action, method, request_id, repository, tag,"
    " digest, media_type, docker_user, address, user_agent)"
    " VALUES ($1, $2, 'push', 'PUT', $1, 'bench/bare', 'v1', 'sha256:00',"
    " 'application/vnd.oci.image.manifest.v1+json', 'ci', '10.0.0.1', 'bench')"
)


def measure(installation: Installation) -> Iterator[Figure]:
    """Yield the figure of the webhook."""
    acknowledged, bare = asyncio.run(_interleaved(installation))
    webhook_ms, insert_ms = (statistics.median(times) * 1000 for times in (acknowledged, bare))
    detail = f"{webhook_ms:.2f} ms against {insert_ms:.2f} ms"
    yield Figure(
        "webhook",
        "acknowledgement, durable",
        ratio(acknowledged, bare),
        "× BEGIN; INSERT; COMMIT",
        ("≤", 2),
        detail,
    )


def headers(installation: Installation) -> dict[str, str]:
    """Return the headers that the registry sends."""
    secret = (installation.secrets / "events" / "events_webhook_secret").read_text().strip()
    return {
        "Authorization": f"Bearer {secret}",
        "Content-Type": "application/vnd.docker.distribution.events.v2+json",
    }


async def _interleaved(installation: Installation) -> tuple[list[float], list[float]]:
    acknowledged: list[float] = []
    bare: list[float] = []
    sent_headers = headers(installation)
    database = await asyncpg.connect(installation.database_url("events"))
    try:
        async with Connection(installation.ports["events"]) as webhook:
            await _deliver(webhook, sent_headers)
            for _ in range(_ROUNDS):
                acknowledged.append(await _deliver(webhook, sent_headers))
                bare.append(await _insert(database))
    finally:
        await database.execute("DELETE FROM events.inbox WHERE repository = 'bench/bare'")
        await database.close()
    return acknowledged, bare


async def _deliver(webhook: Connection, sent_headers: dict[str, str]) -> float:
    """Return the median time of one delivery, in seconds."""
    bodies = [
        json.dumps({"events": [event(repository="team-0000/app-000000", tag="v1", at=n)]}).encode()
        for n in range(_EACH)
    ]
    times = []
    for body in bodies:
        started = time.perf_counter()
        status, _ = await webhook.request("POST", "/registry-events", sent_headers, body)
        times.append(time.perf_counter() - started)
        assert status == 202
    return statistics.median(times)


async def _insert(database: asyncpg.Connection) -> float:
    times = []
    for number in range(_EACH):
        event_id = str(uuid.uuid4())
        started = time.perf_counter()
        async with database.transaction():
            await database.execute(_INSERT, event_id, number)
        times.append(time.perf_counter() - started)
    return statistics.median(times)
