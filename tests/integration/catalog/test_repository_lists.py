"""Lists of the repositories of one, few, and many namespaces are complete in every order."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import get_args

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db import engine as db
from libs.common.db.pagination import PageRequest
from services.catalog.repositories.domain import Order, View
from services.catalog.repositories.queries import list_repositories
from tests.kit.database import Database

NAMESPACES = 300
"""More namespaces than a list merges index ranges of."""
_ACCOUNTS = ("owner", "few", "many")
_KEYS = {"name": 'path COLLATE "C"', "last_pushed_at": "COALESCE(last_pushed_at, 'epoch')"}


@dataclass(frozen=True, slots=True)
class SharedCatalog:
    """A database in which `owner` shares 5 namespaces with `few` and 280 with `many`.

    Every third namespace is public.
    """

    database: Database
    engine: AsyncEngine
    accounts: dict[str, int]

    async def list_all(
        self,
        *,
        order: Order,
        limit: int,
        view: View,
        viewer: str = "owner",
        namespace: str | None = None,
        q: str | None = None,
    ) -> list[str]:
        """Return the paths on all pages."""
        viewer_id = self.accounts[viewer]
        paths: list[str] = []
        cursor: str | None = None
        async with self.engine.connect() as tx:
            while True:
                found = await list_repositories(
                    tx,
                    view=view,
                    viewer_id=viewer_id,
                    account_id=viewer_id if view == "own" else None,
                    namespace=namespace,
                    q=q,
                    order=order,
                    page=PageRequest(limit, cursor),
                )
                paths += [repository.path for repository in found.items]
                cursor = found.next_cursor
                if cursor is None:
                    return paths

    async def expected(self, condition: str, order: Order) -> list[str]:
        """Return the paths that meet ``condition``, by one plain statement."""
        name = order.removeprefix("-")
        direction = "DESC" if order.startswith("-") else "ASC"
        keys = [_KEYS.get(name, name)] + ([] if name == "name" else ["r.id"])
        by = ", ".join(f"{'r.' if key == name else ''}{key} {direction}" for key in keys)
        rows = await self.database.fetch(
            "SELECT path FROM catalog.repositories r"
            " JOIN (SELECT id, name AS space, visibility FROM catalog.namespaces) n"
            f" ON n.id = r.namespace_id WHERE {condition} ORDER BY {by}"
        )
        return [row["path"] for row in rows]


def _shared_with(viewer: str) -> str:
    return (
        "namespace_id IN (SELECT namespace_id FROM catalog.grants"
        f" JOIN catalog.docker_users u ON u.id = docker_user_id WHERE u.username = 'ci-{viewer}')"
    )


@pytest.fixture(scope="module")
async def shared_catalog(database: Database) -> AsyncIterator[SharedCatalog]:
    """The repositories of 300 namespaces, on an otherwise empty database."""
    await database.empty()
    for name in _ACCOUNTS:
        await database.execute(
            "INSERT INTO catalog.accounts (username, password_hash, role)"
            " VALUES ($1, 'x', 'member')",
            name,
        )
        await database.execute(
            "INSERT INTO catalog.docker_users (account_id, username, password_hash)"
            " SELECT id, 'ci-' || $1, 'x' FROM catalog.accounts WHERE username = $1",
            name,
        )
    await database.execute(
        "INSERT INTO catalog.namespaces (account_id, name, visibility)"
        " SELECT a.id, 'space-' || i, CASE WHEN i % 3 = 0 THEN 'public' ELSE 'private' END"
        f" FROM catalog.accounts a, generate_series(1, {NAMESPACES}) i WHERE a.username = 'owner'"
    )
    # Most keys are equal, so that the ids decide the order.
    await database.execute(
        "INSERT INTO catalog.repositories"
        " (namespace_id, name, description, pull_count, created_at, last_pushed_at)"
        " SELECT n.id, 'app' || i, CASE WHEN i = 4 THEN 'Zahlung' ELSE '' END, n.id * i % 5,"
        " timestamptz '2026-01-01' + n.id % 7 * '1 s'::interval,"
        " CASE WHEN i % 4 > 0 THEN timestamptz '2026-01-01' + n.id * i % 3 * '1 s'::interval END"
        " FROM catalog.namespaces n, generate_series(1, 6) i"
        " WHERE NOT (n.name = 'space-7' AND i > 3)"
    )
    for name, count in (("few", 5), ("many", 280)):
        await database.execute(
            "INSERT INTO catalog.grants (namespace_id, docker_user_id, permission)"
            " SELECT n.id, u.id, 'pull' FROM catalog.namespaces n, catalog.docker_users u"
            f" WHERE u.username = 'ci-{name}' ORDER BY n.id % 11, n.id LIMIT {count}"
        )
    rows = await database.fetch("SELECT username, id FROM catalog.accounts")
    engine = db.create_engine(database.urls["catalog"], application_name="tests")
    yield SharedCatalog(database, engine, {row["username"]: row["id"] for row in rows})
    await engine.dispose()
    await database.empty()


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("viewer", ["few", "many"])
async def test_shared_repositories_are_listed_in_order(
    shared_catalog: SharedCatalog, viewer: str, order: Order
) -> None:
    expected = await shared_catalog.expected(_shared_with(viewer), order)
    assert len(expected) > (20 if viewer == "few" else 1500)
    assert (
        await shared_catalog.list_all(
            view="shared", viewer=viewer, order=order, limit=7 if viewer == "few" else 200
        )
        == expected
    )


@pytest.mark.parametrize("order", get_args(Order))
async def test_public_repositories_and_those_of_one_namespace_are_listed_in_order(
    shared_catalog: SharedCatalog, order: Order
) -> None:
    assert await shared_catalog.list_all(
        view="public", order=order, limit=30
    ) == await shared_catalog.expected("visibility = 'public'", order)
    assert await shared_catalog.list_all(
        view="own", namespace="space-8", order=order, limit=2
    ) == await shared_catalog.expected("space = 'space-8'", order)
    assert (
        await shared_catalog.list_all(
            view="shared", viewer="few", namespace="space-none", order=order, limit=2
        )
        == []
    )


@pytest.mark.parametrize(
    ("view", "viewer", "condition"),
    [
        ("own", "owner", "true"),
        ("shared", "few", _shared_with("few")),
        ("shared", "many", _shared_with("many")),
        ("public", "few", "visibility = 'public'"),
    ],
)
async def test_a_search_finds_every_match_of_a_view_over_all_pages(
    shared_catalog: SharedCatalog, view: View, viewer: str, condition: str
) -> None:
    expected = await shared_catalog.expected(
        f"{condition} AND description = 'Zahlung'", "-created_at"
    )
    assert expected
    assert (
        await shared_catalog.list_all(
            view=view, viewer=viewer, q="zahl", order="-created_at", limit=4
        )
        == expected
    )
