CREATE SCHEMA catalog;

CREATE TABLE catalog.accounts (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    username TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL,
    disabled BOOLEAN DEFAULT false NOT NULL,
    credential_version BIGINT DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT accounts_pkey PRIMARY KEY (id),
    CONSTRAINT accounts_role_check CHECK (role IN ('admin', 'member')),
    CONSTRAINT accounts_username_key UNIQUE (username)
);

CREATE TABLE catalog.audit_entries (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at timestamptz DEFAULT now() NOT NULL,
    account_id BIGINT,
    account TEXT,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    client_address TEXT,
    CONSTRAINT audit_entries_pkey PRIMARY KEY (id)
);

CREATE TABLE catalog.feed_positions (
    feed TEXT NOT NULL,
    position TEXT NOT NULL,
    CONSTRAINT feed_positions_pkey PRIMARY KEY (feed)
);

CREATE TABLE catalog.reserved_names (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    available_at timestamptz NOT NULL,
    CONSTRAINT reserved_names_pkey PRIMARY KEY (kind, name),
    CONSTRAINT reserved_names_kind_check CHECK (kind IN ('namespace', 'repository', 'docker_user'))
);

CREATE TABLE catalog.docker_users (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    account_id BIGINT NOT NULL,
    username TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    disabled BOOLEAN DEFAULT false NOT NULL,
    token_login BOOLEAN DEFAULT false NOT NULL,
    credential_version BIGINT DEFAULT 1 NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT docker_users_pkey PRIMARY KEY (id),
    CONSTRAINT docker_users_account_id_fkey FOREIGN KEY(account_id)
        REFERENCES catalog.accounts (id),
    CONSTRAINT docker_users_username_key UNIQUE (username)
);

CREATE INDEX docker_users_account_id_idx ON catalog.docker_users (account_id);

CREATE TABLE catalog.namespaces (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    account_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    visibility TEXT NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT namespaces_pkey PRIMARY KEY (id),
    CONSTRAINT namespaces_visibility_check CHECK (visibility IN ('public', 'private')),
    CONSTRAINT namespaces_account_id_fkey FOREIGN KEY(account_id)
        REFERENCES catalog.accounts (id),
    CONSTRAINT namespaces_name_key UNIQUE (name)
);

CREATE INDEX namespaces_account_id_idx ON catalog.namespaces (account_id);

CREATE TABLE catalog.grants (
    namespace_id BIGINT NOT NULL,
    docker_user_id BIGINT NOT NULL,
    permission TEXT NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    updated_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT grants_pkey PRIMARY KEY (namespace_id, docker_user_id),
    CONSTRAINT grants_permission_check CHECK (permission IN ('pull', 'push')),
    CONSTRAINT grants_namespace_id_fkey FOREIGN KEY(namespace_id)
        REFERENCES catalog.namespaces (id) ON DELETE CASCADE,
    CONSTRAINT grants_docker_user_id_fkey FOREIGN KEY(docker_user_id)
        REFERENCES catalog.docker_users (id) ON DELETE CASCADE
);

CREATE INDEX grants_docker_user_id_idx ON catalog.grants (docker_user_id);

CREATE TABLE catalog.repositories (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    namespace_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    description TEXT DEFAULT '' NOT NULL,
    status TEXT DEFAULT 'empty' NOT NULL,
    tag_count BIGINT DEFAULT 0 NOT NULL,
    size_bytes BIGINT DEFAULT 0 NOT NULL,
    pull_count BIGINT DEFAULT 0 NOT NULL,
    last_pulled_at timestamptz,
    last_pushed_at timestamptz,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT repositories_pkey PRIMARY KEY (id),
    CONSTRAINT repositories_namespace_id_name_key UNIQUE (namespace_id, name),
    CONSTRAINT repositories_status_check CHECK (status IN ('empty', 'active', 'deleting')),
    CONSTRAINT repositories_namespace_id_fkey FOREIGN KEY(namespace_id)
        REFERENCES catalog.namespaces (id)
);

CREATE INDEX repositories_pull_count_idx ON catalog.repositories (pull_count, id);

