"""SQL of repositories.

A list takes each page from an index in the order of the list, so that a page costs the same among
few repositories and among many.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.changes import Changes, update_row
from libs.common.db.engine import Tx
from libs.common.db.pagination import (
    NEVER,
    Page,
    PageRequest,
    Sort,
    fetch_page,
    or_never,
    reselect_page,
    select_page,
    start_values,
)
from libs.common.registry.names import split_repository
from services.catalog.namespaces.queries import shown_to
from services.catalog.repositories.domain import Order, Repository, RepositoryNotFound, View
from services.catalog.tables import contains, contains_by_index, namespaces, repositories

_r, _n = repositories.c, namespaces.c

_MAX_MERGED_NAMESPACES = 250
"""A list of at most so many namespaces merges their indexes.

With more namespaces, most rows of a scan in order belong to the list anyway.
"""
_MAX_SCANNED_ROWS = 2000
"""A search compares so many rows in order, which takes a millisecond, before it uses its index."""
_SORT_COLUMNS: dict[str, tuple[sa.ColumnElement[Any], ...]] = {
    "name": (_r.path,),
    "pull_count": (_r.pull_count, _r.id),
    "last_pushed_at": (or_never(_r.last_pushed_at), _r.id),
    "created_at": (_r.created_at, _r.id),
}
_FIELDS = tuple(field.name for field in fields(Repository))
_NOT_SELECTED = ("namespace_id", "path", "account_id")


def _select() -> sa.Select[Any]:
    columns = [column for column in repositories.c if column.name not in _NOT_SELECTED]
    namespace_columns = (
        _n.id.label("namespace_id"),
        _n.account_id,
        _n.visibility,
        _n.name.label("namespace"),
    )
    return sa.select(*columns, *namespace_columns).join(namespaces, _n.id == _r.namespace_id)


def _repository(row: sa.Row[Any]) -> Repository:
    return Repository(**{name: getattr(row, name) for name in _FIELDS})


async def find_repository(tx: Tx, *, namespace: str, name: str) -> Repository | None:
    """Return the repository ``namespace/name`` of any account, or None."""
    if split_repository(f"{namespace}/{name}") is None:
        return None  # PostgreSQL rejects some texts, such as one with a NUL
    row = (await tx.execute(_select().where(_n.name == namespace, _r.name == name))).one_or_none()
    return _repository(row) if row else None


async def get_repository(tx: Tx, *, namespace: str, name: str) -> Repository:
    """Return the repository ``namespace/name`` of any account. Raises RepositoryNotFound."""
    repository = await find_repository(tx, namespace=namespace, name=name)
    if repository is None:
        raise RepositoryNotFound(f"{namespace}/{name}")
    return repository


async def count_repositories(tx: Tx, *, account_id: int) -> int:
    """Return how many repositories the account has."""
    statement = sa.select(sa.func.count()).where(_r.account_id == account_id)
    return int((await tx.execute(statement)).scalar_one())


async def insert_repository(tx: Tx, *, namespace_id: int, name: str, description: str) -> bool:
    """Insert an empty repository; return False if the name is taken."""
    values = {"namespace_id": namespace_id, "name": name, "description": description}
    statement = (
        insert(repositories)
        .values(values)
        .on_conflict_do_nothing(index_elements=["namespace_id", "name"])
    )
    return (await tx.execute(statement.returning(_r.id))).one_or_none() is not None


async def update_description(tx: Tx, *, repository_id: int, description: str) -> Changes | None:
    """Set the description; return None if the repository does not exist."""
    values = {"description": description}
    return await update_row(tx, repositories, id=repository_id, values=values, shown=tuple(values))


_UPDATE_TOTALS = sa.text("""
    UPDATE catalog.repositories r
    SET tag_count = (SELECT count(*) FROM catalog.tags t
                     WHERE t.repository_id = r.id AND NOT catalog.is_artifact_tag(t.name)),
        size_bytes = (
            SELECT least(coalesce(sum(m.size_bytes), 0), 9223372036854775807)::bigint
            FROM catalog.manifests m
            WHERE m.repository_id = r.id AND EXISTS (
                SELECT FROM catalog.tags t WHERE t.repository_id = r.id AND t.digest = m.digest)),
        last_pushed_at = greatest(r.last_pushed_at, pushed.pushed_at),
        status = CASE
            WHEN r.status = 'deleting' THEN 'deleting'
            WHEN EXISTS (SELECT FROM catalog.manifests m WHERE m.repository_id = r.id) THEN 'active'
            ELSE 'empty' END
    FROM unnest(CAST(:ids AS bigint[]), CAST(:times AS timestamptz[])) AS pushed (id, pushed_at)
    WHERE r.id = pushed.id
