"""Issue a registry token: authenticate → authorize → sign, from memory when nothing has changed (design 2, "Token path")."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import IntegrityError

from libs.common.db.engine import Engine
from libs.common.registry.names import is_username
from libs.common.security.secrets import hash_of, new_secret
from services.auth.access.domain import Permission
from services.auth.access_tokens.domain import PREFIX as ACCESS_PREFIX
from services.auth.access_tokens.domain import AccessToken
from services.auth.credentials.domain import NOBODY, Credential, Nobody
from services.auth.last_used.usecases import LastUsedRecorder
from services.auth.passwords.domain import Attempt, LoginRefused
from services.auth.passwords.usecases import PasswordLogin
from services.auth.refresh_tokens import queries as refresh_queries
from services.auth.refresh_tokens.domain import PREFIX as REFRESH_PREFIX
from services.auth.refresh_tokens.domain import RefreshToken, Unknown
from services.auth.registry_tokens.access_cache import ANYONE, AccessCache
from services.auth.registry_tokens.domain import Access, Scope, intersect
from services.auth.registry_tokens.request import PasswordProof, RefreshProof, TokenRequest
from services.auth.registry_tokens.signer import SignedToken, TokenSigner

MOST_LOGINS = 1000
"""Refresh tokens that a Docker user can have; a new one ends the one that was not used for the longest time."""


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """The answer to a token request; ``refresh_token`` only when one was asked for and may be had."""

    signed: SignedToken
    access: Access
    refresh_token: str | None


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """What issuing needs; built once in the app."""

    engine: Engine
    memory: AccessCache
    login: PasswordLogin
    signer: TokenSigner
    recorder: LastUsedRecorder
    service: str
    anonymous_pull: bool
    refresh_lifetime: timedelta

    async def find_credential(self, username: str) -> Credential | Nobody:
        """The Docker user ``username``; a text that cannot be a name is not asked for."""
        return await self.memory.credentials.get(username) if is_username(username) else NOBODY


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks for a token: a Docker user, and the ceiling of what it signed in with. ``access_token`` is set where that was one."""

    user: Credential
    ceiling: Permission = Permission.PUSH
    access_token: AccessToken | None = None


async def issue(
    token_issuer: TokenIssuer, request: TokenRequest, *, client_address: str
) -> IssuedToken:
    """A token for what ``request`` asks and its sender may have, which may be nothing.

    Raises LoginRefused for credentials that are not right, LoginThrottled, LoginsBusy, and DatabaseUnavailable (spec 2.8).
    """
    who = await authenticate(token_issuer, request, client_address=client_address)
    access = await authorize(token_issuer, who, request.scopes)
    signed = token_issuer.signer.sign(subject=who.user.username if who else "", access=access)
    refresh_token = await _refresh_token(token_issuer, who, request)
    return IssuedToken(signed, access, refresh_token)


async def authenticate(
    token_issuer: TokenIssuer, request: TokenRequest, *, client_address: str
) -> Identity | None:
    """The Docker user whose proof the request carries; None when it carries none. Raises LoginRefused and as ``issue``."""
    match request.proof:
        case None:
            return None
        case PasswordProof(username, password):
            who = await _by_access_token(
                token_issuer, username, password, client_address=client_address
            )
            if who is None:
                attempt = Attempt("docker_user", username, password, client_address)
                who = Identity(
                    await token_issuer.login.login(attempt, token_issuer.find_credential)
                )
        case RefreshProof(secret):
            who = await _by_refresh_token(token_issuer, secret, client_address=client_address)
    token_issuer.recorder.docker_user_signed_in(who.user.id)
    return who


async def _by_access_token(
    token_issuer: TokenIssuer, username: str, password: str, *, client_address: str
) -> Identity | None:
    """Who signs in with an access token in place of the password; None when it is none that is good: then it is tried as a password, and
    throttled like one."""
    if not password.startswith(ACCESS_PREFIX):
        return None
    token = await token_issuer.memory.access_tokens.get(hash_of(password))
    if (
        not isinstance(token, AccessToken)
        or token.username != username
        or _is_past(token.expires_at)
    ):
        return None
    user = await token_issuer.find_credential(username)
    if isinstance(user, Nobody) or user.disabled or user.id != token.docker_user_id:
        return None
    token_issuer.recorder.access_token_used(token.id, client_address)
    return Identity(user, token.ceiling, access_token=token)


def _is_past(at: datetime | None) -> bool:
    return at is not None and at <= datetime.now(UTC)


async def _by_refresh_token(
    token_issuer: TokenIssuer, secret: str, *, client_address: str
) -> Identity:
    token = await token_issuer.memory.refresh_tokens.get(hash_of(secret))
    if (
        isinstance(token, Unknown)
        or token.service != token_issuer.service
        or _is_past(token.expires_at)
    ):
        raise LoginRefused
    user = await token_issuer.find_credential(token.username)
    if (
        isinstance(user, Nobody)
        or user.disabled
        or (user.id, user.version) != (token.docker_user_id, token.version)
    ):
        raise LoginRefused
    token_issuer.recorder.refresh_token_used(token.id, client_address)
    return Identity(user, token.ceiling)


async def authorize(
    token_issuer: TokenIssuer, who: Identity | None, scopes: Sequence[Scope]
) -> Access:
    """What of ``scopes`` the Docker user (None: anyone) may have. Raises DatabaseUnavailable."""
    if not scopes or (who is None and not token_issuer.anonymous_pull):
        return ()
    user_id = who.user.id if who else ANYONE
    ceiling = who.ceiling if who else Permission.PULL
    namespaces = {scope.namespace for scope in scopes}
    closed = await token_issuer.memory.closed.get_many(namespaces)
    scopes = [scope for scope in scopes if scope.repository not in closed[scope.namespace]]
    permissions = await token_issuer.memory.permissions.get_many(
        {(user_id, namespace) for namespace in namespaces}
    )
    return intersect(
        scopes,
        {namespace: min(permission, ceiling) for (_, namespace), permission in permissions.items()},
    )


async def _refresh_token(
    token_issuer: TokenIssuer, who: Identity | None, request: TokenRequest
) -> str | None:
    if who is None or not request.wants_refresh_token:
        return None
    if isinstance(request.proof, RefreshProof):
        return request.proof.secret
    if not request.is_form and not who.user.token_login:
        return None
    secret = new_secret(REFRESH_PREFIX)
    client_id = request.client_id[:200].replace("\0", "")
    try:
        async with token_issuer.engine.begin() as tx:
            await refresh_queries.insert(
                tx,
                token=_new_refresh_token(token_issuer, who),
                token_hash=hash_of(secret),
                client_id=client_id,
            )
            await refresh_queries.delete_beyond(tx, docker_user_id=who.user.id, most=MOST_LOGINS)
    except IntegrityError:  # the access token was revoked in this moment
        raise LoginRefused from None
    return secret


def _new_refresh_token(token_issuer: TokenIssuer, who: Identity) -> RefreshToken:
    expires_at = datetime.now(UTC) + token_issuer.refresh_lifetime
    if who.access_token is not None and who.access_token.expires_at is not None:
        expires_at = min(expires_at, who.access_token.expires_at)
    return RefreshToken(
        id=uuid.uuid4(),
        docker_user_id=who.user.id,
        username=who.user.username,
        version=who.user.version,
        service=token_issuer.service,
        expires_at=expires_at,
        ceiling=who.ceiling,
        access_token_id=who.access_token.id if who.access_token else None,
    )
