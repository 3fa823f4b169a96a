"""Waits for a condition, with a deadline, and says what was last seen when it does not come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


class NeverHappened(AssertionError):
    """The condition did not come true in time."""


def eventually(
    probe: Callable[[], T],
    until: Callable[[T], bool] = bool,
    *,
    within: float,
    what: str = "the condition",
    every: float = 0.05,
) -> T:
    """Asks `probe` again and again until its answer satisfies `until`, and returns that answer.

    Args:
        within: seconds after which to give up; the probe is always asked at least once.
        every: seconds between two questions.

    Raises:
        NeverHappened: it did not come within the time; the message holds the last answer.
    """
    deadline = time.monotonic() + within
    while True:
        seen = probe()
        if until(seen):
            return seen
        if time.monotonic() >= deadline:
            raise NeverHappened(f"{what} did not come within {within} s; last seen: {seen!r}")
        time.sleep(every)


async def soon(
    probe: Callable[[], Awaitable[T]],
    until: Callable[[T], bool] = bool,
    *,
    within: float,
    what: str = "the condition",
) -> T:
    """As `eventually`, for a probe that must be awaited; the event loop runs on between two questions."""
    deadline = time.monotonic() + within
    while True:
        seen = await probe()
        if until(seen):
            return seen
        if time.monotonic() >= deadline:
            raise NeverHappened(f"{what} did not come within {within} s; last seen: {seen!r}")
        await asyncio.sleep(0.02)
