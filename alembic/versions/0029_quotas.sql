-- The storage that each account uses, exact at every moment, and quotas (spec 11, docs/adr/0027).

ALTER TABLE catalog.accounts ADD COLUMN storage_quota_bytes BIGINT,
    ADD CONSTRAINT accounts_storage_quota_check CHECK (storage_quota_bytes >= 0);

-- What a manifest charges: the digests of itself, its config, its layers, and its children, with the
-- sizes of their blobs. Null until it is known.

ALTER TABLE catalog.manifests
    ADD COLUMN charged_digests TEXT[],
    ADD COLUMN charged_sizes BIGINT[];

CREATE INDEX manifests_uncharged_idx ON catalog.manifests (digest) WHERE charged_digests IS NULL;

ALTER TABLE catalog.trash_manifests
    ADD COLUMN charged_digests TEXT[],
    ADD COLUMN charged_sizes BIGINT[];

CREATE INDEX trash_manifests_uncharged_idx
ON catalog.trash_manifests (digest) WHERE charged_digests IS NULL;

-- What the manifest of an open push charges. The row stays as long as its intent.

CREATE TABLE catalog.reservations (
    intent_id BIGINT NOT NULL,
    account_id BIGINT NOT NULL,
    manifest TEXT NOT NULL,
    digests TEXT[] NOT NULL,
    sizes BIGINT[] NOT NULL,
    CONSTRAINT reservations_pkey PRIMARY KEY (intent_id)
);

CREATE INDEX reservations_manifest_idx ON catalog.reservations (manifest);

CREATE FUNCTION catalog.delete_reservations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM catalog.reservations WHERE intent_id = ANY(ARRAY(SELECT id FROM deleted));
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.delete_reservations IS
'trigger: deletes the reservations of deleted intents';

CREATE TRIGGER intents_deleted AFTER DELETE ON catalog.intents
REFERENCING OLD TABLE AS deleted
FOR EACH STATEMENT EXECUTE FUNCTION catalog.delete_reservations();

-- Uploads that clients have completed, as the gate has seen them. The size is null until the catalog
-- has found the blob.

CREATE TABLE catalog.uploads (
    repository TEXT COLLATE "C" NOT NULL,
    digest TEXT NOT NULL,
    completed_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    account_id BIGINT,
    size_bytes BIGINT,
    checked_at timestamptz,
    CONSTRAINT uploads_pkey PRIMARY KEY (repository, digest)
);

CREATE INDEX uploads_account_id_idx ON catalog.uploads (account_id, digest);

CREATE INDEX uploads_checked_at_idx ON catalog.uploads (checked_at NULLS FIRST);

-- Changes that account_blobs does not contain yet. Inserts do not wait for each other.

CREATE TABLE catalog.storage_changes (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    account_id BIGINT NOT NULL,
    source TEXT NOT NULL,
    delta INTEGER NOT NULL,
    digests TEXT[] NOT NULL,
    sizes BIGINT[] NOT NULL,
    CONSTRAINT storage_changes_pkey PRIMARY KEY (id),
    CONSTRAINT storage_changes_source_check CHECK (source IN ('image', 'trash', 'upload'))
);

CREATE INDEX storage_changes_account_idx ON catalog.storage_changes (account_id, id);

CREATE TABLE catalog.account_blobs (
    account_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    images BIGINT DEFAULT 0 NOT NULL,
    trash BIGINT DEFAULT 0 NOT NULL,
    uploads BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT account_blobs_pkey PRIMARY KEY (account_id, digest, size_bytes)
);

CREATE TABLE catalog.account_storage (
    account_id BIGINT NOT NULL,
    image_bytes NUMERIC DEFAULT 0 NOT NULL,
    trash_bytes NUMERIC DEFAULT 0 NOT NULL,
    upload_bytes NUMERIC DEFAULT 0 NOT NULL,
    rebuilt_at timestamptz,
    CONSTRAINT account_storage_pkey PRIMARY KEY (account_id)
);

-- The digest of a manifest determines what it charges. So whoever inserts a manifest need not know.

