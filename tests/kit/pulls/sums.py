"""The checks that every test of counting ends with: hours are what events count as, and all sums add up."""

from __future__ import annotations

from typing import Any

HOURS_THAT_DIFFER = """
SELECT * FROM (
  SELECT repository, date_trunc('hour', timestamptz 'epoch' + at_ns / 1000 * interval '1 microsecond', 'UTC') AS hour,
         coalesce(effect ->> 'pull', effect ->> 'check') AS tag, docker_user,
         count(*) FILTER (WHERE effect ? 'pull') AS pulls, count(*) FILTER (WHERE effect ? 'check') AS checks,
         max(timestamptz 'epoch' + at_ns / 1000 * interval '1 microsecond') FILTER (WHERE effect ? 'pull') AS last_pulled_at
  FROM events.inbox WHERE effect IS NOT NULL GROUP BY 1, 2, 3, 4) e
FULL JOIN (SELECT * FROM events.pull_hours WHERE pulls <> 0 OR checks <> 0) h USING (repository, hour, tag, docker_user)
WHERE (e.pulls, e.checks, e.last_pulled_at) IS DISTINCT FROM (h.pulls, h.checks, h.last_pulled_at)
"""
"""Every event that counted as something must still be in the inbox."""

COUNTERS_THAT_DIFFER = """
WITH totals AS (SELECT repository, tag, sum(pulls)::bigint AS pulls FROM events.pull_totals GROUP BY 1, 2)
SELECT r.path, t.name AS tag, t.pull_count AS shown, coalesce(h.pulls, 0) AS counted
FROM catalog.tags t JOIN catalog.repositories r ON r.id = t.repository_id
LEFT JOIN totals h ON h.repository = r.path AND h.tag = t.name
WHERE t.pull_count <> coalesce(h.pulls, 0)
UNION ALL
SELECT r.path, NULL, r.pull_count, coalesce(sum(h.pulls), 0)
FROM catalog.repositories r LEFT JOIN totals h ON h.repository = r.path
GROUP BY r.path, r.pull_count HAVING r.pull_count <> coalesce(sum(h.pulls), 0)
"""
"""A repository's count is that of all its tags, deleted ones included, and of pulls by digest alone."""


SUMS_THAT_DIFFER = """
SELECT * FROM events.pull_tags t FULL JOIN (
  SELECT repository, generation, tag, sum(pulls)::bigint AS pulls, max(last_pulled_at) AS last_pulled_at
  FROM events.pull_hours GROUP BY 1, 2, 3) h USING (repository, generation, tag)
WHERE (t.pulls, t.last_pulled_at) IS DISTINCT FROM (h.pulls, h.last_pulled_at)
"""


async def assert_hours_hold(connection: Any) -> None:
    """What every hour says is what the events in it count as, and what every tag says is the sum of its hours."""
    assert not await connection.fetch(HOURS_THAT_DIFFER)
    assert not await connection.fetch(SUMS_THAT_DIFFER)


async def sums_that_differ(connection: Any) -> list[Any]:
    """What does not add up, in hours or in the catalog's counters."""
    checks = (HOURS_THAT_DIFFER, SUMS_THAT_DIFFER, COUNTERS_THAT_DIFFER)
    return [row for check in checks for row in await connection.fetch(check)]
