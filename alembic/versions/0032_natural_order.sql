-- The list of tags shows 1.0.2 before 1.0.10 (spec 8). The index gives it each page of a large
-- repository at once.

CREATE FUNCTION catalog.natural_key(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
  regexp_replace(
    regexp_replace(lower(name COLLATE "C"), '([0-9]+)', repeat('0', 20) || '\1', 'g'),
    '[0-9]*([0-9]{20})', '\1', 'g');

COMMENT ON FUNCTION catalog.natural_key IS
'a key that sorts 1.0.2 before 1.0.10: each number has its last 20 digits, with leading zeros';

CREATE INDEX tags_natural_idx
ON catalog.tags (repository_id, (catalog.natural_key(name) COLLATE "C"), name);
