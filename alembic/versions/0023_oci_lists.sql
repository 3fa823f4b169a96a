-- The lists of the registry API are in byte order, whatever the collation of the database.

CREATE INDEX tags_name_idx ON catalog.tags (repository_id, name COLLATE "C");
