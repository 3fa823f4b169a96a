-- A list of tags is cached while the version of its repository is the same. Each change of the set of
-- tags gives the repository a version that no set had before, even after a restore from a backup. The
-- constant is the version of the repositories that exist already: to compute one for each would
-- rewrite the table.

ALTER TABLE catalog.repositories
ADD COLUMN tags_version UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000';
ALTER TABLE catalog.repositories ALTER COLUMN tags_version SET DEFAULT gen_random_uuid();

CREATE FUNCTION catalog.set_tags_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A push that moves a tag changes no name: then there are no rows.
  UPDATE catalog.repositories SET tags_version = gen_random_uuid()
  WHERE id IN (
    SELECT r.id FROM catalog.repositories r
    WHERE r.id IN (SELECT changed.repository_id FROM changed)
    ORDER BY r.id FOR NO KEY UPDATE);
  RETURN NULL;
END $$;

COMMENT ON FUNCTION catalog.set_tags_version IS
'trigger: gives a repository another tags_version when a tag is added or deleted. No tag gets '
'another name';

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
