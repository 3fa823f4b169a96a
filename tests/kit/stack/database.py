"""The database of a running Moorage."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg

from tests.kit.stack.run import Stack


def execute(stack: Stack, sql: str, *arguments: object) -> None:
    """Run one statement as the owner."""
    fetch(stack, sql, *arguments)


def fetch(stack: Stack, sql: str, *arguments: object) -> list[asyncpg.Record]:
    """Return the rows of one statement, as the owner.

    Playwright occupies the event loop, so this uses another thread.
    """
    url = (stack.data / "secrets" / "owner" / "database_url").read_text()

    async def run() -> list[asyncpg.Record]:
        connection = await asyncpg.connect(url)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, *arguments)
            return rows
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, run()).result()
