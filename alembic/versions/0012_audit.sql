-- The columns of an entry: what changed, by which means, on whose object

ALTER TABLE catalog.audit_entries
  ADD COLUMN via TEXT,
  ADD COLUMN api_key_id UUID,
  ADD COLUMN owner_id BIGINT,
  ADD COLUMN docker_user TEXT,
  ADD COLUMN changes JSONB DEFAULT '{}' NOT NULL,
  ADD COLUMN occurrences INTEGER DEFAULT 1 NOT NULL;

CREATE INDEX audit_entries_at_idx ON catalog.audit_entries (at, id);
CREATE INDEX audit_entries_account_idx ON catalog.audit_entries (account_id, at, id);
CREATE INDEX audit_entries_owner_idx ON catalog.audit_entries (owner_id, at, id);
CREATE INDEX audit_entries_action_idx ON catalog.audit_entries (action COLLATE "C", at, id);
CREATE INDEX audit_entries_target_idx ON catalog.audit_entries (target COLLATE "C", at, id);

ALTER TABLE auth.audit_entries
  ADD COLUMN via TEXT,
  ADD COLUMN api_key_id UUID,
  ADD COLUMN owner_id BIGINT,
  ADD COLUMN docker_user TEXT,
  ADD COLUMN changes JSONB DEFAULT '{}' NOT NULL,
  ADD COLUMN occurrences INTEGER DEFAULT 1 NOT NULL;

CREATE INDEX audit_entries_at_idx ON auth.audit_entries (at, id);
CREATE INDEX audit_entries_account_idx ON auth.audit_entries (account_id, at, id);
CREATE INDEX audit_entries_owner_idx ON auth.audit_entries (owner_id, at, id);
CREATE INDEX audit_entries_action_idx ON auth.audit_entries (action COLLATE "C", at, id);
CREATE INDEX audit_entries_target_idx ON auth.audit_entries (target COLLATE "C", at, id);

ALTER TABLE events.audit_entries
  ADD COLUMN via TEXT,
  ADD COLUMN api_key_id UUID,
  ADD COLUMN owner_id BIGINT,
  ADD COLUMN docker_user TEXT,
  ADD COLUMN changes JSONB DEFAULT '{}' NOT NULL,
  ADD COLUMN occurrences INTEGER DEFAULT 1 NOT NULL;

CREATE INDEX audit_entries_at_idx ON events.audit_entries (at, id);
CREATE INDEX audit_entries_account_idx ON events.audit_entries (account_id, at, id);
CREATE INDEX audit_entries_owner_idx ON events.audit_entries (owner_id, at, id);
CREATE INDEX audit_entries_action_idx ON events.audit_entries (action COLLATE "C", at, id);
CREATE INDEX audit_entries_target_idx ON events.audit_entries (target COLLATE "C", at, id);

CREATE OR REPLACE VIEW auth.audit AS
SELECT id, at, account_id, account, action, target, client_address, via, api_key_id, owner_id,
       docker_user, changes, occurrences
FROM auth.audit_entries;

CREATE OR REPLACE VIEW events.audit AS
SELECT id, at, account_id, account, action, target, client_address, via, api_key_id, owner_id,
       docker_user, changes, occurrences
FROM events.audit_entries;

-- The name of an API key, which the audit trail shows

CREATE OR REPLACE VIEW auth.principals AS
SELECT 'session' AS kind, s.id, c.account_id, c.username, c.role, 'write' AS permission,
       s.expires_at, NULL::bytea AS secret_hash, NULL::text AS name
FROM auth.sessions s JOIN catalog.credentials c ON c.kind = 'account' AND c.id = s.account_id
WHERE NOT c.disabled AND c.credential_version = s.credential_version AND s.expires_at > now()
UNION ALL
SELECT 'api_key', k.id, c.account_id, c.username, c.role, k.permission, k.expires_at,
       k.secret_hash, k.name
FROM auth.api_keys k JOIN catalog.credentials c ON c.kind = 'account' AND c.id = k.account_id
WHERE NOT c.disabled AND c.credential_version = k.credential_version
  AND (k.expires_at IS NULL OR k.expires_at > now());

-- The owner of an API key that is refused

