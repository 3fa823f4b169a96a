CREATE TABLE auth.api_keys (
    id UUID NOT NULL,
    account_id BIGINT NOT NULL,
    credential_version BIGINT NOT NULL,
    name TEXT NOT NULL,
    permission TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    last_used_from TEXT,
    PRIMARY KEY (id),
    UNIQUE (secret_hash),
    CONSTRAINT api_keys_permission_check CHECK (permission IN ('read', 'write'))
);

CREATE INDEX api_keys_account_idx ON auth.api_keys (account_id, created_at, id);

CREATE TABLE auth.access_tokens (
    id UUID NOT NULL,
    docker_user_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    permission TEXT NOT NULL,
    secret_hash BYTEA NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz,
    last_used_at timestamptz,
    last_used_from TEXT,
    PRIMARY KEY (id),
    UNIQUE (secret_hash),
    CONSTRAINT access_tokens_permission_check CHECK (permission IN ('pull', 'push'))
);

CREATE INDEX access_tokens_docker_user_idx ON auth.access_tokens (docker_user_id, created_at, id);

ALTER TABLE auth.refresh_tokens ADD COLUMN access_token_id UUID;

ALTER TABLE auth.refresh_tokens ADD CONSTRAINT refresh_tokens_access_token_fkey
FOREIGN KEY (access_token_id) REFERENCES auth.access_tokens (id) ON DELETE CASCADE;

CREATE INDEX refresh_tokens_access_token_idx ON auth.refresh_tokens (access_token_id);

CREATE FUNCTION auth.notify_access_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('moorage_access', 'access_token:' || encode(OLD.secret_hash, 'hex'));
  RETURN NULL;
END $$;

CREATE TRIGGER access_tokens_notify AFTER DELETE ON auth.access_tokens
FOR EACH ROW EXECUTE FUNCTION auth.notify_access_token();

CREATE OR REPLACE VIEW auth.principals AS
SELECT 'session' AS kind, s.id, c.account_id, c.username, c.role, 'write' AS permission,
       s.expires_at, NULL::bytea AS secret_hash
FROM auth.sessions s JOIN catalog.credentials c ON c.kind = 'account' AND c.id = s.account_id
WHERE NOT c.disabled AND c.credential_version = s.credential_version AND s.expires_at > now()
UNION ALL
SELECT 'api_key', k.id, c.account_id, c.username, c.role, k.permission, k.expires_at, k.secret_hash
FROM auth.api_keys k JOIN catalog.credentials c ON c.kind = 'account' AND c.id = k.account_id
WHERE NOT c.disabled AND c.credential_version = k.credential_version
  AND (k.expires_at IS NULL OR k.expires_at > now());

COMMENT ON VIEW auth.principals IS
'sessions and API keys that are valid now, each with the current state of its account';

CREATE VIEW catalog.namespace_owners AS
SELECT n.name AS namespace, n.visibility, n.account_id, a.username AS account
FROM catalog.namespaces n JOIN catalog.accounts a ON a.id = n.account_id;

GRANT SELECT, INSERT, UPDATE, DELETE ON auth.api_keys, auth.access_tokens TO :auth_role;

GRANT SELECT ON catalog.namespace_owners TO :auth_role;