CREATE INDEX repositories_created_at_idx ON catalog.repositories (created_at, id);

CREATE INDEX repositories_last_pushed_at_idx ON catalog.repositories
(COALESCE(last_pushed_at, '1970-01-01 00:00:00+00'::timestamptz), id);

CREATE TABLE catalog.manifests (
    repository_id BIGINT NOT NULL,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    artifact_type TEXT,
    subject TEXT,
    size_bytes BIGINT NOT NULL,
    platforms JSONB DEFAULT '[]' NOT NULL,
    layers JSONB DEFAULT '[]' NOT NULL,
    labels JSONB DEFAULT '{}' NOT NULL,
    image_created_at timestamptz,
    pushed_at timestamptz NOT NULL,
    pushed_by TEXT NOT NULL,
    CONSTRAINT manifests_pkey PRIMARY KEY (repository_id, digest),
    CONSTRAINT manifests_repository_id_fkey FOREIGN KEY(repository_id)
        REFERENCES catalog.repositories (id) ON DELETE CASCADE
);

CREATE TABLE catalog.manifest_children (
    repository_id BIGINT NOT NULL,
    index_digest TEXT NOT NULL,
    child_digest TEXT NOT NULL,
    CONSTRAINT manifest_children_pkey PRIMARY KEY (repository_id, index_digest, child_digest),
    CONSTRAINT manifest_children_repository_id_fkey FOREIGN KEY(repository_id, index_digest)
        REFERENCES catalog.manifests (repository_id, digest) ON DELETE CASCADE
);

CREATE INDEX manifest_children_child_idx ON catalog.manifest_children (repository_id, child_digest);

CREATE TABLE catalog.tags (
    repository_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    pushed_at timestamptz NOT NULL,
    pushed_by TEXT NOT NULL,
    pull_count BIGINT DEFAULT 0 NOT NULL,
    last_pulled_at timestamptz,
    CONSTRAINT tags_pkey PRIMARY KEY (repository_id, name),
    CONSTRAINT tags_repository_id_fkey FOREIGN KEY(repository_id, digest)
        REFERENCES catalog.manifests (repository_id, digest) ON DELETE CASCADE
);

CREATE INDEX tags_digest_idx ON catalog.tags (repository_id, digest);

CREATE SCHEMA auth;

CREATE TABLE auth.audit_entries (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at timestamptz DEFAULT now() NOT NULL,
    account_id BIGINT,
    account TEXT,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    client_address TEXT,
    PRIMARY KEY (id)
);

CREATE TABLE auth.last_logins (
    docker_user_id BIGINT NOT NULL,
    last_login_at timestamptz NOT NULL,
    PRIMARY KEY (docker_user_id)
);

CREATE TABLE auth.login_throttle (
    kind TEXT NOT NULL,
    username TEXT NOT NULL,
    client_address TEXT NOT NULL,
    failures INTEGER NOT NULL,
    window_ends_at timestamptz NOT NULL,
    PRIMARY KEY (kind, username, client_address)
);

CREATE INDEX ix_auth_login_throttle_window_ends_at ON auth.login_throttle (window_ends_at);

CREATE TABLE auth.refresh_tokens (
    id UUID NOT NULL,
    docker_user_id BIGINT NOT NULL,
    credential_version BIGINT NOT NULL,
    service TEXT NOT NULL,
    client_id TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    last_used_at timestamptz DEFAULT now() NOT NULL,
    last_used_from TEXT,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (token_hash)
);

CREATE INDEX ix_auth_refresh_tokens_docker_user_id ON auth.refresh_tokens (docker_user_id);

