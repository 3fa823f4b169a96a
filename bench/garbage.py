"""Garbage collection of 100,000 blobs on local disk, half of them garbage, with eight clients.

`make bench ARGS="gc"` measures only this row. The times of the clients during a collection are
compared with those right before and right after it.
"""

import asyncio
import re
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import processor
from bench.figures import Figure, quantile
from bench.garbage_clients import CLIENTS, Clients, pull_all
from bench.installation import Installation
from bench.memory import pid_of
from bench.stored import Filler
from libs.common.db.engine import Engine, create_engine
from libs.common.storage.layout import BLOBS
from services.catalog.gc.runs import queries
from services.catalog.gc.runs.domain import Phase, Report, Run
from tests.kit.stack.gc import disk_usage

_ALONE_SECONDS = 12.0
_MAX_SECONDS = 900.0
_POLL_SECONDS = 0.05
_KINDS = {"push": "push", "pull": "pull", "mount": "mount", "push_again": "push of garbage"}
_LIMITED = ("push", "pull")


@dataclass(frozen=True, slots=True)
class Sizes:
    """The number of blobs, of which half are garbage, and the number of collections."""

    blobs: int = 100_000
    rounds: int = 3


@dataclass(frozen=True, slots=True)
class _Round:
    """One collection. ``ratios`` compare the p95 of each kind of action with that without it."""

    report: Report
    seconds: Mapping[Phase, float]
    ratios: Mapping[str, float]
    p95s: Mapping[str, tuple[float, float]]
    actions: int
    processor_seconds: Mapping[str, float]
    fall_bytes: int
    peak_mib: float

    @property
    def swept_per_second(self) -> float:
        return self.report.deleted / self.seconds[Phase.SWEEPING]


def measure(installation: Installation, sizes: Sizes) -> Iterator[Figure]:
    """Yield the figures of the collections."""
    filler = Filler(installation)
    half = sizes.blobs // 2
    started = time.monotonic()
    stored = filler.fill(live=half, garbage=half)
    print(f"gc: wrote {sizes.blobs:,} blobs in {time.monotonic() - started:.0f} s", flush=True)
    clients = Clients(installation.stack.port, stored)
    rounds: list[_Round] = []
    for number in range(sizes.rounds):
        if number:
            stored.garbage[:] = filler.fill(live=0, garbage=half).garbage
        rounds.append(asyncio.run(_collect(installation, clients, is_first=number == 0)))
        print(f"gc: {_described(rounds[-1])}", flush=True)
    for failure, times in Counter(clients.failures).most_common(5):
        print(f"gc: {times} × {failure}", flush=True)
    tags = [*stored.tags, *clients.tags]
    wrong = asyncio.run(pull_all(installation.stack.port, tags))
    for line in wrong[:5]:
        print(f"gc: {line}", flush=True)
    yield from _figures(f"{sizes.blobs:,} blobs, {CLIENTS} clients", rounds, clients)
    yield Figure(
        "gc", f"tags of {len(tags):,} that do not pull byte for byte", len(wrong), "", ("=", 0)
    )


def _figures(what: str, rounds: Sequence[_Round], clients: Clients) -> Iterator[Figure]:
    yield Figure(
        "gc",
        f"{what}: requests refused or failed",
        len(clients.failures),
        "",
        ("=", 0),
        f"{sum(one.actions for one in rounds):,} pushes, pulls, and mounts; "
        + ", ".join(f"{count:,} {name}" for name, count in sorted(clients.reused.items())),
    )
    for kind, name in _KINDS.items():
        ratios = [one.ratios[kind] for one in rounds]
        alone, during = (
            statistics.median(one.p95s[kind][place] for one in rounds) * 1000 for place in (0, 1)
        )
        yield Figure(
            "gc",
            f"p95 of a {name} during a collection",
            statistics.median(ratios),
            "× without it",
            ("≤", 1.3) if kind in _LIMITED else None,
            f"{during:.0f} ms against {alone:.0f} ms; at least {min(ratios):.2f} ×",
        )
    rates = [one.swept_per_second for one in rounds]
    yield Figure(
        "gc",
        "blobs deleted in the sweep",
        statistics.median(rates),
        "blobs/s",
        ("≥", 1000),
        f"{min(rates):,.0f}-{max(rates):,.0f}/s; {_described(rounds[0])}",
    )
    errors = [100 * abs(one.report.freed_bytes / one.fall_bytes - 1) for one in rounds]
    yield Figure(
        "gc",
        "reported freed bytes, difference from the fall of disk use",
        max(errors),
        "%",
        ("≤", 1),
        f"{rounds[0].report.freed_bytes:,} against {rounds[0].fall_bytes:,} bytes",
    )
    yield Figure(
        "gc", "catalog, resident, at most", max(one.peak_mib for one in rounds), "MiB", ("≤", 150)
    )


