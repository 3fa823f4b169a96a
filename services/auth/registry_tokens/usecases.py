"""Issues registry tokens: authenticate → authorize → sign (design 2, "Token path").

A warm request reads only caches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import is_not
from typing import cast

from libs.common.db.engine import Engine
from libs.common.db.refusals import RefusalRecorder
from libs.common.registry.names import is_username
from libs.common.security.secrets import hash_of
from services.auth.access.domain import UNLIMITED, Permission, allowed_actions
from services.auth.access_tokens.domain import PREFIX as ACCESS_TOKEN_PREFIX
from services.auth.access_tokens.domain import AccessToken
from services.auth.credentials.domain import NOBODY, Credential, Nobody
from services.auth.denials.domain import Denied, Rule, denied_action, denying_rule
from services.auth.denials.usecases import DenialRecorder
from services.auth.last_used.usecases import LastUsedRecorder
from services.auth.passwords.domain import Attempt, LoginRefused
from services.auth.passwords.usecases import PasswordLogin
from services.auth.refresh_tokens.domain import RefreshToken
from services.auth.refresh_tokens.usecases import create_refresh_token
from services.auth.registry_tokens.access_cache import ANONYMOUS, AccessCache
from services.auth.registry_tokens.domain import LIST_REPOSITORIES, Access, Scope, intersect
from services.auth.registry_tokens.request import PasswordProof, RefreshProof, TokenRequest
from services.auth.registry_tokens.signer import SignedToken, TokenSigner


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """What the use cases of registry tokens need; the app builds it once."""

    engine: Engine
    cache: AccessCache
    login: PasswordLogin
    signer: TokenSigner
    recorder: LastUsedRecorder
    denials: DenialRecorder
    refusals: RefusalRecorder
    service: str
    anonymous_pull: bool
    refresh_token_lifetime: timedelta

    async def find_credential(self, username: str) -> Credential | Nobody:
        """Return the Docker user ``username``; an invalid name costs no query."""
        return await self.cache.credentials.get(username) if is_username(username) else NOBODY


@dataclass(frozen=True, slots=True)
class Identity:
    """An authenticated Docker user, and the maximum permission of its proof.

    ``access_token`` is set if the proof was one.
    """

    user: Credential
    max_permission: Permission = UNLIMITED
    access_token: AccessToken | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A signed token with its access; ``refresh_token`` is None unless requested and allowed."""

    signed: SignedToken
    access: Access
    refresh_token: str | None


async def issue_token(
    *, token_issuer: TokenIssuer, request: TokenRequest, client_address: str
) -> IssuedToken:
    """Issue a token with the requested access, reduced to what the client may do.

    Raises as ``authenticate`` does.
    """
    identity = await authenticate(
        token_issuer=token_issuer, request=request, client_address=client_address
    )
    access = await authorize(token_issuer=token_issuer, identity=identity, scopes=request.scopes)
    if len(access) < len(request.scopes) or any(map(is_not, access, request.scopes)):
        await _record_denials(token_issuer, identity, request.scopes, access)
    subject = identity.user.username if identity else ""
    signed = token_issuer.signer.sign(subject=subject, access=access)
    refresh_token = await _find_or_create_refresh_token(token_issuer, identity, request)
    return IssuedToken(signed, access, refresh_token)


async def authenticate(
    *, token_issuer: TokenIssuer, request: TokenRequest, client_address: str
) -> Identity | None:
    """Return the Docker user that the request's proof belongs to, or None if it is anonymous.

    Raises:
        LoginRefused: the proof is wrong, expired, or revoked, or the Docker user is disabled.
        LoginThrottled: too many logins from this source have failed, of this user or of all.
        LoginsBusy: too many passwords wait to be checked.
        DatabaseUnavailable: an entry is not cached, and the database is unreachable (spec 2.8).
    """
    match request.proof:
        case None:
            return None
        case PasswordProof(username, password):
            identity = await _find_by_access_token(
                token_issuer, username, password, client_address=client_address
            )
            if identity is None:
                is_token = password.startswith(ACCESS_TOKEN_PREFIX)
                refused_as = "token.refuse" if is_token else "login.refuse"
                attempt = Attempt("docker_user", username, password, client_address, refused_as)
                identity = Identity(
                    await token_issuer.login.login(attempt, token_issuer.find_credential)
                )
        case RefreshProof(secret):
            identity = await _get_by_refresh_token(
                token_issuer, secret, client_address=client_address
            )
    token_issuer.recorder.record_login(identity.user.id)
    return identity


