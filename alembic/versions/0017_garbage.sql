-- Garbage collection is ordered by rows, while everything runs: mark, wait, sweep (spec 7).
-- A blob without a row in garbage_blobs is live.

DROP VIEW catalog.paused_writes;
DROP TABLE catalog.write_pauses;
DROP FUNCTION catalog.notify_write_pause;

-- What refers to blobs

ALTER TABLE catalog.manifests ADD COLUMN is_scanned BOOLEAN DEFAULT false NOT NULL;

CREATE INDEX manifests_digest_idx ON catalog.manifests (digest);

CREATE INDEX manifests_unscanned_idx ON catalog.manifests (repository_id) WHERE NOT is_scanned;

CREATE INDEX manifest_children_digest_idx ON catalog.manifest_children (child_digest);

CREATE TABLE catalog.manifest_other_digests (
    repository_id BIGINT NOT NULL,
    manifest_digest TEXT NOT NULL,
    digest TEXT NOT NULL,
    CONSTRAINT manifest_other_digests_pkey PRIMARY KEY (repository_id, manifest_digest, digest),
    CONSTRAINT manifest_other_digests_repository_id_fkey FOREIGN KEY
      (repository_id, manifest_digest)
      REFERENCES catalog.manifests (repository_id, digest) ON DELETE CASCADE
);

CREATE INDEX manifest_other_digests_digest_idx ON catalog.manifest_other_digests (digest);

-- A child is as old as the deletion of its parent: it was not garbage before.

CREATE FUNCTION catalog.note_orphaned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE catalog.manifests m SET untagged_since = now()
  FROM (SELECT DISTINCT repository_id, child_digest FROM deleted) AS d
  WHERE m.repository_id = d.repository_id AND m.digest = d.child_digest
    AND m.untagged_since < now();
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.note_orphaned IS
'trigger: counts the age of a child without a tag from the deletion of its index';

CREATE TRIGGER manifest_children_orphaned AFTER DELETE ON catalog.manifest_children
REFERENCING OLD TABLE AS deleted
FOR EACH STATEMENT EXECUTE FUNCTION catalog.note_orphaned();

-- Marks and the sweep

ALTER TABLE catalog.garbage_runs
    ADD COLUMN phase TEXT DEFAULT 'requested' NOT NULL,
    ADD COLUMN untagged_days INTEGER,
    ADD COLUMN grace_minutes INTEGER,
    ADD COLUMN is_dry BOOLEAN DEFAULT false NOT NULL,
    ADD COLUMN stop_requested BOOLEAN DEFAULT false NOT NULL,
    ADD COLUMN begun_at timestamptz,
    ADD COLUMN known_at timestamptz,
    ADD COLUMN done BIGINT DEFAULT 0 NOT NULL,
    ADD COLUMN total BIGINT,
    ADD COLUMN report JSONB DEFAULT '{}' NOT NULL,
    ADD COLUMN error TEXT;

UPDATE catalog.garbage_runs SET phase = 'done', begun_at = started_at;

UPDATE catalog.garbage_runs SET error = 'interrupted', finished_at = now()
WHERE finished_at IS NULL;

CREATE INDEX garbage_runs_open_idx ON catalog.garbage_runs (id) WHERE finished_at IS NULL;

CREATE FUNCTION catalog.notify_garbage_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('moorage_garbage', '');
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.notify_garbage_run IS
'trigger: wakes the worker that collects garbage';

CREATE TRIGGER garbage_runs_notify AFTER INSERT ON catalog.garbage_runs
FOR EACH STATEMENT EXECUTE FUNCTION catalog.notify_garbage_run();

CREATE TABLE catalog.garbage_state (
    id BOOLEAN DEFAULT true NOT NULL,
    generation BIGINT DEFAULT 1 NOT NULL,
    epoch BIGINT DEFAULT 1 NOT NULL,
    fence BIGINT DEFAULT 0 NOT NULL,
    sweep TEXT,
    run BIGINT,
    lease_epoch TEXT,
    leased_until timestamptz DEFAULT '-infinity' NOT NULL,
    CONSTRAINT garbage_state_pkey PRIMARY KEY (id),
    CONSTRAINT garbage_state_one_check CHECK (id)
);

INSERT INTO catalog.garbage_state DEFAULT VALUES;

CREATE FUNCTION catalog.epoch() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws('/', catalog.origin(), left(pg_walfile_name(pg_current_wal_lsn()), 8),
                   (SELECT epoch FROM catalog.garbage_state))
