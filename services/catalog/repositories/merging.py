"""The first repositories of several namespaces in an order: from an index of each, merged.

Written as SQL: to put this statement together anew for each request takes longer than PostgreSQL needs for it (bench/results.md).
"""

from collections.abc import Sequence
from functools import cache

import sqlalchemy as sa

from libs.common.db.pagination import NEVER, PageRequest, Sort, start_of

_KEYS = {
    "name": "path",
    "pull_count": "pull_count",
    "last_pushed_at": f"COALESCE(last_pushed_at, {NEVER})",
    "created_at": "created_at",
}
# What no row of the page comes after is known for little, when each namespace has told its first row: where these have one row more
# than the page, the last of them; and the row of that rank in the namespace that begins first. So few rows are read of most namespaces.
_SQL = """
WITH firsts AS MATERIALIZED (
  SELECT f.* FROM unnest(CAST(:ids AS bigint[])) AS w(id) CROSS JOIN LATERAL (
    SELECT namespace_id, {key} AS k, id AS i FROM catalog.repositories WHERE namespace_id = w.id {after} ORDER BY {order} LIMIT 1) AS f)
SELECT near.i FROM unnest(CAST(:ids AS bigint[])) AS w(id) CROSS JOIN LATERAL (
  SELECT {key} AS k, id AS i FROM catalog.repositories
  WHERE namespace_id = w.id {after} AND {key} {within} COALESCE(
    {nearer}(
      (SELECT k FROM firsts ORDER BY k {way}, i {way} OFFSET :most LIMIT 1),
      (SELECT {key} FROM catalog.repositories
       WHERE namespace_id = (SELECT namespace_id FROM firsts ORDER BY k {way}, i {way} LIMIT 1) {after}
       ORDER BY {order} OFFSET :most LIMIT 1)),
    (SELECT {farthest}({key}) FROM catalog.repositories))
  ORDER BY {order} LIMIT :most + 1) AS near
ORDER BY near.k {way}, near.i {way} LIMIT :most + 1
"""


def merged(ids: Sequence[int], *, sort: Sort, page: PageRequest) -> sa.TextualSelect:
    """The ids of the repositories on the page, and of one more, of the namespaces ``ids``. Raises Invalid when the cursor does not fit."""
    start = start_of(sort, page)
    values = {f"start_{number}": value for number, value in enumerate(start or ())}
    return (
        _statement(sort.name, start is not None)
        .bindparams(ids=list(ids), most=page.limit, **values)
        .columns(sa.column("i", sa.BigInteger))
    )


@cache
def _statement(order: str, continued: bool) -> sa.TextClause:
    name = order.removeprefix("-")
    way = "DESC" if order.startswith("-") else "ASC"
    key, unique = _KEYS[name], name == "name"
    position, start = (key, ":start_0") if unique else (f"({key}, id)", "(:start_0, :start_1)")
    text = _SQL.format(
        key=key,
        way=way,
        order=f"{key} {way}" if unique else f"{key} {way}, id {way}",
        after=f"AND {position} {'<' if way == 'DESC' else '>'} {start}" if continued else "",
        within=">=" if way == "DESC" else "<=",
        nearer="GREATEST" if way == "DESC" else "LEAST",
        farthest="min" if way == "DESC" else "max",
    )
    return sa.text(text).bindparams(
        sa.bindparam("ids", type_=sa.ARRAY(sa.BigInteger)),
        sa.bindparam("most", type_=sa.BigInteger),
    )
