"""The embedded PostgreSQL: its data, its privacy, and its end."""

import asyncio
import os
import socket
import stat
from pathlib import Path

import asyncpg
import pytest

from ops.db.postgres import initialise, start_embedded
from ops.db.scram import verifier
from ops.errors import OpsError
from ops.host.privileges import RunUser


def _fetch(url: str, statement: str) -> object:
    async def fetch() -> object:
        connection = await asyncpg.connect(url, timeout=10)
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    with asyncio.Runner() as runner:
        return runner.run(fetch())


def test_a_connection_without_the_password_is_refused(tmp_path: Path) -> None:
    with start_embedded(tmp_path / "db") as server:
        with_wrong_password = f"postgresql://postgres:wrong@127.0.0.1:{server.port}/postgres"
        with pytest.raises(asyncpg.InvalidPasswordError):
            _fetch(with_wrong_password, "SELECT 1")


def test_a_second_start_has_the_same_data_and_trigrams_of_chinese_text(tmp_path: Path) -> None:
    with start_embedded(tmp_path / "db") as server:
        _fetch(server.superuser_url, "CREATE TABLE kept AS SELECT 42 AS answer")
        _fetch(server.superuser_url, "CREATE EXTENSION pg_trgm")
    with start_embedded(tmp_path / "db") as server:
        assert _fetch(server.superuser_url, "SELECT answer FROM kept") == 42
        assert _fetch(server.superuser_url, "SELECT cardinality(show_trgm('镜像'))") == 3


def test_a_stopped_server_leaves_no_process_and_no_port(tmp_path: Path) -> None:
    with start_embedded(tmp_path / "db") as server:
        pid, port = server._process.pid, server.port
    assert not Path(f"/proc/{pid}").exists()
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


def test_the_server_never_runs_as_root_and_its_files_are_private(tmp_path: Path) -> None:
    with start_embedded(tmp_path / "db") as server:
        assert Path(f"/proc/{server._process.pid}").stat().st_uid != 0
    password = tmp_path / "db" / "superuser_password"
    assert stat.S_IMODE(password.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "db").stat().st_mode) == 0o700


def test_no_command_line_contains_the_password(tmp_path: Path) -> None:
    with start_embedded(tmp_path / "db") as server:
        password = (tmp_path / "db" / "superuser_password").read_text()
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                assert password not in entry.read_bytes().decode(errors="replace")
            except OSError:
                continue
        assert server.port


def test_the_error_names_the_version_of_data_of_another_postgresql(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("12\n")
    with pytest.raises(OpsError, match="has data of PostgreSQL 12, and this is PostgreSQL 18"):
        initialise(tmp_path, tmp_path / "password", RunUser(os.geteuid(), os.getegid()))


def test_a_role_can_log_in_with_the_password_of_its_verifier(tmp_path: Path) -> None:
    with start_embedded(tmp_path / "db") as server:
        _fetch(
            server.superuser_url, f"CREATE ROLE somebody LOGIN PASSWORD '{verifier('a-password')}'"
        )
        url = f"postgresql://somebody:a-password@127.0.0.1:{server.port}/postgres"
        assert _fetch(url, "SELECT current_user") == "somebody"
