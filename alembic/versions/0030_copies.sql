-- Copies of images within the registry (spec 11). Each manifest is put by an intent of its own. The
-- last one sets the tag, and has a row in catalog.copies.

ALTER TABLE catalog.intents DROP CONSTRAINT intents_kind_check;

ALTER TABLE catalog.intents ADD CONSTRAINT intents_kind_check CHECK (
  kind IN ('put_manifest', 'delete_tag', 'delete_manifest', 'delete_blob', 'restore_tag',
           'restore', 'empty_repository', 'remove_folder', 'copy'));

CREATE TABLE catalog.copies (
    intent_id BIGINT NOT NULL,
    source TEXT NOT NULL,
    CONSTRAINT copies_pkey PRIMARY KEY (intent_id),
    CONSTRAINT copies_intent_id_fkey FOREIGN KEY (intent_id)
      REFERENCES catalog.intents (id) ON DELETE CASCADE
);

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.copies TO :catalog_role;

-- The function of 0021 with two changes: nobody has pushed a copy, and the audit entry of a copy is
-- written with its source.

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
     labels, image_created_at, pushed_at, pushed_by, untagged_since, is_scanned, descriptor)
  VALUES (in_repository, i.digest, manifest ->> 'media_type', manifest ->> 'artifact_type',
          manifest ->> 'subject', (manifest ->> 'size_bytes')::bigint,
          manifest -> 'platforms', manifest -> 'layers', manifest -> 'labels',
          (manifest ->> 'image_created_at')::timestamptz, clock_timestamp(),
          coalesce(i.docker_user, ''),
          CASE WHEN new_tag IS NULL THEN now() END, true, nullif(manifest -> 'descriptor', 'null'))
  ON CONFLICT (repository_id, digest) DO UPDATE
    SET untagged_since = CASE WHEN m.untagged_since IS NOT NULL THEN EXCLUDED.untagged_since END,
        is_scanned = true,
        descriptor = coalesce(m.descriptor, EXCLUDED.descriptor);
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
    VALUES (in_repository, new_tag, i.digest, clock_timestamp(), coalesce(i.docker_user, ''),
            i.origin)
    ON CONFLICT (repository_id, name) DO UPDATE
      SET digest = EXCLUDED.digest, pushed_at = EXCLUDED.pushed_at,
          pushed_by = EXCLUDED.pushed_by, admitted_in = EXCLUDED.admitted_in;
  END IF;
  -- The size of a repository is that of its tagged manifests, each once. To sum them up for each
  -- push would take longer with each tag.
  UPDATE catalog.repositories r
  SET tag_count = r.tag_count
        + CASE WHEN new_tag IS NOT NULL AND digest_before IS NULL
                 AND NOT catalog.is_artifact_tag(new_tag) THEN 1 ELSE 0 END,
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
  FROM catalog.repositories r WHERE r.id = in_repository AND i.kind <> 'copy';
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
