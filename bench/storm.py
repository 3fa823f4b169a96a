"""1,000 pulls of one multi-platform image, 100 at a time.

Every pull must be counted. The time of a manifest is compared with Distribution alone.
"""

import asyncio
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.client import Connection
from bench.database import fetch_value
from bench.figures import Figure, quantile
from bench.installation import Installation
from bench.names import PASSWORD, docker_user
from bench.token import basic
from ops.host.environment import child_environment
from ops.host.ports import reserve
from ops.install.debian import find_registry
from tests.kit.http.registry import Registry
from tests.kit.images import Index, make_index
from tests.kit.install import toolbox

PULLS = 1_000
AT_ONCE = 100
_REPOSITORY = "team-0000/storm"
_ACCEPT = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"
_COUNTED = (
    "SELECT coalesce(sum(pulls), 0)::float8 FROM events.pull_hours"
    f" WHERE repository = '{_REPOSITORY}'"
)
_ROUNDS = 3


def measure(installation: Installation, folder: Path) -> Iterator[Figure]:
    """Yield the figures of the storm."""
    index = make_index()
    with Registry(installation.stack.url, (docker_user(0), PASSWORD)) as registry:
        registry.push(index, _REPOSITORY, "v1")
    before = _counted(installation)
    gateway: list[float] = []
    alone: list[float] = []
    with _distribution_alone(installation.stack.data / "registry", folder) as port:
        for _ in range(_ROUNDS):
            gateway.append(
                quantile(asyncio.run(_storm(installation.stack.port, index, with_token=True)), 0.95)
            )
            alone.append(quantile(asyncio.run(_storm(port, index, with_token=False)), 0.95))
    expected = before + PULLS * _ROUNDS
    counted = _await_count(installation, expected) - before
    yield Figure(
        "storm",
        f"pulls counted of {_ROUNDS} × {PULLS:,}, 100 at a time",
        counted,
        "pulls",
        ("=", PULLS * _ROUNDS),
    )
    ratios = sorted(a / b for a, b in zip(gateway, alone, strict=True))
    detail = f"p95 {sorted(gateway)[1] * 1000:.0f} ms against {sorted(alone)[1] * 1000:.0f} ms"
    yield Figure(
        "storm",
        "manifest p95, with a token each",
        ratios[1],
        "× Distribution alone",
        ("≤", 3),
        detail,
    )


def _counted(installation: Installation) -> float:
    return float(fetch_value(installation.database_url(), _COUNTED))


def _await_count(installation: Installation, expected: float) -> float:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and _counted(installation) < expected:
        time.sleep(0.1)
    time.sleep(1)  # so that a pull that is counted twice shows up
    return _counted(installation)


async def _storm(port: int, index: Index, *, with_token: bool) -> list[float]:
    """Return the seconds of every manifest request.

    A pull requests the index by its tag, and then one of its children by its digest.
    """
    numbers = iter(range(PULLS))
    times: list[float] = []

    async def pull_again() -> None:
        async with Connection(port) as connection:
            for number in numbers:
                await _pull(
                    connection,
                    index,
                    f"bench-{number}-{time.time_ns()}",
                    times,
                    with_token=with_token,
                )

    await asyncio.gather(*(pull_again() for _ in range(AT_ONCE)))
    return times


async def _pull(
    connection: Connection, index: Index, agent: str, times: list[float], *, with_token: bool
) -> None:
    headers = {"Accept": _ACCEPT, "User-Agent": agent}
    if with_token:
        status, body = await connection.request(
            "GET", f"/token?service=moorage&scope=repository:{_REPOSITORY}:pull", basic()
        )
        assert status == 200, body
        headers["Authorization"] = f"Bearer {json.loads(body)['token']}"
    for reference in ("v1", index.images[0].manifest.digest):
        started = time.perf_counter()
        status, _ = await connection.request(
            "GET", f"/v2/{_REPOSITORY}/manifests/{reference}", headers
        )
        times.append(time.perf_counter() - started)
        assert status == 200


@contextmanager
def _distribution_alone(storage: Path, folder: Path) -> Iterator[int]:
    """Run Distribution on the same images, without authentication and events; yield its port."""
    program = find_registry(toolbox().root, None)
    with reserve() as port:
        configuration = folder / "alone.json"  # JSON is YAML
        configuration.write_text(json.dumps({
            "version": "0.1",
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(storage)}},
            "http": {"addr": port.address},
        }))  # fmt: skip
        process = subprocess.Popen(
            [str(program.path), "serve", str(configuration)],
            env=child_environment(OTEL_TRACES_EXPORTER="none", **program.environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _await(f"http://{port.address}/v2/")
            yield port.number
        finally:
            process.terminate()
            process.wait(20)


def _await(url: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            httpx.get(url, trust_env=False)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    raise RuntimeError("Distribution did not start within 20 s")
