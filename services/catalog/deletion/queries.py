"""SQL of the question whether the catalog has applied all events of a repository."""

import sqlalchemy as sa

from libs.common.db.engine import Tx

_UNAPPLIED = """
    SELECT EXISTS (
        SELECT FROM events.registry_feed f
        WHERE (f.xid, f.id) > (
            coalesce((SELECT split_part(position, ':', 1)::bigint FROM catalog.feed_positions
                      WHERE feed = 'registry'), 0),
            coalesce((SELECT split_part(position, ':', 2)::bigint FROM catalog.feed_positions
                      WHERE feed = 'registry'), 0))
          AND {condition})
"""
_IN_REPOSITORY = sa.text(_UNAPPLIED.format(condition="f.repository = :name"))
_IN_OR_BELOW = sa.text(
    _UNAPPLIED.format(condition="(f.repository = :name OR starts_with(f.repository, :name || '/'))")
)


async def has_unapplied_events(tx: Tx, *, repository: str) -> bool:
    """Return whether the feed has events of the repository that the catalog has not applied."""
    return bool((await tx.execute(_IN_REPOSITORY, {"name": repository})).scalar_one())


async def has_unapplied_events_below(tx: Tx, *, name: str) -> bool:
    """Return whether ``name`` or a repository below it has events that were not applied.

    ``name`` is a namespace or the path of a repository.
    """
    return bool((await tx.execute(_IN_OR_BELOW, {"name": name})).scalar_one())
