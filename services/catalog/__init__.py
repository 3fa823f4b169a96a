"""The catalog service: the nouns people manage.

Owns (schema ``catalog``): accounts, Docker users, namespaces, grants, repositories, manifests, tags, deletions, collections of
garbage, reserved names, its audit.
Publishes: ``catalog.credentials``, ``catalog.effective_access``, ``catalog.reserved_repositories`` and ``catalog.paused_writes`` (to auth),
``catalog.index_children``, ``catalog.repository_owners``, ``catalog.namespace_viewers`` and ``catalog.repository_generations`` (to events).
Reads: ``auth.principals``, ``auth.docker_user_logins``, ``auth.audit``, ``events.registry_feed``, ``events.pull_sums``.
Serves: everything under ``/api/v1`` that is not auth's or events'.
"""
