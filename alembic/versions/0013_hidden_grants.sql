-- Grants that the account of their Docker user has hidden. A row stays when the grant is deleted, so
-- that a new grant of the same namespace is hidden too.

CREATE TABLE catalog.hidden_grants (
    docker_user_id BIGINT NOT NULL,
    namespace_id BIGINT NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL,
    CONSTRAINT hidden_grants_pkey PRIMARY KEY (docker_user_id, namespace_id),
    CONSTRAINT hidden_grants_docker_user_id_fkey FOREIGN KEY (docker_user_id)
        REFERENCES catalog.docker_users (id) ON DELETE CASCADE,
    CONSTRAINT hidden_grants_namespace_id_fkey FOREIGN KEY (namespace_id)
        REFERENCES catalog.namespaces (id) ON DELETE CASCADE
);

CREATE INDEX hidden_grants_namespace_id_idx ON catalog.hidden_grants (namespace_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.hidden_grants TO :catalog_role;
