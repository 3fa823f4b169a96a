"""The events service: what happened in the registry.

Owns (schema ``events``): the inbox, checkpoints of clients, children of indexes, pulls per hour and their sums, dead letters, its audit.
Publishes: ``events.registry_feed`` (pushes and deletes in commit order), ``events.pull_sums``, ``events.audit`` (to catalog).
Reads: ``auth.principals``, ``catalog.index_children``, ``catalog.repository_owners``, ``catalog.namespace_viewers``,
``catalog.repository_generations``, ``catalog.feed_progress``.
Serves: ``POST /registry-events`` (for the registry alone), ``/api/v1/pulls``, ``/api/v1/events``.
"""
