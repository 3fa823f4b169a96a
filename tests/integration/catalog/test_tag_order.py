"""A page of a repository with many tags reads few of them, in the natural order too."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db import engine as db
from libs.common.db.pagination import PageRequest
from services.catalog.images import queries
from services.catalog.images.domain import Order
from tests.kit.database import Database

TAGS = 10_000
PAGE = 50


@pytest.fixture(scope="module")
async def many_tags(database: Database) -> AsyncIterator[tuple[AsyncEngine, int]]:
    """A repository with 10,000 tags on one image, and one more repository of the same size."""
    await database.empty()
    await database.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role)"
        " VALUES ('acme', '', 'member');"
        "INSERT INTO catalog.namespaces (account_id, name, visibility)"
        " SELECT id, 'team', 'private' FROM catalog.accounts;"
        "INSERT INTO catalog.repositories (namespace_id, name)"
        " SELECT id, app FROM catalog.namespaces, unnest(ARRAY['app', 'other']) AS app;"
        "INSERT INTO catalog.manifests"
        " (repository_id, digest, media_type, size_bytes, pushed_at, pushed_by)"
        " SELECT id, 'sha256:1', 'image', 1, now(), 'dev' FROM catalog.repositories;"
        "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " SELECT id, 'v1.' || i, 'sha256:1', now(), 'dev'"
        f" FROM catalog.repositories, generate_series(1, {TAGS}) AS i;"
    )
    await database.execute("ANALYZE catalog.tags; ANALYZE catalog.manifests")
    (row,) = await database.fetch("SELECT id FROM catalog.repositories WHERE name = 'app'")
    engine = db.create_engine(database.urls["catalog"], application_name="tests")
    yield engine, row["id"]
    await engine.dispose()
    await database.empty()


@pytest.mark.parametrize(
    ("order", "first"), [("name", ["v1.1", "v1.2", "v1.3"]), ("-name", ["v1.10000", "v1.9999"])]
)
async def test_natural_order_is_read_from_an_index(
    many_tags: tuple[AsyncEngine, int], order: Order, first: list[str]
) -> None:
    engine, repository_id = many_tags
    executed: list[tuple[str, Any]] = []

    def record(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        executed.append((statement, parameters))

    sa.event.listen(engine.sync_engine, "before_cursor_execute", record)
    async with engine.connect() as tx:
        page = await queries.list_tags(
            tx,
            repository_id=repository_id,
            q=None,
            with_artifacts=False,
            order=order,
            page=PageRequest(PAGE, None),
        )
        sa.event.remove(engine.sync_engine, "before_cursor_execute", record)
        ((statement, parameters),) = executed
        explained = await tx.exec_driver_sql(
            f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters
        )
        plan = explained.scalar_one()
    assert [image.tag for image in page.items[: len(first)]] == first
    (root,) = plan if isinstance(plan, list) else json.loads(plan)
    scans = [node for node in _nodes(root["Plan"]) if node.get("Relation Name") == "tags"]
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in scans) <= 2 * PAGE, root


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in _nodes(child))]
