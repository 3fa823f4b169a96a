"""Checks of pull counts in the database: the hours equal the events, and all sums agree."""

from __future__ import annotations

from typing import Any

HOURS_THAT_DIFFER = """
SELECT * FROM (
  SELECT repository, date_trunc('hour', at, 'UTC') AS hour,
         coalesce(effect ->> 'pull', effect ->> 'check') AS tag, docker_user,
         count(*) FILTER (WHERE effect ? 'pull') AS pulls,
         count(*) FILTER (WHERE effect ? 'check') AS checks,
         max(at) FILTER (WHERE effect ? 'pull') AS last_pulled_at
  FROM (SELECT *, timestamptz 'epoch' + at_ns / 1000 * interval '1 microsecond' AS at
        FROM events.inbox WHERE effect IS NOT NULL) i
  GROUP BY 1, 2, 3, 4) e
FULL JOIN (SELECT * FROM events.pull_hours WHERE pulls <> 0 OR checks <> 0) h
  USING (repository, hour, tag, docker_user)
WHERE (e.pulls, e.checks, e.last_pulled_at) IS DISTINCT FROM (h.pulls, h.checks, h.last_pulled_at)
"""
"""Hours that differ from the events. Counted events must still be in the inbox."""

COUNTERS_THAT_DIFFER = """
WITH totals AS (
  SELECT repository, tag, sum(pulls)::bigint AS pulls FROM events.pull_totals GROUP BY 1, 2)
SELECT r.path, t.name AS tag, t.pull_count AS shown, coalesce(h.pulls, 0) AS counted
FROM catalog.tags t JOIN catalog.repositories r ON r.id = t.repository_id
LEFT JOIN totals h ON h.repository = r.path AND h.tag = t.name
WHERE t.pull_count <> coalesce(h.pulls, 0)
UNION ALL
SELECT r.path, NULL, r.pull_count, coalesce(sum(h.pulls), 0)
FROM catalog.repositories r LEFT JOIN totals h ON h.repository = r.path
GROUP BY r.path, r.pull_count HAVING r.pull_count <> coalesce(sum(h.pulls), 0)
"""
"""Counters of the catalog that differ from the totals.

A repository's count is the sum of its tags, deleted ones included, and of pulls by digest.
"""

SUMS_THAT_DIFFER = """
SELECT * FROM events.pull_tags t FULL JOIN (
  SELECT repository, generation, tag,
         sum(pulls)::bigint AS pulls, max(last_pulled_at) AS last_pulled_at
  FROM events.pull_hours GROUP BY 1, 2, 3) h USING (repository, generation, tag)
WHERE (t.pulls, t.last_pulled_at) IS DISTINCT FROM (h.pulls, h.last_pulled_at)
"""
"""Tags whose count differs from the sum of their hours."""


async def assert_hours_hold(connection: Any) -> None:
    """Assert that hours equal their events, and tags the sums of their hours."""
    assert not await connection.fetch(HOURS_THAT_DIFFER)
    assert not await connection.fetch(SUMS_THAT_DIFFER)


async def sums_that_differ(connection: Any) -> list[Any]:
    """Return rows that differ: in the hours, the tags, or the catalog's counters."""
    checks = (HOURS_THAT_DIFFER, SUMS_THAT_DIFFER, COUNTERS_THAT_DIFFER)
    return [row for check in checks for row in await connection.fetch(check)]