""")


async def update_totals(tx: Tx, *, pushed_at: Mapping[int, datetime | None]) -> None:
    """Recompute the tag count, size, and status of repositories.

    Tags that belong to other images do not count.

    ``pushed_at`` maps the id of each repository to the time of its last push, or to None if the
    repository was not pushed to. The size is the sum over all manifests that have a tag, each once.
    """
    values = {"ids": list(pushed_at), "times": list(pushed_at.values())}
    await tx.execute(_UPDATE_TOTALS, values)


async def list_repositories(
    tx: Tx,
    *,
    view: View,
    viewer_id: int,
    account_id: int | None,
    namespace: str | None,
    q: str | None,
    order: Order,
    page: PageRequest,
) -> Page[Repository]:
    """Return a page of repositories in the order ``order``.

    The view "own" starts from all repositories, "shared" from those that others share with a Docker
    user of the account ``viewer_id`` by a grant that is not hidden, and "public" from the public
    ones. ``account_id`` and
    ``namespace`` restrict the list further. ``q`` is a part of the path or the description.
    """
    sort = Sort(order, _SORT_COLUMNS[order.removeprefix("-")])
    if view == "own" and namespace is None:
        scope = sa.true() if account_id is None else _is_one_of(_r.account_id, [account_id])
    else:
        listed = _select_namespaces(view, viewer_id, account_id, namespace)
        ids = (await tx.execute(listed.limit(_MAX_MERGED_NAMESPACES + 1))).scalars().all()
        if len(ids) > _MAX_MERGED_NAMESPACES:
            # IS TRUE makes PostgreSQL filter a scan in order; a plain IN becomes a join.
            scope = _r.namespace_id.in_(listed).is_(True)
        elif len(ids) > 1 and not q:
            scope = _r.id.in_(_merge_namespaces(ids, sort=sort, page=page))
        else:
            scope = _is_one_of(_r.namespace_id, ids)
    if q:
        return await _search(tx, scope, q=q, sort=sort, page=page)
    return await _fetch(tx, scope, sort=sort, page=page)


async def _fetch(
    tx: Tx, *conditions: sa.ColumnElement[bool], sort: Sort, page: PageRequest
) -> Page[Repository]:
    return await fetch_page(tx, _select().where(*conditions), sort=sort, page=page, of=_repository)


def _select_namespaces(
    view: View, viewer_id: int, account_id: int | None, namespace: str | None
) -> sa.Select[int]:
    """Select the ids of the namespaces whose repositories are listed."""
    statement = sa.select(_n.id)
    if view == "shared":
        statement = statement.where(_n.id.in_(shown_to(viewer_id)), _n.account_id != viewer_id)
    if view == "public":
        statement = statement.where(_n.visibility == "public")
    if account_id is not None:
        statement = statement.where(_n.account_id == account_id)
    return statement if namespace is None else statement.where(_n.name == namespace)


def _is_one_of(column: sa.ColumnElement[int], ids: Sequence[int]) -> sa.ColumnElement[bool]:
    """Compare ``column`` with literals, not parameters.

    PostgreSQL then plans for the number of rows of these ids, and not for the average.
    """
    if len(ids) == 1:
        return column == sa.bindparam(None, ids[0], literal_execute=True)
    return column.in_(sa.bindparam(None, ids, expanding=True, literal_execute=True))


async def _search(
    tx: Tx, scope: sa.ColumnElement[bool], *, q: str, sort: Sort, page: PageRequest
) -> Page[Repository]:
    """Return a page of the repositories in ``scope`` that contain ``q``.

    If many contain it, the first rows of the order are enough. Otherwise the search uses its index,
    which returns all matches in no order.
    """
    first_rows = select_page(
        sa.select(_r.id, _r.path, _r.description).where(scope),
        sort=sort,
        page=page,
        limit=_MAX_SCANNED_ROWS,
    ).subquery("first_rows")
    matches = (
        reselect_page(first_rows, sort=sort, page=page)
        .where(contains(q, first_rows.c.path, first_rows.c.description))
        .with_only_columns(first_rows.c.id)
    )
    found = await _fetch(tx, _r.id.in_(matches.correlate(None)), sort=sort, page=page)
    if found.next_cursor is not None or await _is_small(tx, scope):
        return found
    return await _fetch(
        tx, scope, contains_by_index(q, _r.path, _r.description), sort=sort, page=page
    )


async def _is_small(tx: Tx, scope: sa.ColumnElement[bool]) -> bool:
    """Return whether ``scope`` has fewer rows than a search scans."""
    rows = sa.select(_r.id).where(scope).limit(_MAX_SCANNED_ROWS).subquery()
    statement = sa.select(sa.func.count() < _MAX_SCANNED_ROWS).select_from(rows)
    return bool((await tx.execute(statement)).scalar_one())


# The statement reads the first row of each namespace and derives a bound: no row of the page comes
# after it. With n rows on the page, the bound is the nearer one of two rows:
#   - row n + 1 of the first rows;
#   - row n + 1 of the namespace whose first row comes first.
# If neither exists, the bound is the last row of the table. Most namespaces have few rows within
# the bound, so the statement reads few.
_MERGE_SQL = """
WITH first_rows AS MATERIALIZED (
  SELECT first_row.*
  FROM unnest(CAST(:namespace_ids AS bigint[])) AS listed(id)
  CROSS JOIN LATERAL (
    SELECT namespace_id, {key} AS sort_key, id AS row_id
    FROM catalog.repositories
    WHERE namespace_id = listed.id {after}
    ORDER BY {order} LIMIT 1
  ) AS first_row
)
SELECT candidate.row_id
FROM unnest(CAST(:namespace_ids AS bigint[])) AS listed(id)
CROSS JOIN LATERAL (
  SELECT {key} AS sort_key, id AS row_id
  FROM catalog.repositories
  WHERE namespace_id = listed.id {after} AND {key} {within} COALESCE(
    {nearer}(
      (SELECT sort_key FROM first_rows
       ORDER BY sort_key {direction}, row_id {direction} OFFSET :page_rows LIMIT 1),
      (SELECT {key} FROM catalog.repositories
       WHERE namespace_id = (
         SELECT namespace_id FROM first_rows
         ORDER BY sort_key {direction}, row_id {direction} LIMIT 1
       ) {after}
       ORDER BY {order} OFFSET :page_rows LIMIT 1)),
    (SELECT {farthest}({key}) FROM catalog.repositories))
  ORDER BY {order} LIMIT :page_rows + 1
) AS candidate
ORDER BY candidate.sort_key {direction}, candidate.row_id {direction} LIMIT :page_rows + 1
"""
_MERGE_KEYS = {
    "name": "path",
    "pull_count": "pull_count",
    "last_pushed_at": f"COALESCE(last_pushed_at, {NEVER})",
    "created_at": "created_at",
}


def _merge_namespaces(ids: Sequence[int], *, sort: Sort, page: PageRequest) -> sa.TextualSelect:
    """Select the ids of the page's repositories, and of one more, from the namespaces ``ids``.

    The statement merges one index range for each namespace.

    Raises:
        InvalidCursor: the cursor does not belong to this order.
    """
    start = start_values(sort, page)
    values = {f"start_{number}": value for number, value in enumerate(start or ())}
    return (
        _merge_statement(sort.name, start is not None)
        .bindparams(namespace_ids=list(ids), page_rows=page.limit, **values)
        .columns(sa.column("row_id", sa.BigInteger))
    )


@cache
def _merge_statement(order: str, has_start: bool) -> sa.TextClause:
    """Return the statement as text.

    SQLAlchemy would take longer to build it for each request than PostgreSQL takes to run it
    (bench/results.md).
    """
    name = order.removeprefix("-")
    key = _MERGE_KEYS[name]
    descending = order.startswith("-")
    direction = "DESC" if descending else "ASC"
    if name == "name":  # unique on its own
        position, start, columns = key, ":start_0", f"{key} {direction}"
    else:
        position, start = f"({key}, id)", "(:start_0, :start_1)"
        columns = f"{key} {direction}, id {direction}"
    after = f"AND {position} {'<' if descending else '>'} {start}" if has_start else ""
    text = _MERGE_SQL.format(
        key=key,
        direction=direction,
        order=columns,
        after=after,
        within=">=" if descending else "<=",
        nearer="GREATEST" if descending else "LEAST",
        farthest="min" if descending else "max",
    )
    return sa.text(text).bindparams(
        sa.bindparam("namespace_ids", type_=sa.ARRAY(sa.BigInteger)),
        sa.bindparam("page_rows", type_=sa.BigInteger),
    )
