"""Sign in, refresh, sign out."""

import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from libs.common.db import audit
from libs.common.db.engine import Engine, Tx
from libs.common.registry.names import is_username
from libs.common.security.jwt import SESSION_AUDIENCE, SigningKey
from libs.common.security.principals import Principal
from services.auth.credentials import queries as credentials
from services.auth.credentials.domain import NOBODY, Credential, Nobody
from services.auth.passwords.domain import Attempt
from services.auth.passwords.usecases import PasswordLogin
from services.auth.sessions import queries
from services.auth.sessions.domain import (
    ACCESS_SECONDS,
    GRACE,
    RefreshSecret,
    Session,
    SessionEnded,
    first_secret,
)
from services.auth.tables import audit_entries


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that was opened or refreshed: its access token, good for ``expires_in`` seconds, and the cookie's next value."""

    access_token: str
    expires_in: int
    account: Credential
    refresh: RefreshSecret


@dataclass(frozen=True, slots=True)
class SessionService:
    """What sessions need; built once in the app. ``rotation_key`` makes the next refresh secret from the one before."""

    engine: Engine
    login: PasswordLogin
    key: SigningKey
    rotation_key: bytes
    lifetime: timedelta

    async def find_account(self, username: str) -> Credential | Nobody:
        """The account ``username`` as it is now."""
        if not is_username(username):
            return NOBODY
        async with self.engine.connect() as tx:
            return (
                await credentials.find_by_username(tx, kind="account", username=username) or NOBODY
            )

    def access_token(self, session: Session) -> str:
        """A new access token of ``session``."""
        now = int(time.time())
        return self.key.sign(
            {
                "iss": "moorage",
                "aud": SESSION_AUDIENCE,
                "sub": str(session.account_id),
                "sid": str(session.id),
                "iat": now,
                "exp": now + ACCESS_SECONDS,
            }
        )

    def opened(self, session: Session, account: Credential, refresh: RefreshSecret) -> OpenSession:
        """The answer for ``session``."""
        return OpenSession(self.access_token(session), ACCESS_SECONDS, account, refresh)


async def sign_in(
    service: SessionService, *, username: str, password: str, client_address: str
) -> OpenSession:
    """Open a session. Raises LoginRefused, LoginThrottled, LoginsBusy."""
    account = await service.login.login(
        Attempt("account", username, password, client_address), service.find_account
    )
    refresh = first_secret()
    now = datetime.now(UTC)
    session = Session(
        refresh.session_id,
        account.id,
        account.version,
        refresh.hash,
        None,
        now,
        now + service.lifetime,
    )
    async with service.engine.begin() as tx:
        await queries.insert(tx, session=session, client_address=client_address)
        await _audit(
            tx, "session.create", account.account_id, account.username, session.id, client_address
        )
    return service.opened(session, account, refresh)


async def refresh(service: SessionService, *, secret: RefreshSecret) -> OpenSession:
    """A new access token, and the cookie's next value. Raises SessionEnded.

    The secret before the good one is answered for ten seconds with the same next value; any other, an older one too, ends the session
    (OAuth 2.0 Security BCP, RFC 9700, 4.14.2).
    """
    now = datetime.now(UTC)
    async with service.engine.begin() as tx:
        session = await queries.find_for_update(tx, id=secret.session_id)
        account = (
            None
            if session is None
            else await credentials.find_by_id(tx, kind="account", id=session.account_id)
        )
        following = None
        if session is not None and account is not None and _alive(session, account, now):
            following = await _rotate(tx, service, session, secret, now)
        if session is not None and following is None:
            await queries.delete(tx, id=session.id)
    if session is None or account is None or following is None:
        raise SessionEnded
    return service.opened(session, account, following)


def _alive(session: Session, account: Credential, now: datetime) -> bool:
    return not account.disabled and account.version == session.version and session.expires_at > now


async def _rotate(
    tx: Tx,
    service: SessionService,
    session: Session,
    secret: RefreshSecret,
    now: datetime,
) -> RefreshSecret | None:
    following = secret.next(service.rotation_key)
    if secret.hash == session.refresh_hash:
        await queries.rotate(
            tx,
            id=session.id,
            refresh_hash=following.hash,
            now=now,
            expires_at=now + service.lifetime,
        )
        return following
    if secret.hash == session.previous_hash and now - session.rotated_at < GRACE:
        return following
    return None


async def sign_out(tx: Tx, *, actor: Principal) -> None:
    """End the caller's session."""
    await queries.delete(tx, id=actor.id)
    await _audit(
        tx, "session.delete", actor.account_id, actor.username, actor.id, actor.client_address
    )


async def sign_out_everywhere(tx: Tx, *, actor: Principal) -> None:
    """End all sessions of the caller's account."""
    await queries.delete_of_account(tx, account_id=actor.account_id)
    await _audit(
        tx, "session.delete_all", actor.account_id, actor.username, None, actor.client_address
    )


async def _audit(
    tx: Tx,
    action: str,
    account_id: int,
    account: str,
    session_id: uuid.UUID | None,
    client_address: str,
) -> None:
    target = "sessions" if session_id is None else f"sessions/{session_id}"
    await audit.append(
        tx, audit_entries, audit.AuditEntry(action, target, account_id, account, client_address)
    )
