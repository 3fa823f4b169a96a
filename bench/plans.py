"""Writes the query plans of the lists to `bench/output/plans.md`.

Each plan is `EXPLAIN (ANALYZE, BUFFERS)` of the statement that the catalog itself sends.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bench.installation import Installation
from libs.common.db.engine import create_engine
from libs.common.db.pagination import PageRequest
from services.catalog.images.domain import Order as TagOrder
from services.catalog.images.queries import list_tags
from services.catalog.repositories.domain import Order, View
from services.catalog.repositories.queries import list_repositories

Call = Callable[[AsyncConnection], Awaitable[object]]
_PAGE = PageRequest(limit=50, cursor=None)
# By heading: the view, the account, the namespace, and the search text.
_VIEWS: dict[str, tuple[View, str | None, str | None, str | None]] = {
    "all repositories": ("own", None, None, None),
    "own, half of all repositories": ("own", "bench-owner", None, None),
    "own, one namespace only": ("own", "bench-few", None, None),
    "shared": ("shared", None, None, None),
    "public": ("public", None, None, None),
    "one namespace": ("own", "bench-owner", "team-0000", None),
    "search": ("own", "bench-owner", None, "支付"),
    "search in one namespace": ("own", "bench-owner", "team-0000", "frontend"),
}


def write(installation: Installation, path: Path) -> None:
    """Write the plan of every list to ``path``."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(asyncio.run(_document(installation)))


async def _document(installation: Installation) -> str:
    engine = create_engine(installation.database_url("catalog"), application_name="bench plans")
    parts = [
        f"# Query plans of the lists\n\nWritten by `make bench`, for pages of {_PAGE.limit}.\n"
    ]
    try:
        async with engine.connect() as tx:
            rows = await tx.execute(
                sa.text("SELECT username, id FROM catalog.accounts WHERE username LIKE 'bench-%'")
            )
            accounts: dict[str, int] = {row.username: row.id for row in rows}
            repository = (
                await tx.execute(sa.text("SELECT min(id) FROM catalog.repositories"))
            ).scalar_one()
        for name, call in _calls(accounts, repository).items():
            parts.append(f"## {name}\n\n```\n{await _plan(engine, call)}\n```\n")
    finally:
        await engine.dispose()
    return "\n".join(parts)


def _calls(accounts: dict[str, int], repository: int) -> dict[str, Call]:
    calls: dict[str, Call] = {}
    for title, (view, account, namespace, q) in _VIEWS.items():
        for order in get_args(Order):
            whose = accounts[account] if account else None
            calls[f"repositories, {title}, by {order}"] = _of_repositories(
                view, accounts["bench-owner"], whose, namespace, q, order
            )
    for order in get_args(TagOrder):
        calls[f"tags of one repository, by {order}"] = _of_tags(repository, order)
    return calls


def _of_repositories(
    view: View, viewer: int, account: int | None, namespace: str | None, q: str | None, order: Order
) -> Call:
    return lambda tx: list_repositories(
        tx,
        view=view,
        viewer_id=viewer,
        account_id=account,
        namespace=namespace,
        q=q,
        order=order,
        page=_PAGE,
    )


def _of_tags(repository: int, order: TagOrder) -> Call:
    return lambda tx: list_tags(
        tx, repository_id=repository, q=None, with_artifacts=False, order=order, page=_PAGE
    )


async def _plan(engine: AsyncEngine, call: Call) -> str:
    sent: list[tuple[str, Any]] = []

    def keep(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> None:
        sent.append((statement, parameters))

    sa.event.listen(engine.sync_engine, "before_cursor_execute", keep)
    try:
        async with engine.connect() as tx:
            await call(tx)
    finally:
        sa.event.remove(engine.sync_engine, "before_cursor_execute", keep)
    statement, parameters = sent[-1]
    async with engine.connect() as tx:
        rows = await tx.exec_driver_sql(
            f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {statement}", parameters
        )
        return "\n".join(row[0] for row in rows)
