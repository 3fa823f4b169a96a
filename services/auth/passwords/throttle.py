"""Limits failed logins per user and source and per source, and audits refused logins."""

from typing import TypedDict

from libs.common.db.engine import Engine, Tx
from libs.common.db.refusals import RefusalRecorder
from services.auth.credentials.domain import Credential, Nobody
from services.auth.passwords import queries
from services.auth.passwords.domain import Attempt, LoginThrottled

_ADDRESS = "address"
"""The kind of the row that counts the failures of a source, for whatever users."""


class _Key(TypedDict):
    kind: str
    username: str
    source: str


class LoginThrottle:
    """Limits failed logins within ``window_seconds``, in the database and so for all replicas.

    It allows ``failures`` per user and source, and ``address_failures`` per source, for whatever
    users. A guess of one password for many users therefore ends too.
    """

    def __init__(
        self,
        engine: Engine,
        refusals: RefusalRecorder,
        *,
        failures: int,
        address_failures: int,
        window_seconds: int,
    ) -> None:
        self._engine = engine
        self._refusals = refusals
        self._failures = failures
        self._address_failures = address_failures
        self._window_seconds = window_seconds

    async def reserve(self, attempt: Attempt, credential: Credential | Nobody) -> None:
        """Count ``attempt`` as a failure of its user until ``clear`` or ``release``.

        An attempt of a throttled source is not counted, so that it leaves no row for an invented
        user.

        Raises:
            LoginThrottled: a limit is reached.
        """
        address = _address_key(attempt)
        async with self._engine.begin() as tx:
            throttled = address
            if not await queries.is_at_limit(tx, **address, limit=self._address_failures):
                throttled = _user_key(attempt)
                if await self._count(tx, throttled, self._failures):
                    return
            error = await self._refusal(tx, throttled)
        self._record("login.throttle", attempt, credential)
        raise error

    async def reserve_address(self, attempt: Attempt, credential: Credential | Nobody) -> None:
        """Count ``attempt`` as a failure of its source until ``clear``.

        Call it directly before the password is checked: attempts that wait for their check must
        not count, because all machines behind one address may log in at once.

        Raises:
            LoginThrottled: the limit is reached.
        """
        address = _address_key(attempt)
        async with self._engine.begin() as tx:
            if await self._count(tx, address, self._address_failures):
                return
            error = await self._refusal(tx, address)
        self._record("login.throttle", attempt, credential)
        raise error

    async def release(self, attempt: Attempt) -> None:
        """Undo ``reserve``, because the password was not checked."""
        async with self._engine.begin() as tx:
            await queries.release_attempt(tx, **_user_key(attempt))

    async def clear(self, attempt: Attempt) -> None:
        """Delete the failures of the user and source, because the password was right.

        Other failures of the source stay: an attacker has a right password too, its own.
        """
        async with self._engine.begin() as tx:
            await queries.delete_attempts(tx, **_user_key(attempt))
            await queries.release_attempt(tx, **_address_key(attempt))

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

    async def _count(self, tx: Tx, key: _Key, limit: int) -> bool:
        return await queries.reserve_attempt(
            tx, **key, limit=limit, window_seconds=self._window_seconds
        )

    async def _refusal(self, tx: Tx, key: _Key) -> LoginThrottled:
        seconds = await queries.find_seconds_left(tx, **key)
        is_address = key["kind"] == _ADDRESS
        return LoginThrottled(
            "Too many failed logins from this address; try again later" if is_address else None,
            retry_after=int(seconds or 0) + 1,
        )


def _user_key(attempt: Attempt) -> _Key:
    return {
        "kind": attempt.kind,
        "username": attempt.loggable_username,
        "source": attempt.source,
    }


def _address_key(attempt: Attempt) -> _Key:
    return {"kind": _ADDRESS, "username": "", "source": attempt.source}