$$;

COMMENT ON FUNCTION catalog.epoch IS
'identifies this state of the database: marks of another epoch, from a backup or an older timeline, '
'are void';

CREATE TABLE catalog.garbage_blobs (
    digest TEXT COLLATE "C" NOT NULL,
    state TEXT DEFAULT 'doomed' NOT NULL,
    size_bytes BIGINT NOT NULL,
    run BIGINT NOT NULL,
    fence BIGINT,
    epoch TEXT NOT NULL,
    CONSTRAINT garbage_blobs_pkey PRIMARY KEY (digest),
    CONSTRAINT garbage_blobs_state_check CHECK (state IN ('doomed', 'deleting')),
    CONSTRAINT garbage_blobs_run_fkey FOREIGN KEY (run) REFERENCES catalog.garbage_runs (id)
);

CREATE INDEX garbage_blobs_run_idx ON catalog.garbage_blobs (run);

-- No index names `state` or `fence`. So a claim changes rows in place, which takes a third of the
-- time.

CREATE TABLE catalog.garbage_exemptions (
    run BIGINT NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT garbage_exemptions_pkey PRIMARY KEY (run, digest),
    CONSTRAINT garbage_exemptions_run_fkey FOREIGN KEY (run) REFERENCES catalog.garbage_runs (id)
      ON DELETE CASCADE
);

CREATE TABLE catalog.blob_touches (
    digest TEXT COLLATE "C" NOT NULL,
    touched_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT blob_touches_pkey PRIMARY KEY (digest)
);

CREATE INDEX blob_touches_touched_at_idx ON catalog.blob_touches (touched_at);

CREATE TABLE catalog.gates (
    id UUID NOT NULL,
    generation BIGINT NOT NULL,
    leased_until timestamptz NOT NULL,
    CONSTRAINT gates_pkey PRIMARY KEY (id)
);

CREATE SEQUENCE catalog.revivals;

CREATE FUNCTION catalog.revive_blobs(digests text[]) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
DECLARE
  revived text[];
BEGIN
  -- In one order, because two pushes can need the same blobs.
  SELECT array_agg(locked.digest) INTO revived FROM (
    SELECT g.digest FROM catalog.garbage_blobs g
    WHERE g.digest = ANY(digests) AND g.state = 'doomed'
    ORDER BY g.digest FOR UPDATE) AS locked;
  IF revived IS NOT NULL THEN
    DELETE FROM catalog.garbage_blobs g WHERE g.digest = ANY(revived);
    -- A sequence counts without a lock that pushes would wait for.
    PERFORM nextval('catalog.revivals') FROM unnest(revived);
  END IF;
  RETURN ARRAY(
    SELECT g.digest FROM catalog.garbage_blobs g
    WHERE g.digest = ANY(digests) AND g.state = 'deleting');
END $$;

COMMENT ON FUNCTION catalog.revive_blobs IS
'makes doomed blobs live again; returns those of the digests that a sweep is deleting';

CREATE FUNCTION catalog.find_needed(digests text[]) RETURNS TABLE (digest text, reason text)
LANGUAGE sql STABLE AS $$
  SELECT d.digest, coalesce(
    (SELECT 'manifest' FROM catalog.manifests m WHERE m.digest = d.digest LIMIT 1),
    (SELECT 'image' FROM catalog.manifest_blobs b WHERE b.blob_digest = d.digest LIMIT 1),
    (SELECT 'index' FROM catalog.manifest_children c WHERE c.child_digest = d.digest LIMIT 1),
    (SELECT 'image' FROM catalog.manifest_other_digests o WHERE o.digest = d.digest LIMIT 1),
    i.reason) AS reason
  FROM unnest(digests) AS d (digest)
  LEFT JOIN (
    SELECT DISTINCT unnest(needs) AS digest, 'push' AS reason FROM catalog.intents
    WHERE resolved_at IS NULL AND needs && digests) AS i ON i.digest = d.digest
$$;

COMMENT ON FUNCTION catalog.find_needed IS
'returns each digest with what needs its blob (manifest, image, index, push, trash), or null';

