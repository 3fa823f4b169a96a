"""The database of a running Moorage."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg

from tests.kit.stack.run import Stack


def execute(stack: Stack, sql: str, *arguments: object) -> None:
    """Run one statement as the owner. Playwright occupies the event loop, so use another thread."""
    url = (stack.data / "secrets" / "owner" / "database_url").read_text()

    async def run() -> None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute(sql, *arguments)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, run()).result()
