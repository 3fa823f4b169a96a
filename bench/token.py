"""The token endpoint, compared with an empty route, and while passwords are hashed.

A warm request gets a token whose Docker user and grants are cached.
"""

import base64
import itertools
import json
import random
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from bench import empty, load
from bench.database import execute, fetch_value
from bench.figures import Figure, interleaved, ratio
from bench.installation import Installation
from bench.memory import pid_of
from bench.names import PASSWORD, docker_user

_ROUNDS = 7
_SECONDS = 1
_COLD_LOGINS = 8
SCOPE = "repository:team-0000/app-000001:pull"
_NEW_SCOPES = """
local paths, n = {}, 0
for i = 1, 40000 do
  paths[i] = "/token?service=moorage&scope=repository:team-0000/app-" .. FIRST + i .. ":pull"
end
request = function() n = n % 40000 + 1; return wrk.format("GET", paths[n]) end
"""
_REVOKE = (
    "DELETE FROM catalog.grants g USING catalog.namespaces n, catalog.docker_users u"
    " WHERE n.id = g.namespace_id AND u.id = g.docker_user_id"
    f" AND n.name = 'team-0000' AND u.username = '{docker_user(0)}'"
)
_GRANT = (
    "INSERT INTO catalog.grants (namespace_id, docker_user_id, permission)"
    " SELECT n.id, u.id, 'push' FROM catalog.namespaces n, catalog.docker_users u"
    f" WHERE n.name = 'team-0000' AND u.username = '{docker_user(0)}'"
)


@dataclass(frozen=True, slots=True)
class _Server:
    """A server's URL, and the id of its process."""

    url: str
    pid: int

    def load(
        self, url: str, *, headers: dict[str, str] | None = None, script: str = ""
    ) -> load.Load:
        return load.measure_server(self.pid, url, seconds=_SECONDS, headers=headers, script=script)


def measure(installation: Installation) -> Iterator[Figure]:
    """Yield all figures of `/token`."""
    token = installation.address("auth") + "/token?service=moorage"
    warm = f"{token}&scope={SCOPE}"
    request_token(warm, 0)
    auth = _Server(token, pid_of("auth", installation.ports["auth"]))
    with empty.running() as (url, pid):
        yield from _against_empty(_Server(url, pid), auth, token)
    yield _round_trips(installation, warm)
    yield _while_hashing(token, warm)
    yield _revocation(installation, token, warm)


def basic(number: int = 0, password: str = PASSWORD) -> dict[str, str]:
    """Return the Authorization header of a seeded Docker user."""
    credentials = f"{docker_user(number)}:{password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(credentials).decode()}"}


def new_scopes() -> str:
    """Return a script for `wrk` that requests a new repository of `team-0000` each time."""
    return _NEW_SCOPES.replace("FIRST", str(random.randrange(10**9)))


def request_token(url: str, number: int) -> str:
    """Return the token that the server at ``url`` issues to a seeded Docker user."""
    answer = httpx.get(url, headers=basic(number), timeout=30, trust_env=False).raise_for_status()
    token: str = answer.json()["token"]
    return token


def _rate(url: str, *, script: str = "") -> float:
    return load.measure(url, seconds=_SECONDS, headers=basic(), script=script).rate


def medians(rates: list[float], bases: list[float]) -> str:
    """Return the medians of two loads as text."""
    return f"{statistics.median(rates):,.0f}/s against {statistics.median(bases):,.0f}/s"


