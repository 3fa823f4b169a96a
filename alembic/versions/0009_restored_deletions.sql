-- A row that a dump brings into another server, database, or table has an origin that differs from
-- the origin of that table. The function was renamed to catalog.origin later.

CREATE FUNCTION catalog.home() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()), d.oid,
    'catalog.deletions'::regclass::oid)
  FROM pg_database d WHERE d.datname = current_database()
$$;

COMMENT ON FUNCTION catalog.home() IS
'identifies this table of deletions: a row with another origin came with a backup';

ALTER TABLE catalog.deletions ADD COLUMN made_in TEXT NOT NULL DEFAULT catalog.home();
