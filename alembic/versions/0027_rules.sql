-- Rules for the tags of a namespace or a repository (spec 11).

CREATE TABLE catalog.rules (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    namespace_id BIGINT,
    repository_id BIGINT,
    immutable_tags TEXT[] DEFAULT '{}' NOT NULL,
    immutable_regex TEXT,
    retention JSONB DEFAULT '[]' NOT NULL,
    retention_enabled BOOLEAN DEFAULT false NOT NULL,
    updated_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT rules_pkey PRIMARY KEY (id),
    CONSTRAINT rules_namespace_id_key UNIQUE (namespace_id),
    CONSTRAINT rules_repository_id_key UNIQUE (repository_id),
    CONSTRAINT rules_namespace_id_fkey FOREIGN KEY (namespace_id)
      REFERENCES catalog.namespaces (id) ON DELETE CASCADE,
    CONSTRAINT rules_repository_id_fkey FOREIGN KEY (repository_id)
      REFERENCES catalog.repositories (id) ON DELETE CASCADE,
    CONSTRAINT rules_owner_check CHECK (num_nonnulls(namespace_id, repository_id) = 1)
);

CREATE FUNCTION catalog.immutable_regex(of_namespace bigint, of_repository bigint)
RETURNS text LANGUAGE sql STABLE AS $$
  SELECT immutable_regex FROM catalog.rules
  WHERE namespace_id = of_namespace OR repository_id = of_repository
  ORDER BY repository_id NULLS LAST LIMIT 1
$$;

COMMENT ON FUNCTION catalog.immutable_regex IS
'the tags that are immutable in a repository, by its rules or those of its namespace, or null; tags '
'that belong to other images are never immutable';

-- Whoever decides about a change of tags locks the namespace. So rules apply from the commit of
-- their change on, which locks it too.

CREATE FUNCTION catalog.find_immutable(in_repository bigint, names text[])
RETURNS text[] LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM catalog.namespaces n JOIN catalog.repositories r ON r.namespace_id = n.id
  WHERE r.id = in_repository
  FOR KEY SHARE OF n;
  RETURN ARRAY(
    SELECT t.name FROM catalog.tags t JOIN catalog.repositories r ON r.id = t.repository_id
    WHERE t.repository_id = in_repository AND t.name = ANY(names)
      AND t.name ~ catalog.immutable_regex(r.namespace_id, r.id)
      AND NOT catalog.is_artifact_tag(t.name)
    ORDER BY t.name COLLATE "C");
END $$;

COMMENT ON FUNCTION catalog.find_immutable IS
'returns those of the tags that exist and are immutable; no rules change until the transaction ends';

-- Replicas of the version before call catalog.open_push, which stays as it is.

CREATE FUNCTION catalog.admit_push(
  push catalog.intents, lease interval, max_repositories bigint,
  OUT intent bigint, OUT has_namespace boolean, OUT is_deleting boolean,
  OUT reserved_until timestamptz, OUT is_full boolean, OUT refusal jsonb
) LANGUAGE plpgsql AS $$
DECLARE
  in_namespace bigint;
  in_repository bigint;
  owner_id bigint;
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
  IF NOT is_deleting AND reserved_until IS NULL AND NOT is_full AND refusal IS NULL THEN
    intent := catalog.insert_intent(push, lease);
  END IF;
END $$;

COMMENT ON FUNCTION catalog.admit_push IS
'returns the state of the repository, why a rule refuses the push, and the id of a new intent if '
'nothing stands against the push';

-- The rules of deleted namespaces and repositories, which a restore writes again. The path of a
-- namespace is its name.

CREATE TABLE catalog.trash_rules (
    entry_id BIGINT NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    immutable_tags TEXT[] NOT NULL,
    immutable_regex TEXT,
    retention JSONB NOT NULL,
    retention_enabled BOOLEAN NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT trash_rules_pkey PRIMARY KEY (entry_id, path),
    CONSTRAINT trash_rules_entry_id_fkey FOREIGN KEY (entry_id)
      REFERENCES catalog.trash (id) ON DELETE CASCADE
);

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.rules, catalog.trash_rules TO :catalog_role;
