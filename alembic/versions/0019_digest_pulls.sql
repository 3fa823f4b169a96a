-- When each digest was pulled last: garbage collection keeps what somebody still pulls by digest.
-- Pull events are deleted after two days, so their retention copies the time here.

CREATE TABLE events.digest_pulls (
    repository TEXT NOT NULL,
    digest TEXT NOT NULL,
    last_pulled_at timestamptz NOT NULL,
    CONSTRAINT digest_pulls_pkey PRIMARY KEY (repository, digest)
);

CREATE INDEX digest_pulls_last_pulled_idx ON events.digest_pulls (last_pulled_at);

CREATE VIEW events.pulled_digests AS
SELECT repository, digest, last_pulled_at FROM events.digest_pulls
UNION ALL
SELECT repository, digest, received_at FROM events.inbox
WHERE action = 'pull' AND method = 'GET' AND digest IS NOT NULL;

COMMENT ON VIEW events.pulled_digests IS
'the times of pulls of each digest: of all recent ones, and of the last one before';

GRANT SELECT, INSERT, UPDATE, DELETE ON events.digest_pulls TO :events_role;

GRANT SELECT ON events.pulled_digests TO :catalog_role;
