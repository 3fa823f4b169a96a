"""Wait for a condition, up to a deadline. The error shows the last value."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import httpx

T = TypeVar("T")
VISIBLE_SECONDS = 2.0
"""The catalog must show a push within this time (spec 5)."""

_POLL_SECONDS = 0.02


class NeverHappened(AssertionError):
    """The condition did not become true in time."""


def eventually(
    probe: Callable[[], T],
    until: Callable[[T], bool] = bool,
    *,
    within: float,
    what: str = "the condition",
    every: float = 0.05,
) -> T:
    """Call ``probe`` until ``until`` accepts its result, and return the result.

    Args:
        probe: returns the current value. It is called at least once.
        until: the condition.
        within: seconds until the wait fails.
        what: a name of the condition, for the error.
        every: seconds between two calls.

    Raises:
        NeverHappened: the time is over. The message has the last value.
    """
    deadline = time.monotonic() + within
    while True:
        seen = probe()
        if until(seen):
            return seen
        if time.monotonic() >= deadline:
            raise NeverHappened(f"{what} did not come within {within} s; last value: {seen!r}")
        time.sleep(every)


async def soon(
    probe: Callable[[], Awaitable[T]],
    until: Callable[[T], bool] = bool,
    *,
    within: float = VISIBLE_SECONDS,
    what: str = "the condition",
) -> T:
    """Do what `eventually` does, for an asynchronous ``probe``."""
    deadline = time.monotonic() + within
    while True:
        seen = await probe()
        if until(seen):
            return seen
        if time.monotonic() >= deadline:
            raise NeverHappened(f"{what} did not come within {within} s; last value: {seen!r}")
        await asyncio.sleep(_POLL_SECONDS)


async def soon_json(
    client: httpx.AsyncClient,
    path: str,
    until: Callable[[Any], bool],
    *,
    within: float = VISIBLE_SECONDS,
) -> Any:
    """Request ``path`` until it returns 200 with a body that ``until`` accepts; return the body."""

    async def probe() -> Any:
        response = await client.get(path)
        return response.json() if response.status_code == 200 else None

    return await soon(
        probe, lambda body: body is not None and until(body), within=within, what=path
    )
