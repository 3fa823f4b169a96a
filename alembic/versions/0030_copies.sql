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

-- record_push writes the rows of a copied manifest, too. It appends an audit entry for a push only,
-- and nobody has pushed a copy. The rest of the function stays as the migrations before have left it.

DO $patch$
DECLARE
  body text := pg_get_functiondef('catalog.record_push(bigint, jsonb)'::regprocedure);
  pusher constant text := 'clock_timestamp(), i.docker_user,';
  audited constant text := 'FROM catalog.repositories r WHERE r.id = in_repository;';
BEGIN
  IF position(pusher IN body) = 0 OR position(audited IN body) = 0 THEN
    RAISE EXCEPTION 'catalog.record_push has changed; adapt this migration';
  END IF;
  body := replace(body, pusher, 'clock_timestamp(), coalesce(i.docker_user, ''''),');
  body := replace(body, audited,
                  'FROM catalog.repositories r WHERE r.id = in_repository AND i.kind <> ''copy'';');
  EXECUTE body;
END $patch$;
