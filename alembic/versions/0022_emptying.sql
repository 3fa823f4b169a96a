-- Two kinds of intents: the deletion of some manifests and links of a deleted repository, and the
-- removal of the folder of an empty one. The latter conflicts with each change of its repository.

ALTER TABLE catalog.intents DROP CONSTRAINT intents_kind_check;

ALTER TABLE catalog.intents ADD CONSTRAINT intents_kind_check CHECK (
  kind IN ('put_manifest', 'delete_tag', 'delete_manifest', 'restore_tag', 'restore',
           'empty_repository', 'remove_folder'));

CREATE OR REPLACE FUNCTION catalog.insert_intent(change catalog.intents, lease interval)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  new_id bigint;
BEGIN
  PERFORM pg_current_xact_id();
  IF cardinality(catalog.revive_blobs(change.needs)) > 0 THEN
    RETURN NULL;
  END IF;
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
           OR i.needs && change.removes
           OR 'remove_folder' IN (i.kind, change.kind)))
  RETURNING id INTO new_id;
  RETURN new_id;
END $$;

COMMENT ON FUNCTION catalog.insert_intent IS
'revives the doomed blobs that an intent needs, inserts it, and returns its id; returns null if an '
'open intent conflicts with it, or if a sweep is deleting a blob that it needs';