CREATE TABLE auth.sessions (
    id UUID NOT NULL,
    account_id BIGINT NOT NULL,
    credential_version BIGINT NOT NULL,
    refresh_hash BYTEA NOT NULL,
    previous_hash BYTEA,
    rotated_at timestamptz DEFAULT now() NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    expires_at timestamptz NOT NULL,
    client_address TEXT NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX ix_auth_sessions_account_id ON auth.sessions (account_id);

CREATE SCHEMA events;

CREATE TABLE events.audit_entries (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at timestamptz DEFAULT now() NOT NULL,
    account_id BIGINT,
    account TEXT,
    action TEXT NOT NULL,
    target TEXT NOT NULL,
    client_address TEXT,
    PRIMARY KEY (id)
);

CREATE TABLE events.dead_letters (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    received_at timestamptz DEFAULT now() NOT NULL,
    reason TEXT NOT NULL,
    raw BYTEA NOT NULL,
    raw_hash BYTEA NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (raw_hash)
);

CREATE TABLE events.inbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    event_id TEXT NOT NULL,
    at_ns BIGINT NOT NULL,
    xid BIGINT DEFAULT pg_current_xact_id()::text::bigint NOT NULL,
    received_at timestamptz DEFAULT now() NOT NULL,
    action TEXT NOT NULL,
    method TEXT NOT NULL,
    request_id TEXT NOT NULL,
    repository TEXT NOT NULL,
    tag TEXT,
    digest TEXT,
    media_type TEXT,
    docker_user TEXT NOT NULL,
    address TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    counted_at timestamptz,
    retry_at timestamptz,
    effect JSONB,
    PRIMARY KEY (id),
    CONSTRAINT inbox_event_key UNIQUE (event_id, at_ns)
);

CREATE INDEX inbox_client_idx ON events.inbox (repository, docker_user, address, user_agent, at_ns);

CREATE INDEX inbox_feed_idx ON events.inbox (xid, id) WHERE action <> 'pull';

CREATE INDEX inbox_uncounted_idx ON events.inbox (id) WHERE counted_at IS NULL;

CREATE INDEX inbox_waiting_idx ON events.inbox (retry_at)
WHERE counted_at IS NULL AND retry_at IS NOT NULL;

CREATE INDEX inbox_received_idx ON events.inbox USING brin (received_at);

CREATE TABLE events.checkpoints (
    client UUID NOT NULL,
    at_ns BIGINT NOT NULL,
    event_id TEXT NOT NULL,
    run INTEGER NOT NULL,
    state JSONB NOT NULL,
    saved_at timestamptz DEFAULT now() NOT NULL,
    PRIMARY KEY (client, at_ns, event_id)
);

CREATE INDEX checkpoints_saved_idx ON events.checkpoints (saved_at);

CREATE TABLE events.indexes (
    repository TEXT NOT NULL,
    digest TEXT NOT NULL,
    children TEXT[] NOT NULL,
    gone BOOLEAN DEFAULT false NOT NULL,
    resolved_at timestamptz DEFAULT now() NOT NULL,
    PRIMARY KEY (repository, digest)
);

CREATE INDEX ix_events_indexes_resolved_at ON events.indexes (resolved_at);

CREATE TABLE events.pull_hours (
    repository TEXT NOT NULL,
    since_ns BIGINT NOT NULL,
    hour timestamptz NOT NULL,
    tag TEXT NOT NULL,
    docker_user TEXT NOT NULL,
    pulls BIGINT NOT NULL,
    checks BIGINT NOT NULL,
    last_pulled_at timestamptz,
    xid BIGINT DEFAULT pg_current_xact_id()::text::bigint NOT NULL,
    PRIMARY KEY (repository, since_ns, hour, tag, docker_user)
);

CREATE INDEX pull_hours_tag_idx ON events.pull_hours (repository, since_ns, tag, hour);

CREATE INDEX pull_hours_xid_idx ON events.pull_hours (xid);

-- The views that each service publishes to the others

CREATE VIEW catalog.credentials AS
SELECT 'account' AS kind, id, username, password_hash, disabled, credential_version,
       id AS account_id, username AS account, role, false AS token_login, created_at
FROM catalog.accounts
UNION ALL
SELECT 'docker_user', u.id, u.username, u.password_hash, u.disabled OR a.disabled,
       u.credential_version, a.id, a.username, NULL, u.token_login, u.created_at
FROM catalog.docker_users u JOIN catalog.accounts a ON a.id = u.account_id;

COMMENT ON VIEW catalog.credentials IS
'accounts, which sign in to the API and the console, and Docker users, which log in to the '
'registry; disabled is also true for a Docker user of a disabled account';