CREATE FUNCTION catalog.set_charges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.charged_digests IS NULL THEN
    SELECT r.digests, r.sizes INTO NEW.charged_digests, NEW.charged_sizes
    FROM catalog.reservations r WHERE r.manifest = NEW.digest LIMIT 1;
  END IF;
  IF NEW.charged_digests IS NULL THEN
    SELECT t.charged_digests, t.charged_sizes INTO NEW.charged_digests, NEW.charged_sizes
    FROM catalog.repositories r
    JOIN catalog.trash_manifests t ON t.repository = r.path AND t.digest = NEW.digest
    WHERE r.id = NEW.repository_id AND t.charged_digests IS NOT NULL LIMIT 1;
  END IF;
  IF NEW.charged_digests IS NULL THEN
    SELECT m.charged_digests, m.charged_sizes INTO NEW.charged_digests, NEW.charged_sizes
    FROM catalog.manifests m WHERE m.digest = NEW.digest AND m.charged_digests IS NOT NULL LIMIT 1;
  END IF;
  RETURN NEW;
END $$;

COMMENT ON FUNCTION catalog.set_charges IS
'trigger: copies what a new manifest charges from the reservation of its push, from the trash, or '
'from the same manifest in another repository';

CREATE TRIGGER manifests_set_charges BEFORE INSERT ON catalog.manifests
FOR EACH ROW EXECUTE FUNCTION catalog.set_charges();

CREATE FUNCTION catalog.set_trash_charges() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.charged_digests IS NULL THEN
    SELECT m.charged_digests, m.charged_sizes INTO NEW.charged_digests, NEW.charged_sizes
    FROM catalog.repositories r
    JOIN catalog.manifests m ON m.repository_id = r.id AND m.digest = NEW.digest
    WHERE r.path = NEW.repository;
  END IF;
  RETURN NEW;
END $$;

COMMENT ON FUNCTION catalog.set_trash_charges IS
'trigger: copies what a manifest charges to the trash';

CREATE TRIGGER trash_manifests_set_charges BEFORE INSERT ON catalog.trash_manifests
FOR EACH ROW EXECUTE FUNCTION catalog.set_trash_charges();

-- Append the changes. A session plans each statement once, for the number of rows that its first
-- execution has, which can be thousands. With OFFSET 0, no plan reads a whole table for one row.

CREATE FUNCTION catalog.note_added_manifests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog.storage_changes (account_id, source, delta, digests, sizes)
  SELECT r.account_id, 'image', 1, m.charged_digests, m.charged_sizes
  FROM added m CROSS JOIN LATERAL (
    SELECT account_id FROM catalog.repositories WHERE id = m.repository_id OFFSET 0) AS r
  WHERE m.charged_digests IS NOT NULL;
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.note_added_manifests IS
'trigger: appends what new manifests charge to storage_changes';

CREATE TRIGGER manifests_added AFTER INSERT ON catalog.manifests
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION catalog.note_added_manifests();

CREATE FUNCTION catalog.note_removed_manifests() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog.storage_changes (account_id, source, delta, digests, sizes)
  SELECT r.account_id, 'image', -1, m.charged_digests, m.charged_sizes
  FROM removed m CROSS JOIN LATERAL (
    SELECT account_id FROM catalog.repositories WHERE id = m.repository_id OFFSET 0) AS r
  WHERE m.charged_digests IS NOT NULL;
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.note_removed_manifests IS
'trigger: appends what deleted manifests no longer charge to storage_changes';

CREATE TRIGGER manifests_removed AFTER DELETE ON catalog.manifests
REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION catalog.note_removed_manifests();

CREATE FUNCTION catalog.note_charged_manifest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog.storage_changes (account_id, source, delta, digests, sizes)
  SELECT r.account_id, 'image', c.delta, c.digests, c.sizes
  FROM catalog.repositories r,
       (VALUES (-1, OLD.charged_digests, OLD.charged_sizes),
               (1, NEW.charged_digests, NEW.charged_sizes)) AS c (delta, digests, sizes)
  WHERE r.id = NEW.repository_id AND c.digests IS NOT NULL;
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.note_charged_manifest IS
'trigger: appends what a manifest charges to storage_changes, once it is known';

