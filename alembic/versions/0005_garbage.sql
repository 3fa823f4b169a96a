ALTER TABLE catalog.manifests ADD COLUMN untagged_since timestamptz DEFAULT now();

UPDATE catalog.manifests m SET untagged_since = NULL
WHERE EXISTS (
  SELECT FROM catalog.tags t WHERE t.repository_id = m.repository_id AND t.digest = m.digest);

CREATE INDEX manifests_subject_idx ON catalog.manifests (repository_id, subject)
WHERE subject IS NOT NULL;

CREATE FUNCTION catalog.note_untagged() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    UPDATE catalog.manifests m SET untagged_since = now()
    WHERE m.repository_id = OLD.repository_id AND m.digest = OLD.digest AND m.untagged_since IS NULL
      AND NOT EXISTS (
        SELECT FROM catalog.tags t
        WHERE t.repository_id = m.repository_id AND t.digest = m.digest);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    UPDATE catalog.manifests m SET untagged_since = NULL
    WHERE m.repository_id = NEW.repository_id AND m.digest = NEW.digest
      AND m.untagged_since IS NOT NULL;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER tags_untagged AFTER INSERT OR UPDATE OF digest OR DELETE ON catalog.tags
FOR EACH ROW EXECUTE FUNCTION catalog.note_untagged();

CREATE TABLE catalog.garbage_runs (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    started_at timestamptz DEFAULT now() NOT NULL,
    finished_at timestamptz,
    manifests_deleted BIGINT DEFAULT 0 NOT NULL,
    freed_bytes BIGINT DEFAULT 0 NOT NULL,
    CONSTRAINT garbage_runs_pkey PRIMARY KEY (id)
);

-- At most one row. A pause ends at its time even if the process that wrote it is gone.

CREATE TABLE catalog.write_pauses (
    id BOOLEAN DEFAULT true NOT NULL,
    phase TEXT NOT NULL,
    pushing TEXT[] DEFAULT '{}' NOT NULL,
    started_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    ends_at timestamptz NOT NULL,
    CONSTRAINT write_pauses_pkey PRIMARY KEY (id),
    CONSTRAINT write_pauses_one_check CHECK (id),
    CONSTRAINT write_pauses_phase_check CHECK (phase IN ('new_uploads', 'all_writes'))
);

CREATE VIEW catalog.paused_writes AS
SELECT phase, pushing, started_at,
       extract(epoch FROM ends_at - clock_timestamp())::float8 AS seconds
FROM catalog.write_pauses WHERE ends_at > clock_timestamp();

COMMENT ON VIEW catalog.paused_writes IS
'the writes that the gateway refuses, and for how many seconds from now: every write, or new '
'uploads to repositories without active uploads';

CREATE FUNCTION catalog.notify_write_pause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('moorage_access', 'writes:');
  RETURN NULL;
END $$;

CREATE TRIGGER write_pauses_notify AFTER INSERT OR UPDATE OR DELETE ON catalog.write_pauses
FOR EACH STATEMENT EXECUTE FUNCTION catalog.notify_write_pause();

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.garbage_runs, catalog.write_pauses TO :catalog_role;

GRANT SELECT ON catalog.paused_writes TO :auth_role;