CREATE VIEW catalog.effective_access AS
SELECT name AS namespace, NULL::bigint AS docker_user_id, 'pull' AS permission
FROM catalog.namespaces WHERE visibility = 'public'
UNION ALL
SELECT n.name, g.docker_user_id, g.permission
FROM catalog.grants g JOIN catalog.namespaces n ON n.id = g.namespace_id;

COMMENT ON VIEW catalog.effective_access IS
'the permissions of Docker users on namespaces; docker_user_id NULL stands for every Docker user '
'that is logged in';

CREATE VIEW catalog.index_children AS
SELECT n.name || '/' || r.name AS repository, n.name AS namespace, r.name, c.index_digest,
       c.child_digest
FROM catalog.manifest_children c
JOIN catalog.repositories r ON r.id = c.repository_id
JOIN catalog.namespaces n ON n.id = r.namespace_id;

CREATE VIEW catalog.repository_owners AS
SELECT n.name || '/' || r.name AS repository, n.name AS namespace, r.name, n.account_id,
       n.visibility
FROM catalog.repositories r JOIN catalog.namespaces n ON n.id = r.namespace_id;

CREATE VIEW catalog.namespace_viewers AS
SELECT DISTINCT n.name AS namespace, u.account_id
FROM catalog.grants g
JOIN catalog.namespaces n ON n.id = g.namespace_id
JOIN catalog.docker_users u ON u.id = g.docker_user_id;

COMMENT ON VIEW catalog.namespace_viewers IS
'accounts with a Docker user that has a grant in the namespace: they can view its repositories';

CREATE VIEW catalog.repository_lives AS
SELECT name AS repository, available_at AS since
FROM catalog.reserved_names WHERE kind = 'repository';

COMMENT ON VIEW catalog.repository_lives IS
'when the name (namespace/name) of a deleted repository became free: earlier pulls belong to the '
'deleted repository';

CREATE VIEW catalog.feed_progress AS
SELECT split_part(position, ':', 1)::bigint AS xid, split_part(position, ':', 2)::bigint AS id
FROM catalog.feed_positions WHERE feed = 'registry';

COMMENT ON VIEW catalog.feed_progress IS
'the position up to which the catalog has read events.registry_feed: later events must be kept';

CREATE VIEW auth.principals AS
SELECT 'session' AS kind, s.id, c.account_id, c.username, c.role, 'write' AS permission,
       s.expires_at
FROM auth.sessions s JOIN catalog.credentials c ON c.kind = 'account' AND c.id = s.account_id
WHERE NOT c.disabled AND c.credential_version = s.credential_version AND s.expires_at > now();

COMMENT ON VIEW auth.principals IS
'sessions that are valid now, each with the current state of its account';

CREATE VIEW auth.docker_user_logins AS SELECT docker_user_id, last_login_at FROM auth.last_logins;

CREATE VIEW auth.audit AS
SELECT id, at, account_id, account, action, target, client_address FROM auth.audit_entries;

CREATE VIEW events.registry_feed AS
SELECT xid, id, at_ns, action, repository, tag, digest, media_type, docker_user
FROM events.inbox WHERE action <> 'pull';

COMMENT ON VIEW events.registry_feed IS
'pushes and deletions. To miss none, read them in the order of (xid, id), and only those with an '
'xid below pg_snapshot_xmin(pg_current_snapshot())';

CREATE VIEW events.pull_totals AS
SELECT h.hour, h.repository, h.tag, h.docker_user, h.pulls, h.checks, h.last_pulled_at, h.xid
FROM events.pull_hours h
WHERE h.since_ns = coalesce((
  SELECT (extract(epoch FROM l.since) * 1000000)::bigint * 1000
  FROM catalog.repository_lives l WHERE l.repository = h.repository), 0);

COMMENT ON VIEW events.pull_totals IS
'pulls per hour, tag, and Docker user; if several repositories had one name one after the other, '
'only those of the last one';

CREATE VIEW events.audit AS
SELECT id, at, account_id, account, action, target, client_address FROM events.audit_entries;

