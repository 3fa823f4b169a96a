"""Limits failed logins per user and source, and audits refused logins."""

from typing import TypedDict

from libs.common.db.engine import Engine
from libs.common.db.refusals import RefusalRecorder
from services.auth.credentials.domain import Credential, Nobody
from services.auth.passwords import queries
from services.auth.passwords.domain import Attempt, LoginThrottled


class _Key(TypedDict):
    kind: str
    username: str
    source: str


class LoginThrottle:
    """Allows ``failures`` failed logins per user and source within ``window_seconds``."""

    def __init__(
        self, engine: Engine, refusals: RefusalRecorder, *, failures: int, window_seconds: int
    ) -> None:
        self._engine = engine
        self._refusals = refusals
        self._failures = failures
        self._window_seconds = window_seconds

    async def reserve(self, attempt: Attempt, credential: Credential | Nobody) -> None:
        """Count ``attempt`` as failed until ``clear`` or ``release``.

        Raises:
            LoginThrottled: the limit is reached.
        """
        key = _key(attempt)
        async with self._engine.begin() as tx:
            allowed = await queries.reserve_attempt(
                tx, **key, limit=self._failures, window_seconds=self._window_seconds
            )
            if allowed:
                return
            seconds = await queries.find_seconds_left(tx, **key)
        self._record("login.throttle", attempt, credential)
        raise LoginThrottled(retry_after=int(seconds or 0) + 1)

    async def release(self, attempt: Attempt) -> None:
        """Undo the count of ``attempt``, whose password was not checked."""
        async with self._engine.begin() as tx:
            await queries.release_attempt(tx, **_key(attempt))

    async def clear(self, attempt: Attempt) -> None:
        """Delete the failures of the user and source, because the password was right."""
        async with self._engine.begin() as tx:
            await queries.delete_attempts(tx, **_key(attempt))

    def refuse(self, attempt: Attempt, credential: Credential | Nobody) -> None:
        """Audit that the password of ``attempt`` was wrong."""
        self._record(attempt.refused_as, attempt, credential)

    def _record(self, action: str, attempt: Attempt, credential: Credential | Nobody) -> None:
        noun = "docker-users" if attempt.kind == "docker_user" else "accounts"
        self._refusals.record(
            action=action,
            target=f"{noun}/{attempt.loggable_username or '-'}",
            owner_id=credential.account_id if isinstance(credential, Credential) else None,
            client_address=attempt.client_address,
        )


def _key(attempt: Attempt) -> _Key:
    return {
        "kind": attempt.kind,
        "username": attempt.loggable_username,
        "source": attempt.source,
    }
