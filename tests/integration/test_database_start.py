"""What a service checks in its database before it serves, and how it drains."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
from structlog.testing import capture_logs

from libs.common.db.startup import UnusableDatabase, check_database, is_reached
from ops.db.migrate import migrate
from ops.db.postgres import EmbeddedServer, url
from ops.db.roles import Role, connected
from ops.errors import OpsError
from ops.host.environment import child_environment
from ops.host.ports import reserve
from ops.host.privileges import run_user
from ops.layout import SERVICES, Layout
from ops.secrets.store import Owners, ensure_database_urls, ensure_secrets
from tests.kit.database import Database
from tests.kit.install import PROJECT, Toolbox, toolbox
from tests.kit.stack.run import MOORAGE
from tests.kit.waiting import eventually

pytestmark = pytest.mark.timeout(120)
CHECK = {"application_name": "moorage test", "connections": 5}


@contextmanager
def running_pooler(url: str, folder: Path, mode: str) -> Iterator[str]:
    """Run pgbouncer in front of the database, and yield the URL through it."""
    tools: Toolbox = toolbox()
    program = tools.find("pgbouncer")
    if program is None:
        pytest.skip("there is no pgbouncer")
    parts = urlsplit(url)
    with reserve() as reserved:
        port = reserved.number
    user = run_user([folder, program])
    (folder / "users").write_text(f'"{parts.username}" "{unquote(parts.password or "")}"\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={parts.port}\n"
        "[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nunix_socket_dir =\nauth_type = plain\n"
        f"auth_file = {folder}/users\npool_mode = {mode}\n"
        "ignore_startup_parameters = extra_float_digits,jit,statement_timeout,application_name\n"
    )
    for path in (folder, folder / "users", folder / "pgbouncer.ini"):
        user.own(path)
    environment = child_environment(**tools.environment(folder))
    process = subprocess.Popen(
        user.command([str(program), "-q", str(folder / "pgbouncer.ini")]), env=environment
    )
    try:
        address = f"{parts.username}:{parts.password}@127.0.0.1:{port}"
        yield urlunsplit(parts._replace(netloc=address))
    finally:
        process.terminate()
        process.wait(20)


async def reached(url: str) -> None:
    """Wait until the pooler accepts connections."""
    async with asyncio.timeout(20):
        while not await is_reached(url, **CHECK):  # type: ignore[arg-type]  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_direct_connection_is_accepted(database: Database) -> None:
    await check_database(database.urls["auth"], **CHECK)  # type: ignore[arg-type]


async def test_pooler_in_session_mode_is_accepted(database: Database, tmp_path: Path) -> None:
    with running_pooler(database.urls["auth"], tmp_path, "session") as pooled:
        await reached(pooled)


async def test_pooler_in_transaction_mode_is_refused(database: Database, tmp_path: Path) -> None:
    with (
        running_pooler(database.urls["auth"], tmp_path, "transaction") as pooled,
        pytest.raises(UnusableDatabase, match=r"does not keep the session .*pool_mode = session"),
    ):
        await reached(pooled)


async def test_limit_below_the_connections_of_a_process_is_refused(database: Database) -> None:
    role = urlsplit(database.urls["events"]).username
    await database.execute(f'ALTER ROLE "{role}" CONNECTION LIMIT 4')
    try:
        with pytest.raises(UnusableDatabase, match=r"accepts 4 connections, .* opens up to 5"):
            await check_database(database.urls["events"], **CHECK)  # type: ignore[arg-type]
    finally:
        await database.execute(f'ALTER ROLE "{role}" CONNECTION LIMIT -1')


async def test_unreachable_database_is_no_reason_to_refuse_and_is_logged() -> None:
    with capture_logs() as logged:
        assert not await is_reached("postgresql://a:pw9@127.0.0.1:1/c", **CHECK)  # type: ignore[arg-type]
    (line,) = logged
    assert line["log_level"] == "warning"
    assert "connect" in line["reason"].lower()
    assert "pw9" not in str(line)


@contextmanager
def serving(
    service: str, url: str, folder: Path, *options: str
) -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    layout = Layout(folder / "data")
    layout.root.mkdir()
    owners = Owners.all(run_user([layout.root]))
    ensure_secrets(layout, owners)
    ensure_database_urls(layout, url, owners)
    layout.database_url_of(service).write_text(url)
    with reserve() as reserved:
        port = str(reserved.number)
    process = subprocess.Popen(
        [*MOORAGE, "serve", service, "--port", port, *options],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "SECRETS_DIR": str(layout.secrets_of(service))},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        base = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=base, trust_env=False, timeout=10) as client:
            yield process, client
    finally:
        process.kill()
        process.communicate()


def status(client: httpx.Client, path: str) -> int:
    """Return the status of the response, or 0 if the service does not answer."""
    try:
        return client.get(path).status_code
    except httpx.TransportError:
        return 0


def test_service_behind_a_transaction_pooler_ends_with_one_line_and_code_2(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "pooler").mkdir()
    with (
        running_pooler(database.urls["auth"], tmp_path / "pooler", "transaction") as pooled,
        serving("auth", pooled, tmp_path) as (process, _),
    ):
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    (line,) = (line for line in errors.splitlines() if line.startswith("moorage:"))
    assert line.startswith("moorage: AUTH_DATABASE_URL: PostgreSQL does not keep the session")


def test_draining_service_is_not_ready_and_answers_requests(
    database: Database, tmp_path: Path
) -> None:
    with serving("auth", database.urls["auth"], tmp_path, "--drain-seconds", "3") as (
        process,
        client,
    ):
        eventually(lambda: status(client, "/readyz") == 200, within=60, what="a ready service")
        process.send_signal(signal.SIGTERM)
        eventually(lambda: status(client, "/readyz") == 503, within=3, what="a draining service")
        assert status(client, "/.well-known/jwks.json") == 200
        process.wait(30)


async def test_roles_that_exist_beforehand_need_no_createrole(
    postgres_server: EmbeddedServer,
) -> None:
    name = f"given_{secrets.token_hex(3)}"
    roles = [Role(f"{name}_{service}", secrets.token_hex(8)) for service in SERVICES]
    owner = url(user=name, password="given", port=postgres_server.port, database=name)
    async with connected(postgres_server.superuser_url) as admin:
        await admin.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'given'")
        await admin.execute(f"CREATE DATABASE {name} OWNER {name}")
        with pytest.raises(OpsError, match="create the roles of the services beforehand"):
            await migrate(owner, roles)
        for role in roles:
            await admin.execute(f"CREATE ROLE {role.name} LOGIN PASSWORD '{role.password}'")
    await migrate(owner, roles)
    own = url(
        user=roles[0].name, password=roles[0].password, port=postgres_server.port, database=name
    )
    connection = await asyncpg.connect(own)
    try:
        assert await connection.fetchval("SELECT version_num FROM moorage.alembic_version")
    finally:
        await connection.close()