async def authorize(
    *, token_issuer: TokenIssuer, identity: Identity | None, scopes: Sequence[Scope]
) -> Access:
    """Return the part of ``scopes`` that the Docker user, or an anonymous client, may have.

    Raises:
        DatabaseUnavailable: an entry is not cached, and the database is unreachable (spec 2.8).
    """
    if not scopes or (identity is None and not token_issuer.anonymous_pull):
        return ()
    user_id = identity.user.id if identity else ANONYMOUS
    max_permission = identity.max_permission if identity else Permission.PULL
    namespaces = {scope.namespace for scope in scopes if scope is not LIST_REPOSITORIES}
    reserved = await token_issuer.cache.reserved_repositories.get_many(namespaces)
    permissions = await token_issuer.cache.permissions.get_many(
        {(user_id, namespace) for namespace in namespaces}
    )
    return intersect(
        [
            scope
            for scope in scopes
            if scope is LIST_REPOSITORIES or scope.repository not in reserved[scope.namespace]
        ],
        {
            namespace: min(permission, max_permission)
            for (_, namespace), permission in permissions.items()
        },
    )


async def _record_denials(
    token_issuer: TokenIssuer, identity: Identity | None, scopes: Sequence[Scope], access: Access
) -> None:
    """Record for the owners of the namespaces what was requested and not granted.

    It reads only what ``authorize`` has just cached.
    """
    granted = {scope.repository: scope.actions for scope in access}
    for scope in scopes:
        action = denied_action(scope.actions, granted.get(scope.repository, ()))
        if action is None:
            continue
        user_id = ANONYMOUS
        rule: Rule = "anonymous"
        if identity is not None:
            user_id = identity.user.id
            permission = await token_issuer.cache.permissions.get((user_id, scope.namespace))
            reserved = await token_issuer.cache.reserved_repositories.get(scope.namespace)
            rule = denying_rule(
                is_reserved=scope.repository in reserved,
                allowed=allowed_actions(permission),
                action=action,
            )
        token_issuer.denials.record(
            Denied(scope.namespace, user_id, scope.repository, action, rule)
        )


async def _find_by_access_token(
    token_issuer: TokenIssuer, username: str, password: str, *, client_address: str
) -> Identity | None:
    """Return the Docker user whose access token is sent as ``password``, or None.

    After None, the caller checks ``password`` as a password, so that guesses of access tokens are
    throttled too.
    """
    if not password.startswith(ACCESS_TOKEN_PREFIX):
        return None
    token = await token_issuer.cache.access_tokens.get(hash_of(password))
    if (
        not isinstance(token, AccessToken)
        or token.username != username
        or _is_past(token.expires_at)
    ):
        return None
    user = await token_issuer.find_credential(username)
    if isinstance(user, Nobody) or user.disabled or not token.belongs_to(user):
        return None
    token_issuer.recorder.record_access_token(token.id, client_address)
    return Identity(user, token.max_permission, access_token=token)


async def _get_by_refresh_token(
    token_issuer: TokenIssuer, secret: str, *, client_address: str
) -> Identity:
    token = await token_issuer.cache.refresh_tokens.get(hash_of(secret))
    target, user = "docker-users/-", cast(Credential | Nobody, NOBODY)
    if isinstance(token, RefreshToken):
        target = f"docker-users/{token.username}/tokens/{token.id}"
        user = await token_issuer.find_credential(token.username)
    if (
        not isinstance(token, RefreshToken)
        or token.service != token_issuer.service
        or _is_past(token.expires_at)
        or isinstance(user, Nobody)
        or user.disabled
        or not token.belongs_to(user)
    ):
        token_issuer.refusals.record(
            action="refresh_token.refuse",
            target=target,
            owner_id=user.account_id if isinstance(user, Credential) else None,
            client_address=client_address,
        )
        raise LoginRefused
    token_issuer.recorder.record_refresh_token(token.id, client_address)
    return Identity(user, token.max_permission)


def _is_past(at: datetime | None) -> bool:
    return at is not None and at <= datetime.now(UTC)


async def _find_or_create_refresh_token(
    token_issuer: TokenIssuer, identity: Identity | None, request: TokenRequest
) -> str | None:
    """Return the refresh token of the response: the one sent, a new one, or none."""
    if identity is None or not request.wants_refresh_token:
        return None
    if isinstance(request.proof, RefreshProof):
        return request.proof.secret
    if not request.is_form and not identity.user.token_login:
        return None
    access_token = identity.access_token
    secret = await create_refresh_token(
        engine=token_issuer.engine,
        docker_user=identity.user,
        max_permission=identity.max_permission,
        access_token_id=access_token.id if access_token else None,
        access_token_expires_at=access_token.expires_at if access_token else None,
        service=token_issuer.service,
        lifetime=token_issuer.refresh_token_lifetime,
        client_id=request.client_id,
    )
    if secret is None:
        raise LoginRefused
    return secret
