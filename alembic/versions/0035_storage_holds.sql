-- While a backup or a copy of the storage runs, its hold forbids sweeping (spec 13).

CREATE TABLE catalog.storage_holds (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    reason TEXT NOT NULL,
    begun_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    expires_at timestamptz NOT NULL,
    CONSTRAINT storage_holds_pkey PRIMARY KEY (id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.storage_holds TO :catalog_role;

-- Whoever takes a hold locks the row of garbage_state first. So no claim is open then, and the
-- statement that finds the candidates sees the hold if it comes later.

CREATE OR REPLACE FUNCTION catalog.claim_garbage(
  of_run bigint, of_fence bigint, listed_at timestamptz, grace interval, after_digest text,
  max_blobs integer, OUT claimed text[], OUT kept bigint, OUT last_digest text
) LANGUAGE plpgsql AS $$
DECLARE
  candidates text[];
  needed text[];
BEGIN
  PERFORM FROM catalog.garbage_state s
  WHERE s.fence = of_fence AND s.leased_until > clock_timestamp()
    AND s.lease_epoch = (SELECT catalog.epoch()) FOR SHARE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  SELECT array_agg(locked.digest) INTO candidates FROM (
    SELECT g.digest FROM catalog.garbage_blobs g JOIN catalog.garbage_runs r ON r.id = g.run
    WHERE g.state = 'doomed' AND g.epoch = (SELECT catalog.epoch())
      AND r.known_at + grace <= listed_at AND g.digest > after_digest
      AND NOT EXISTS (
        SELECT FROM catalog.storage_holds h WHERE h.expires_at > clock_timestamp())
    ORDER BY g.digest LIMIT max_blobs FOR UPDATE OF g SKIP LOCKED) AS locked;
  -- A push that has revived one of them before the lock is seen by the next statement.
  SELECT array_agg(n.digest) INTO needed
  FROM (
    SELECT f.digest FROM catalog.find_needed(candidates) f WHERE f.reason IS NOT NULL
    UNION
    SELECT t.digest FROM catalog.blob_touches t
    WHERE t.digest = ANY(candidates) AND t.touched_at > clock_timestamp() - grace
    UNION
    SELECT e.digest FROM catalog.garbage_exemptions e
    WHERE e.run = of_run AND e.digest = ANY(candidates)) AS n;
  DELETE FROM catalog.garbage_blobs g WHERE g.digest = ANY(needed);
  WITH taken AS (
    UPDATE catalog.garbage_blobs g SET state = 'deleting', fence = of_fence
    WHERE g.digest = ANY(candidates) AND NOT g.digest = ANY(coalesce(needed, '{}'))
    RETURNING g.digest)
  SELECT coalesce(array_agg(digest), '{}') INTO claimed FROM taken;
  kept := coalesce(cardinality(needed), 0);
  last_digest := (SELECT max(candidate COLLATE "C") FROM unnest(candidates) AS candidate);
END $$;

COMMENT ON FUNCTION catalog.claim_garbage IS
'changes doomed blobs whose wait ended before the listing, and that nothing needs, to deleting; the '
'others are live again; claims nothing while the storage has a hold; returns null if the lease of '
'the sweep has ended';
