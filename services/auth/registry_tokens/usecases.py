"""Issue a registry token: authenticate → authorize → sign, from memory when nothing has changed (design 2, "Token path")."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.names import is_username
from services.auth.credentials.domain import NOBODY, Credential, Nobody
from services.auth.logins.domain import Attempt, LoginRefused
from services.auth.logins.recorder import UseRecorder
from services.auth.logins.usecases import PasswordLogin
from services.auth.memory.access import ANYONE, AccessMemory
from services.auth.refresh_tokens import queries as refresh_queries
from services.auth.refresh_tokens.domain import RefreshToken, Unknown, hash_of, new_secret
from services.auth.registry_tokens.domain import Access, Scope, intersect, parse_scopes
from services.auth.registry_tokens.oauth import PasswordProof, RefreshProof, TokenRequest
from services.auth.registry_tokens.signer import SignedToken, TokenSigner


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """The answer to a token request; ``refresh_token`` only when one was asked for and may be had."""

    signed: SignedToken
    access: Access
    refresh_token: str | None


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """What issuing needs; built once in the app."""

    engine: AsyncEngine
    memory: AccessMemory
    login: PasswordLogin
    signer: TokenSigner
    recorder: UseRecorder
    service: str
    anonymous_pull: bool
    refresh_lifetime: timedelta

    async def find_credential(self, username: str) -> Credential | Nobody:
        """The Docker user ``username``; a text that cannot be a name is not asked for."""
        return await self.memory.credentials.get(username) if is_username(username) else NOBODY


async def issue(desk: TokenDesk, request: TokenRequest, *, client_address: str) -> IssuedToken:
    """A token for what ``request`` asks and its sender may have, which may be nothing.

    Raises LoginRefused for credentials that are not right, LoginThrottled, LoginsBusy, and DatabaseUnavailable (spec 2.8).
    """
    user = await authenticate(desk, request, client_address=client_address)
    access = await authorize(desk, user, parse_scopes(request.scopes))
    signed = desk.signer.sign(subject=user.username if user else "", access=access)
    refresh_token = await _refresh_token(desk, user, request)
    return IssuedToken(signed, access, refresh_token)


async def authenticate(desk: TokenDesk, request: TokenRequest, *, client_address: str) -> Credential | None:
    """The Docker user whose proof the request carries; None when it carries none. Raises LoginRefused and as ``issue``."""
    match request.proof:
        case None:
            return None
        case PasswordProof(username, password):
            attempt = Attempt("docker_user", username, password, client_address)
            user = await desk.login.login(attempt, desk.find_credential)
        case RefreshProof(secret):
            user = await _by_refresh_token(desk, secret, client_address=client_address)
    desk.recorder.docker_user_signed_in(user.id)
    return user


async def _by_refresh_token(desk: TokenDesk, secret: str, *, client_address: str) -> Credential:
    token = await desk.memory.refresh_tokens.get(hash_of(secret))
    if isinstance(token, Unknown) or token.service != desk.service or token.expires_at <= datetime.now(UTC):
        raise LoginRefused
    user = await desk.find_credential(token.username)
    if isinstance(user, Nobody) or user.disabled or (user.id, user.version) != (token.docker_user_id, token.version):
        raise LoginRefused
    desk.recorder.refresh_token_used(token.id, client_address)
    return user


async def authorize(desk: TokenDesk, user: Credential | None, scopes: Sequence[Scope]) -> Access:
    """What of ``scopes`` the Docker user (None: anyone) may have. Raises DatabaseUnavailable."""
    if not scopes or (user is None and not desk.anonymous_pull):
        return ()
    who = user.id if user else ANYONE
    keys = {(who, scope.namespace) for scope in scopes}
    permissions = await desk.memory.permissions.get_many(keys)
    return intersect(scopes, {namespace: permission for (_, namespace), permission in permissions.items()})


async def _refresh_token(desk: TokenDesk, user: Credential | None, request: TokenRequest) -> str | None:
    if user is None or not request.wants_refresh_token:
        return None
    if isinstance(request.proof, RefreshProof):
        return request.proof.secret
    if not request.is_form and not user.token_login:
        return None
    secret = new_secret()
    token = RefreshToken(
        id=uuid.uuid4(),
        docker_user_id=user.id,
        username=user.username,
        version=user.version,
        service=desk.service,
        expires_at=datetime.now(UTC) + desk.refresh_lifetime,
    )
    async with desk.engine.begin() as tx:
        await refresh_queries.insert(tx, token=token, token_hash=hash_of(secret), client_id=request.client_id[:200].replace("\0", ""))
    return secret
