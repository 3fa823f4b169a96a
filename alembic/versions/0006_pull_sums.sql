CREATE TABLE events.pull_tags (
    repository TEXT NOT NULL,
    since_ns BIGINT NOT NULL,
    tag TEXT NOT NULL,
    pulls BIGINT NOT NULL,
    last_pulled_at TIMESTAMP WITH TIME ZONE,
    xid BIGINT DEFAULT pg_current_xact_id()::text::bigint NOT NULL,
    PRIMARY KEY (repository, since_ns, tag)
);

CREATE INDEX pull_tags_xid_idx ON events.pull_tags (xid);

INSERT INTO events.pull_tags (repository, since_ns, tag, pulls, last_pulled_at)
SELECT repository, since_ns, tag, sum(pulls)::bigint, max(last_pulled_at)
FROM events.pull_hours GROUP BY repository, since_ns, tag;

DROP INDEX events.pull_hours_xid_idx;

-- Triggers update the sums in the same statement that changes the hours

CREATE FUNCTION events.sum_pulls() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM changed) THEN
    RETURN NULL;
  END IF;
  -- One transaction at a time: two that add to the same tags in different orders would deadlock.
  PERFORM pg_advisory_xact_lock(hashtextextended('moorage pull sums', 0));
  IF TG_OP = 'INSERT' THEN
    INSERT INTO events.pull_tags AS t (repository, since_ns, tag, pulls, last_pulled_at)
    SELECT repository, since_ns, tag, sum(pulls), max(last_pulled_at)
    FROM changed GROUP BY repository, since_ns, tag
    ON CONFLICT (repository, since_ns, tag) DO UPDATE SET
      pulls = t.pulls + excluded.pulls,
      last_pulled_at = greatest(t.last_pulled_at, excluded.last_pulled_at),
      xid = pg_current_xact_id()::text::bigint;
  ELSE
    UPDATE events.pull_tags t SET
      pulls = t.pulls + d.pulls,
      xid = pg_current_xact_id()::text::bigint,
      last_pulled_at = CASE WHEN d.was > coalesce(d.is_now, '-infinity') THEN
        (SELECT max(h.last_pulled_at) FROM events.pull_hours h
         WHERE (h.repository, h.since_ns, h.tag) = (t.repository, t.since_ns, t.tag))
        ELSE greatest(t.last_pulled_at, d.is_now) END
    FROM (
      SELECT repository, since_ns, tag, sum(pulls) AS pulls, max(was) AS was,
             max(is_now) AS is_now
      FROM (
        SELECT repository, since_ns, tag, pulls, NULL::timestamptz AS was,
               last_pulled_at AS is_now
        FROM changed
        UNION ALL
        SELECT repository, since_ns, tag, -pulls, last_pulled_at, NULL FROM before) both_sides
      GROUP BY repository, since_ns, tag) d
    WHERE (t.repository, t.since_ns, t.tag) = (d.repository, d.since_ns, d.tag);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER pull_hours_sum_inserted AFTER INSERT ON events.pull_hours
REFERENCING NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION events.sum_pulls();

CREATE TRIGGER pull_hours_sum_updated AFTER UPDATE ON events.pull_hours
REFERENCING OLD TABLE AS before NEW TABLE AS changed
FOR EACH STATEMENT EXECUTE FUNCTION events.sum_pulls();

CREATE VIEW events.pull_sums AS
SELECT t.repository, t.tag, t.pulls, t.last_pulled_at, t.xid FROM events.pull_tags t
WHERE t.since_ns = coalesce((
  SELECT (extract(epoch FROM l.since) * 1000000)::bigint * 1000
  FROM catalog.repository_lives l WHERE l.repository = t.repository), 0);

COMMENT ON VIEW events.pull_sums IS
'pulls per tag; an empty tag stands for pulls by digest; if several repositories had one name one '
'after the other, only those of the last one';

GRANT SELECT, INSERT, UPDATE, DELETE ON events.pull_tags TO :events_role;

REVOKE SELECT ON events.pull_totals FROM :catalog_role;

GRANT SELECT ON events.pull_sums TO :catalog_role;
