"""The intents of a running Moorage: its unfinished pushes and deletions."""

from __future__ import annotations

import asyncio

import asyncpg

from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually


def open_intents(stack: Stack) -> list[str]:
    """Return the kind and repository of each unresolved intent."""
    return asyncio.run(_open_intents(stack))


def await_resolved(stack: Stack, *, within: float) -> None:
    """Wait until no intent is open."""
    eventually(
        lambda: open_intents(stack), lambda left: not left, within=within, what="no open intent"
    )


async def _open_intents(stack: Stack) -> list[str]:
    url = (stack.data / "secrets" / "catalog" / "catalog_database_url").read_text().strip()
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT kind, repository FROM catalog.intents WHERE resolved_at IS NULL"
        )
    finally:
        await connection.close()
    return [f"{row['kind']} {row['repository']}" for row in rows]
