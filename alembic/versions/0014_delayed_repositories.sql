-- Repositories whose events the catalog applies apart from the feed, because they failed or were
-- slow. The others do not wait for them.

CREATE TABLE catalog.delayed_repositories (
    repository TEXT NOT NULL,
    after TEXT NOT NULL,
    since timestamptz DEFAULT clock_timestamp() NOT NULL,
    retry_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    failures INTEGER DEFAULT 0 NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    CONSTRAINT delayed_repositories_pkey PRIMARY KEY (repository)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.delayed_repositories TO :catalog_role;
