"""What is wrong or missing at start is one clear line, never a traceback, and nothing is left running."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from ops.db.postgres import EmbeddedServer, start_embedded
from ops.host.ports import reserve
from tests.kit.install import PROJECT
from tests.kit.stack.processes import parts
from tests.kit.stack.run import MOORAGE, Stack, running_stack


def _run(data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    ours = ("MOORAGE_", "AUTH_", "CATALOG_", "EVENTS_", "REGISTRY_", "DATABASE_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    with reserve() as free:
        port = str(free.number)
    environment = {**inherited, "MOORAGE_DATA": str(data), "MOORAGE_PORT": port, **settings}
    return subprocess.run(
        [*MOORAGE, "run"], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120
    )


def _assert_one_line(
    done: subprocess.CompletedProcess[str], begins: str, *, status: int = 2
) -> None:
    assert done.returncode == status, done.stderr
    assert done.stderr.startswith(f"moorage: {begins}"), done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("settings", "begins"),
    [
        ({"MOORAGE_PORT": "http"}, "MOORAGE_PORT: "),
        (
            {"MOORAGE_HOST": "a.example"},
            "MOORAGE_HOST: there is no such setting; did you mean MOORAGE_HOSTS?",
        ),
        ({"REGISTRY_BIN": "/bin/true"}, "REGISTRY_BIN: /bin/true is not a Docker Distribution"),
        ({"AUTH_PULL_TOKEN_SECONDS": "soon"}, "AUTH_PULL_TOKEN_SECONDS: "),
        ({"CATALOG_NAME_RESERVATION_SECONDS": "-1"}, "CATALOG_NAME_RESERVATION_SECONDS: "),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL: "),
        (
            {"DATABASE_URL": "postgresql://a:geheim@127.0.0.1:1/b"},
            "DATABASE_URL: PostgreSQL at a@127.0.0.1:1/b cannot be reached",
        ),
    ],
)
def test_a_wrong_setting_is_named(folder: Path, settings: dict[str, str], begins: str) -> None:
    data = folder / "wrong"
    done = _run(data, **settings)
    _assert_one_line(done, begins)
    assert "geheim" not in done.stderr
    assert not parts(data)


def test_a_port_in_use_is_named(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        _assert_one_line(
            _run(folder / "wrong", MOORAGE_PORT=str(port)), f"MOORAGE_PORT: port {port} is in use"
        )


def test_a_data_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    (folder / "file").write_text("")
    _assert_one_line(
        _run(folder / "file" / "data"),
        f"MOORAGE_DATA: {folder}/file/data cannot be made: Not a directory",
    )


def test_a_second_run_on_the_same_data_is_refused(stack: Stack) -> None:
    _assert_one_line(
        _run(stack.data), f"MOORAGE_DATA: another moorage already runs on {stack.data}", status=1
    )
    assert httpx.get(f"{stack.url}/healthz", trust_env=False).is_success


@pytest.fixture
def outside(folder: Path) -> Iterator[EmbeddedServer]:
    """Somebody's PostgreSQL."""
    place = folder / "outside"
    with start_embedded(place) as server:
        yield server


def _execute(url: str, *statements: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    with asyncio.Runner() as runner:
        runner.run(execute())


def test_a_database_role_that_may_not_create_roles_is_named(
    folder: Path, outside: EmbeddedServer
) -> None:
    _execute(outside.superuser_url, "CREATE ROLE weak LOGIN PASSWORD 'geheim'")
    url = f"postgresql://weak:geheim@127.0.0.1:{outside.port}/postgres"
    _assert_one_line(_run(folder / "weak", DATABASE_URL=url), "DATABASE_URL: the role of weak@")


def test_an_outside_database_is_used_and_none_is_embedded(
    folder: Path, outside: EmbeddedServer
) -> None:
    _execute(
        outside.superuser_url,
        "DROP DATABASE IF EXISTS theirs",
        "DROP ROLE IF EXISTS strong",
        "CREATE ROLE strong LOGIN CREATEROLE PASSWORD 'geheim'",
        "CREATE DATABASE theirs OWNER strong",
    )
    place = folder / "with-outside"
    place.mkdir()
    url = f"postgres://strong:geheim@127.0.0.1:{outside.port}/theirs?sslmode=prefer"
    with running_stack(
        place, DATABASE_URL=url, MOORAGE_ADMIN_PASSWORD="a password of mine"
    ) as running:
        assert "postgres" not in parts(running.data)
        assert not (running.data / "postgres").exists()
        assert not (running.data / "admin-password").exists()
        body = {"username": "admin", "password": "a password of mine"}
        signed_in = httpx.post(f"{running.url}/api/v1/sessions", json=body, trust_env=False)
        assert signed_in.status_code == httpx.codes.CREATED
