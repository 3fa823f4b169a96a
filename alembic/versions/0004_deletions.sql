ALTER TABLE catalog.namespaces ADD COLUMN deleting BOOLEAN DEFAULT false NOT NULL;

-- A row stays until the name is free. Until then, no token is issued for the name, and a manifest
-- that is pushed to it is deleted.

CREATE TABLE catalog.deletions (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    account_id BIGINT,
    account TEXT,
    client_address TEXT,
    requested_at timestamptz DEFAULT now() NOT NULL,
    removed_at timestamptz,
    failures INTEGER DEFAULT 0 NOT NULL,
    retry_at timestamptz,
    CONSTRAINT deletions_pkey PRIMARY KEY (id),
    CONSTRAINT deletions_kind_name_key UNIQUE (kind, name),
    CONSTRAINT deletions_kind_check CHECK (kind IN ('namespace', 'repository'))
);

CREATE TABLE catalog.tag_deletions (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    repository TEXT NOT NULL,
    tag TEXT NOT NULL,
    digest TEXT NOT NULL,
    pushed_at timestamptz NOT NULL,
    throwaway TEXT NOT NULL,
    account_id BIGINT,
    account TEXT,
    client_address TEXT,
    started_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamptz,
    put_back TEXT,
    put_back_at timestamptz,
    put_back_by TEXT,
    CONSTRAINT tag_deletions_pkey PRIMARY KEY (id)
);

CREATE INDEX tag_deletions_tag_idx ON catalog.tag_deletions (repository, tag);

CREATE INDEX tag_deletions_started_idx ON catalog.tag_deletions (started_at);

CREATE TABLE catalog.manifest_blobs (
    repository_id BIGINT NOT NULL,
    manifest_digest TEXT NOT NULL,
    blob_digest TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    CONSTRAINT manifest_blobs_pkey PRIMARY KEY (repository_id, manifest_digest, blob_digest),
    CONSTRAINT manifest_blobs_repository_id_fkey FOREIGN KEY(repository_id, manifest_digest)
        REFERENCES catalog.manifests (repository_id, digest) ON DELETE CASCADE
);

CREATE INDEX manifest_blobs_blob_idx ON catalog.manifest_blobs (blob_digest);

-- The config blobs of earlier pushes are not recorded, so they are missing here. Nearly every image
-- has a config of its own, of a few kilobytes.

INSERT INTO catalog.manifest_blobs (repository_id, manifest_digest, blob_digest, size_bytes)
SELECT m.repository_id, m.digest, l.digest, max(l.size_bytes)
FROM catalog.manifests m, jsonb_to_recordset(m.layers) AS l (digest text, size_bytes bigint)
WHERE l.digest <> ''
GROUP BY m.repository_id, m.digest, l.digest;

CREATE OR REPLACE VIEW catalog.effective_access AS
SELECT name AS namespace, NULL::bigint AS docker_user_id, 'pull' AS permission
FROM catalog.namespaces WHERE visibility = 'public' AND NOT deleting
UNION ALL
SELECT n.name, g.docker_user_id, g.permission
FROM catalog.grants g JOIN catalog.namespaces n ON n.id = g.namespace_id WHERE NOT n.deleting;

CREATE VIEW catalog.closed_repositories AS
SELECT name AS repository, split_part(name, '/', 1) AS namespace
FROM catalog.deletions WHERE kind = 'repository';

COMMENT ON VIEW catalog.closed_repositories IS
'repositories that are being deleted, or whose names are reserved: no token is issued for them';

CREATE INDEX deletions_namespace_idx ON catalog.deletions (split_part(name, '/', 1));

CREATE FUNCTION catalog.notify_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('moorage_access',
    'repository:' || split_part(COALESCE(NEW.name, OLD.name), '/', 1));
  PERFORM pg_notify('moorage_deletions', '');
  RETURN NULL;
END $$;

CREATE TRIGGER deletions_notify AFTER INSERT OR DELETE ON catalog.deletions
FOR EACH ROW EXECUTE FUNCTION catalog.notify_deletion();

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.deletions, catalog.tag_deletions,
  catalog.manifest_blobs TO :catalog_role;

GRANT SELECT ON catalog.closed_repositories TO :auth_role;
