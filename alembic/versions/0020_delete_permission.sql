-- The permission `delete`, which includes `push`, of grants and of access tokens. Existing grants and
-- access tokens keep their permission.

ALTER TABLE catalog.grants DROP CONSTRAINT grants_permission_check;

ALTER TABLE catalog.grants ADD CONSTRAINT grants_permission_check
CHECK (permission IN ('pull', 'push', 'delete'));

ALTER TABLE auth.access_tokens DROP CONSTRAINT access_tokens_permission_check;

ALTER TABLE auth.access_tokens ADD CONSTRAINT access_tokens_permission_check
CHECK (permission IN ('pull', 'push', 'delete'));
