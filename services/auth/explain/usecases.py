"""Explains access with the function that issues tokens, so that explanation and token agree."""

from services.auth.credentials.domain import Credential
from services.auth.explain.domain import (
    Action,
    ExplainableNamespace,
    Explanation,
    reason,
    reserved_reason,
)
from services.auth.registry_tokens.domain import Scope
from services.auth.registry_tokens.usecases import Identity, TokenIssuer, authorize


async def explain(
    *,
    token_issuer: TokenIssuer,
    actor: ExplainableNamespace,
    docker_user: str | None,
    repository: str,
    action: Action,
) -> Explanation:
    """Explain whether the Docker user, or an anonymous client if it is None, may do ``action``."""
    namespace = actor.namespace
    user = None if docker_user is None else await token_issuer.find_credential(docker_user)
    identity = Identity(user) if isinstance(user, Credential) else None
    cannot_log_in = docker_user is not None and (identity is None or identity.user.disabled)
    scope = Scope(repository, namespace.name, (action,))
    access = (
        ()
        if cannot_log_in
        else await authorize(token_issuer=token_issuer, identity=identity, scopes=[scope])
    )
    if repository in await token_issuer.cache.reserved_repositories.get(namespace.name):
        return Explanation(False, reserved_reason(repository))
    allowed = bool(access)
    return Explanation(allowed, reason(namespace, user, docker_user or "", action, allowed=allowed))