CREATE TRIGGER manifests_charged AFTER UPDATE OF charged_digests, charged_sizes ON catalog.manifests
FOR EACH ROW WHEN (OLD.charged_digests IS DISTINCT FROM NEW.charged_digests
                   OR OLD.charged_sizes IS DISTINCT FROM NEW.charged_sizes)
EXECUTE FUNCTION catalog.note_charged_manifest();

CREATE FUNCTION catalog.note_added_trash() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog.storage_changes (account_id, source, delta, digests, sizes)
  SELECT e.owner_id, 'trash', 1, m.charged_digests, m.charged_sizes
  FROM added m CROSS JOIN LATERAL (
    SELECT owner_id FROM catalog.trash WHERE id = m.entry_id OFFSET 0) AS e
  WHERE m.charged_digests IS NOT NULL;
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.note_added_trash IS
'trigger: appends what manifests in the trash charge to storage_changes';

CREATE TRIGGER trash_manifests_added AFTER INSERT ON catalog.trash_manifests
REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION catalog.note_added_trash();

CREATE FUNCTION catalog.note_removed_trash() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog.storage_changes (account_id, source, delta, digests, sizes)
  SELECT e.owner_id, 'trash', -1, m.charged_digests, m.charged_sizes
  FROM removed m CROSS JOIN LATERAL (
    SELECT owner_id FROM catalog.trash WHERE id = m.entry_id OFFSET 0) AS e
  WHERE m.charged_digests IS NOT NULL;
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.note_removed_trash IS
'trigger: appends what manifests that left the trash no longer charge to storage_changes';

CREATE TRIGGER trash_manifests_removed AFTER DELETE ON catalog.trash_manifests
REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION catalog.note_removed_trash();

CREATE FUNCTION catalog.note_charged_trash() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog.storage_changes (account_id, source, delta, digests, sizes)
  SELECT e.owner_id, 'trash', c.delta, c.digests, c.sizes
  FROM catalog.trash e,
       (VALUES (-1, OLD.charged_digests, OLD.charged_sizes),
               (1, NEW.charged_digests, NEW.charged_sizes)) AS c (delta, digests, sizes)
  WHERE e.id = NEW.entry_id AND c.digests IS NOT NULL;
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.note_charged_trash IS
'trigger: appends what a manifest in the trash charges to storage_changes, once it is known';

CREATE TRIGGER trash_manifests_charged
AFTER UPDATE OF charged_digests, charged_sizes ON catalog.trash_manifests
FOR EACH ROW WHEN (OLD.charged_digests IS DISTINCT FROM NEW.charged_digests
                   OR OLD.charged_sizes IS DISTINCT FROM NEW.charged_sizes)
EXECUTE FUNCTION catalog.note_charged_trash();

CREATE FUNCTION catalog.note_upload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    -- The worker checks each upload every ten minutes, and mostly finds what it found before.
    IF (OLD.account_id, OLD.size_bytes) IS NOT DISTINCT FROM (NEW.account_id, NEW.size_bytes) THEN
      RETURN NULL;
    END IF;
  END IF;
  IF TG_OP <> 'INSERT' AND OLD.account_id IS NOT NULL AND OLD.size_bytes IS NOT NULL THEN
    INSERT INTO catalog.storage_changes (account_id, source, delta, digests, sizes)
    VALUES (OLD.account_id, 'upload', -1, ARRAY[OLD.digest], ARRAY[OLD.size_bytes]);
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.account_id IS NOT NULL AND NEW.size_bytes IS NOT NULL THEN
    INSERT INTO catalog.storage_changes (account_id, source, delta, digests, sizes)
    VALUES (NEW.account_id, 'upload', 1, ARRAY[NEW.digest], ARRAY[NEW.size_bytes]);
  END IF;
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.note_upload IS
'trigger: appends what a completed upload charges, or no longer charges, to storage_changes';

CREATE TRIGGER uploads_changed
AFTER INSERT OR DELETE OR UPDATE OF account_id, size_bytes ON catalog.uploads
FOR EACH ROW EXECUTE FUNCTION catalog.note_upload();

-- A cascade deletes the manifests after their repository, and then nothing says whose they were.

CREATE FUNCTION catalog.delete_manifests_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM catalog.manifests WHERE repository_id = OLD.id;
  RETURN OLD;
