"""Sign in, refresh, and sign out.

A session has a short access token, and a refresh cookie that each refresh replaces.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from libs.common.db import audit
from libs.common.db.engine import Engine, Tx
from libs.common.db.refusals import RefusalRecorder
from libs.common.registry.names import is_username
from libs.common.security.jwt import SESSION_AUDIENCE, SigningKey
from libs.common.security.principals import Principal
from libs.common.web.errors import LimitReached
from services.auth.credentials import queries as credentials
from services.auth.credentials.domain import NOBODY, Credential, Nobody
from services.auth.passwords.domain import Attempt
from services.auth.passwords.usecases import PasswordLogin
from services.auth.sessions import queries
from services.auth.sessions.domain import (
    ACCESS_TOKEN_SECONDS,
    IDLE_AFTER,
    ROTATION_GRACE,
    RefreshSecret,
    Session,
    SessionEnded,
    new_refresh_secret,
)
from services.auth.tables import audit_entries


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that was opened or refreshed.

    ``access_token`` expires after ``expires_in`` seconds; ``refresh_secret`` goes into the cookie.
    """

    access_token: str
    expires_in: int
    account: Credential
    refresh_secret: RefreshSecret


@dataclass(frozen=True, slots=True)
class SessionService:
    """What the use cases of sessions need; the app builds it once.

    ``key`` signs access tokens. The first of ``rotation_keys`` derives and signs refresh secrets;
    all of them recognize the secrets that they signed. A session expires ``lifetime`` after its
    last refresh. An account has at most ``max_sessions`` sessions.
    """

    engine: Engine
    login: PasswordLogin
    refusals: RefusalRecorder
    key: SigningKey
    rotation_keys: Sequence[bytes]
    lifetime: timedelta
    max_sessions: int

    async def find_account(self, username: str) -> Credential | Nobody:
        """Return the account ``username``, read from the database."""
        if not is_username(username):
            return NOBODY
        async with self.engine.connect() as tx:
            return (
                await credentials.find_by_username(tx, kind="account", username=username) or NOBODY
            )

    def open(
        self, session: Session, account: Credential, refresh_secret: RefreshSecret
    ) -> OpenSession:
        """Return ``session`` with a new access token."""
        now = int(time.time())
        access_token = self.key.sign(
            {
                "iss": "moorage",
                "aud": SESSION_AUDIENCE,
                "sub": str(session.account_id),
                "sid": str(session.id),
                "iat": now,
                "exp": now + ACCESS_TOKEN_SECONDS,
            }
        )
        return OpenSession(access_token, ACCESS_TOKEN_SECONDS, account, refresh_secret)


async def sign_in(
    *, session_service: SessionService, username: str, password: str, client_address: str
) -> OpenSession:
    """Open a session.

    If the account has as many sessions as it can have, the one that was unused for the longest time
    ends. Otherwise a script that signs in and never out would lock the account out for a month. If
    all were used within ten minutes, a person cannot be behind them, and the sign-in is refused.

    Raises as PasswordLogin.login does, and:
        LimitReached: the account has ``max_sessions`` sessions, and all of them are in use.
    """
    account = await session_service.login.login(
        Attempt("account", username, password, client_address), session_service.find_account
    )
    refresh_secret = new_refresh_secret(session_service.rotation_keys[0])
    now = datetime.now(UTC)
    session = Session(
        id=refresh_secret.session_id,
        account_id=account.id,
        version=account.version,
        refresh_hash=refresh_secret.hash,
        previous_hash=None,
        rotated_at=now,
        expires_at=now + session_service.lifetime,
    )
    async with session_service.engine.begin() as tx:
        await _make_room(tx, session_service, account, client_address, now)
        await queries.insert(tx, session=session, client_address=client_address)
        entry = audit.AuditEntry(
            "session.create",
            f"sessions/{session.id}",
            account.account_id,
            account.username,
            client_address,
            via="session",
            owner_id=account.account_id,
        )
        await audit.append(tx, audit_entries, entry)
    return session_service.open(session, account, refresh_secret)


