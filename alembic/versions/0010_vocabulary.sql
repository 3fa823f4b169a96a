-- Deletions: the origin of a row, and a tag deletion's placeholder manifest and restored push
ALTER FUNCTION catalog.home() RENAME TO origin;
ALTER TABLE catalog.deletions RENAME COLUMN made_in TO origin;

ALTER TABLE catalog.tag_deletions RENAME COLUMN throwaway TO placeholder;
ALTER TABLE catalog.tag_deletions RENAME COLUMN put_back TO restored_digest;
ALTER TABLE catalog.tag_deletions RENAME COLUMN put_back_at TO restored_pushed_at;
ALTER TABLE catalog.tag_deletions RENAME COLUMN put_back_by TO restored_pushed_by;

ALTER VIEW catalog.closed_repositories RENAME TO reserved_repositories;

-- Write pause: the repositories with active uploads
ALTER TABLE catalog.write_pauses RENAME COLUMN pushing TO active_uploads;
ALTER VIEW catalog.paused_writes RENAME COLUMN pushing TO active_uploads;

-- Generations: repositories that had one name one after the other are counted separately
ALTER VIEW catalog.repository_lives RENAME TO repository_generations;
ALTER VIEW catalog.repository_generations RENAME COLUMN since TO started_at;

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
    SELECT repository, generation, tag, sum(pulls), max(last_pulled_at)
    FROM changed GROUP BY repository, generation, tag
    ON CONFLICT (repository, generation, tag) DO UPDATE SET
      pulls = t.pulls + excluded.pulls,
      last_pulled_at = greatest(t.last_pulled_at, excluded.last_pulled_at),
      xid = pg_current_xact_id()::text::bigint;
  ELSE
    UPDATE events.pull_tags t SET
      pulls = t.pulls + d.pulls,
      xid = pg_current_xact_id()::text::bigint,
      last_pulled_at = CASE WHEN d.was > coalesce(d.is_now, '-infinity') THEN
        (SELECT max(h.last_pulled_at) FROM events.pull_hours h
         WHERE (h.repository, h.generation, h.tag) = (t.repository, t.generation, t.tag))
        ELSE greatest(t.last_pulled_at, d.is_now) END
    FROM (
      SELECT repository, generation, tag, sum(pulls) AS pulls, max(was) AS was,
             max(is_now) AS is_now
      FROM (
        SELECT repository, generation, tag, pulls, NULL::timestamptz AS was,
               last_pulled_at AS is_now
        FROM changed
        UNION ALL
        SELECT repository, generation, tag, -pulls, last_pulled_at, NULL FROM before) both_sides
      GROUP BY repository, generation, tag) d
    WHERE (t.repository, t.generation, t.tag) = (d.repository, d.generation, d.tag);
  END IF;
  RETURN NULL;
END $$;

-- The views that each service publishes to the others
COMMENT ON VIEW catalog.credentials IS
'accounts, which sign in to the API and the console, and Docker users, which log in to the '
'registry; a Docker user is disabled if its account is';

COMMENT ON VIEW catalog.effective_access IS
'the permissions of Docker users on namespaces that are not being deleted; docker_user_id NULL '
'stands for every logged-in Docker user, because the namespace is public';

COMMENT ON VIEW catalog.index_children IS
'the children of every index that the catalog has recorded, by the index''s repository and digest';

COMMENT ON VIEW catalog.repository_owners IS
'the account that owns each repository, and the visibility of its namespace';

COMMENT ON VIEW catalog.namespace_owners IS 'the account that owns each namespace';

COMMENT ON VIEW catalog.namespace_viewers IS
'accounts with a Docker user that has a grant in the namespace: they can view its repositories';

COMMENT ON VIEW catalog.repository_generations IS
'when the name (namespace/name) of a deleted repository became free: earlier pulls belong to the '
'deleted repository';

COMMENT ON VIEW catalog.reserved_repositories IS
'repositories that are being deleted, or whose names are reserved: no token is issued for them';

COMMENT ON VIEW catalog.paused_writes IS
'the writes that the gateway refuses, and for how many seconds from now: every write, or new '
'uploads to repositories without active uploads';

COMMENT ON VIEW catalog.feed_progress IS
'the position up to which the catalog has read events.registry_feed: later events must be kept';

COMMENT ON VIEW auth.principals IS
'sessions and API keys that are valid now, each with the current state of its account';

COMMENT ON VIEW auth.docker_user_logins IS 'the last login of each Docker user to the registry';

COMMENT ON VIEW auth.audit IS 'the audit entries of the auth service';

COMMENT ON VIEW events.registry_feed IS
'pushes and deletions. To miss none, read them in the order of (xid, id), and only those with an '
'xid below pg_snapshot_xmin(pg_current_snapshot())';

COMMENT ON VIEW events.pull_totals IS
'pulls and checks per hour, tag, and Docker user, of the current generation of each repository; '
'an empty tag stands for pulls by digest alone, an empty docker_user for anonymous pulls';

COMMENT ON VIEW events.pull_sums IS
'pulls per tag, of the current generation of each repository; an empty tag stands for pulls by '
'digest alone';

COMMENT ON VIEW events.audit IS 'the audit entries of the events service';

-- Functions
COMMENT ON FUNCTION catalog.bigrams IS
'every two neighbouring characters of a text, for searches: trigrams would not find two Chinese '
'characters';

COMMENT ON FUNCTION catalog.origin IS
'identifies this table of deletions: a row with another origin came with a backup';

COMMENT ON FUNCTION catalog.set_repository_path IS
'trigger: copies the path and the owner of a repository from its namespace, for indexes';

COMMENT ON FUNCTION catalog.note_untagged IS
'trigger: sets untagged_since of a manifest that lost its last tag, and clears it when the '
'manifest is tagged again';

COMMENT ON FUNCTION catalog.notify_account IS
'trigger: notifies moorage_access, so that every auth replica invalidates the cached account';

COMMENT ON FUNCTION catalog.notify_docker_user IS
'trigger: notifies moorage_access, so that every auth replica invalidates the cached Docker user';

COMMENT ON FUNCTION catalog.notify_namespace IS
'trigger: notifies moorage_access, so that every auth replica invalidates the cached namespace';

COMMENT ON FUNCTION catalog.notify_grant IS
'trigger: notifies moorage_access, so that every auth replica invalidates the cached grant';

COMMENT ON FUNCTION catalog.notify_deletion IS
'trigger: notifies moorage_access, so that every auth replica invalidates the cached reserved '
'names, and wakes the deletion worker through moorage_deletions';

COMMENT ON FUNCTION catalog.notify_write_pause IS
'trigger: notifies moorage_access, so that every auth replica reads the write pause again';

COMMENT ON FUNCTION auth.notify_refresh_token IS
'trigger: notifies moorage_access, so that every auth replica invalidates a deleted refresh token';

COMMENT ON FUNCTION auth.notify_access_token IS
'trigger: notifies moorage_access, so that every auth replica invalidates a deleted access token';

COMMENT ON FUNCTION events.sum_pulls IS
'trigger: adds changes of pull_hours to pull_tags, in the statement that makes them';
