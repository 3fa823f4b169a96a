-- Deleted tags, images, repositories, and namespaces, which can be restored until expires_at. The
-- columns of manifests, tags, and grants are those of their tables, so that a restore can write the
-- rows again.

CREATE TABLE catalog.trash (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    namespace TEXT NOT NULL,
    repository TEXT COLLATE "C",
    digest TEXT,
    owner_id BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    repository_count BIGINT DEFAULT 0 NOT NULL,
    tag_count BIGINT DEFAULT 0 NOT NULL,
    visibility TEXT,
    description TEXT DEFAULT '' NOT NULL,
    created_at timestamptz,
    account_id BIGINT,
    account TEXT,
    client_address TEXT,
    via TEXT,
    api_key_id UUID,
    deleted_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamptz NOT NULL,
    restoring_since timestamptz,
    chosen_tag TEXT,
    leased_until timestamptz,
    CONSTRAINT trash_pkey PRIMARY KEY (id),
    CONSTRAINT trash_kind_check CHECK (kind IN ('tag', 'manifest', 'repository', 'namespace')),
    CONSTRAINT trash_owner_id_fkey FOREIGN KEY(owner_id) REFERENCES catalog.accounts (id)
);

CREATE INDEX trash_owner_idx ON catalog.trash (owner_id, deleted_at, id);

CREATE INDEX trash_deleted_at_idx ON catalog.trash (deleted_at, id);

CREATE INDEX trash_expires_at_idx ON catalog.trash (expires_at);

CREATE INDEX trash_repository_idx ON catalog.trash (repository);

CREATE INDEX trash_namespace_idx ON catalog.trash (namespace);

CREATE INDEX trash_restoring_idx ON catalog.trash (leased_until) WHERE restoring_since IS NOT NULL;

CREATE INDEX trash_search_idx ON catalog.trash USING gin (catalog.bigrams(path));

CREATE TABLE catalog.trash_repositories (
    entry_id BIGINT NOT NULL,
    path TEXT COLLATE "C" NOT NULL,
    description TEXT NOT NULL,
    created_at timestamptz NOT NULL,
    last_pushed_at timestamptz,
    generation timestamptz,
    CONSTRAINT trash_repositories_pkey PRIMARY KEY (entry_id, path),
    CONSTRAINT trash_repositories_entry_id_fkey FOREIGN KEY(entry_id)
        REFERENCES catalog.trash (id) ON DELETE CASCADE
);

CREATE INDEX trash_repositories_path_idx ON catalog.trash_repositories (path);

CREATE TABLE catalog.trash_manifests (
    entry_id BIGINT NOT NULL,
    repository TEXT COLLATE "C" NOT NULL,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    content BYTEA,
    artifact_type TEXT,
    subject TEXT,
    size_bytes BIGINT NOT NULL,
    platforms JSONB NOT NULL,
    layers JSONB NOT NULL,
    labels JSONB NOT NULL,
    image_created_at timestamptz,
    pushed_at timestamptz NOT NULL,
    pushed_by TEXT NOT NULL,
    blobs JSONB NOT NULL,
    children TEXT[] NOT NULL,
    other_digests TEXT[] NOT NULL,
    is_scanned BOOLEAN NOT NULL,
    CONSTRAINT trash_manifests_pkey PRIMARY KEY (entry_id, repository, digest),
    CONSTRAINT trash_manifests_entry_id_fkey FOREIGN KEY(entry_id)
        REFERENCES catalog.trash (id) ON DELETE CASCADE
);

CREATE INDEX trash_manifests_digest_idx ON catalog.trash_manifests (repository, digest);

CREATE TABLE catalog.trash_tags (
    entry_id BIGINT NOT NULL,
    repository TEXT COLLATE "C" NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    pushed_at timestamptz NOT NULL,
    pushed_by TEXT NOT NULL,
    CONSTRAINT trash_tags_pkey PRIMARY KEY (entry_id, repository, name),
    CONSTRAINT trash_tags_entry_id_fkey FOREIGN KEY(entry_id)
        REFERENCES catalog.trash (id) ON DELETE CASCADE
);