def _described(one: _Round) -> str:
    phases = ", ".join(
        f"{phase} {seconds:.1f} s" for phase, seconds in one.seconds.items() if seconds >= 0.05
    )
    used = ", ".join(
        f"{name} {seconds:.1f}" for name, seconds in one.processor_seconds.items() if seconds > 0.1
    )
    times = ", ".join(
        f"{kind} {1000 * alone:.0f} → {1000 * during:.0f} ms"
        for kind, (alone, during) in one.p95s.items()
    )
    return (
        f"{one.report.deleted:,} deleted, {one.report.kept} kept, {one.report.revived} revived,"
        f" {one.report.manifests} manifests; {phases}; p95 {times};"
        f" processor seconds: {used}"
    )


async def _collect(installation: Installation, clients: Clients, *, is_first: bool) -> _Round:
    blobs = installation.stack.data / "registry" / BLOBS
    pid = pid_of("catalog", installation.ports["catalog"])
    engine = create_engine(installation.database_url("catalog"), application_name="bench")
    try:
        if is_first:
            await clients.prepare()
            await _act(clients, 3.0)
        before = await _act(clients, _ALONE_SECONDS)
        used_before = await asyncio.to_thread(disk_usage, blobs)
        clients.uploaded.clear()
        _begin_peak(pid)
        processor_before = processor.of_installation(installation)
        collection = asyncio.create_task(_run(engine))
        await clients.run(collection.done)
        run, seconds = await collection
        during = {kind: list(times) for kind, times in clients.times.items()}
        used = processor.difference(processor_before, processor.of_installation(installation))
        peak = _peak_mib(pid)
        used_after = await asyncio.to_thread(disk_usage, blobs)
        added = await asyncio.to_thread(_sum_usage, blobs, set(clients.uploaded))
        after = await _act(clients, _ALONE_SECONDS)
    finally:
        await engine.dispose()
    if run.error is not None:
        raise RuntimeError(f"the collection failed: {run.error}")
    p95s = {
        kind: (quantile(before[kind] + after[kind], 0.95), quantile(during[kind], 0.95))
        for kind in _KINDS
    }
    return _Round(
        run.report,
        seconds,
        {kind: with_it / alone for kind, (alone, with_it) in p95s.items()},
        p95s,
        sum(map(len, during.values())),
        used,
        used_before - used_after + added,
        peak,
    )


async def _act(clients: Clients, seconds: float) -> dict[str, list[float]]:
    until = time.monotonic() + seconds
    await clients.run(lambda: time.monotonic() > until)
    return {kind: list(times) for kind, times in clients.times.items()}


async def _run(engine: Engine) -> tuple[Run, dict[Phase, float]]:
    """Request a run without a wait, and return it at its end, with the seconds of each phase."""
    id_: int | None = None
    while id_ is None:  # the schedule may have begun one
        async with engine.begin() as tx:
            id_ = await queries.request_run(tx, grace_minutes=0)
        await asyncio.sleep(_POLL_SECONDS)
    seconds: dict[Phase, float] = defaultdict(float)
    last = time.monotonic()
    deadline = last + _MAX_SECONDS
    while time.monotonic() < deadline:
        async with engine.connect() as tx:
            run = await queries.find_run(tx, id=id_)
        assert run is not None
        if run.finished_at is not None:
            return run, dict(seconds)
        now = time.monotonic()
        seconds[run.phase] += now - last
        last = now
        await asyncio.sleep(_POLL_SECONDS)
    raise RuntimeError(f"the collection has not finished after {_MAX_SECONDS:.0f} s")


def _sum_usage(blobs: Path, digests: Iterable[str]) -> int:
    return sum(_usage(blobs, digest) for digest in digests)


def _usage(blobs: Path, digest: str) -> int:
    """Return the disk use of a blob; 0 if it is gone."""
    value = digest.removeprefix("sha256:")
    folder = blobs / value[:2] / value
    try:
        return sum(512 * path.stat().st_blocks for path in (folder, folder / "data"))
    except FileNotFoundError:
        return 0


def _begin_peak(pid: int) -> None:
    """Let the peak of a process's memory be its present one."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _peak_mib(pid: int) -> float:
    found = re.search(r"^VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) / 1024