async def _make_room(
    tx: Tx, session_service: SessionService, account: Credential, client_address: str, now: datetime
) -> None:
    await credentials.lock(tx, kind="account", id=account.id)
    count = await queries.count_current(tx, account_id=account.id, version=account.version)
    if count < session_service.max_sessions:
        return
    ended = await queries.delete_longest_idle(
        tx, account_id=account.id, version=account.version, before=now - IDLE_AFTER
    )
    if ended is None:
        raise LimitReached(
            "The account",
            "sessions in use",
            limit=session_service.max_sessions,
            setting="AUTH_MAX_SESSIONS",
        )
    entry = audit.AuditEntry(
        "session.delete",
        f"sessions/{ended}",
        account.account_id,
        account.username,
        client_address,
        via="session",
        owner_id=account.account_id,
    )
    await audit.append(tx, audit_entries, entry)


async def refresh(
    *, session_service: SessionService, secret: RefreshSecret, client_address: str
) -> OpenSession:
    """Return a new access token and the refresh secret that replaces ``secret``.

    For ten seconds after a rotation, the previous secret gets the same replacement. Any other
    replaced secret ends the session, because the cookie may be stolen (RFC 9700, 4.14.2). A secret
    that the session never had is refused and ends nothing: a session id is no secret, and whoever
    reads it must not be able to sign its owner out. ``Session.has_issued`` tells them apart.

    Raises:
        SessionEnded: the session has ended, ``secret`` ends it now, or ``secret`` is wrong.
    """
    now = datetime.now(UTC)
    async with session_service.engine.begin() as tx:
        session = await queries.find_for_update(tx, id=secret.session_id)
        account = (
            None
            if session is None
            else await credentials.find_by_id(tx, kind="account", id=session.account_id)
        )
        replacement, is_reuse = None, False
        if session is not None and account is not None and session.is_current(account, now=now):
            replacement = await _rotate(tx, session_service, session, secret, now)
        if (
            session is not None
            and replacement is None
            and session.has_issued(secret, keys=session_service.rotation_keys)
        ):
            await queries.delete(tx, id=session.id)
            if secret.hash != session.refresh_hash:
                # A session ends with it, so each session has at most one such entry.
                await _audit_reuse(tx, session, client_address)
                is_reuse = True
    if session is None or account is None or replacement is None:
        if not is_reuse:
            record_refusal(
                session_service=session_service, session=session, client_address=client_address
            )
        raise SessionEnded  # outside the transaction, which must commit the deletion
    return session_service.open(session, account, replacement)


async def _rotate(
    tx: Tx,
    session_service: SessionService,
    session: Session,
    secret: RefreshSecret,
    now: datetime,
) -> RefreshSecret | None:
    replacement = secret.next(session_service.rotation_keys[0])
    if secret.hash == session.refresh_hash:
        await queries.rotate(
            tx,
            id=session.id,
            refresh_hash=replacement.hash,
            now=now,
            expires_at=now + session_service.lifetime,
        )
        return replacement
    if secret.hash == session.previous_hash and now - session.rotated_at < ROTATION_GRACE:
        return replacement
    return None


def record_refusal(
    *, session_service: SessionService, session: Session | None, client_address: str
) -> None:
    """Audit a refused cookie. ``session`` is the session that it names, if there is one."""
    session_service.refusals.record(
        action="session.refuse",
        target=f"sessions/{session.id if session else '-'}",
        owner_id=session.account_id if session else None,
        client_address=client_address,
    )


async def _audit_reuse(tx: Tx, session: Session, client_address: str) -> None:
    entry = audit.AuditEntry(
        "session.reuse",
        f"sessions/{session.id}",
        None,
        None,
        client_address,
        owner_id=session.account_id,
    )
    await audit.append(tx, audit_entries, entry)


async def sign_out(*, tx: Tx, actor: Principal) -> None:
    """End the caller's session."""
    await queries.delete(tx, id=actor.id)
    await _audit(tx, "session.delete", actor, f"sessions/{actor.id}")


async def sign_out_everywhere(*, tx: Tx, actor: Principal) -> None:
    """End all sessions of the caller's account."""
    await queries.delete_of_account(tx, account_id=actor.account_id)
    await _audit(tx, "session.delete_all", actor, "sessions")


async def _audit(tx: Tx, action: str, actor: Principal, target: str) -> None:
    entry = audit.entry_by(actor, action=action, target=target, owner_id=actor.account_id)
    await audit.append(tx, audit_entries, entry)
