"""Single SQL statements, each on a connection of its own."""

import asyncio
from typing import Any

import asyncpg


def fetch_value(url: str, sql: str, *args: object) -> Any:
    """Return the first value of the first row."""
    return asyncio.run(_call(url, "fetchval", sql, args))


def fetch(url: str, sql: str, *args: object) -> list[asyncpg.Record]:
    """Return all rows."""
    rows: list[asyncpg.Record] = asyncio.run(_call(url, "fetch", sql, args))
    return rows


def execute(url: str, sql: str, *args: object) -> None:
    """Run a statement and commit."""
    asyncio.run(_call(url, "execute", sql, args))


async def _call(url: str, method: str, sql: str, args: tuple[object, ...]) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await getattr(connection, method)(sql, *args)
    finally:
        await connection.close()