CREATE TABLE catalog.trash_grants (
    entry_id BIGINT NOT NULL,
    docker_user_id BIGINT NOT NULL,
    docker_user TEXT NOT NULL,
    permission TEXT NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    is_hidden BOOLEAN NOT NULL,
    CONSTRAINT trash_grants_pkey PRIMARY KEY (entry_id, docker_user_id),
    CONSTRAINT trash_grants_entry_id_fkey FOREIGN KEY(entry_id)
        REFERENCES catalog.trash (id) ON DELETE CASCADE
);

-- Every digest that must not be collected: blobs, and the manifests that remain in the registry,
-- such as the image of a deleted tag, the children of a deleted index, and the signatures of a
-- deleted image.

CREATE TABLE catalog.trash_digests (
    digest TEXT NOT NULL,
    repository TEXT COLLATE "C" NOT NULL,
    entry_id BIGINT NOT NULL,
    CONSTRAINT trash_digests_pkey PRIMARY KEY (digest, repository, entry_id),
    CONSTRAINT trash_digests_entry_id_fkey FOREIGN KEY(entry_id)
        REFERENCES catalog.trash (id) ON DELETE CASCADE
);

CREATE INDEX trash_digests_entry_id_idx ON catalog.trash_digests (entry_id);

CREATE FUNCTION catalog.is_in_trash(in_repository bigint, manifest text)
RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM catalog.trash_digests d JOIN catalog.repositories r ON r.path = d.repository
    WHERE d.digest = manifest AND r.id = in_repository)
$$;

COMMENT ON FUNCTION catalog.is_in_trash IS
'whether a manifest that is in the registry is needed to restore something from the trash';

CREATE OR REPLACE FUNCTION catalog.find_needed(digests text[])
RETURNS TABLE (digest text, reason text) LANGUAGE sql STABLE AS $$
  SELECT d.digest, coalesce(
    (SELECT 'manifest' FROM catalog.manifests m WHERE m.digest = d.digest LIMIT 1),
    (SELECT 'image' FROM catalog.manifest_blobs b WHERE b.blob_digest = d.digest LIMIT 1),
    (SELECT 'index' FROM catalog.manifest_children c WHERE c.child_digest = d.digest LIMIT 1),
    (SELECT 'image' FROM catalog.manifest_other_digests o WHERE o.digest = d.digest LIMIT 1),
    (SELECT 'trash' FROM catalog.trash_digests t WHERE t.digest = d.digest LIMIT 1),
    i.reason) AS reason
  FROM unnest(digests) AS d (digest)
  LEFT JOIN (
    SELECT DISTINCT unnest(needs) AS digest, 'push' AS reason FROM catalog.intents
    WHERE resolved_at IS NULL AND needs && digests) AS i ON i.digest = d.digest
$$;

-- Which entry of the trash an intent restores

CREATE TABLE catalog.trash_restores (
    intent_id BIGINT NOT NULL,
    entry_id BIGINT NOT NULL,
    CONSTRAINT trash_restores_pkey PRIMARY KEY (intent_id),
    CONSTRAINT trash_restores_entry_id_fkey FOREIGN KEY(entry_id)
        REFERENCES catalog.trash (id) ON DELETE CASCADE
);

CREATE INDEX trash_restores_entry_id_idx ON catalog.trash_restores (entry_id);

ALTER TABLE catalog.intents DROP CONSTRAINT intents_kind_check;

ALTER TABLE catalog.intents ADD CONSTRAINT intents_kind_check CHECK (
  kind IN ('put_manifest', 'delete_tag', 'delete_manifest', 'restore_tag', 'restore'));

-- While the worker empties a deleted name in the registry, nothing can be restored to it

ALTER TABLE catalog.deletions ADD COLUMN emptied_until timestamptz;

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.trash, catalog.trash_repositories,
  catalog.trash_manifests, catalog.trash_tags, catalog.trash_grants, catalog.trash_digests,
  catalog.trash_restores TO :catalog_role;