CREATE VIEW auth.ended_api_keys AS
SELECT k.id, k.secret_hash, c.account_id
FROM auth.api_keys k JOIN catalog.credentials c ON c.kind = 'account' AND c.id = k.account_id
WHERE c.disabled OR c.credential_version <> k.credential_version OR k.expires_at <= now();

COMMENT ON VIEW auth.ended_api_keys IS
'API keys that have expired, or whose account was disabled or has a newer password';

GRANT SELECT ON auth.ended_api_keys TO :auth_role, :catalog_role, :events_role;

-- Retention. The services can only append to their trails; these functions delete old entries.

CREATE FUNCTION catalog.delete_audit_entries(older_than interval, max_rows integer)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = catalog, pg_temp AS $$
DECLARE
  deleted bigint;
BEGIN
  IF older_than < interval '1 day' THEN
    RAISE EXCEPTION 'audit entries must be kept for at least one day';
  END IF;
  -- One replica at a time
  IF NOT pg_try_advisory_xact_lock(hashtextextended('moorage catalog audit retention', 0)) THEN
    RETURN 0;
  END IF;
  DELETE FROM catalog.audit_entries WHERE id IN (
    SELECT id FROM catalog.audit_entries WHERE at < now() - older_than
    ORDER BY at, id LIMIT max_rows);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  RETURN deleted;
END $$;

COMMENT ON FUNCTION catalog.delete_audit_entries IS
'deletes at most max_rows audit entries that are older than older_than; returns their number';

REVOKE ALL ON FUNCTION catalog.delete_audit_entries FROM PUBLIC;

GRANT EXECUTE ON FUNCTION catalog.delete_audit_entries TO :catalog_role;

CREATE FUNCTION auth.delete_audit_entries(older_than interval, max_rows integer)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = auth, pg_temp AS $$
DECLARE
  deleted bigint;
BEGIN
  IF older_than < interval '1 day' THEN
    RAISE EXCEPTION 'audit entries must be kept for at least one day';
  END IF;
  -- One replica at a time
  IF NOT pg_try_advisory_xact_lock(hashtextextended('moorage auth audit retention', 0)) THEN
    RETURN 0;
  END IF;
  DELETE FROM auth.audit_entries WHERE id IN (
    SELECT id FROM auth.audit_entries WHERE at < now() - older_than
    ORDER BY at, id LIMIT max_rows);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  RETURN deleted;
END $$;

COMMENT ON FUNCTION auth.delete_audit_entries IS
'deletes at most max_rows audit entries that are older than older_than; returns their number';

REVOKE ALL ON FUNCTION auth.delete_audit_entries FROM PUBLIC;

GRANT EXECUTE ON FUNCTION auth.delete_audit_entries TO :auth_role;

CREATE FUNCTION events.delete_audit_entries(older_than interval, max_rows integer)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = events, pg_temp AS $$
DECLARE
  deleted bigint;
BEGIN
  IF older_than < interval '1 day' THEN
    RAISE EXCEPTION 'audit entries must be kept for at least one day';
  END IF;
  -- One replica at a time
  IF NOT pg_try_advisory_xact_lock(hashtextextended('moorage events audit retention', 0)) THEN
    RETURN 0;
  END IF;
  DELETE FROM events.audit_entries WHERE id IN (
    SELECT id FROM events.audit_entries WHERE at < now() - older_than
    ORDER BY at, id LIMIT max_rows);
  GET DIAGNOSTICS deleted = ROW_COUNT;
  RETURN deleted;
END $$;

COMMENT ON FUNCTION events.delete_audit_entries IS
'deletes at most max_rows audit entries that are older than older_than; returns their number';

REVOKE ALL ON FUNCTION events.delete_audit_entries FROM PUBLIC;

GRANT EXECUTE ON FUNCTION events.delete_audit_entries TO :events_role;

-- The reservation of a repository's name can be deleted when no pull of that name is left

CREATE VIEW events.pulled_repositories AS SELECT repository FROM events.pull_tags;

COMMENT ON VIEW events.pulled_repositories IS
'repositories with a pull, of any generation, once per generation and tag';

GRANT SELECT ON events.pulled_repositories TO :catalog_role;

CREATE INDEX reserved_names_available_idx ON catalog.reserved_names (available_at);

-- An intent names the session or the API key of its requester, for the audit entry

ALTER TABLE catalog.intents ADD COLUMN via TEXT, ADD COLUMN api_key_id UUID;
