"""Verifies passwords, and hashes each password once for all concurrent logins that send it."""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from libs.common.db.engine import Engine
from libs.common.db.refusals import RefusalRecorder
from libs.common.security.fair_queue import FairQueue, QueueFull
from libs.common.security.passwords import PasswordHasher
from libs.common.web.errors import MoorageError
from services.auth.cache.two_generation import TwoGenerationCache
from services.auth.credentials.domain import Credential, Nobody
from services.auth.passwords.domain import (
    BUSY_RETRY_SECONDS,
    CACHE_SECONDS,
    CACHE_SIZE,
    MAX_WAITING,
    MAX_WAITING_PER_SOURCE,
    Attempt,
    LoginRefused,
    LoginsBusy,
    LoginThrottled,
)
from services.auth.passwords.metrics import count_login, show_waiting
from services.auth.passwords.throttle import LoginThrottle

FindCredential = Callable[[str], Awaitable[Credential | Nobody]]
"""Returns the current credential of a user name."""


@dataclass(frozen=True, slots=True)
class _Verified:
    """The credential that a password was right for, until a monotonic time."""

    credential_id: int
    version: int
    expires_at: float


class PasswordLogin:
    """Logs accounts and Docker users in with their passwords.

    The process caches a right password for ten minutes, as a keyed hash together with the version
    of its credential. If the credential is disabled or gets a new password, its version changes,
    and the cached password is no longer accepted.
    """

    def __init__(
        self,
        engine: Engine,
        hasher: PasswordHasher,
        refusals: RefusalRecorder,
        *,
        failures: int,
        address_failures: int,
        window_seconds: int,
    ) -> None:
        self._hasher = hasher
        self._throttle = LoginThrottle(
            engine,
            refusals,
            failures=failures,
            address_failures=address_failures,
            window_seconds=window_seconds,
        )
        self._queue = FairQueue(
            concurrency=hasher.threads, per_source=MAX_WAITING_PER_SOURCE, total=MAX_WAITING
        )
        show_waiting(self._queue)
        self._key = secrets.token_bytes(32)
        self._verified: TwoGenerationCache[bytes, _Verified] = TwoGenerationCache(CACHE_SIZE)
        self._checks: dict[tuple[bytes, str], asyncio.Task[Credential]] = {}

    async def login(self, attempt: Attempt, find_credential: FindCredential) -> Credential:
        """Return the credential whose password ``attempt`` proves.

        Raises:
            LoginRefused: the user is unknown or disabled, or the password is wrong.
            LoginThrottled: too many logins from this source have failed, of this user or of all.
            LoginsBusy: too many passwords wait to be checked.
            DatabaseUnavailable: the credential is not cached, and the database is unreachable.
        """
        credential = await find_credential(attempt.username)
        fingerprint = self._fingerprint(attempt)
        if isinstance(credential, Credential) and self._is_verified(fingerprint, credential):
            count_login(attempt.kind, "cached")
            return credential
        key = (fingerprint, attempt.source)
        check = self._checks.get(key)
        if check is None:
            check = self._checks[key] = asyncio.create_task(
                self._check(attempt, credential, find_credential)
            )
            check.add_done_callback(lambda _: self._checks.pop(key, None))
        return await asyncio.shield(check)

    def _is_verified(self, fingerprint: bytes, credential: Credential) -> bool:
        if credential.disabled:
            return False
        verified = self._verified.get(fingerprint)
        return (
            verified is not None
            and verified.credential_id == credential.id
            and verified.version == credential.version
            and time.monotonic() < verified.expires_at
        )

    def _fingerprint(self, attempt: Attempt) -> bytes:
        message = b"\0".join(
            part.encode() for part in (attempt.kind, attempt.username, attempt.password)
        )
        return hmac.digest(self._key, message, hashlib.sha256)

    async def _check(
        self, attempt: Attempt, credential: Credential | Nobody, find_credential: FindCredential
    ) -> Credential:
        outcome = "failed"
        try:
            verified = await self._check_password(attempt, credential, find_credential)
            outcome = "verified"
        except MoorageError as error:
            outcome = error.code.removeprefix("login_").removeprefix("logins_")
            raise
        finally:
            count_login(attempt.kind, outcome)
        return verified

    async def _check_password(
        self, attempt: Attempt, credential: Credential | Nobody, find_credential: FindCredential
    ) -> Credential:
        await self._throttle.reserve(attempt, credential)
        try:
            async with self._queue.slot(attempt.source):
                await self._throttle.reserve_address(attempt, credential)
                credential, matches = await self._verify(attempt, credential, find_credential)
        except QueueFull:
            await self._throttle.release(attempt)
            raise LoginsBusy(retry_after=BUSY_RETRY_SECONDS) from None
        except LoginThrottled:
            await self._throttle.release(attempt)
            raise
        if not matches or not isinstance(credential, Credential) or credential.disabled:
            self._throttle.refuse(attempt, credential)
            raise LoginRefused
        await self._throttle.clear(attempt)
        self._verified[self._fingerprint(attempt)] = _Verified(
            credential.id, credential.version, time.monotonic() + CACHE_SECONDS
        )
        return credential

    async def _verify(
        self, attempt: Attempt, credential: Credential | Nobody, find_credential: FindCredential
    ) -> tuple[Credential | Nobody, bool]:
        """Return the current credential, and whether the password matches it.

        The credential can change while the password waits to be hashed. A match with the previous
        hash then proves nothing, so the password is checked again.
        """
        while await self._hash_matches(attempt, credential):
            current = await find_credential(attempt.username)
            if current == credential:
                return credential, True
            credential = current
        return credential, False

    async def _hash_matches(self, attempt: Attempt, credential: Credential | Nobody) -> bool:
        password_hash = credential.password_hash if isinstance(credential, Credential) else None
        return await self._hasher.verify(attempt.password, password_hash)
