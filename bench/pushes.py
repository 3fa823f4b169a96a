"""50 pushes of an image of three small layers, compared with plain Distribution.

The processor time is that of all server processes, until the events of the pushes are processed.
"""

import asyncio
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg

from bench import plain, processor, pusher
from bench.figures import Figure, ratio
from bench.installation import Installation
from bench.token import basic
from tests.kit.go import NotBuilt

PUSHES = 50
AT_ONCE = 8
_ROUNDS = 7
_REPOSITORY = "team-0000/push"
_MAX_SECONDS = 60
_PROCESSED = (
    "SELECT (SELECT count(*) FROM events.inbox WHERE action = 'push' AND repository = ANY($1)),"
    " (SELECT count(*) FROM events.inbox WHERE counted_at IS NULL),"
    " (SELECT count(*) FROM catalog.tags t JOIN catalog.repositories r ON r.id = t.repository_id"
    " WHERE r.path = ANY($1))"
)
_Round = tuple[float, dict[str, float]]
"""The seconds of a round, and the processor time of each part."""


def measure(installation: Installation, folder: Path) -> Iterator[Figure]:
    """Yield the figures of the pushes. Without Go there is none, and the reason is printed."""
    try:
        with plain.running(folder / "plain") as other:
            moorage, alone, waits = asyncio.run(_rounds(installation, other))
    except NotBuilt as reason:
        print(f"push: not measured: the token service of the plain registry: {reason}")
        return
    what = f"{PUSHES} pushes of {pusher.LAYERS} small layers, {AT_ONCE} at a time"
    times = [[seconds for seconds, _ in each] for each in (moorage, alone)]
    detail = " against ".join(f"{statistics.median(each):.2f} s" for each in times)
    yield Figure("push", what, ratio(*times), "× plain Distribution", ("≤", 1.2), detail)
    totals = [[sum(parts.values()) for _, parts in each] for each in (moorage, alone)]
    details = [
        processor.per_push((parts for _, parts in each), PUSHES) for each in (moorage, alone)
    ]
    detail = " against ".join(
        f"{1000 * statistics.median(total) / PUSHES:.1f} ms per push ({parts})"
        for total, parts in zip(totals, details, strict=True)
    )
    yield Figure(
        "push",
        "processor time of all servers for them",
        ratio(*totals),
        "× plain Distribution",
        ("≤", 1.3),
        detail,
    )
    yield Figure(
        "push", "from the last 201 until the events are processed", statistics.median(waits), "s"
    )


async def _rounds(
    installation: Installation, other: plain.Plain
) -> tuple[list[_Round], list[_Round], list[float]]:
    moorage: list[_Round] = []
    alone: list[_Round] = []
    waits: list[float] = []
    # One connection for the whole row: a new one takes PostgreSQL as long as a push.
    database = await asyncpg.connect(installation.superuser_url)
    try:
        for number in range(_ROUNDS + 1):  # the first is a warm-up
            before = processor.of_installation(installation)
            taken = await _push(installation.stack.port, "moorage")
            ended = time.perf_counter()
            await _await_processed(database, PUSHES * (number + 1))
            waits.append(time.perf_counter() - ended)
            after = processor.of_installation(installation)
            moorage.append((taken, processor.difference(before, after)))
            before = processor.of_programs(other.pids)
            taken = await _push(other.port, plain.SERVICE)
            after = processor.of_programs(other.pids)
            alone.append((taken, processor.difference(before, after)))
    finally:
        await database.close()
    return moorage[1:], alone[1:], waits[1:]


async def _push(port: int, service: str) -> float:
    return await pusher.push_all(
        port,
        pusher.make_images(PUSHES),
        at_once=AT_ONCE,
        repository=_REPOSITORY,
        service=service,
        basic=basic(),
    )


async def _await_processed(database: asyncpg.Connection, pushes: int) -> None:
    names = [f"{_REPOSITORY}-{slot}" for slot in range(AT_ONCE)]
    deadline = time.monotonic() + _MAX_SECONDS
    while time.monotonic() < deadline:
        [(events, uncounted, tags)] = await database.fetch(_PROCESSED, names)
        if events == tags == pushes and uncounted == 0:
            return
        await asyncio.sleep(0.02)
    raise RuntimeError(f"{events} events and {tags} tags of {pushes} pushes, {uncounted} uncounted")
