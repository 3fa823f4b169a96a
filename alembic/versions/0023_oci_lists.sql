-- The lists of the registry API are in byte order, whatever the collation of the database.

CREATE INDEX tags_name_idx ON catalog.tags (repository_id, name COLLATE "C");

CREATE INDEX namespaces_public_idx ON catalog.namespaces (((name || '/') COLLATE "C"))
WHERE visibility = 'public' AND NOT deleting;

-- The paths of a namespace follow each other in byte order, because all of them begin with its name
-- and a slash. So a page is read namespace by namespace: the public ones from their index, merged
-- with the private ones in which the Docker user has a grant. What comes before the page is not
-- read. As one statement, the planner sorts all repositories that the Docker user can pull.

CREATE FUNCTION catalog.list_readable_repositories(
    reader BIGINT, after TEXT, max_rows BIGINT
) RETURNS SETOF TEXT STABLE LANGUAGE plpgsql AS $$
DECLARE
  batch CONSTANT INTEGER := 200;
  first_prefix TEXT COLLATE "C" :=
    CASE WHEN strpos(after, '/') > 0 THEN split_part(after, '/', 1) || '/' ELSE after END;
  last_prefix TEXT COLLATE "C" := NULL;
  namespace RECORD;
  seen INTEGER;
  added BIGINT;
  missing BIGINT := max_rows;
BEGIN
  LOOP
    seen := 0;
    FOR namespace IN
      (SELECT n.id, (n.name || '/') COLLATE "C" AS prefix
       FROM catalog.namespaces n
       WHERE n.visibility = 'public' AND NOT n.deleting
         AND (n.name || '/') COLLATE "C" >= coalesce(last_prefix, first_prefix)
         AND (n.name || '/') COLLATE "C" IS DISTINCT FROM last_prefix
       ORDER BY (n.name || '/') COLLATE "C" LIMIT batch)
      UNION ALL
      (SELECT n.id, (n.name || '/') COLLATE "C"
       FROM catalog.grants g JOIN catalog.namespaces n ON n.id = g.namespace_id
       WHERE g.docker_user_id = reader AND n.visibility <> 'public' AND NOT n.deleting
         AND (n.name || '/') COLLATE "C" >= coalesce(last_prefix, first_prefix)
         AND (n.name || '/') COLLATE "C" IS DISTINCT FROM last_prefix
       ORDER BY (n.name || '/') COLLATE "C" LIMIT batch)
      ORDER BY prefix LIMIT batch
    LOOP
      RETURN QUERY
        SELECT r.path FROM catalog.repositories r
        WHERE r.namespace_id = namespace.id AND r.path > after AND r.status <> 'deleting'
        ORDER BY r.path LIMIT missing;
      GET DIAGNOSTICS added = ROW_COUNT;
      missing := missing - added;
      IF missing <= 0 THEN
        RETURN;
      END IF;
      seen := seen + 1;
      last_prefix := namespace.prefix;
    END LOOP;
    EXIT WHEN seen < batch;
  END LOOP;
END $$;