def _against_empty(route: _Server, auth: _Server, token: str) -> Iterator[Figure]:
    bare: list[load.Load] = []
    warm: list[load.Load] = []
    new: list[load.Load] = []
    for _ in range(_ROUNDS):
        bare.append(route.load(route.url))
        warm.append(auth.load(f"{token}&scope={SCOPE}", headers=basic()))
        new.append(auth.load(token, headers=basic(), script=new_scopes()))
    for what, loads, least in (
        ("warm, the same scope", warm, 0.6),
        ("warm, a new scope in each request", new, 0.45),
    ):
        rates, of_route = [one.rate for one in loads], [one.rate for one in bare]
        yield Figure(
            "token",
            f"{what}, one worker",
            ratio(rates, of_route),
            "× empty route",
            ("≥", least),
            medians(rates, of_route),
        )
        rates, of_route = (
            [one.processor_rate for one in loads],
            [one.processor_rate for one in bare],
        )
        detail = f"{medians(rates, of_route)} of processor time"
        yield Figure(
            "token",
            f"{what}, by processor time",
            ratio(rates, of_route),
            "× empty route",
            None,
            detail,
        )
    spread = statistics.median(each.p99 / each.p50 for each in warm)
    p50 = statistics.median(each.p50 for each in warm) * 1000
    yield Figure(
        "token", "warm, p99 at 16 connections", spread, "× p50", ("≤", 10), f"p50 {p50:.2f} ms"
    )


def _round_trips(installation: Installation, warm: str) -> Figure:
    """Count transactions per request, without those that PostgreSQL also commits at rest.

    At rest, the services commit heartbeats and last logins.
    """
    started = _committed(installation)
    time.sleep(2)
    rested = _committed(installation)
    requests = load.measure(warm, seconds=2, headers=basic()).requests
    loaded, quiet = _committed(installation) - rested, rested - started
    detail = f"{loaded:.0f} transactions during {requests:,} requests, {quiet:.0f} at rest"
    each = max(0.0, loaded - quiet) / requests * 1000
    return Figure(
        "token", "database transactions per 1,000 warm requests", each, "", ("≤", 5), detail
    )


def _committed(installation: Installation) -> float:
    time.sleep(1.1)  # a PostgreSQL backend updates its statistics once a second
    return float(
        fetch_value(
            installation.superuser_url,
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()",
        )
    )


def _while_hashing(token: str, warm: str) -> Figure:
    numbers = itertools.count(1000)

    def during_logins() -> float:
        with _cold_logins(token, numbers):
            return _rate(warm)

    alone, rates = interleaved(_ROUNDS, lambda: _rate(warm), during_logins)
    return Figure(
        "token",
        "warm, while 8 cold logins are hashed",
        ratio(rates, alone),
        "× alone",
        ("≥", 0.5),
        medians(rates, alone),
    )


@contextmanager
def _cold_logins(token: str, numbers: Iterator[int]) -> Iterator[None]:
    """Run eight logins at a time, each of a Docker user that has not logged in before."""
    over = threading.Event()

    def log_in_again() -> None:
        while not over.is_set():
            http.get(token, headers=basic(next(numbers))).raise_for_status()

    # one client for all, because creating a client takes longer than the hash
    with (
        httpx.Client(trust_env=False, timeout=30) as http,
        ThreadPoolExecutor(_COLD_LOGINS) as pool,
    ):
        running = [pool.submit(log_in_again) for _ in range(_COLD_LOGINS)]
        try:
            yield
        finally:
            over.set()
    for login in running:
        login.result()


def _revocation(installation: Installation, token: str, warm: str) -> Figure:
    """Measure the seconds from revoking a grant to the first token without it, under load."""
    owner = installation.database_url()
    taken: list[float] = []
    numbers = itertools.count(5000)
    for _ in range(3):
        with ThreadPoolExecutor(1) as pool, _cold_logins(token, numbers):
            busy = pool.submit(load.measure, warm, seconds=2, headers=basic())
            time.sleep(0.5)
            execute(owner, _REVOKE)
            revoked_at = time.monotonic()
            while _access(request_token(warm, 0)):
                pass
            taken.append(time.monotonic() - revoked_at)
            busy.result()
        execute(owner, _GRANT)
    return Figure(
        "token",
        "from revoking a grant to the first token without it, under load",
        max(taken),
        "s",
        ("≤", 1),
        "the slowest of 3",
    )


def _access(token: str) -> list[object]:
    payload = token.split(".")[1]
    access: list[object] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )["access"]
    return access
