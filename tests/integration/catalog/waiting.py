"""Waits for a condition over the API, with a deadline."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

TWO_SECONDS = 2.0
"""Within which a push must show (spec 5)."""


async def eventually(
    probe: Callable[[], Awaitable[Any]],
    until: Callable[[Any], bool],
    *,
    within: float = TWO_SECONDS,
) -> Any:
    """Asks ``probe`` until its answer satisfies ``until``; AssertionError with the last answer when it does not come."""
    deadline = asyncio.get_running_loop().time() + within
    while not until(seen := await probe()):
        assert asyncio.get_running_loop().time() < deadline, (
            f"did not come within {within} s; last seen: {seen!r}"
        )
        await asyncio.sleep(0.02)
    return seen


async def eventually_json(
    client: httpx.AsyncClient,
    path: str,
    until: Callable[[Any], bool],
    *,
    within: float = TWO_SECONDS,
) -> Any:
    """The body of ``path`` once it is a 200 and satisfies ``until``."""

    async def probe() -> Any:
        response = await client.get(path)
        return response.json() if response.status_code == 200 else None

    return await eventually(probe, lambda body: body is not None and until(body), within=within)
