-- Deletions: where a row originates, and the placeholder manifest and the restored push of a tag deletion
ALTER FUNCTION catalog.home() RENAME TO origin;
COMMENT ON FUNCTION catalog.origin IS 'identifies this table of deletions: a row with another origin came with a backup';
ALTER TABLE catalog.deletions RENAME COLUMN made_in TO origin;

ALTER TABLE catalog.tag_deletions RENAME COLUMN throwaway TO placeholder;
ALTER TABLE catalog.tag_deletions RENAME COLUMN put_back TO restored_digest;
ALTER TABLE catalog.tag_deletions RENAME COLUMN put_back_at TO restored_pushed_at;
ALTER TABLE catalog.tag_deletions RENAME COLUMN put_back_by TO restored_pushed_by;

ALTER VIEW catalog.closed_repositories RENAME TO reserved_repositories;
COMMENT ON VIEW catalog.reserved_repositories IS 'repositories that are being deleted, or whose names are reserved: nobody gets a token for them';

-- Write pause: the repositories with active uploads
ALTER TABLE catalog.write_pauses RENAME COLUMN pushing TO active_uploads;
ALTER VIEW catalog.paused_writes RENAME COLUMN pushing TO active_uploads;
COMMENT ON VIEW catalog.paused_writes IS 'which writes the gateway refuses, and for how many seconds from now: every write, or new uploads to repositories without active uploads';

-- Generations: each repository that had the same name counts apart
ALTER VIEW catalog.repository_lives RENAME TO repository_generations;
ALTER VIEW catalog.repository_generations RENAME COLUMN since TO started_at;
COMMENT ON VIEW catalog.repository_generations IS 'when the name (namespace/name) of a deleted repository became free: earlier pulls belong to the deleted repository';

ALTER TABLE events.pull_hours RENAME COLUMN since_ns TO generation;
ALTER TABLE events.pull_tags RENAME COLUMN since_ns TO generation;

CREATE OR REPLACE FUNCTION events.sum_pulls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM changed) THEN
    RETURN NULL;
  END IF;
  -- One transaction at a time: two that add to the same tags in different orders would deadlock.
  PERFORM pg_advisory_xact_lock(hashtextextended('moorage pull sums', 0));
  IF TG_OP = 'INSERT' THEN
    INSERT INTO events.pull_tags AS t (repository, generation, tag, pulls, last_pulled_at)
    SELECT repository, generation, tag, sum(pulls), max(last_pulled_at) FROM changed GROUP BY repository, generation, tag
    ON CONFLICT (repository, generation, tag) DO UPDATE SET pulls = t.pulls + excluded.pulls,
      last_pulled_at = greatest(t.last_pulled_at, excluded.last_pulled_at), xid = pg_current_xact_id()::text::bigint;
  ELSE
    UPDATE events.pull_tags t SET pulls = t.pulls + d.pulls, xid = pg_current_xact_id()::text::bigint,
      last_pulled_at = CASE WHEN d.was > coalesce(d.is_now, '-infinity') THEN
        (SELECT max(h.last_pulled_at) FROM events.pull_hours h WHERE (h.repository, h.generation, h.tag) = (t.repository, t.generation, t.tag))
        ELSE greatest(t.last_pulled_at, d.is_now) END
    FROM (
      SELECT repository, generation, tag, sum(pulls) AS pulls, max(was) AS was, max(is_now) AS is_now FROM (
        SELECT repository, generation, tag, pulls, NULL::timestamptz AS was, last_pulled_at AS is_now FROM changed
        UNION ALL SELECT repository, generation, tag, -pulls, last_pulled_at, NULL FROM before) both_sides
      GROUP BY repository, generation, tag) d
    WHERE (t.repository, t.generation, t.tag) = (d.repository, d.generation, d.tag);
  END IF;
  RETURN NULL;
END $$;