END $$;

COMMENT ON FUNCTION catalog.delete_manifests_first IS
'trigger: deletes the manifests of a repository while its account is still known';

CREATE TRIGGER repositories_delete_manifests BEFORE DELETE ON catalog.repositories
FOR EACH ROW EXECUTE FUNCTION catalog.delete_manifests_first();

CREATE FUNCTION catalog.delete_trash_manifests_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM catalog.trash_manifests WHERE entry_id = OLD.id;
  RETURN OLD;
END $$;

COMMENT ON FUNCTION catalog.delete_trash_manifests_first IS
'trigger: deletes the manifests of an entry of the trash while its account is still known';

CREATE TRIGGER trash_delete_manifests BEFORE DELETE ON catalog.trash
FOR EACH ROW EXECUTE FUNCTION catalog.delete_trash_manifests_first();

-- Compute the use, and compare it with the running figures

CREATE FUNCTION catalog.list_charges(of_account bigint)
RETURNS TABLE (digest text, size_bytes bigint, images bigint, trash bigint, uploads bigint)
LANGUAGE sql STABLE AS $$
  SELECT c.digest, c.size_bytes, count(*) FILTER (WHERE c.source = 'image'),
         count(*) FILTER (WHERE c.source = 'trash'), count(*) FILTER (WHERE c.source = 'upload')
  FROM (
      SELECT 'image' AS source, u.digest, u.size_bytes
      FROM catalog.repositories r JOIN catalog.manifests m ON m.repository_id = r.id
      CROSS JOIN LATERAL unnest(m.charged_digests, m.charged_sizes) AS u (digest, size_bytes)
      WHERE r.account_id = of_account
    UNION ALL
      SELECT 'trash', u.digest, u.size_bytes
      FROM catalog.trash e JOIN catalog.trash_manifests m ON m.entry_id = e.id
      CROSS JOIN LATERAL unnest(m.charged_digests, m.charged_sizes) AS u (digest, size_bytes)
      WHERE e.owner_id = of_account
    UNION ALL
      SELECT 'upload', u.digest, u.size_bytes FROM catalog.uploads u
      WHERE u.account_id = of_account AND u.size_bytes IS NOT NULL
  ) AS c GROUP BY c.digest, c.size_bytes
$$;

COMMENT ON FUNCTION catalog.list_charges IS
'returns each blob of an account with the number of its references, computed from the manifests, the '
'trash, and the uploads';