CREATE FUNCTION catalog.find_garbage(
  of_run bigint, digests text[], sizes bigint[], grace interval
) RETURNS TABLE (digest text, size_bytes bigint) LANGUAGE sql STABLE AS $$
  SELECT d.digest, d.size_bytes
  FROM unnest(digests, sizes) AS d (digest, size_bytes)
  JOIN catalog.find_needed(digests) AS f ON f.digest = d.digest AND f.reason IS NULL
  WHERE EXISTS (
      SELECT FROM catalog.garbage_runs r
      WHERE r.id = of_run AND r.finished_at IS NULL AND r.known_at IS NULL)
    AND NOT EXISTS (SELECT FROM catalog.garbage_blobs g WHERE g.digest = d.digest)
    AND NOT EXISTS (
      SELECT FROM catalog.garbage_exemptions x WHERE x.run = of_run AND x.digest = d.digest)
    AND NOT EXISTS (
      SELECT FROM catalog.blob_touches t
      WHERE t.digest = d.digest AND t.touched_at > clock_timestamp() - grace)
$$;

COMMENT ON FUNCTION catalog.find_garbage IS
'returns those of the stored blobs that nothing needs and that are not marked yet; none if the run '
'has ended or its wait has begun';

CREATE FUNCTION catalog.claim_garbage(
  of_run bigint, of_fence bigint, listed_at timestamptz, grace interval, after_digest text,
  max_blobs integer, OUT claimed text[], OUT kept bigint, OUT last_digest text
) LANGUAGE plpgsql AS $$
DECLARE
  candidates text[];
  needed text[];
BEGIN
  PERFORM FROM catalog.garbage_state s
  WHERE s.fence = of_fence AND s.leased_until > clock_timestamp()
    AND s.lease_epoch = (SELECT catalog.epoch()) FOR SHARE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT array_agg(locked.digest) INTO candidates FROM (
    SELECT g.digest FROM catalog.garbage_blobs g JOIN catalog.garbage_runs r ON r.id = g.run
    WHERE g.state = 'doomed' AND g.epoch = (SELECT catalog.epoch())
      AND r.known_at + grace <= listed_at AND g.digest > after_digest
    ORDER BY g.digest LIMIT max_blobs FOR UPDATE OF g SKIP LOCKED) AS locked;
  -- A push that has revived one of them before the lock is seen by the next statement.
  SELECT array_agg(n.digest) INTO needed
  FROM (
    SELECT f.digest FROM catalog.find_needed(candidates) f WHERE f.reason IS NOT NULL
    UNION
    SELECT t.digest FROM catalog.blob_touches t
    WHERE t.digest = ANY(candidates) AND t.touched_at > clock_timestamp() - grace
    UNION
    SELECT e.digest FROM catalog.garbage_exemptions e
    WHERE e.run = of_run AND e.digest = ANY(candidates)) AS n;
  DELETE FROM catalog.garbage_blobs g WHERE g.digest = ANY(needed);
  WITH taken AS (
    UPDATE catalog.garbage_blobs g SET state = 'deleting', fence = of_fence
    WHERE g.digest = ANY(candidates) AND NOT g.digest = ANY(coalesce(needed, '{}'))
    RETURNING g.digest)
  SELECT coalesce(array_agg(digest), '{}') INTO claimed FROM taken;
  kept := coalesce(cardinality(needed), 0);
  last_digest := (SELECT max(candidate COLLATE "C") FROM unnest(candidates) AS candidate);
END $$;

COMMENT ON FUNCTION catalog.claim_garbage IS
'changes doomed blobs whose wait ended before the listing, and that nothing needs, to deleting; the '
'others are live again; returns null if the lease of the sweep has ended';

-- For the gates of the auth service

CREATE VIEW catalog.garbage_digests AS
SELECT decode(substr(digest, 8), 'hex') AS digest FROM catalog.garbage_blobs;

COMMENT ON VIEW catalog.garbage_digests IS
'the sha256 digests of blobs that are doomed or being deleted, 32 bytes each';

CREATE VIEW catalog.garbage_generation AS SELECT generation FROM catalog.garbage_state;

COMMENT ON VIEW catalog.garbage_generation IS
'rises after marks were added; read it in one statement with garbage_digests';

CREATE FUNCTION catalog.renew_gate(gate uuid, known bigint, lease interval) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
BEGIN
  -- Whoever raises the generation afterwards sees the lease.
  PERFORM FROM catalog.garbage_state FOR SHARE;
  INSERT INTO catalog.gates AS g (id, generation, leased_until)
  VALUES (gate, known, clock_timestamp() + lease)
  ON CONFLICT (id) DO UPDATE
    SET generation = EXCLUDED.generation, leased_until = EXCLUDED.leased_until;
  DELETE FROM catalog.gates WHERE leased_until < clock_timestamp() - interval '1 minute';
  RETURN (SELECT generation FROM catalog.garbage_state);
