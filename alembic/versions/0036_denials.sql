-- What was denied to Docker clients, for the owner of the namespace: the person who is denied usually
-- cannot sign in to the console.

CREATE TABLE auth.denials (
    namespace_id bigint NOT NULL,
    docker_user_id bigint NOT NULL,
    repository text NOT NULL,
    action text NOT NULL,
    rule text NOT NULL,
    occurrences bigint NOT NULL,
    since timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    CONSTRAINT denials_pkey PRIMARY KEY (namespace_id, docker_user_id, repository, action, rule)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON auth.denials TO :auth_role;

-- A namespace that is created later with the same name has another id.

CREATE OR REPLACE VIEW catalog.namespace_owners AS
SELECT n.name AS namespace, n.visibility, n.account_id, a.username AS account,
       n.id AS namespace_id
FROM catalog.namespaces n JOIN catalog.accounts a ON a.id = n.account_id;
