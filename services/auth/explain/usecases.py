"""Explain access with the very function that issues tokens, so that the explanation cannot differ from what happens."""

from services.auth.credentials.domain import Credential
from services.auth.explain.domain import (
    Action,
    Explanation,
    NamespaceOwner,
    reason,
)
from services.auth.registry_tokens.domain import Scope
from services.auth.registry_tokens.usecases import Identity, TokenIssuer, authorize


async def explain(
    *,
    token_issuer: TokenIssuer,
    actor: NamespaceOwner,
    docker_user: str | None,
    repository: str,
    action: Action,
) -> Explanation:
    """Whether ``docker_user`` (None: someone who does not sign in) may do ``action`` on ``repository``, and why."""
    user = None if docker_user is None else await token_issuer.find_credential(docker_user)
    who = Identity(user) if isinstance(user, Credential) else None
    barred = docker_user is not None and (who is None or who.user.disabled)
    access = (
        ()
        if barred
        else await authorize(token_issuer, who, [Scope(repository, actor.namespace, (action,))])
    )
    if repository in (await token_issuer.memory.closed.get(actor.namespace)):
        return Explanation(
            False,
            f"{repository!r} is being deleted, or was a short while ago: nobody gets a token for it yet (rule 9)",
        )
    return Explanation(
        bool(access), reason(actor, user, docker_user or "", action, allowed=bool(access))
    )
