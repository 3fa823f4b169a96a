-- Every push calls open_push and record_push. As single statements, they took fifteen round trips
-- and half of the catalog's processor time for a push (bench/results.md).

CREATE FUNCTION catalog.lock_repository(repository_path text) RETURNS void LANGUAGE sql AS $$
  SELECT pg_advisory_xact_lock(hashtextextended(repository_path, 11))
$$;

COMMENT ON FUNCTION catalog.lock_repository IS
'locks a repository, which may not exist, until the transaction ends; every transaction that '
'changes images or intents takes this lock first';

-- Inserts an intent, unless an open intent conflicts with it. Two pushes of one image to one tag do
-- not conflict: both have the same result. So a client can repeat a push whose outcome it does not
-- know.

CREATE FUNCTION catalog.insert_intent(change catalog.intents, lease interval)
RETURNS bigint LANGUAGE sql AS $$
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
  RETURNING id
$$;

COMMENT ON FUNCTION catalog.insert_intent IS
'inserts an intent and returns its id; returns null if an open intent conflicts with it';

CREATE FUNCTION catalog.open_push(
  push catalog.intents, lease interval, max_repositories bigint,
  OUT intent bigint, OUT has_namespace boolean, OUT is_deleting boolean,
  OUT reserved_until timestamptz, OUT is_paused boolean, OUT is_full boolean
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
         s.available_at,
         EXISTS (SELECT FROM catalog.write_pauses p
                 WHERE p.phase = 'all_writes' AND p.ends_at > clock_timestamp())
  INTO has_namespace, owner_id, is_new, is_deleting, reserved_until, is_paused
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
  IF NOT is_deleting AND reserved_until IS NULL AND NOT is_paused AND NOT is_full THEN
    intent := catalog.insert_intent(push, lease);
  END IF;
END $$;

COMMENT ON FUNCTION catalog.open_push IS
'returns the state of the repository, and the id of a new intent if the state allows the push and '
'no open intent conflicts with it';

CREATE FUNCTION catalog.record_push(push bigint, manifest jsonb)
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
     labels, image_created_at, pushed_at, pushed_by, untagged_since)
  VALUES (in_repository, i.digest, manifest ->> 'media_type', manifest ->> 'artifact_type',
          manifest ->> 'subject', (manifest ->> 'size_bytes')::bigint,
          manifest -> 'platforms', manifest -> 'layers', manifest -> 'labels',
          (manifest ->> 'image_created_at')::timestamptz, clock_timestamp(), i.docker_user,
          CASE WHEN new_tag IS NULL THEN now() END)
  ON CONFLICT (repository_id, digest) DO UPDATE
    SET untagged_since = CASE WHEN m.untagged_since IS NOT NULL THEN EXCLUDED.untagged_since END;
  INSERT INTO catalog.manifest_blobs (repository_id, manifest_digest, blob_digest, size_bytes)
  SELECT in_repository, i.digest, blob ->> 0, (blob ->> 1)::bigint
  FROM jsonb_array_elements(manifest -> 'blobs') AS blob
  ON CONFLICT DO NOTHING;
  INSERT INTO catalog.manifest_children (repository_id, index_digest, child_digest)
  SELECT in_repository, i.digest, child
  FROM jsonb_array_elements_text(manifest -> 'children') AS child
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
