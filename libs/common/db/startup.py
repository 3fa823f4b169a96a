"""What a service checks in its database when it starts (spec 12, "PostgreSQL")."""

import asyncio
import secrets
from contextlib import suppress

import asyncpg
import structlog

from libs.common.db.engine import CONNECT_SECONDS, is_unreachable

_NOTIFY_SECONDS = 10.0
_STATEMENT_SECONDS = 10.0
_log = structlog.get_logger()

_LOST_STATEMENTS = (
    asyncpg.InvalidSQLStatementNameError,
    asyncpg.DuplicatePreparedStatementError,
    asyncpg.ProtocolViolationError,
)
"""A pooler moved a connection to a session that lacks its prepared statements."""

Connection = asyncpg.Connection
_POOLER = (
    "PostgreSQL does not keep the session of a connection: {reason}. Connect to the primary"
    " directly, or through a pooler in session mode (pgbouncer: pool_mode = session)"
)


class UnusableDatabase(Exception):
    """The service cannot work with its database. The message is one line."""


async def check_database(url: str, *, application_name: str, connections: int) -> None:
    """Prove that ``LISTEN`` and session locks work, and check the limit of connections.

    ``connections`` is how many connections this process opens at most. If the limit leaves too few
    for it now, log a warning.

    Raises:
        UnusableDatabase: a session does not last, or the limit is below ``connections``.
        Exception: the database is unreachable, or refuses the login.
    """
    opened: list[Connection] = []
    try:
        while len(opened) < 2:
            connection = await asyncpg.connect(
                url,
                timeout=CONNECT_SECONDS,
                command_timeout=_STATEMENT_SECONDS,
                server_settings={"application_name": f"{application_name} start"},
            )
            opened.append(connection)
        await _prove_sessions(*opened)
        await _check_limit(opened[0], application_name, connections)
    except _LOST_STATEMENTS as error:
        raise UnusableDatabase(_POOLER.format(reason="prepared statements vanish")) from error
    finally:
        for connection in opened:
            connection.terminate()


async def _prove_sessions(first: Connection, second: Connection) -> None:
    """Take a lock and listen on ``first``, and check on ``second`` that both hold."""
    key, channel = secrets.randbits(62), f"moorage_start_{secrets.token_hex(8)}"
    notified = asyncio.Event()
    try:
        await first.add_listener(channel, lambda *_: notified.set())
        await first.fetchval("SELECT pg_try_advisory_lock($1)", key)
        if await second.fetchval("SELECT pg_try_advisory_lock($1)", key):
            raise UnusableDatabase(_POOLER.format(reason="a session lock excludes nobody"))
        await second.fetchval("SELECT pg_notify($1, '')", channel)
        with suppress(TimeoutError):
            async with asyncio.timeout(_NOTIFY_SECONDS):
                await notified.wait()
        if not notified.is_set():
            raise UnusableDatabase(_POOLER.format(reason="LISTEN receives no notification"))
        if not await first.fetchval("SELECT pg_advisory_unlock($1)", key):
            raise UnusableDatabase(_POOLER.format(reason="a session lock is lost"))
    finally:
        for connection in (first, second):
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
                await connection.execute("SELECT pg_advisory_unlock_all()")
                await connection.execute("UNLISTEN *")


async def _check_limit(connection: Connection, application_name: str, needed: int) -> None:
    row = await connection.fetchrow(
        """
        SELECT current_setting('max_connections')::int
                   - current_setting('superuser_reserved_connections')::int
                   - coalesce(current_setting('reserved_connections', true)::int, 0) AS server,
               (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user) AS role,
               (SELECT nullif(datconnlimit, -1) FROM pg_database
                 WHERE datname = current_database()) AS database,
               -- A role sees `backend_type` of its own sessions only, and these columns of all.
               (SELECT count(*) FROM pg_stat_activity
                 WHERE datid IS NOT NULL AND usesysid IS NOT NULL
                   AND application_name <> $1) AS used
        """,
        f"{application_name} start",
    )
    assert row is not None
    limit = min(value for value in (row["server"], row["role"], row["database"]) if value)
    if limit < needed:
        raise UnusableDatabase(
            f"PostgreSQL accepts {limit} connections, and {application_name} opens up to {needed}:"
            " raise max_connections (or CONNECTION LIMIT of the role or the database)"
        )
    if row["server"] - row["used"] < needed:
        _log.warning(
            "PostgreSQL has few connections left: raise max_connections, or run fewer replicas",
            accepted=row["server"],
            in_use=row["used"],
            needed=needed,
        )


async def is_reached(url: str, *, application_name: str, connections: int) -> bool:
    """Check the database, and return whether it was reached. If not, log the reason.

    Raises:
        UnusableDatabase: see ``check_database``.
    """
    try:
        await check_database(url, application_name=application_name, connections=connections)
    except UnusableDatabase:
        raise
    except Exception as error:
        if not is_unreachable(error) and not isinstance(error, asyncpg.PostgresError):
            raise
        _log.warning(
            "the database was not reached; the service tries again until it is",
            reason=f"{type(error).__name__}: {error}",
        )
        return False
    return True
