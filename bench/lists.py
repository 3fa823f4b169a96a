"""Lists of repositories, in every order and view.

The large database is compared with one of 1,000 repositories, and page 1000 with page 1.
"""

import asyncio
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx

from bench import seed
from bench.database import fetch
from bench.figures import Figure, interleaved, ratio
from bench.installation import SERVICES, Installation
from bench.names import API_KEYS
from libs.common.db.pagination import encode_cursor
from ops.db.migrate import migrate
from ops.db.roles import Role
from ops.host.ports import reserve

ORDERS = (
    "name",
    "-name",
    "pull_count",
    "-pull_count",
    "last_pushed_at",
    "-last_pushed_at",
    "created_at",
    "-created_at",
)
VIEWS = {
    "own, half of all repositories": ("bench-owner", "view=own"),
    "own, one namespace only": ("bench-few", "view=own"),
    "all repositories": ("bench-admin", "view=own"),
    "shared": ("bench-owner", "view=shared"),
    "public": ("bench-few", "view=public"),
    "one namespace": ("bench-owner", "namespace=team-0000"),
}
_SEARCH = ("bench-owner", "q=支付")
_ROUNDS = 9
_ROUNDS_OF_SLOWEST = 61
_PAGE = 50
_DEEP_PAGE = 1000
_EXPRESSIONS = {
    "name": "path",
    "last_pushed_at": "COALESCE(last_pushed_at, '1970-01-01 00:00:00+00'::timestamptz)",
}


@dataclass(frozen=True, slots=True)
class _Catalog:
    """A running catalog service, and a client."""

    url: str
    http: httpx.Client

    def seconds(self, query: str, account: str) -> float:
        """Return the seconds in which the service returns one page."""
        started = time.perf_counter()
        answer = self.http.get(
            f"{self.url}/api/v1/repositories?{query}",
            headers={"Authorization": f"Bearer {API_KEYS[account]}"},
        )
        taken = time.perf_counter() - started
        answer.raise_for_status()
        return taken


def measure(installation: Installation, folder: Path) -> Iterator[Figure]:
    """Measure every order in every view, and yield the slowest order of each view."""
    with httpx.Client(timeout=30, trust_env=False) as http, _small(installation, folder) as url:
        small, large = _Catalog(url, http), _Catalog(installation.address("catalog"), http)
        for view, (account, query) in VIEWS.items():
            order, value, detail = _slowest(small, large, query, account)
            yield Figure(
                "lists",
                f"{view}: slowest order ({order})",
                value,
                "× 1,000 repositories",
                ("≤", 1.5),
                detail,
            )
        order, value, detail = _slowest(small, large, _SEARCH[1], _SEARCH[0])
        yield Figure(
            "lists",
            f"search with 100 times the hits: slowest order ({order})",
            value,
            "× 1,000 repositories",
            ("≤", 1.5),
            detail,
        )
        order, value, detail = _of_slowest(
            lambda order, rounds: _deep(installation, large, order, rounds)
        )
        yield Figure(
            "lists",
            f"page {_DEEP_PAGE}: slowest order ({order})",
            value,
            "× page 1",
            ("≤", 1.5),
            detail,
        )


def _slowest(small: _Catalog, large: _Catalog, query: str, account: str) -> tuple[str, float, str]:
    return _of_slowest(
        lambda order, rounds: _compare(small, large, f"{query}&sort={order}", account, rounds)
    )


def _of_slowest(compare: Callable[[str, int], tuple[float, str]]) -> tuple[str, float, str]:
    """Return the slowest order with its ratio, measured again in more rounds.

    The largest of many noisy figures says more about the noise than about the order.
    """
    order = max(ORDERS, key=lambda order: compare(order, _ROUNDS)[0])
    return order, *compare(order, _ROUNDS_OF_SLOWEST)


def _compare(
    small: _Catalog, large: _Catalog, query: str, account: str, rounds: int
) -> tuple[float, str]:
    return _alternating(
        rounds, lambda: small.seconds(query, account), lambda: large.seconds(query, account)
    )


