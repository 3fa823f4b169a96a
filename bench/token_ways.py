"""Other ways to get a token: POST, refresh token, access token, anonymous, two processes.

Each is compared with a warm GET with a password, served by one process.
"""

import asyncio
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlencode

import asyncpg
import httpx

from bench import load
from bench.database import execute
from bench.figures import Figure, interleaved, ratio
from bench.installation import Installation
from bench.names import PASSWORD, docker_user
from bench.token import SCOPE, basic, medians, request_token
from libs.common.security.secrets import hash_of, new_secret
from ops.host.ports import reserve

_ROUNDS = 3
_USERS = 1_000
_CHANGE_SECONDS = 0.01
_MANY_USERS = """
local values, n = { VALUES }, 0
request = function()
  n = n % #values + 1
  return wrk.format("GET", nil, { Authorization = values[n] })
end
"""
_CHANGE = (
    "UPDATE catalog.grants g SET permission = $1"
    " FROM catalog.namespaces n, catalog.docker_users u"
    " WHERE n.id = g.namespace_id AND u.id = g.docker_user_id"
    f" AND n.name = 'team-0000' AND u.username = '{docker_user(0)}'"
)
_ACCESS_TOKEN = (
    "INSERT INTO auth.access_tokens (id, name, docker_user_id, permission, secret_hash)"
    " SELECT $1, 'bench', id, 'pull', $2 FROM catalog.docker_users WHERE username = $3"
)


def measure(installation: Installation) -> Iterator[Figure]:
    """Yield all figures."""
    token = installation.address("auth") + "/token?service=moorage"
    warm = f"{token}&scope={SCOPE}"
    request_token(warm, 0)
    yield from _by_way(installation, warm)
    yield _many_users(warm)
    yield _while_grants_change(installation, warm)
    yield _by_two(installation, warm)


def _rate(url: str, *, headers: dict[str, str] | None = None, script: str = "") -> float:
    return load.measure(url, seconds=1, headers=headers, script=script).rate


def _by_way(installation: Installation, warm: str) -> Iterator[Figure]:
    post = installation.address("auth") + "/token"
    ways: dict[str, Callable[[], float]] = {
        "POST, with a password": lambda: _rate(
            post, script=_form(grant_type="password", username=docker_user(0), password=PASSWORD)
        ),
        "POST, with a refresh token": lambda: _rate(post, script=refreshing),
        "GET, with an access token": lambda: _rate(warm, headers=access),
        "GET, anonymous": lambda: _rate(warm),
    }
    refreshing = _form(grant_type="refresh_token", refresh_token=_refresh_token(post))
    access = basic(0, _access_token(installation))
    bases, *others = interleaved(_ROUNDS, lambda: _rate(warm, headers=basic()), *ways.values())
    for way, rates in zip(ways, others, strict=True):
        yield Figure(
            "token",
            f"warm, by {way}",
            ratio(rates, bases),
            "× GET with a password",
            None,
            medians(rates, bases),
        )


def _form(**fields: str) -> str:
    body = urlencode({"service": "moorage", "scope": SCOPE, "client_id": "bench", **fields})
    return (
        f'wrk.method = "POST"\nwrk.body = {json.dumps(body)}\n'
        'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"\n'
    )


def _refresh_token(url: str) -> str:
    form = {
        "service": "moorage",
        "client_id": "bench",
        "grant_type": "password",
        "access_type": "offline",
    }
    answer = httpx.post(
        url,
        data={**form, "username": docker_user(0), "password": PASSWORD},
        timeout=30,
        trust_env=False,
    )
    token: str = answer.raise_for_status().json()["refresh_token"]
    return token


def _access_token(installation: Installation) -> str:
    secret = new_secret("mat_")
    execute(
        installation.database_url(), _ACCESS_TOKEN, uuid.uuid4(), hash_of(secret), docker_user(0)
    )
    return secret


def _many_users(warm: str) -> Figure:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: request_token(warm, number), range(_USERS)))
    values = ", ".join(json.dumps(basic(number)["Authorization"]) for number in range(_USERS))
    script = _MANY_USERS.replace("VALUES", values)
    one, many = interleaved(
        _ROUNDS, lambda: _rate(warm, headers=basic()), lambda: _rate(warm, script=script)
    )
    return Figure(
        "token",
        f"warm, {_USERS:,} Docker users in turn",
        ratio(many, one),
        "× one user",
        None,
        medians(many, one),
    )


def _while_grants_change(installation: Installation, warm: str) -> Figure:
    """Measure while the grant behind the requested tokens changes."""

    def during_changes() -> float:
        with _changing(installation.database_url()):
            return _rate(warm, headers=basic())

    alone, rates = interleaved(_ROUNDS, lambda: _rate(warm, headers=basic()), during_changes)
    return Figure(
        "token",
        "warm, while its grant changes every 10 ms",
        ratio(rates, alone),
        "× alone",
        None,
        medians(rates, alone),
    )


@contextmanager
def _changing(url: str) -> Iterator[None]:
    over = threading.Event()

    async def change() -> None:
        connection = await asyncpg.connect(url)
        try:
            for permission in itertools.cycle(("pull", "push")):
                await connection.execute(_CHANGE, permission)
                if over.is_set() and permission == "push":  # as seeded
                    return
                await asyncio.sleep(_CHANGE_SECONDS)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(asyncio.run, change())
        try:
            yield
        finally:
            over.set()
    running.result()


def _by_two(installation: Installation, warm: str) -> Figure:
    """Measure two processes, with half of the connections to each."""

    def together() -> float:
        with ThreadPoolExecutor(2) as pool:
            halves = pool.map(
                lambda url: load.measure(url, seconds=1, connections=8, headers=basic()).rate,
                (warm, second),
            )
            return sum(halves)

    with _second(installation) as address:
        second = warm.replace(installation.address("auth"), address)
        one, two = interleaved(_ROUNDS, lambda: _rate(warm, headers=basic()), together)
    return Figure(
        "token",
        f"warm, by two processes on {os.cpu_count()} cores",
        ratio(two, one),
        "× one process",
        None,
        medians(two, one),
    )


@contextmanager
def _second(installation: Installation) -> Iterator[str]:
    """Run a second auth process on the same database, and yield its URL."""
    with reserve() as port, tempfile.TemporaryFile() as log:
        argv = [
            sys.executable,
            "-P",
            "-m",
            "ops",
            "serve",
            "auth",
            "--host",
            "127.0.0.1",
            "--port",
            str(port.number),
        ]
        environment = {**os.environ, "SECRETS_DIR": str(installation.secrets / "auth")}
        process = subprocess.Popen(argv, env=environment, stdout=log, stderr=log)
        try:
            installation.await_ready(f"http://{port.address}/readyz", process)
            yield f"http://{port.address}"
        finally:
            process.terminate()
            process.wait(30)
