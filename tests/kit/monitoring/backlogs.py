"""Rows of a database in which much waits, for the alerts."""

ROWS = """
INSERT INTO events.dead_letters (reason, raw, raw_hash) VALUES ('no JSON', 'x', 'x');
INSERT INTO events.inbox (event_id, at_ns, received_at, action, method, request_id, repository,
                          docker_user, address, user_agent, retry_at)
VALUES ('late', 1, now() - interval '1 hour', 'pull', 'GET', 'r', 'none/none', 'u', '192.0.2.1',
        'docker', now() + interval '1 day');
INSERT INTO catalog.deletions (kind, name, requested_at, retry_at)
VALUES ('repository', 'none/none', now() - interval '2 hours', now() + interval '1 day');
INSERT INTO catalog.deletions (kind, name, origin) VALUES ('namespace', 'none', 'elsewhere');
INSERT INTO catalog.intents (kind, namespace, repository, digest, started_at, leased_until)
VALUES ('put_manifest', 'none', 'none/none', 'sha256:0', now() - interval '1 hour',
        now() + interval '1 day');
INSERT INTO catalog.garbage_runs (started_at, begun_at, finished_at, phase, error)
VALUES (now(), now(), now(), 'done', 'the storage cannot be read');
UPDATE catalog.accounts SET created_at = created_at - interval '60 days', storage_quota_bytes = 0;
INSERT INTO catalog.backups (begun_at) VALUES (now() - interval '3 days');
INSERT INTO catalog.delayed_repositories (repository, after, retry_at, failures, reason)
VALUES ('none/none', '0:0', now() + interval '1 day', 3, 'it fails');
"""
"""Statements, each of which makes something in the database wait or fail."""
FEED_EVENT = """
INSERT INTO events.inbox (event_id, at_ns, action, method, request_id, repository, digest,
                          media_type, docker_user, address, user_agent, counted_at)
VALUES ('push', (extract(epoch FROM now()) - 3600)::bigint * 1000000000, 'push', 'PUT', 'r',
        'none/none', 'sha256:0', 'application/vnd.oci.image.manifest.v1+json', 'u', '192.0.2.1',
        'docker', now())
"""
"""A statement that stores an event for the feed, an hour old."""
