"""An error at the start of `moorage run` is one line, and leaves no process."""

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


def run_moorage(data: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    prefixes = ("MOORAGE_", "AUTH_", "CATALOG_", "EVENTS_", "REGISTRY_", "DATABASE_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(prefixes)}
    with reserve() as free:
        port = str(free.number)
    environment = {**inherited, "MOORAGE_DATA": str(data), "MOORAGE_PORT": port, **settings}
    return subprocess.run(
        [*MOORAGE, "run"], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120
    )


def assert_one_line(done: subprocess.CompletedProcess[str], line: str, *, status: int = 2) -> None:
    assert done.returncode == status, done.stderr
    assert done.stderr.startswith(f"moorage: {line}"), done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"MOORAGE_PORT": "http"}, "MOORAGE_PORT: "),
        (
            {"MOORAGE_HOST": "a.example"},
            "MOORAGE_HOST: there is no such setting; did you mean MOORAGE_HOSTS?",
        ),
        ({"REGISTRY_BIN": "/bin/true"}, "REGISTRY_BIN: /bin/true is not a Docker Distribution"),
        ({"AUTH_PULL_TOKEN_SECONDS": "soon"}, "AUTH_PULL_TOKEN_SECONDS: "),
        ({"CATALOG_NAME_RESERVATION_SECONDS": "-1"}, "CATALOG_NAME_RESERVATION_SECONDS: "),
        (
            {"CATALOG_NAME_RESERVATION_SECONDS": "1859"},
            "CATALOG_NAME_RESERVATION_SECONDS: 1859 s is shorter than the longest lifetime",
        ),
        ({"MIN_FREE_BYTES": "1GiB"}, "MIN_FREE_BYTES: "),
        ({"GC_GRACE_MINUTES": "a day"}, "GC_GRACE_MINUTES: "),
        ({"GC_SCHEDULE_HOURS": "-1"}, "GC_SCHEDULE_HOURS: "),
        ({"MIN_FREE_BYTES": "1" + "0" * 18}, "MIN_FREE_BYTES: the disk of the images has only "),
        ({"EVENTS_ISSUER": "hub"}, "EVENTS_ISSUER: `make run` uses AUTH_ISSUER"),
        ({"MOORAGE_HOSTS": "caf\udcff"}, "MOORAGE_HOSTS: "),
        ({"AUTH_ISSUER": "caf\udcff"}, "AUTH_ISSUER: "),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL: "),
        (
            {"DATABASE_URL": "postgresql://a:geheim@127.0.0.1:1/b"},
            "DATABASE_URL: PostgreSQL at a@127.0.0.1:1/b cannot be reached",
        ),
    ],
)
def test_the_error_names_the_wrong_setting(
    folder: Path, settings: dict[str, str], line: str
) -> None:
    data = folder / "wrong"
    done = run_moorage(data, **settings)
    assert_one_line(done, line)
    assert "geheim" not in done.stderr
    assert not parts(data)


def test_the_error_names_a_port_in_use(folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_one_line(
            run_moorage(folder / "wrong", MOORAGE_PORT=str(port)),
            f"MOORAGE_PORT: port {port} is in use",
        )


def test_the_error_names_a_data_folder_that_cannot_be_created(folder: Path) -> None:
    (folder / "file").write_text("")
    assert_one_line(
        run_moorage(folder / "file" / "data"),
        f"MOORAGE_DATA: {folder}/file/data cannot be created: Not a directory",
    )


def test_a_second_run_on_the_same_data_is_refused(stack: Stack) -> None:
    assert_one_line(
        run_moorage(stack.data),
        f"MOORAGE_DATA: another moorage already runs on {stack.data}",
        status=1,
    )
    assert httpx.get(f"{stack.url}/healthz", trust_env=False).is_success


@pytest.fixture
def external(folder: Path) -> Iterator[EmbeddedServer]:
    """A PostgreSQL that is not part of the installation."""
    with start_embedded(folder / "external") as server:
        yield server


def execute(url: str, *statements: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(url)
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    with asyncio.Runner() as runner:
        runner.run(execute())


def test_the_error_names_a_database_role_that_cannot_create_roles(
    folder: Path, external: EmbeddedServer
) -> None:
    execute(external.superuser_url, "CREATE ROLE weak LOGIN PASSWORD 'geheim'")
    url = f"postgresql://weak:geheim@127.0.0.1:{external.port}/postgres"
    assert_one_line(
        run_moorage(folder / "weak", DATABASE_URL=url), "DATABASE_URL: the role of weak@"
    )


def test_with_an_external_database_no_embedded_one_runs(
    folder: Path, external: EmbeddedServer
) -> None:
    execute(
        external.superuser_url,
        "DROP DATABASE IF EXISTS theirs",
        "DROP ROLE IF EXISTS strong",
        "CREATE ROLE strong LOGIN CREATEROLE PASSWORD 'geheim'",
        "CREATE DATABASE theirs OWNER strong",
    )
    own_folder = folder / "with-external"
    own_folder.mkdir()
    url = f"postgres://strong:geheim@127.0.0.1:{external.port}/theirs?sslmode=prefer"
    with running_stack(
        own_folder, DATABASE_URL=url, MOORAGE_ADMIN_PASSWORD="a password of mine"
    ) as running:
        assert "postgres" not in parts(running.data)
        assert not (running.data / "postgres").exists()
        assert not (running.data / "admin-password").exists()
        body = {"username": "admin", "password": "a password of mine"}
        signed_in = httpx.post(f"{running.url}/api/v1/sessions", json=body, trust_env=False)
        assert signed_in.status_code == httpx.codes.CREATED
