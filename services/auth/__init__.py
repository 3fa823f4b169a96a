"""The auth service: who are you, and what may you do.

Owns (schema ``auth``): sessions, refresh tokens, login throttle, last logins, its audit.
Publishes: ``auth.principals`` (live sessions, to catalog and events), ``auth.docker_user_logins`` and ``auth.audit`` (to catalog).
Reads: ``catalog.credentials`` and ``catalog.effective_access``; told of their changes by ``NOTIFY moorage_access``.
Serves: ``/token``, ``/.well-known/jwks.json``, ``/api/v1/sessions``.
"""
