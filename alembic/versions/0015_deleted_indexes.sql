-- The children of a deleted index stay known, so that its pulls count the same after its deletion.

CREATE TABLE catalog.deleted_indexes (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    digest TEXT NOT NULL,
    children TEXT[] NOT NULL,
    deleted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT deleted_indexes_pkey PRIMARY KEY (id)
);

CREATE INDEX deleted_indexes_digest_idx ON catalog.deleted_indexes (digest);

CREATE INDEX deleted_indexes_deleted_at_idx ON catalog.deleted_indexes (deleted_at);

-- Rows are only added: a unique digest would make the deletions of two tenants wait for each other.
-- The trigger fires for each deletion, also when a repository is deleted with all its manifests.
CREATE FUNCTION catalog.store_deleted_indexes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO catalog.deleted_indexes (digest, children)
  SELECT index_digest, (array_agg(child_digest ORDER BY child_digest COLLATE "C"))[:1000]
  FROM deleted GROUP BY repository_id, index_digest;
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.store_deleted_indexes IS
'trigger: copies the children of deleted indexes to deleted_indexes, at most 1000 of each index';

CREATE TRIGGER manifest_children_deleted AFTER DELETE ON catalog.manifest_children
REFERENCING OLD TABLE AS deleted
FOR EACH STATEMENT EXECUTE FUNCTION catalog.store_deleted_indexes();

CREATE VIEW catalog.deleted_index_children AS
SELECT digest AS index_digest, children FROM catalog.deleted_indexes;

COMMENT ON VIEW catalog.deleted_index_children IS
'the children of indexes that were deleted, by digest; several rows of one digest are equal, '
'because a digest stands for one list of children';

CREATE VIEW events.oldest_pull AS
SELECT received_at FROM events.inbox WHERE action = 'pull' ORDER BY id LIMIT 1;

COMMENT ON VIEW events.oldest_pull IS
'when the oldest pull event in the inbox was received; no row if there is none';

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.deleted_indexes TO :catalog_role;

GRANT SELECT ON catalog.deleted_index_children TO :events_role;

GRANT SELECT ON events.oldest_pull TO :catalog_role;
