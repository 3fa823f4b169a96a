-- A change of an image is an intent first: a row that says what the registry is about to do. It
-- protects what it names until the registry has confirmed it (spec 14). Resolved rows remain for a
-- while, so that a comparison with the registry leaves out what changed meanwhile.

CREATE TABLE catalog.intents (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    namespace TEXT NOT NULL,
    repository TEXT COLLATE "C" NOT NULL,
    digest TEXT NOT NULL,
    tags TEXT[] DEFAULT '{}' NOT NULL,
    needs TEXT[] DEFAULT '{}' NOT NULL,
    removes TEXT[] DEFAULT '{}' NOT NULL,
    media_type TEXT,
    content BYTEA,
    docker_user TEXT,
    account_id BIGINT,
    account TEXT,
    client_address TEXT,
    started_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    leased_until timestamptz NOT NULL,
    resolved_at timestamptz,
    origin TEXT DEFAULT catalog.origin() NOT NULL,
    CONSTRAINT intents_pkey PRIMARY KEY (id),
    CONSTRAINT intents_kind_check CHECK (
      kind IN ('put_manifest', 'delete_tag', 'delete_manifest', 'restore_tag'))
);

CREATE INDEX intents_repository_idx ON catalog.intents (repository, resolved_at);

CREATE INDEX intents_open_idx ON catalog.intents (leased_until) WHERE resolved_at IS NULL;

CREATE INDEX intents_resolved_idx ON catalog.intents (resolved_at) WHERE resolved_at IS NOT NULL;

CREATE INDEX intents_namespace_idx ON catalog.intents (namespace) WHERE resolved_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.intents TO :catalog_role;

-- The origin in which admission last set the tag. For such a tag, the catalog is the source of
-- truth, unless the database was restored from a backup since then.

ALTER TABLE catalog.tags ADD COLUMN admitted_in TEXT;

-- Deletions of tags are intents from now on.

INSERT INTO catalog.intents
  (kind, namespace, repository, digest, tags, account_id, account, client_address, started_at,
   leased_until)
SELECT 'delete_tag', split_part(repository, '/', 1), repository, digest, ARRAY[tag], account_id,
       account, client_address, started_at, started_at
FROM catalog.tag_deletions WHERE finished_at IS NULL;

DROP TABLE catalog.tag_deletions;
