"""The database of an installation that does not run, for a restore."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from ops.db import postgres
from ops.db.roles import Role, ensure_owner
from ops.host.environment import child_environment
from ops.host.files import private_dir
from ops.host.ports import reserve
from ops.host.privileges import RunUser
from ops.layout import Layout
from ops.secrets.store import new_password, password_in
from ops.settings import RunSettings

OWNER = "moorage"
DATABASE = "moorage"
_STOP_SECONDS = 60.0


def has_own_server(layout: Layout, settings: RunSettings) -> bool:
    """Return whether the database is the embedded one, which runs only with `moorage run`."""
    if settings.database_url is not None:
        return False
    if not layout.owner_url.is_file():
        return True
    return urlsplit(layout.owner_url.read_text().strip()).hostname == "127.0.0.1"


def given_url(layout: Layout, settings: RunSettings) -> str:
    """Return the URL of a database that runs by itself, as the owner of the schemas."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return layout.owner_url.read_text().strip()


@contextmanager
def embedded_database(layout: Layout, user: RunUser) -> Iterator[tuple[str, Role]]:
    """Run the embedded PostgreSQL for the block. Yield the superuser's URL, and the owner.

    Raises:
        OpsError: PostgreSQL does not start.
    """
    private_dir(layout.logs, user)
    postgres.initialise(layout.postgres, layout.superuser_password, user)
    log = layout.logs / "postgres.log"
    with reserve() as port, _running(layout.postgres, port.number, log, user):
        superuser = postgres.url(
            user=postgres.SUPERUSER,
            password=layout.superuser_password.read_text(),
            port=port.number,
            database="postgres",
        )
        password = password_in(layout.owner_url) or new_password()
        yield superuser, Role(OWNER, password, may_create_roles=True)


async def owner_url_of(superuser_url: str, owner: Role) -> str:
    """Create the owner and its database if they are missing, and return its URL."""
    await ensure_owner(superuser_url, owner, DATABASE)
    port = urlsplit(superuser_url).port
    assert port is not None
    return postgres.url(user=owner.name, password=owner.password, port=port, database=DATABASE)


@contextmanager
def _running(cluster: Path, port: int, log: Path, user: RunUser) -> Iterator[None]:
    with log.open("ab") as stream:
        process = subprocess.Popen(
            user.command(postgres.server_command(cluster, port), death_signal="INT"),
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd="/",
            start_new_session=True,
        )
    user.own(log)
    try:
        postgres.wait_ready(cluster, process.pid, lambda: process.poll() is None, log)
        yield
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)  # fast shutdown
            process.wait(_STOP_SECONDS)
