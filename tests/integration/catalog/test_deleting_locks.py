"""Deletions that meet in the database wait for each other in one order, and never deadlock."""

import asyncio
import uuid

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from libs.common.security.principals import Principal
from services.catalog.deletion.repositories import queries, steps, usecases
from services.catalog.namespaces.domain import NamespaceOwner
from services.catalog.namespaces.queries import get_namespace
from tests.kit.database import Database
from tests.kit.waiting import soon


async def _cascade(engine: AsyncEngine, namespace: str) -> bool:
    async with engine.begin() as tx:
        found = await get_namespace(tx, name=namespace)
        principal = Principal(
            "session", uuid.uuid4(), found.account_id, "acme", "member", "write", "192.0.2.1"
        )
        actor = NamespaceOwner(principal, found)
        return await usecases.delete_namespace(
            tx=tx, actor=actor, reserved_seconds=0, cascade=True, lifetime=None, force=False
        )


async def _wait_for_waiting(holder: asyncpg.Connection, count: int) -> None:
    waiting = "SELECT DISTINCT pid FROM pg_locks WHERE NOT granted"
    await soon(
        lambda: holder.fetch(waiting),
        lambda found: len(found) == count,
        within=10,
        what=f"{count} transactions that wait for a lock",
    )


@pytest.mark.parametrize("repositories", [["app"], ["app", "web"]])
async def test_cascade_while_the_worker_removes_a_repository_of_the_namespace(
    repositories: list[str],
    emptied: Database,
    engine: AsyncEngine,
    registry_client: Registry,
    namespace: str,
) -> None:
    for name in repositories:
        await emptied.execute(
            "INSERT INTO catalog.repositories (namespace_id, name, status)"
            " SELECT id, $1, CASE $1 WHEN 'app' THEN 'deleting' ELSE 'empty' END"
            " FROM catalog.namespaces",
            name,
        )
    await emptied.execute(
        "INSERT INTO catalog.deletions (kind, name) VALUES ('repository', $1)", f"{namespace}/app"
    )
    async with engine.connect() as tx:
        (deletion,) = await queries.list_to_remove(tx, limit=10)
    holder = await asyncpg.connect(emptied.urls["owner"])
    try:
        async with holder.transaction():
            # The worker stops at its audit entry, in the middle of its transaction.
            await holder.execute("LOCK TABLE catalog.audit_entries IN SHARE ROW EXCLUSIVE MODE")
            removal = asyncio.create_task(
                steps.remove(engine=engine, registry=registry_client, deletion=deletion)
            )
            await _wait_for_waiting(holder, 1)
            cascade = asyncio.create_task(_cascade(engine, namespace))
            await _wait_for_waiting(holder, 2)
    finally:
        await holder.close()
    assert await removal is True
    assert await cascade is False
    rows = await emptied.fetch("SELECT name FROM catalog.deletions WHERE removed_at IS NULL")
    left = {f"{namespace}/{name}" for name in repositories} - {f"{namespace}/app"}
    assert {row["name"] for row in rows} == {namespace, *left}