def _alternating(
    rounds: int, base: Callable[[], float], measured: Callable[[], float]
) -> tuple[float, str]:
    # the first round warms the caches
    bases, values = (seconds[1:] for seconds in interleaved(rounds + 1, base, measured))
    measured_ms, base_ms = (statistics.median(seconds) * 1000 for seconds in (values, bases))
    return ratio(values, bases), f"{measured_ms:.1f} ms against {base_ms:.1f} ms"


def _deep(
    installation: Installation, catalog: _Catalog, order: str, rounds: int
) -> tuple[float, str]:
    first, deep = (
        f"sort={order}",
        f"sort={order}&cursor={_cursor(installation.database_url(), order)}",
    )
    return _alternating(
        rounds,
        lambda: catalog.seconds(first, "bench-admin"),
        lambda: catalog.seconds(deep, "bench-admin"),
    )


def _cursor(url: str, order: str) -> str:
    """Return the cursor of page 1000, or of the middle if there are not enough rows."""
    name = order.removeprefix("-")
    columns = [_EXPRESSIONS.get(name, name)] + ([] if name == "name" else ["id"])
    direction = "DESC" if order.startswith("-") else "ASC"
    by = ", ".join(f"{column} {direction}" for column in columns)
    rows = fetch(url, "SELECT count(*) FROM catalog.repositories")
    offset = min((_DEEP_PAGE - 1) * _PAGE, rows[0][0] // 2) - 1
    row = fetch(
        url,
        f"SELECT {', '.join(columns)} FROM catalog.repositories"
        f" ORDER BY {by} OFFSET {offset} LIMIT 1",
    )[0]
    key = tuple(value if isinstance(value, str | int) else value.isoformat() for value in row)
    cursor = encode_cursor(order, key)
    assert cursor is not None
    return cursor


@contextmanager
def _small(installation: Installation, folder: Path) -> Iterator[str]:
    """Run a second catalog on a database with 1,000 repositories, and yield its URL."""
    secrets_dir = folder / "small"
    url = asyncio.run(_small_database(installation))
    for name in ("token-keys", "session-public-keys"):
        (secrets_dir / name).mkdir(parents=True)
        for key in (installation.secrets / "catalog" / name).glob("*.pem"):
            (secrets_dir / name / key.name).write_bytes(key.read_bytes())
    (secrets_dir / "catalog_database_url").write_text(url)
    with reserve() as port:
        environment = {
            **os.environ,
            "SECRETS_DIR": str(secrets_dir),
            "CATALOG_REGISTRY_URL": installation.address("registry"),
        }
        argv = [
            sys.executable,
            "-P",
            "-m",
            "ops",
            "serve",
            "catalog",
            "--host",
            "127.0.0.1",
            "--port",
            str(port.number),
        ]
        with (folder / "small.log").open("wb") as log:
            process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)
        try:
            address = f"http://{port.address}"
            installation.await_ready(f"{address}/readyz", process)
            yield address
        finally:
            process.terminate()
            process.wait(30)


async def _small_database(installation: Installation) -> str:
    name, password = "small", secrets.token_urlsafe(16)
    connection = await asyncpg.connect(installation.superuser_url)
    try:
        await connection.execute(f"CREATE ROLE {name} LOGIN CREATEROLE PASSWORD '{password}'")
        await connection.execute(f"CREATE DATABASE {name} OWNER {name}")
    finally:
        await connection.close()
    server = installation.superuser_url.rpartition("@")[2].partition("/")[0]
    await migrate(
        f"postgresql://{name}:{password}@{server}/{name}",
        [Role(f"{name}_{service}", password) for service in SERVICES],
    )
    await seed.seed(installation.superuser_url.rpartition("/")[0] + f"/{name}", seed.SMALL)
    return f"postgresql://{name}_catalog:{password}@{server}/{name}"
