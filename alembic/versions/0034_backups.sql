-- When backups have succeeded, for the metric and the alert of backups that are too old.

CREATE TABLE catalog.backups (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    begun_at timestamptz NOT NULL,
    finished_at timestamptz DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT backups_pkey PRIMARY KEY (id)
);

GRANT SELECT, INSERT, DELETE ON catalog.backups TO :catalog_role;
