"""Limits failed logins per user and source, and audits refused logins."""

from typing import TypedDict

from cachetools import TTLCache

from libs.common.db import audit
from libs.common.db.engine import Engine, Tx
from services.auth.credentials.domain import Credential, Nobody
from services.auth.passwords import queries
from services.auth.passwords.domain import Attempt, LoginThrottled
from services.auth.tables import audit_entries

_MAX_AUDITED = 10_000


class _Key(TypedDict):
    kind: str
    username: str
    source: str


class LoginThrottle:
    """Allows ``failures`` failed logins per user and source within ``window_seconds``."""

    def __init__(self, engine: Engine, *, failures: int, window_seconds: int) -> None:
        self._engine = engine
        self._failures = failures
        self._window_seconds = window_seconds
        self._audited: TTLCache[tuple[str, str, str], Attempt] = TTLCache(
            maxsize=_MAX_AUDITED, ttl=window_seconds
        )

    async def reserve(self, attempt: Attempt, credential: Credential | Nobody) -> None:
        """Count ``attempt`` as failed until ``clear`` or ``release``.

        Raises:
            LoginThrottled: the limit is reached. The first such refusal of a window is audited.
        """
        key = _key(attempt)
        async with self._engine.begin() as tx:
            allowed = await queries.reserve_attempt(
                tx, **key, limit=self._failures, window_seconds=self._window_seconds
            )
            if allowed:
                return
            seconds = await queries.find_seconds_left(tx, **key)
            name = (key["kind"], key["username"], key["source"])
            if self._audited.setdefault(name, attempt) is attempt:
                await _audit(tx, "login.throttle", attempt, credential)
        raise LoginThrottled(retry_after=int(seconds or 0) + 1)

    async def release(self, attempt: Attempt) -> None:
        """Undo the count of ``attempt``, whose password was not checked."""
        async with self._engine.begin() as tx:
            await queries.release_attempt(tx, **_key(attempt))

    async def clear(self, attempt: Attempt) -> None:
        """Delete the failures of the user and source, because the password was right."""
        async with self._engine.begin() as tx:
            await queries.delete_attempts(tx, **_key(attempt))

    async def refuse(self, attempt: Attempt, credential: Credential | Nobody) -> None:
        """Audit that the password of ``attempt`` was wrong."""
        async with self._engine.begin() as tx:
            await _audit(tx, "login.refuse", attempt, credential)


def _key(attempt: Attempt) -> _Key:
    return {
        "kind": attempt.kind,
        "username": attempt.loggable_username,
        "source": attempt.source,
    }


async def _audit(tx: Tx, action: str, attempt: Attempt, credential: Credential | Nobody) -> None:
    owner = credential if isinstance(credential, Credential) else None
    noun = "docker-users" if attempt.kind == "docker_user" else "accounts"
    entry = audit.AuditEntry(
        action=action,
        target=f"{noun}/{attempt.loggable_username or '-'}",
        account_id=owner.account_id if owner else None,
        account=owner.account if owner else None,
        client_address=attempt.client_address,
    )
    await audit.append(tx, audit_entries, entry)
