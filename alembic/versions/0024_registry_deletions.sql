-- Docker users with the grant `delete` delete images with Docker clients.

ALTER TABLE catalog.trash ADD COLUMN docker_user TEXT;

-- The deletion of a blob is an intent too, which removes the digest of the blob. So it conflicts with
-- each open push that needs the blob: of the two, the later one waits.

ALTER TABLE catalog.intents DROP CONSTRAINT intents_kind_check;

ALTER TABLE catalog.intents ADD CONSTRAINT intents_kind_check CHECK (
  kind IN ('put_manifest', 'delete_tag', 'delete_manifest', 'delete_blob', 'restore_tag',
           'restore', 'empty_repository', 'remove_folder'));
