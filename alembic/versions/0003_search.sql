CREATE FUNCTION catalog.bigrams(value text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ARRAY(
  SELECT DISTINCT substr(lower(value), i, 2) FROM generate_series(1, length(value) - 1) AS i);

COMMENT ON FUNCTION catalog.bigrams IS
'every two neighbouring characters of a text, for searches: trigrams would not find two Chinese '
'characters';

ALTER TABLE catalog.repositories ADD COLUMN path TEXT COLLATE "C";

UPDATE catalog.repositories r SET path = n.name || '/' || r.name
FROM catalog.namespaces n WHERE n.id = r.namespace_id;

ALTER TABLE catalog.repositories ALTER COLUMN path SET NOT NULL;

CREATE FUNCTION catalog.set_repository_path() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  SELECT n.name || '/' || NEW.name INTO STRICT NEW.path
  FROM catalog.namespaces n WHERE n.id = NEW.namespace_id;
  RETURN NEW;
EXCEPTION WHEN no_data_found THEN
  RAISE foreign_key_violation USING MESSAGE = 'the namespace is gone';
END $$;

CREATE TRIGGER repositories_path
BEFORE INSERT OR UPDATE OF namespace_id, name ON catalog.repositories
FOR EACH ROW EXECUTE FUNCTION catalog.set_repository_path();

CREATE UNIQUE INDEX repositories_path_key ON catalog.repositories (path);

CREATE INDEX repositories_search_idx ON catalog.repositories
USING gin (catalog.bigrams(path || ' ' || description));

CREATE INDEX namespaces_search_idx ON catalog.namespaces
USING gin (catalog.bigrams(name || ' ' || description));

CREATE INDEX docker_users_search_idx ON catalog.docker_users
USING gin (catalog.bigrams(username || ' ' || description));
