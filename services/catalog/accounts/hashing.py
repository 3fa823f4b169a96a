"""The password hasher as a route's parameter: few requests at once get to it, the others wait before they take a database connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request

from libs.common.security.passwords import PasswordHasher
from libs.common.web.errors import Unavailable
from libs.common.web.provided import provided


class HashingBusy(Unavailable):
    code, title = "hashing_busy", "Too many passwords wait to be hashed"


class HashingGate:
    """Lets in one request per thread of ``hasher`` and one more, which is busy with the database meanwhile.

    A request keeps its database connection while its password is hashed; without the gate a burst of them would hold all connections,
    and every list would wait for the hashes. ``waiting`` more may queue; beyond that HashingBusy is raised.
    """

    def __init__(self, hasher: PasswordHasher, *, waiting: int = 64) -> None:
        self._hasher = hasher
        self._turns = asyncio.Semaphore(hasher.threads + 1)
        self._places = hasher.threads + 1 + waiting

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[PasswordHasher]:
        """The hasher, while it is the caller's turn."""
        if self._places == 0:
            raise HashingBusy
        self._places -= 1
        try:
            async with self._turns:
                yield self._hasher
        finally:
            self._places += 1

    def close(self) -> None:
        """Let the threads end."""
        self._hasher.close()


async def _hasher(request: Request) -> AsyncIterator[PasswordHasher]:
    async with provided(HashingGate)(request).turn() as hasher:
        yield hasher


Hasher = Annotated[PasswordHasher, Depends(_hasher, scope="function")]
"""A route's first parameter, before any that takes a database connection: parameters are resolved in their order."""
