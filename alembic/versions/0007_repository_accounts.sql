ALTER TABLE catalog.repositories ADD COLUMN account_id BIGINT;

UPDATE catalog.repositories r SET account_id = n.account_id
FROM catalog.namespaces n WHERE n.id = r.namespace_id;

ALTER TABLE catalog.repositories ALTER COLUMN account_id SET NOT NULL;

-- A namespace never changes its owner, so the copy of the owner stays correct

CREATE OR REPLACE FUNCTION catalog.set_repository_path() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT n.name || '/' || NEW.name, n.account_id INTO STRICT NEW.path, NEW.account_id
  FROM catalog.namespaces n WHERE n.id = NEW.namespace_id;
  RETURN NEW;
EXCEPTION WHEN no_data_found THEN
  RAISE foreign_key_violation USING MESSAGE = 'the namespace is gone';
END $$;

CREATE INDEX repositories_account_path_idx ON catalog.repositories (account_id, path);

CREATE INDEX repositories_account_pull_count_idx ON catalog.repositories
(account_id, pull_count, id);

CREATE INDEX repositories_account_created_at_idx ON catalog.repositories
(account_id, created_at, id);

CREATE INDEX repositories_account_last_pushed_at_idx ON catalog.repositories
(account_id, COALESCE(last_pushed_at, '1970-01-01 00:00:00+00'::timestamptz), id);