CREATE FUNCTION catalog.count_storage_differences(of_account bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
  WITH running AS (
    SELECT digest, size_bytes, sum(images) AS images, sum(trash) AS trash, sum(uploads) AS uploads
    FROM (
        SELECT digest, size_bytes, images, trash, uploads
        FROM catalog.account_blobs WHERE account_id = of_account
      UNION ALL
        SELECT u.digest, u.size_bytes, CASE s.source WHEN 'image' THEN s.delta ELSE 0 END,
               CASE s.source WHEN 'trash' THEN s.delta ELSE 0 END,
               CASE s.source WHEN 'upload' THEN s.delta ELSE 0 END
        FROM catalog.storage_changes s
        CROSS JOIN LATERAL unnest(s.digests, s.sizes) AS u (digest, size_bytes)
        WHERE s.account_id = of_account
    ) AS parts GROUP BY digest, size_bytes
    HAVING sum(images) <> 0 OR sum(trash) <> 0 OR sum(uploads) <> 0)
  SELECT count(*) + (
    SELECT count(*) FROM catalog.account_storage s
    WHERE s.account_id = of_account
      AND s.image_bytes + s.trash_bytes + s.upload_bytes <> (
        SELECT coalesce(sum(b.size_bytes), 0)
        FROM catalog.account_blobs b WHERE b.account_id = of_account))
  FROM running r FULL JOIN catalog.list_charges(of_account) c
    ON c.digest = r.digest AND c.size_bytes = r.size_bytes
  WHERE (r.images, r.trash, r.uploads) IS DISTINCT FROM (c.images, c.trash, c.uploads)
$$;

COMMENT ON FUNCTION catalog.count_storage_differences IS
'returns how many blobs of an account have other references than its images, trash, and uploads; one '
'more if the sum of their sizes is wrong';

CREATE FUNCTION catalog.rebuild_storage(of_account bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog.account_storage (account_id) VALUES (of_account) ON CONFLICT DO NOTHING;
  PERFORM FROM catalog.account_storage WHERE account_id = of_account FOR NO KEY UPDATE;
  -- One statement, so that the changes that it drops are those that the charges contain.
  WITH dropped AS (
    DELETE FROM catalog.storage_changes WHERE account_id = of_account),
  charges AS MATERIALIZED (
    SELECT * FROM catalog.list_charges(of_account)),
  removed AS (
    DELETE FROM catalog.account_blobs b WHERE b.account_id = of_account AND NOT EXISTS (
      SELECT FROM charges c WHERE c.digest = b.digest AND c.size_bytes = b.size_bytes)),
  written AS (
    INSERT INTO catalog.account_blobs AS b
      (account_id, digest, size_bytes, images, trash, uploads)
    SELECT of_account, digest, size_bytes, images, trash, uploads FROM charges
    ON CONFLICT (account_id, digest, size_bytes) DO UPDATE
      SET images = EXCLUDED.images, trash = EXCLUDED.trash, uploads = EXCLUDED.uploads
      WHERE (b.images, b.trash, b.uploads)
        IS DISTINCT FROM (EXCLUDED.images, EXCLUDED.trash, EXCLUDED.uploads))
  UPDATE catalog.account_storage s
  SET image_bytes = total.images, trash_bytes = total.trash, upload_bytes = total.uploads,
      rebuilt_at = clock_timestamp()
  FROM (
    SELECT coalesce(sum(size_bytes) FILTER (WHERE images > 0), 0) AS images,
           coalesce(sum(size_bytes) FILTER (WHERE images = 0 AND trash > 0), 0) AS trash,
           coalesce(sum(size_bytes) FILTER (WHERE images = 0 AND trash = 0), 0) AS uploads
    FROM charges) AS total
  WHERE s.account_id = of_account;
  -- What a manifest names is no unused upload any more.
  DELETE FROM catalog.uploads u
  WHERE u.account_id = of_account AND EXISTS (
    SELECT FROM catalog.account_blobs b
    WHERE b.account_id = of_account AND b.digest = u.digest AND b.size_bytes = u.size_bytes
      AND (b.images > 0 OR b.trash > 0));
END $$;

COMMENT ON FUNCTION catalog.rebuild_storage IS
'computes the storage use of an account again';

CREATE FUNCTION catalog.apply_storage_changes(of_account bigint, max_changes bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  applied bigint;
  was_built boolean;
  named text[];
BEGIN
  SELECT rebuilt_at IS NOT NULL INTO was_built
  FROM catalog.account_storage WHERE account_id = of_account FOR NO KEY UPDATE;
  IF was_built IS NOT TRUE THEN
    PERFORM catalog.rebuild_storage(of_account);
  END IF;
  -- Another transaction applies no changes of the account meanwhile, so the references that the
  -- statement reads are those that it updates.
  WITH taken AS (
    DELETE FROM catalog.storage_changes WHERE id = ANY(ARRAY(
      SELECT id FROM catalog.storage_changes
      WHERE account_id = of_account ORDER BY id LIMIT max_changes))
    RETURNING source, delta, digests, sizes),
  summed AS (
    SELECT u.digest, u.size_bytes,
           coalesce(sum(t.delta) FILTER (WHERE t.source = 'image'), 0) AS images,
           coalesce(sum(t.delta) FILTER (WHERE t.source = 'trash'), 0) AS trash,
           coalesce(sum(t.delta) FILTER (WHERE t.source = 'upload'), 0) AS uploads
    FROM taken t CROSS JOIN LATERAL unnest(t.digests, t.sizes) AS u (digest, size_bytes)
    GROUP BY u.digest, u.size_bytes),
  updated AS MATERIALIZED (
    SELECT s.digest, s.size_bytes,
           coalesce(b.images, 0) AS images_before, coalesce(b.trash, 0) AS trash_before,
           coalesce(b.uploads, 0) AS uploads_before,
           coalesce(b.images, 0) + s.images AS images, coalesce(b.trash, 0) + s.trash AS trash,
           coalesce(b.uploads, 0) + s.uploads AS uploads
    FROM summed s LEFT JOIN catalog.account_blobs b
      ON b.account_id = of_account AND b.digest = s.digest AND b.size_bytes = s.size_bytes),
  removed AS (
    DELETE FROM catalog.account_blobs b USING updated u
    WHERE b.account_id = of_account AND b.digest = u.digest AND b.size_bytes = u.size_bytes
      AND u.images = 0 AND u.trash = 0 AND u.uploads = 0),
  written AS (
    INSERT INTO catalog.account_blobs (account_id, digest, size_bytes, images, trash, uploads)
    SELECT of_account, digest, size_bytes, images, trash, uploads FROM updated
    WHERE images <> 0 OR trash <> 0 OR uploads <> 0
    ON CONFLICT (account_id, digest, size_bytes) DO UPDATE
      SET images = EXCLUDED.images, trash = EXCLUDED.trash, uploads = EXCLUDED.uploads),
  totals AS (
    UPDATE catalog.account_storage s
    SET image_bytes = s.image_bytes + d.images, trash_bytes = s.trash_bytes + d.trash,
        upload_bytes = s.upload_bytes + d.uploads
    FROM (
      SELECT
        coalesce(sum(size_bytes * ((images > 0)::int - (images_before > 0)::int)), 0) AS images,
        coalesce(sum(size_bytes * ((images <= 0 AND trash > 0)::int
                                   - (images_before <= 0 AND trash_before > 0)::int)), 0) AS trash,
        coalesce(sum(size_bytes * (
          (images <= 0 AND trash <= 0 AND uploads > 0)::int
          - (images_before <= 0 AND trash_before <= 0 AND uploads_before > 0)::int)), 0) AS uploads
      FROM updated) AS d
    WHERE s.account_id = of_account AND (d.images, d.trash, d.uploads) <> (0, 0, 0))
  SELECT (SELECT count(*) FROM taken), (
    SELECT array_agg(digest) FROM updated WHERE uploads > 0 AND (images > 0 OR trash > 0))
  INTO applied, named;
  -- What a manifest names is no unused upload any more. Whichever came later is in the changes.
  -- The worker locks uploads in this order too.
  PERFORM FROM catalog.uploads u WHERE u.account_id = of_account AND u.digest = ANY(named)
  ORDER BY u.repository, u.digest FOR UPDATE;
  DELETE FROM catalog.uploads u
  WHERE u.account_id = of_account AND u.digest = ANY(named) AND EXISTS (
    SELECT FROM catalog.account_blobs b
    WHERE b.account_id = of_account AND b.digest = u.digest AND b.size_bytes = u.size_bytes
      AND (b.images > 0 OR b.trash > 0));
  RETURN applied;
END $$;

COMMENT ON FUNCTION catalog.apply_storage_changes IS
'applies changes of an account to account_blobs and account_storage; returns how many';

-- Admission

CREATE FUNCTION catalog.lock_storage(of_account bigint) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended('storage', of_account))
$$;

COMMENT ON FUNCTION catalog.lock_storage IS
'locks the storage of an account until the transaction ends; a change of its quota, and admission '
'for an account with a quota, take this lock, after those of repositories';

CREATE FUNCTION catalog.check_quota(
  of_account bigint, digests text[], sizes bigint[], OUT must_retry boolean, OUT refusal jsonb
) LANGUAGE plpgsql AS $$
DECLARE
  quota bigint;
  reserved_digests text[];
  reserved_sizes bigint[];
  storage catalog.account_storage;
  needed numeric;
  reserved numeric;
  abandoned numeric := 0;
BEGIN
  must_retry := false;
  SELECT a.storage_quota_bytes INTO quota FROM catalog.accounts a WHERE a.id = of_account;
  IF quota IS NULL THEN
    -- Pushes share the lock; a change of the quota waits for them.
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('storage', of_account));
    SELECT a.storage_quota_bytes INTO quota FROM catalog.accounts a WHERE a.id = of_account;
    -- Two pushes that have the lock cannot both get it alone.
    must_retry := quota IS NOT NULL;
    RETURN;
  END IF;
  PERFORM catalog.lock_storage(of_account);
  SELECT a.storage_quota_bytes INTO quota FROM catalog.accounts a WHERE a.id = of_account;
  IF quota IS NULL THEN
    RETURN;
  END IF;
  -- A push that is recorded after this statement is in the changes of the next one, too.
  SELECT array_agg(u.digest), array_agg(u.size_bytes) INTO reserved_digests, reserved_sizes
  FROM catalog.reservations r
  CROSS JOIN LATERAL unnest(r.digests, r.sizes) AS u (digest, size_bytes)
  WHERE r.account_id = of_account AND r.intent_id = ANY(ARRAY(
    SELECT i.id FROM catalog.intents i WHERE i.resolved_at IS NULL));
  PERFORM catalog.apply_storage_changes(of_account, 9223372036854775807);
  SELECT * INTO storage FROM catalog.account_storage s WHERE s.account_id = of_account;
  SELECT coalesce(sum(n.size_bytes) FILTER (WHERE n.is_own), 0),
         coalesce(sum(n.size_bytes) FILTER (WHERE NOT n.is_own), 0)
  INTO needed, reserved
  FROM (
    SELECT c.digest, c.size_bytes, bool_or(c.is_own) AS is_own
    FROM (
        SELECT u.digest, u.size_bytes, true AS is_own
        FROM unnest(digests, sizes) AS u (digest, size_bytes)
      UNION ALL
        SELECT u.digest, u.size_bytes, false
        FROM unnest(reserved_digests, reserved_sizes) AS u (digest, size_bytes)
    ) AS c GROUP BY c.digest, c.size_bytes
  ) AS n
  WHERE NOT EXISTS (
    SELECT FROM catalog.account_blobs b
    WHERE b.account_id = of_account AND b.digest = n.digest AND b.size_bytes = n.size_bytes
      AND (b.images > 0 OR b.trash > 0));
  IF needed = 0 THEN
    RETURN;
  END IF;
  IF storage.upload_bytes > 0 THEN
    -- Later uploads can belong to pushes that run now.
    SELECT coalesce(sum(o.size_bytes), 0) INTO abandoned FROM (
      SELECT DISTINCT p.digest, p.size_bytes FROM catalog.uploads p
      WHERE p.account_id = of_account AND p.size_bytes IS NOT NULL
        AND p.completed_at < clock_timestamp() - interval '1 hour'
        AND NOT p.digest = ANY(digests) AND NOT p.digest = ANY(coalesce(reserved_digests, '{}'))
        AND NOT EXISTS (
          SELECT FROM catalog.account_blobs b
          WHERE b.account_id = of_account AND b.digest = p.digest
            AND b.size_bytes = p.size_bytes AND (b.images > 0 OR b.trash > 0))) AS o;
  END IF;
  IF storage.image_bytes + storage.trash_bytes + reserved + abandoned + needed > quota THEN
    refusal := jsonb_build_object(
      'rule', 'quota', 'quota_bytes', quota,
      'used_bytes', storage.image_bytes + storage.trash_bytes + reserved + abandoned,
      'needed_bytes', needed, 'trash_bytes', storage.trash_bytes, 'upload_bytes', abandoned);
  END IF;
END $$;

COMMENT ON FUNCTION catalog.check_quota IS
'returns why an account cannot store these blobs, or null, and locks its storage; if must_retry, the '
'account has just got a quota, and the transaction must be repeated';

DROP FUNCTION catalog.admit_push;

CREATE FUNCTION catalog.admit_push(
  push catalog.intents, lease interval, max_repositories bigint,
  digests text[] DEFAULT NULL, sizes bigint[] DEFAULT NULL,
  OUT intent bigint, OUT has_namespace boolean, OUT is_deleting boolean,
  OUT reserved_until timestamptz, OUT is_full boolean, OUT refusal jsonb
) LANGUAGE plpgsql AS $$
DECLARE
  in_namespace bigint;
  in_repository bigint;
  owner_id bigint;
  must_retry boolean := false;
BEGIN
  -- PostgreSQL can lose the intent in a crash, but only together with all later commits.
  PERFORM set_config('synchronous_commit', 'off', true);
  PERFORM catalog.lock_repository(push.repository);
  is_full := false;
  SELECT true, n.id, n.account_id, r.id,
         n.deleting OR coalesce(r.status = 'deleting', false),
         s.available_at
  INTO has_namespace, in_namespace, owner_id, in_repository, is_deleting, reserved_until
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
  IF in_repository IS NULL THEN
    -- The lock orders the first pushes to all repositories of the account.
    PERFORM FROM catalog.accounts WHERE id = owner_id FOR NO KEY UPDATE;
    is_full := max_repositories <= (
      SELECT count(*) FROM catalog.repositories WHERE account_id = owner_id) + (
      SELECT count(DISTINCT i.repository)
      FROM catalog.intents i JOIN catalog.namespaces n ON n.name = i.namespace
      WHERE i.resolved_at IS NULL AND n.account_id = owner_id AND i.repository <> push.repository
        AND NOT EXISTS (SELECT FROM catalog.repositories r WHERE r.path = i.repository));
  ELSE
    -- The lock of the namespace is held, so this statement sees the rules that apply. A tag that
    -- does not exist yet, and a push of the same image, are free.
    SELECT jsonb_build_object('rule', 'immutable_tag', 'tag', t.name) INTO refusal
    FROM catalog.tags t
    WHERE t.repository_id = in_repository AND t.name = ANY(push.tags) AND t.digest <> push.digest
      AND t.name ~ catalog.immutable_regex(in_namespace, in_repository)
      AND NOT catalog.is_artifact_tag(t.name)
    LIMIT 1;
  END IF;
  IF is_deleting OR reserved_until IS NOT NULL OR is_full OR refusal IS NOT NULL THEN
    RETURN;
  END IF;
  IF digests IS NOT NULL THEN
    SELECT q.must_retry, q.refusal INTO must_retry, refusal
    FROM catalog.check_quota(owner_id, digests, sizes) AS q;
  END IF;
  IF refusal IS NULL AND NOT must_retry THEN
    intent := catalog.insert_intent(push, lease);
    IF intent IS NOT NULL AND digests IS NOT NULL THEN
      INSERT INTO catalog.reservations (intent_id, account_id, manifest, digests, sizes)
      VALUES (intent, owner_id, push.digest, admit_push.digests, admit_push.sizes);
    END IF;
  END IF;
END $$;

COMMENT ON FUNCTION catalog.admit_push IS
'returns the state of the repository, why a rule or the quota refuses the push, and the id of a new '
'intent if nothing stands against the push';

-- For the gates of the auth service

CREATE VIEW catalog.full_namespaces AS
SELECT n.name AS namespace, a.storage_quota_bytes AS quota_bytes,
       least(coalesce(s.image_bytes + s.trash_bytes + s.upload_bytes, 0),
             9223372036854775807)::bigint AS used_bytes
FROM catalog.accounts a
JOIN catalog.namespaces n ON n.account_id = a.id
LEFT JOIN catalog.account_storage s ON s.account_id = a.id
WHERE coalesce(s.image_bytes + s.trash_bytes + s.upload_bytes, 0) >= a.storage_quota_bytes;

COMMENT ON VIEW catalog.full_namespaces IS
'the namespaces of accounts that have no room left in their quota: no upload to them can begin';

CREATE FUNCTION catalog.note_uploads(paths text[], completed text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
  INSERT INTO catalog.uploads (repository, digest)
  SELECT DISTINCT u.path, u.digest FROM unnest(paths, completed) AS u (path, digest)
  ORDER BY 1, 2
  ON CONFLICT DO NOTHING
$$;

COMMENT ON FUNCTION catalog.note_uploads IS
'records that clients with a valid token have completed uploads to these repositories';

REVOKE ALL ON FUNCTION catalog.note_uploads FROM PUBLIC;

GRANT EXECUTE ON FUNCTION catalog.note_uploads TO :catalog_role, :auth_role;

GRANT SELECT ON catalog.full_namespaces TO :auth_role;

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.reservations, catalog.uploads,
  catalog.storage_changes, catalog.account_blobs, catalog.account_storage TO :catalog_role;
