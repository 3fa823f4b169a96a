"""Password hashes: argon2id, computed by a bounded number of threads outside the event loop.

This is the only file that imports passlib.
"""

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

NICENESS: Final = 5
"""Nice value of the hashing threads: requests keep most of the CPU, and logins still finish."""

_MAX_CHARACTERS: Final = 512
"""A password has at most 128 characters (spec 4), each composed of up to four code points."""
_HASHER: Final = argon2.using(type="ID", time_cost=2, memory_cost=19456, parallelism=1)


class PasswordHasher:
    """argon2id on ``threads`` threads (RFC 9106; OWASP parameters: 19 MiB, 2 passes).

    The pool's own queue is unbounded: callers bound it with a ``FairQueue``.
    """

    def __init__(self, *, threads: int = 1) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(
            max_workers=threads, thread_name_prefix="password", initializer=_lower_priority
        )
        self._dummy = hash_password("no user has this password")

    async def hash(self, password: str) -> str:
        """Return the hash of ``password`` for storage."""
        return await self._run(hash_password, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Return whether ``password`` matches ``password_hash``.

        None stands for an unknown user: the result is False after the same time as for a wrong
        password, so that the time does not reveal which users exist.
        """
        matches = await self._run(_verify, password, password_hash or self._dummy)
        return matches and password_hash is not None

    def close(self) -> None:
        """Stop the threads and drop the queued hashes."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, function: Callable[..., T], *args: str) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, function, *args)


def hash_password(password: str) -> str:
    """Return the hash of ``password``, computed in the calling thread.

    For commands only: in a service it would block the event loop.
    """
    hashed: str = _HASHER.hash(_normalize(password))
    return hashed


def _lower_priority() -> None:
    """Raise the nice value of the calling thread; on Linux each thread has its own.

    A request takes a thousandth of the CPU time of a hash and must not wait for one.
    """
    if sys.platform == "linux":
        os.setpriority(
            os.PRIO_PROCESS,
            threading.get_native_id(),
            min(19, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS),
        )


def _verify(password: str, password_hash: str) -> bool:
    try:
        return bool(_HASHER.verify(_normalize(password), password_hash))
    except ValueError:
        return False


def _normalize(password: str) -> str:
    """Return ``password`` in NFC (RFC 8265), so that every keyboard composes the same password.

    No user has a longer password than ``_MAX_CHARACTERS``, and normalizing a text of combining
    marks takes quadratic time with the interpreter lock held. Such a text becomes "", which is
    never a password.
    """
    if len(password) > _MAX_CHARACTERS:
        return ""
    return unicodedata.normalize("NFC", password)
