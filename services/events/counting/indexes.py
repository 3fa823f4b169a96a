"""SQL of what is known about the children of indexes: kept by digest, so that a history counts the same after the image is gone."""

from collections.abc import Collection, Mapping
from typing import Any

from services.events.counting.queries import Pair

MAX_CHILDREN = 1000
"""Children beyond these are not remembered: no image has as many platforms."""


async def find_children(connection: Any, pairs: Collection[Pair]) -> dict[Pair, tuple[str, ...]]:
    """The children of each of ``pairs`` that is known (none: it is no index).

    One that the registry did not have any more is known for a minute only: it may have been pushed again.
    """
    rows = await connection.fetch(
        "SELECT i.repository, i.digest, i.children FROM events.indexes i"
        " JOIN unnest($1::text[], $2::text[]) AS p (repository, digest) ON i.repository = p.repository AND i.digest = p.digest"
        " WHERE NOT i.gone OR i.resolved_at > now() - interval '1 minute'",
        *_columns(pairs),
    )
    return {(row["repository"], row["digest"]): tuple(row["children"]) for row in rows}


async def find_in_catalog(connection: Any, pairs: Collection[Pair]) -> dict[Pair, tuple[str, ...]]:
    """The children that the catalog knows of those of ``pairs`` that are indexes with children."""
    rows = await connection.fetch(
        "SELECT p.repository, p.digest, array_agg(v.child_digest ORDER BY v.child_digest) AS children"
        " FROM unnest($1::text[], $2::text[]) AS p (repository, digest)"
        " JOIN catalog.index_children v ON v.namespace = split_part(p.repository, '/', 1)"
        " AND v.name = substr(p.repository, strpos(p.repository, '/') + 1) AND v.index_digest = p.digest"
        " GROUP BY p.repository, p.digest",
        *_columns(pairs),
    )
    return {
        (row["repository"], row["digest"]): tuple(row["children"][:MAX_CHILDREN]) for row in rows
    }


async def save_children(connection: Any, found: Mapping[Pair, tuple[str, ...] | None]) -> None:
    """Remember the children of indexes; None: the registry did not have it any more. What is known stays: a digest stands for one list."""
    pairs = sorted(found)
    for pair in pairs:
        await connection.execute(
            "INSERT INTO events.indexes (repository, digest, children, gone) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (repository, digest) DO UPDATE SET children = EXCLUDED.children, gone = EXCLUDED.gone, resolved_at = now()"
            " WHERE events.indexes.gone",
            *pair,
            list(found[pair] or ()),
            found[pair] is None,
        )


def _columns(pairs: Collection[Pair]) -> tuple[list[str], list[str]]:
    return [repository for repository, _ in pairs], [digest for _, digest in pairs]
