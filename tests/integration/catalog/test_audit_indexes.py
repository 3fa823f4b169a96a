"""Lists of a long audit trail read few rows, whatever the filter."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db import engine as db
from libs.common.db.pagination import PageRequest, select_page
from services.catalog.audit import queries
from services.catalog.audit.domain import EntryFilter
from tests.kit.database import Database

MANY = 50_000
ANY = EntryFilter(None, None, None, None)


@pytest.fixture(scope="module")
async def long_trails(database: Database) -> AsyncIterator[AsyncEngine]:
    """Three trails of 50,000 entries: 50 accounts, 100 namespaces, one rare action."""
    await database.empty()
    for schema in ("catalog", "auth", "events"):
        await database.execute(
            f"INSERT INTO {schema}.audit_entries (at, account_id, owner_id, action, target)"
            " SELECT timestamptz '2026-01-01Z' + i * interval '1 s', i % 50, i / 7 % 50,"
            " CASE WHEN i % 10000 = 7 THEN 'namespace.delete' ELSE 'repository.change' END,"
            " 'namespaces/team-' || i % 100"
            f" FROM generate_series(1, {MANY}) AS i"
        )
        await database.execute(f"ANALYZE {schema}.audit_entries")
    engine = db.create_engine(database.urls["catalog"], application_name="tests")
    yield engine
    await engine.dispose()
    await database.empty()


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the nodes of ``plan``."""
    return [plan, *(node for child in plan.get("Plans", ()) for node in nodes(child))]


@pytest.mark.parametrize(
    ("account_id", "entry_filter"),
    [
        (None, ANY),
        (7, ANY),
        (None, EntryFilter("namespace", None, None, None)),
        (None, EntryFilter("namespace.delete", None, None, None)),
        (None, EntryFilter(None, "namespaces/team-7", None, None)),
        (7, EntryFilter("namespace", None, None, None)),
        (
            None,
            EntryFilter(
                None,
                None,
                datetime(2026, 1, 1, 1, tzinfo=UTC),
                datetime(2026, 1, 1, 2, tzinfo=UTC),
            ),
        ),
    ],
    ids=["all", "account", "noun", "action", "target", "account and noun", "time"],
)
async def test_a_page_is_read_from_an_index(
    long_trails: AsyncEngine, account_id: int | None, entry_filter: EntryFilter
) -> None:
    statement, sort = queries.select_entries(
        account_id=account_id, entry_filter=entry_filter, page=PageRequest(50, None)
    )
    first = select_page(statement, sort=sort, page=PageRequest(50, None))
    compiled = first.compile(long_trails.sync_engine, compile_kwargs={"literal_binds": True})
    async with long_trails.connect() as tx:
        text = (
            await tx.execute(sa.text(f"EXPLAIN (ANALYZE, FORMAT JSON) {compiled}"))
        ).scalar_one()
    (explained,) = text if isinstance(text, list) else json.loads(text)
    scans = [
        node
        for node in nodes(explained["Plan"])
        if node.get("Relation Name") == "audit_entries" or "Index Name" in node
    ]
    assert all(node["Node Type"] != "Seq Scan" for node in scans), explained
    read = sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in scans
    )
    assert read < 10_000, f"{read} of {3 * MANY} rows were read: {scans}"


async def test_old_entries_are_found_by_an_index(long_trails: AsyncEngine) -> None:
    async with long_trails.connect() as tx:
        rows = await tx.execute(
            sa.text(
                "EXPLAIN SELECT id FROM catalog.audit_entries"
                " WHERE at < now() - interval '365 days' ORDER BY at, id LIMIT 1000"
            )
        )
        plan = "\n".join(row[0] for row in rows)
    assert "audit_entries_at_idx" in plan
    assert "Sort" not in plan
