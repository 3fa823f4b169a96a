-- When each tag and each digest was used last. Retention reads it for each tag of a repository. The
-- inbox has the requests of two days only, and no index by tag.

CREATE TABLE events.last_uses (
    repository TEXT NOT NULL,
    reference TEXT NOT NULL,
    last_used_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT last_uses_pkey PRIMARY KEY (repository, reference)
);

CREATE INDEX last_uses_last_used_at_idx ON events.last_uses (last_used_at);

-- Of checks, only the hour is known: the end of the hour stands for their time. A digest counts with
-- the time at which its event was received.
INSERT INTO events.last_uses (repository, reference, last_used_at)
SELECT repository, reference, max(last_used_at) FROM (
    SELECT repository, tag AS reference,
           CASE WHEN checks > 0 THEN hour + interval '1 hour' ELSE last_pulled_at END
           AS last_used_at
    FROM events.pull_hours WHERE tag <> ''
    UNION ALL
    SELECT repository, digest, last_pulled_at FROM events.digest_pulls
    UNION ALL
    SELECT repository, digest, received_at FROM events.inbox
    WHERE action = 'pull' AND method = 'GET' AND digest IS NOT NULL AND counted_at IS NOT NULL
) AS known
WHERE last_used_at IS NOT NULL GROUP BY repository, reference;

CREATE VIEW events.reference_uses AS
SELECT repository, reference, last_used_at FROM events.last_uses
UNION ALL
SELECT repository, tag, timestamptz 'epoch' + at_ns / 1000 * interval '1 microsecond'
FROM events.inbox WHERE counted_at IS NULL AND action = 'pull' AND tag IS NOT NULL
UNION ALL
SELECT repository, digest, timestamptz 'epoch' + at_ns / 1000 * interval '1 microsecond'
FROM events.inbox
WHERE counted_at IS NULL AND action = 'pull' AND method = 'GET' AND digest IS NOT NULL;

COMMENT ON VIEW events.reference_uses IS
'the last request of each tag (GET or HEAD), and the last GET of each digest; the latest row of a '
'reference counts; rows from before a repository got its name belong to the one before';

-- One row. A use before `began_at` is not known.
CREATE TABLE events.counting_state (
    id BOOLEAN DEFAULT TRUE NOT NULL,
    began_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    counted_until TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT counting_state_pkey PRIMARY KEY (id),
    CONSTRAINT counting_state_one_check CHECK (id)
);

INSERT INTO events.counting_state DEFAULT VALUES;

CREATE VIEW events.counting_progress AS
SELECT began_at, counted_until, (SELECT count(*) FROM events.dead_letters) AS dead_letters
FROM events.counting_state;

COMMENT ON VIEW events.counting_progress IS
'since when uses are known, until when all received pull events are counted, and the number of '
'dead letters; no row if the events service has not started yet';

GRANT SELECT, INSERT, UPDATE, DELETE ON events.last_uses, events.counting_state TO :events_role;

GRANT SELECT ON events.reference_uses, events.counting_progress TO :catalog_role;

-- The daily runs of retention. One that is open goes on after a crash, with the same moment `at`.
CREATE TABLE catalog.retention_runs (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    deleted BIGINT DEFAULT 0 NOT NULL,
    failures JSONB DEFAULT '{}' NOT NULL,
    CONSTRAINT retention_runs_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX retention_runs_open_key ON catalog.retention_runs ((finished_at IS NULL))
WHERE finished_at IS NULL;

-- Why retention deletes a tag, for the audit trail: another process can complete the deletion.
CREATE TABLE catalog.retention_deletions (
    intent_id BIGINT NOT NULL,
    rule TEXT NOT NULL,
    reason TEXT NOT NULL,
    CONSTRAINT retention_deletions_pkey PRIMARY KEY (intent_id),
    CONSTRAINT retention_deletions_intent_id_fkey FOREIGN KEY (intent_id)
    REFERENCES catalog.intents (id) ON DELETE CASCADE
);

-- One row: the installation whose uses are known. If the database comes from a backup, the uses
-- between the backup and the restore are not known.
CREATE TABLE catalog.retention_state (
    id BOOLEAN DEFAULT TRUE NOT NULL,
    installation TEXT NOT NULL,
    uses_known_since TIMESTAMP WITH TIME ZONE DEFAULT '-infinity' NOT NULL,
    CONSTRAINT retention_state_pkey PRIMARY KEY (id),
    CONSTRAINT retention_state_one_check CHECK (id)
);

CREATE FUNCTION catalog.installation() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws('/', catalog.origin(), (SELECT epoch FROM catalog.garbage_state))
$$;

COMMENT ON FUNCTION catalog.installation IS
'identifies this installation of the database: it differs after a restore of a backup, but not '
'after a failover';

GRANT SELECT, INSERT, UPDATE, DELETE
ON catalog.retention_runs, catalog.retention_deletions, catalog.retention_state TO :catalog_role;
