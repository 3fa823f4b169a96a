"""Check a password, once for many who ask at the same time with the same one."""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Awaitable, Callable

from cachetools import TTLCache

from libs.common.db import audit
from libs.common.db.engine import Engine, Tx
from libs.common.registry.names import is_username
from libs.common.security.fair_queue import FairQueue, QueueFull
from libs.common.security.passwords import PasswordHasher
from services.auth.cache.two_generation import TwoGenerationCache
from services.auth.credentials.domain import Credential, Nobody
from services.auth.passwords import queries
from services.auth.passwords.domain import (
    Attempt,
    LoginRefused,
    LoginsBusy,
    LoginThrottled,
)
from services.auth.tables import audit_entries

REMEMBERED_SECONDS = 600
_Right = tuple[int, int, float]
"""Id and version of the credential that a password was right for, and until when (monotonic) that is remembered."""
Lookup = Callable[[str], Awaitable[Credential | Nobody]]


class PasswordLogin:
    """Logins with a password, for accounts and Docker users alike.

    A password that was right is remembered in this process under a keyed hash for ten minutes, together with the credential version
    it was right for: a changed password or a disabling ends that with the next look at the credential.
    """

    def __init__(
        self, engine: Engine, hasher: PasswordHasher, *, failures: int, window_seconds: int
    ) -> None:
        self._engine = engine
        self._hasher = hasher
        self._failures = failures
        self._window_seconds = window_seconds
        self._turns = FairQueue(concurrency=hasher.threads, per_source=64, total=1024)
        self._key = secrets.token_bytes(32)
        self._right: TwoGenerationCache[bytes, _Right] = TwoGenerationCache(20_000)
        self._noted: TTLCache[tuple[str, ...], Attempt] = TTLCache(
            maxsize=10_000, ttl=window_seconds
        )
        self._checks: dict[tuple[bytes, str], asyncio.Task[Credential]] = {}

    def remembered(self, attempt: Attempt, credential: Credential | Nobody) -> bool:
        """Whether this password is known to be right for ``credential`` as it is now."""
        if isinstance(credential, Nobody) or credential.disabled:
            return False
        right = self._right.get(self._fingerprint(attempt))
        return (
            right is not None
            and right[:2] == (credential.id, credential.version)
            and time.monotonic() < right[2]
        )

    async def login(self, attempt: Attempt, lookup: Lookup) -> Credential:
        """The credential that ``attempt`` proves. Raises LoginRefused, LoginThrottled, LoginsBusy, DatabaseUnavailable."""
        credential = await lookup(attempt.username)
        if self.remembered(attempt, credential):
            assert isinstance(credential, Credential)
            return credential
        key = (self._fingerprint(attempt), attempt.source)
        check = self._checks.get(key)
        if check is None:
            check = self._checks[key] = asyncio.create_task(
                self._check(attempt, credential, lookup)
            )
            check.add_done_callback(lambda _: self._checks.pop(key, None))
        return await asyncio.shield(check)

    def _fingerprint(self, attempt: Attempt) -> bytes:
        message = b"\0".join(
            part.encode() for part in (attempt.kind, attempt.username, attempt.password)
        )
        return hmac.digest(self._key, message, hashlib.sha256)

    async def _check(
        self, attempt: Attempt, credential: Credential | Nobody, lookup: Lookup
    ) -> Credential:
        await self._reserve(attempt, credential)
        try:
            credential, right = await self._prove(attempt, credential, lookup)
        except QueueFull:
            async with self._engine.begin() as tx:
                await queries.release_attempt(tx, **_key(attempt))
            raise LoginsBusy(retry_after=2) from None
        async with self._engine.begin() as tx:
            if right and isinstance(credential, Credential) and not credential.disabled:
                await queries.forget_attempts(tx, **_key(attempt))
                self._right[self._fingerprint(attempt)] = (
                    credential.id,
                    credential.version,
                    time.monotonic() + REMEMBERED_SECONDS,
                )
                return credential
            await self._note_refusal(tx, attempt, credential)
        raise LoginRefused

    async def _prove(
        self, attempt: Attempt, credential: Credential | Nobody, lookup: Lookup
    ) -> tuple[Credential | Nobody, bool]:
        """The credential as it is once the password is checked, and whether the password is that one's.

        It may have changed while the password waited to be hashed: then what was right for the one before proves nothing.
        """
        while await self._verify(attempt, credential):
            current = await lookup(attempt.username)
            if current == credential:
                return credential, True
            credential = current
        return credential, False

    async def _reserve(self, attempt: Attempt, credential: Credential | Nobody) -> None:
        async with self._engine.begin() as tx:
            allowed = await queries.reserve_attempt(
                tx, **_key(attempt), limit=self._failures, window_seconds=self._window_seconds
            )
            seconds = None if allowed else await queries.find_seconds_left(tx, **_key(attempt))
            if (
                not allowed
                and self._noted.setdefault(tuple(_key(attempt).values()), attempt) is attempt
            ):
                await self._note_refusal(tx, attempt, credential, action="login.throttle")
        if not allowed:
            raise LoginThrottled(retry_after=int(seconds or 0) + 1)

    async def _verify(self, attempt: Attempt, credential: Credential | Nobody) -> bool:
        password_hash = credential.password_hash if isinstance(credential, Credential) else None
        async with self._turns.slot(attempt.source):
            return await self._hasher.verify(attempt.password, password_hash)

    async def _note_refusal(
        self,
        tx: Tx,
        attempt: Attempt,
        credential: Credential | Nobody,
        *,
        action: str = "login.refuse",
    ) -> None:
        known = credential if isinstance(credential, Credential) else None
        noun = "docker-users" if attempt.kind == "docker_user" else "accounts"
        entry = audit.AuditEntry(
            action=action,
            target=f"{noun}/{_key(attempt)['username'] or '-'}",
            account_id=known.account_id if known else None,
            account=known.account if known else None,
            client_address=attempt.client_address,
        )
        await audit.append(tx, audit_entries, entry)


def _key(attempt: Attempt) -> dict[str, str]:
    # a text that is no user name may be a password typed into the wrong field: it is not written down
    username = attempt.username if is_username(attempt.username) else ""
    return {"kind": attempt.kind, "username": username, "source": attempt.source}
