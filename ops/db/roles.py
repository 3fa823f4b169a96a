"""Checks the database of an installation and creates its roles."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import asyncpg

from libs.common.database_url import ContradictingOptions, with_options
from ops.db.scram import verifier
from ops.errors import OpsError
from ops.layout import SERVICES, Layout
from ops.secrets.store import password_in

OLDEST_VERSION = 15
_CONNECT_SECONDS = 10.0
_UNREACHABLE = (OSError, asyncio.TimeoutError, socket.gaierror, asyncpg.CannotConnectNowError)


@dataclass(frozen=True, slots=True)
class Role:
    """A PostgreSQL role that logs in with a password."""

    name: str
    password: str
    may_create_roles: bool = False


@asynccontextmanager
async def connected(url: str, *, patience: float = 0.0) -> AsyncIterator[asyncpg.Connection]:
    """Connect to `url` for the block. Retry for `patience` seconds while PostgreSQL is unreachable.

    Raises:
        OpsError: There is no connection. The line names the address and the role, and never the
            password.
    """
    connection = await _connect(url, patience)
    try:
        yield connection
    finally:
        await connection.close()


async def _connect(url: str, patience: float) -> asyncpg.Connection:
    deadline = asyncio.get_running_loop().time() + patience
    while True:
        try:
            return await asyncpg.connect(
                completed(url),
                timeout=_CONNECT_SECONDS,
                server_settings={"application_name": "moorage"},
            )
        except _UNREACHABLE as error:
            if asyncio.get_running_loop().time() >= deadline:
                reason = str(error) or "it does not answer"
                raise OpsError(
                    f"PostgreSQL at {address(url)} cannot be reached: {reason}"
                ) from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise OpsError(
                f"PostgreSQL at {address(url)} refused the connection: {_one_line(error)}"
            ) from None
        await asyncio.sleep(0.2)


def completed(url: str) -> str:
    """Return `url` with DATABASE_SSLMODE and DATABASE_CA_FILE of the environment.

    Raises:
        OpsError: The URL and the environment contradict each other.
    """
    try:
        return with_options(
            url,
            sslmode=os.environ.get("DATABASE_SSLMODE") or None,
            ca_file=os.environ.get("DATABASE_CA_FILE") or None,
        )
    except ContradictingOptions as error:
        raise OpsError(f"DATABASE_SSLMODE, DATABASE_CA_FILE: {error}") from None


def address(url: str) -> str:
    """Return `role@host:port/database` of a URL, which messages can show.

    A URL can have several hosts.
    """
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2]
    return f"{unquote(parts.username or '')}@{hosts}{parts.path}"


async def check_owner(url: str, *, patience: float = 0.0, needs_roles: bool = True) -> None:
    """Check the version of PostgreSQL and the privileges of the role.

    Raises:
        OpsError: PostgreSQL is unreachable or too old, or the role cannot create schemas, or, if
            `needs_roles`, roles.
    """
    async with connected(url, patience=patience) as connection:
        version: int = connection.get_server_version().major
        if version < OLDEST_VERSION:
            raise OpsError(
                f"PostgreSQL at {address(url)} is version {version};"
                f" {OLDEST_VERSION} or newer is required"
            )
        role = await connection.fetchrow(
            "SELECT rolsuper OR rolcreaterole AS roles,"
            " has_database_privilege(current_database(), 'CREATE') AS schemas"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert role is not None
        if needs_roles and not role["roles"]:
            raise OpsError(
                f"the role of {address(url)} cannot create roles: run ALTER ROLE … CREATEROLE, or"
                " create the roles of the services beforehand (docs/operations/postgresql.md)"
            )
        if not role["schemas"]:
            raise OpsError(
                f"the role of {address(url)} cannot create schemas: run GRANT CREATE ON DATABASE …"
            )


async def exist(url: str, roles: list[Role], *, patience: float = 0.0) -> bool:
    """Return whether all `roles` exist and this role may not create or change them.

    Raises:
        OpsError: PostgreSQL is unreachable.
    """
    async with connected(url, patience=patience) as connection:
        return bool(
            await connection.fetchval(
                "SELECT NOT (rolsuper OR rolcreaterole) AND cardinality($1::text[]) ="
                " (SELECT count(*) FROM pg_roles WHERE rolname = ANY($1::text[]))"
                " FROM pg_roles WHERE rolname = current_user",
                [role.name for role in roles],
            )
        )


async def ensure_roles(connection: asyncpg.Connection, roles: list[Role]) -> None:
    """Create each role that is missing, and set the password of each.

    No statement contains a password, only its verifier.

    Raises:
        OpsError: PostgreSQL refused.
    """
    # Two migrations at the same time must not both create a role.
    await connection.execute("SELECT pg_advisory_lock(hashtext('moorage roles'))")
    try:
        for role in roles:
            await _ensure_role(connection, role)
    except asyncpg.PostgresError as error:
        raise OpsError(
            f"the database roles of the services cannot be created: {_one_line(error)}"
        ) from None
    finally:
        await connection.execute("SELECT pg_advisory_unlock(hashtext('moorage roles'))")


async def _ensure_role(connection: asyncpg.Connection, role: Role) -> None:
    exists = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role.name
    )
    attributes = "LOGIN CREATEROLE" if role.may_create_roles else "LOGIN"
    statement = await connection.fetchval(
        f"SELECT format('{'ALTER' if exists else 'CREATE'} ROLE %I {attributes} PASSWORD %L',"
        " $1::text, $2::text)",
        role.name,
        verifier(role.password),
    )
    await connection.execute(statement)


async def ensure_owner(superuser_url: str, owner: Role, database: str) -> None:
    """Create the role that owns the schemas, and its database, if they are missing.

    Raises:
        OpsError: PostgreSQL is unreachable, or refused.
    """
    async with connected(superuser_url) as connection:
        await ensure_roles(connection, [owner])
        if await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database
        ):
            return
        statement = await connection.fetchval(
            "SELECT format('CREATE DATABASE %I OWNER %I', $1::text, $2::text)", database, owner.name
        )
        await connection.execute(statement)


def service_roles(layout: Layout) -> list[Role]:
    """Return the roles of the services, which their secret files name.

    Raises:
        OpsError: A secret file is missing.
    """
    return [_role_of(layout.database_url_of(service)) for service in SERVICES]


def _role_of(file: Path) -> Role:
    password = password_in(file)
    if password is None:
        raise OpsError(f"{file} is missing: run `moorage init` first")
    return Role(name=unquote(urlsplit(file.read_text().strip()).username or ""), password=password)


def _one_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