-- Notifications: every auth replica invalidates cached access that changed

CREATE FUNCTION catalog.notify_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('moorage_access', 'account:' || OLD.id);
  RETURN NULL;
END $$;

CREATE TRIGGER accounts_notify AFTER UPDATE OR DELETE ON catalog.accounts
FOR EACH ROW EXECUTE FUNCTION catalog.notify_account();

CREATE FUNCTION catalog.notify_docker_user() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('moorage_access', 'docker_user:' || COALESCE(NEW.username, OLD.username));
  RETURN NULL;
END $$;

CREATE TRIGGER docker_users_notify AFTER INSERT OR UPDATE OR DELETE ON catalog.docker_users
FOR EACH ROW EXECUTE FUNCTION catalog.notify_docker_user();

CREATE FUNCTION catalog.notify_namespace() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('moorage_access', 'namespace:' || COALESCE(NEW.name, OLD.name));
  RETURN NULL;
END $$;

CREATE TRIGGER namespaces_notify AFTER INSERT OR UPDATE OR DELETE ON catalog.namespaces
FOR EACH ROW EXECUTE FUNCTION catalog.notify_namespace();

CREATE FUNCTION catalog.notify_grant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('moorage_access',
    'grant:' || COALESCE(NEW.docker_user_id, OLD.docker_user_id) || ':' || n.name)
  FROM catalog.namespaces n WHERE n.id = COALESCE(NEW.namespace_id, OLD.namespace_id);
  RETURN NULL;
END $$;

CREATE TRIGGER grants_notify AFTER INSERT OR UPDATE OR DELETE ON catalog.grants
FOR EACH ROW EXECUTE FUNCTION catalog.notify_grant();

CREATE FUNCTION auth.notify_refresh_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('moorage_access', 'refresh_token:' || encode(OLD.token_hash, 'hex'));
  RETURN NULL;
END $$;

CREATE TRIGGER refresh_tokens_notify AFTER DELETE ON auth.refresh_tokens
FOR EACH ROW EXECUTE FUNCTION auth.notify_refresh_token();

-- Privileges: each service writes its own tables and reads the views published to it

GRANT USAGE ON SCHEMA catalog TO :catalog_role, :auth_role, :events_role;

GRANT USAGE ON SCHEMA auth TO :catalog_role, :auth_role, :events_role;

GRANT USAGE ON SCHEMA events TO :catalog_role, :events_role;

GRANT USAGE ON SCHEMA moorage TO :catalog_role, :auth_role, :events_role;

GRANT SELECT ON moorage.alembic_version TO :catalog_role, :auth_role, :events_role;

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.accounts, catalog.docker_users, catalog.namespaces,
  catalog.grants, catalog.repositories, catalog.manifests, catalog.manifest_children, catalog.tags,
  catalog.reserved_names, catalog.feed_positions TO :catalog_role;

GRANT SELECT, INSERT ON catalog.audit_entries TO :catalog_role;

GRANT SELECT, INSERT, UPDATE, DELETE ON auth.sessions, auth.refresh_tokens, auth.login_throttle,
  auth.last_logins TO :auth_role;

GRANT SELECT, INSERT ON auth.audit_entries TO :auth_role;

GRANT SELECT, INSERT, UPDATE, DELETE ON events.inbox, events.pull_hours, events.dead_letters,
  events.checkpoints, events.indexes TO :events_role;

GRANT SELECT, INSERT ON events.audit_entries TO :events_role;

GRANT SELECT ON catalog.credentials, catalog.effective_access TO :auth_role;

GRANT SELECT ON catalog.index_children, catalog.repository_owners, catalog.namespace_viewers,
  catalog.repository_lives, catalog.feed_progress TO :events_role;

GRANT SELECT ON events.pull_totals TO :events_role;

GRANT SELECT ON auth.principals TO :auth_role, :catalog_role, :events_role;

GRANT SELECT ON auth.docker_user_logins, auth.audit TO :catalog_role;

GRANT SELECT ON events.registry_feed, events.pull_totals, events.audit TO :catalog_role;
