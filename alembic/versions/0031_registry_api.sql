-- A list of tags is cached while the version of its repository is the same. Each change of the set of
-- tags gives the repository a version that no set had before, even after a restore from a backup. The
-- constant is the version of the repositories that exist already: to compute one for each would
-- rewrite the table.

ALTER TABLE catalog.repositories
ADD COLUMN tags_version UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
ALTER TABLE catalog.repositories ALTER COLUMN tags_version SET DEFAULT gen_random_uuid();

CREATE FUNCTION catalog.set_tags_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A push that moves a tag changes no name: then there are no rows. A session keeps the plan of its
  -- first execution, which can have thousands of rows. With arrays, no plan reads the whole table.
  UPDATE catalog.repositories SET tags_version = gen_random_uuid()
  WHERE id = ANY(ARRAY(
    SELECT r.id FROM catalog.repositories r
    WHERE r.id = ANY(ARRAY(SELECT DISTINCT changed.repository_id FROM changed))
      AND r.id IS DISTINCT FROM
        nullif(current_setting('moorage.deleted_repository', true), '')::bigint
    ORDER BY r.id FOR NO KEY UPDATE));
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.set_tags_version IS
'trigger: gives a repository another tags_version when a tag is added or deleted. No tag gets '
'another name';

-- While a statement deletes a row, no trigger of it may update the row. The setting ends with the
-- transaction.
CREATE OR REPLACE FUNCTION catalog.delete_manifests_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('moorage.deleted_repository', OLD.id::text, true);
  DELETE FROM catalog.manifests WHERE repository_id = OLD.id;
  RETURN OLD;
END $$;

CREATE TRIGGER tags_added AFTER INSERT ON catalog.tags
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.set_tags_version();

CREATE TRIGGER tags_deleted AFTER DELETE ON catalog.tags
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION catalog.set_tags_version();

-- Clients can push a manifest by its sha512 digest. The registry keeps it under the sha256 one.

CREATE TABLE catalog.manifest_aliases (
    digest TEXT PRIMARY KEY,
    canonical TEXT NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX manifest_aliases_recorded_at_idx
ON catalog.manifest_aliases (recorded_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.manifest_aliases TO :catalog_role;