END $$;

COMMENT ON FUNCTION catalog.renew_gate IS
'renews the lease of a gate that knows the marks of the generation; returns the present one';

CREATE FUNCTION catalog.touch_blobs(digests text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
  INSERT INTO catalog.blob_touches AS t (digest)
  SELECT DISTINCT d FROM unnest(digests) AS d
  -- Nobody can fill the disk with touches. Those beyond a million, as last analyzed, are not needed:
  -- the wait of a mark protects pushes too.
  WHERE (SELECT reltuples FROM pg_class WHERE oid = 'catalog.blob_touches'::regclass) < 1000000
  ORDER BY d
  ON CONFLICT (digest) DO UPDATE SET touched_at = EXCLUDED.touched_at
  WHERE t.touched_at < EXCLUDED.touched_at - interval '10 seconds'
$$;

COMMENT ON FUNCTION catalog.touch_blobs IS
'records that clients have asked for or uploaded these blobs';

CREATE FUNCTION catalog.notify_garbage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('moorage_access', 'garbage:');
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.notify_garbage IS
'trigger: tells the gates that the marks have changed';

CREATE TRIGGER garbage_state_notify AFTER UPDATE OF generation ON catalog.garbage_state
FOR EACH STATEMENT EXECUTE FUNCTION catalog.notify_garbage();

REVOKE ALL ON FUNCTION catalog.revive_blobs, catalog.renew_gate, catalog.touch_blobs FROM PUBLIC;

GRANT EXECUTE ON FUNCTION catalog.revive_blobs, catalog.touch_blobs TO :catalog_role, :auth_role;

GRANT EXECUTE ON FUNCTION catalog.renew_gate TO :auth_role;

GRANT SELECT ON catalog.garbage_digests, catalog.garbage_generation TO :auth_role;

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.manifest_other_digests, catalog.garbage_state,
  catalog.garbage_blobs, catalog.garbage_exemptions, catalog.blob_touches, catalog.gates
  TO :catalog_role;

GRANT SELECT, USAGE ON SEQUENCE catalog.revivals TO :catalog_role;

-- An intent that needs a blob makes it live again. The order of the statements matters. The
-- transaction gets its id before it reads the marks. A mark that it does not see yet waits for the
-- end of all transactions with a lower id before it counts, and then finds the intent.

CREATE OR REPLACE FUNCTION catalog.insert_intent(change catalog.intents, lease interval)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  new_id bigint;
BEGIN
  PERFORM pg_current_xact_id();
  IF cardinality(catalog.revive_blobs(change.needs)) > 0 THEN
    RETURN NULL;
  END IF;
  INSERT INTO catalog.intents
    (kind, namespace, repository, digest, tags, needs, removes, media_type, content, docker_user,
     account_id, account, client_address, via, api_key_id, leased_until)
  SELECT change.kind, change.namespace, change.repository, change.digest, change.tags, change.needs,
         change.removes, change.media_type, change.content, change.docker_user, change.account_id,
         change.account, change.client_address, change.via, change.api_key_id,
         clock_timestamp() + lease
  WHERE NOT EXISTS (
    SELECT FROM catalog.intents i
    WHERE i.repository = change.repository AND i.resolved_at IS NULL
      AND (i.tags && change.tags
             AND NOT (i.kind = 'put_manifest' AND change.kind = 'put_manifest'
                      AND i.digest = change.digest)
           OR i.removes && change.needs
           OR i.needs && change.removes))
  RETURNING id INTO new_id;
  RETURN new_id;
END $$;

COMMENT ON FUNCTION catalog.insert_intent IS
'revives the doomed blobs that an intent needs, inserts it, and returns its id; returns null if an '
'open intent conflicts with it, or if a sweep is deleting a blob that it needs';

DROP FUNCTION catalog.open_push;

CREATE FUNCTION catalog.open_push(
  push catalog.intents, lease interval, max_repositories bigint,
  OUT intent bigint, OUT has_namespace boolean, OUT is_deleting boolean,
  OUT reserved_until timestamptz, OUT is_full boolean
) LANGUAGE plpgsql AS $$
DECLARE
  owner_id bigint;
  is_new boolean;
BEGIN
  -- PostgreSQL can lose the intent in a crash, but only together with all later commits.
  PERFORM set_config('synchronous_commit', 'off', true);
  PERFORM catalog.lock_repository(push.repository);
  is_full := false;
  SELECT true, n.account_id, r.id IS NULL,
         n.deleting OR coalesce(r.status = 'deleting', false),
         s.available_at
  INTO has_namespace, owner_id, is_new, is_deleting, reserved_until
  FROM catalog.namespaces n
  LEFT JOIN catalog.repositories r ON r.path = push.repository
  LEFT JOIN catalog.reserved_names s ON s.kind = 'repository' AND s.name = push.repository
    AND s.available_at > clock_timestamp()
  WHERE n.name = push.namespace
  FOR KEY SHARE OF n;
  IF has_namespace IS NULL THEN
    has_namespace := false;
    RETURN;
  END IF;
  is_deleting := is_deleting OR (reserved_until IS NULL AND EXISTS (
    SELECT FROM catalog.deletions d WHERE d.kind = 'repository' AND d.name = push.repository));
  IF is_new THEN
    -- The lock orders the first pushes to all repositories of the account.
    PERFORM FROM catalog.accounts WHERE id = owner_id FOR NO KEY UPDATE;
    is_full := max_repositories <= (
      SELECT count(*) FROM catalog.repositories WHERE account_id = owner_id) + (
      SELECT count(DISTINCT i.repository)
      FROM catalog.intents i JOIN catalog.namespaces n ON n.name = i.namespace
      WHERE i.resolved_at IS NULL AND n.account_id = owner_id AND i.repository <> push.repository
        AND NOT EXISTS (SELECT FROM catalog.repositories r WHERE r.path = i.repository));
  END IF;
  IF NOT is_deleting AND reserved_until IS NULL AND NOT is_full THEN
    intent := catalog.insert_intent(push, lease);
  END IF;
END $$;

COMMENT ON FUNCTION catalog.open_push IS
'returns the state of the repository, and the id of a new intent if the state allows the push and '
'nothing conflicts with it';

CREATE OR REPLACE FUNCTION catalog.record_push(push bigint, manifest jsonb)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  i catalog.intents;
  in_repository bigint;
  new_tag text;
  digest_before text;
  had_tag boolean;
  is_new boolean := false;
BEGIN
  SELECT * INTO STRICT i FROM catalog.intents WHERE id = push;
  PERFORM catalog.lock_repository(i.repository);
  -- The worker that copies the counters must not pass over a row that is not committed yet.
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('moorage counters', 0));
  UPDATE catalog.intents SET resolved_at = clock_timestamp(), content = NULL
  WHERE id = push AND resolved_at IS NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  SELECT id INTO in_repository FROM catalog.repositories WHERE path = i.repository;
  IF NOT FOUND THEN
    -- A repository that is created while its namespace is deleted is deleted with it. The lock makes
    -- the next statement see the deletion.
    PERFORM FROM catalog.namespaces WHERE name = i.namespace FOR KEY SHARE;
    INSERT INTO catalog.repositories (namespace_id, name, status)
    SELECT n.id, substr(i.repository, length(n.name) + 2),
           CASE WHEN EXISTS (SELECT FROM catalog.deletions d
                             WHERE d.kind = 'repository' AND d.name = i.repository)
                THEN 'deleting' ELSE 'active' END
    FROM catalog.namespaces n WHERE n.name = i.namespace
    RETURNING id INTO in_repository;
    IF NOT FOUND THEN
      RETURN false;
    END IF;
    is_new := true;
  END IF;
  new_tag := i.tags[1];
  had_tag := EXISTS (
    SELECT FROM catalog.tags t WHERE t.repository_id = in_repository AND t.digest = i.digest);
  INSERT INTO catalog.manifests AS m
    (repository_id, digest, media_type, artifact_type, subject, size_bytes, platforms, layers,
     labels, image_created_at, pushed_at, pushed_by, untagged_since, is_scanned)
  VALUES (in_repository, i.digest, manifest ->> 'media_type', manifest ->> 'artifact_type',
          manifest ->> 'subject', (manifest ->> 'size_bytes')::bigint,
          manifest -> 'platforms', manifest -> 'layers', manifest -> 'labels',
          (manifest ->> 'image_created_at')::timestamptz, clock_timestamp(), i.docker_user,
          CASE WHEN new_tag IS NULL THEN now() END, true)
  ON CONFLICT (repository_id, digest) DO UPDATE
    SET untagged_since = CASE WHEN m.untagged_since IS NOT NULL THEN EXCLUDED.untagged_since END,
        is_scanned = true;
  INSERT INTO catalog.manifest_blobs (repository_id, manifest_digest, blob_digest, size_bytes)
  SELECT in_repository, i.digest, blob ->> 0, (blob ->> 1)::bigint
  FROM jsonb_array_elements(manifest -> 'blobs') AS blob
  ON CONFLICT DO NOTHING;
  INSERT INTO catalog.manifest_children (repository_id, index_digest, child_digest)
  SELECT in_repository, i.digest, child
  FROM jsonb_array_elements_text(manifest -> 'children') AS child
  ON CONFLICT DO NOTHING;
  INSERT INTO catalog.manifest_other_digests (repository_id, manifest_digest, digest)
  SELECT in_repository, i.digest, other
  FROM unnest(i.needs) AS other
  WHERE other <> i.digest AND other IS DISTINCT FROM manifest ->> 'subject'
    AND NOT EXISTS (
      SELECT FROM jsonb_array_elements(manifest -> 'blobs') AS blob WHERE blob ->> 0 = other)
    AND NOT EXISTS (
      SELECT FROM jsonb_array_elements_text(manifest -> 'children') AS child WHERE child = other)
  ON CONFLICT DO NOTHING;
  IF new_tag IS NOT NULL THEN
    SELECT digest INTO digest_before FROM catalog.tags
    WHERE repository_id = in_repository AND name = new_tag;
    INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by, admitted_in)
    VALUES (in_repository, new_tag, i.digest, clock_timestamp(), i.docker_user, i.origin)
    ON CONFLICT (repository_id, name) DO UPDATE
      SET digest = EXCLUDED.digest, pushed_at = EXCLUDED.pushed_at,
          pushed_by = EXCLUDED.pushed_by, admitted_in = EXCLUDED.admitted_in;
  END IF;
  -- The size of a repository is that of its tagged manifests, each once. To sum them up for each
  -- push would take longer with each tag.
  UPDATE catalog.repositories r
  SET tag_count = r.tag_count
        + CASE WHEN new_tag IS NOT NULL AND digest_before IS NULL THEN 1 ELSE 0 END,
      size_bytes = least(9223372036854775807, greatest(0, r.size_bytes::numeric
        + CASE WHEN new_tag IS NOT NULL AND NOT had_tag
            THEN (manifest ->> 'size_bytes')::bigint ELSE 0 END
        - coalesce((
            SELECT m.size_bytes FROM catalog.manifests m
            WHERE digest_before IS DISTINCT FROM i.digest
              AND m.repository_id = in_repository AND m.digest = digest_before
              AND NOT EXISTS (
                SELECT FROM catalog.tags t
                WHERE t.repository_id = in_repository AND t.digest = digest_before)), 0))),
      last_pushed_at = greatest(r.last_pushed_at, clock_timestamp()),
      status = CASE WHEN r.status = 'deleting' THEN 'deleting' ELSE 'active' END
  WHERE r.id = in_repository;
  INSERT INTO catalog.audit_entries
    (action, target, client_address, owner_id, docker_user, changes)
  SELECT 'image.push',
         'images/' || i.repository || coalesce(':' || new_tag, '@' || i.digest),
         i.client_address, r.account_id, i.docker_user,
         CASE WHEN digest_before IS DISTINCT FROM i.digest
           THEN jsonb_build_object('digest', jsonb_build_array(digest_before, i.digest))
           ELSE '{}' END
  FROM catalog.repositories r WHERE r.id = in_repository;
  -- A name that was deleted, or a repository of that name, can have pulls already.
  IF is_new THEN
    UPDATE catalog.repositories r
    SET pull_count = total.pulls, last_pulled_at = total.last_pulled_at
    FROM (SELECT sum(pulls)::bigint AS pulls, max(last_pulled_at) AS last_pulled_at
          FROM events.pull_sums WHERE repository = i.repository) AS total
    WHERE r.id = in_repository AND total.pulls IS NOT NULL;
  END IF;
  IF new_tag IS NOT NULL AND digest_before IS NULL THEN
    UPDATE catalog.tags t SET pull_count = total.pulls, last_pulled_at = total.last_pulled_at
    FROM events.pull_sums AS total
    WHERE total.repository = i.repository AND total.tag = new_tag
      AND t.repository_id = in_repository AND t.name = new_tag;
  END IF;
  RETURN true;
END $$;

COMMENT ON FUNCTION catalog.record_push IS
'resolves the intent of a push that the registry has accepted, and writes repository, manifest, '
'and tag; returns false if another process has done so';
