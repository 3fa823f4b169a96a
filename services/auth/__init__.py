"""The auth service: who are you, and what may you do.

Owns (schema ``auth``): sessions, API keys, access tokens, refresh tokens, login throttle, last logins, its audit.
Publishes: ``auth.principals`` (live sessions and API keys, to catalog and events), ``auth.docker_user_logins`` and ``auth.audit``
(to catalog).
Reads (``views.py``): ``catalog.credentials``, ``catalog.effective_access``, ``catalog.namespace_owners``, ``catalog.paused_writes``;
told of their changes by ``NOTIFY moorage_access``.
Serves: ``/token``, ``/.well-known/jwks.json``, and of ``/api/v1``: sessions, API keys, tokens of Docker users, ``/access/explain``;
and to the gateway alone ``/internal/writes``.
"""
