"""Explains access with the function that issues tokens, so that explanation and token agree."""

from libs.common.db.engine import Tx
from services.auth.access.domain import OwnedNamespace, allowed_actions
from services.auth.access.queries import find_grant
from services.auth.credentials.domain import NOBODY, Credential, Nobody
from services.auth.explain.domain import (
    Action,
    Explanation,
    deciding_rule,
    reason,
    reserved_reason,
)
from services.auth.registry_tokens.access_cache import ANONYMOUS
from services.auth.registry_tokens.domain import Scope
from services.auth.registry_tokens.usecases import Identity, TokenIssuer, authorize


async def explain(
    *,
    tx: Tx,
    token_issuer: TokenIssuer,
    actor: OwnedNamespace,
    docker_user: str | None,
    repository: str,
    action: Action,
) -> Explanation:
    """Explain whether the Docker user, or an anonymous client if it is None, may do ``action``.

    The explanation must not reveal which Docker users other accounts have (spec 2.10). An unknown
    Docker user, and one that the actor cannot see, are therefore explained alike: as a Docker user
    without a grant.
    """
    namespace = actor.namespace
    user = (
        None
        if docker_user is None
        else await _find_visible(tx, token_issuer, actor, username=docker_user)
    )
    if repository in await token_issuer.cache.reserved_repositories.get(namespace.name):
        return Explanation(False, "name_reserved", reserved_reason(repository))
    if isinstance(user, Nobody):
        permission = await token_issuer.cache.permissions.get((ANONYMOUS, namespace.name))
        allowed = action in allowed_actions(permission)
    elif user is not None and user.disabled:
        allowed = False
    else:
        identity = None if user is None else Identity(user)
        scope = Scope(repository, namespace.name, (action,))
        access = await authorize(token_issuer=token_issuer, identity=identity, scopes=[scope])
        allowed = bool(access)
    grant = (
        await find_grant(tx, docker_user_id=user.id, namespace=namespace.name)
        if isinstance(user, Credential)
        else None
    )
    text = reason(namespace, user, docker_user or "", grant, action, allowed=allowed)
    rule = deciding_rule(user, grant, namespace.visibility, action, allowed=allowed)
    return Explanation(allowed, rule, text)


async def _find_visible(
    tx: Tx, token_issuer: TokenIssuer, actor: OwnedNamespace, *, username: str
) -> Credential | Nobody:
    """Return the Docker user if the actor owns it, or sees it in the namespace's grants."""
    user = await token_issuer.find_credential(username)
    if isinstance(user, Nobody) or actor.principal.owns(user.account_id):
        return user
    grant = await find_grant(tx, docker_user_id=user.id, namespace=actor.namespace.name)
    return NOBODY if grant is None else user
