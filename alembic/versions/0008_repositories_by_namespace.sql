-- Each index has every column that a merge of several namespaces needs, so that only the rows of
-- the page are read from the table

CREATE INDEX repositories_namespace_path_idx ON catalog.repositories
(namespace_id, path) INCLUDE (id);

CREATE INDEX repositories_namespace_pull_count_idx ON catalog.repositories
(namespace_id, pull_count, id);

CREATE INDEX repositories_namespace_created_at_idx ON catalog.repositories
(namespace_id, created_at, id);

CREATE INDEX repositories_namespace_last_pushed_at_idx ON catalog.repositories
(namespace_id, COALESCE(last_pushed_at, '1970-01-01 00:00:00+00'::timestamptz), id)
INCLUDE (last_pushed_at);
