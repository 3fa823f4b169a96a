"""Password hashes: argon2id, computed off the event loop by a bounded number of threads. The only file that imports passlib."""

import asyncio
import os
import sys
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from passlib.hash import argon2

T = TypeVar("T")

_LONGEST: Final = 512
"""Characters of 128 as a keyboard may compose them; passwords have no more (spec 4)."""
NICENESS: Final = 5
"""By which hashing stands back: enough that requests keep most of the processor, and little enough that logins come to an end."""
_HASHER: Final = argon2.using(type="ID", time_cost=2, memory_cost=19456, parallelism=1)


class Busy(Exception):
    """More passwords wait to be hashed than are allowed to."""


class PasswordHasher:
    """argon2id (RFC 9106; OWASP parameters: 19 MiB, 2 passes) on a bounded pool.

    ``threads`` hashes are computed at once, ``waiting`` more may queue; beyond that ``Busy`` is raised, so that a flood of logins
    costs bounded memory and the event loop never waits.
    """

    def __init__(self, *, threads: int = 1, waiting: int = 64) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(
            max_workers=threads, thread_name_prefix="password", initializer=_stand_back
        )
        self._places = threads + waiting
        self._dummy = hash_password("no user has this password")

    async def hash(self, password: str) -> str:
        """The hash of ``password`` for storage. Raises Busy."""
        return await self._run(hash_password, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Whether ``password`` belongs to ``password_hash``; None (an unknown user) costs the same time and is False. Raises Busy."""
        matches = await self._run(_verify, password, password_hash or self._dummy)
        return matches and password_hash is not None

    def close(self) -> None:
        """Let the threads end; queued hashes are dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, function: Callable[..., T], *args: str) -> T:
        if self._places == 0:
            raise Busy
        self._places -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)
        finally:
            self._places += 1


def _stand_back() -> None:
    """Leave the processor to requests, of which each takes a thousandth of a hash. On Linux each thread has a priority of its own."""
    if sys.platform == "linux":
        os.setpriority(
            os.PRIO_PROCESS,
            threading.get_native_id(),
            min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS),
        )


def hash_password(password: str) -> str:
    """The hash of ``password``, computed here and now: for commands, not for a service's event loop."""
    hashed: str = _HASHER.hash(_normal(password))
    return hashed


def _verify(password: str, password_hash: str) -> bool:
    try:
        return bool(_HASHER.verify(_normal(password), password_hash))
    except ValueError:
        return False


def _normal(password: str) -> str:
    if len(password) > _LONGEST:
        return ""  # nobody's: to normalise a text of marks takes the square of its length, and holds the interpreter
    return unicodedata.normalize(
        "NFC", password
    )  # RFC 8265: one password, however the keyboard composed it
