"""The queue in front of the password hasher."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.requests import Request

from libs.common.security.fair_queue import FairQueue
from libs.common.security.passwords import PasswordHasher
from services.catalog.accounts.dependencies import _hasher, hashing_queue
from services.catalog.accounts.domain import HashingBusy

THREADS = 2
MAX_WAITING = 64


@pytest.fixture
def hasher() -> PasswordHasher:
    return PasswordHasher(threads=THREADS)


def _request(address: str) -> Request:
    return Request({"type": "http", "headers": [], "client": (address, 4711)})


@asynccontextmanager
async def _admitted(
    hasher: PasswordHasher, queue: FairQueue, address: str = "192.0.2.1"
) -> AsyncIterator[PasswordHasher]:
    """Resolves the dependency as FastAPI does."""
    async with asynccontextmanager(_hasher)(_request(address), hasher, queue) as given:
        yield given


async def test_the_queue_admits_one_request_more_than_there_are_threads(
    hasher: PasswordHasher,
) -> None:
    queue, admitted, done = hashing_queue(hasher), 0, asyncio.Event()

    async def request() -> None:
        nonlocal admitted
        async with _admitted(hasher, queue) as given:
            assert given is hasher
            admitted += 1
            await done.wait()

    tasks = [asyncio.create_task(request()) for _ in range(THREADS + 1 + MAX_WAITING)]
    await asyncio.sleep(0.01)
    assert admitted == THREADS + 1
    with pytest.raises(HashingBusy) as refused:
        async with _admitted(hasher, queue, "192.0.2.2"):
            pass
    assert refused.value.status == 503
    done.set()
    await asyncio.gather(*tasks)
    assert admitted == THREADS + 1 + MAX_WAITING


async def test_an_error_of_the_route_frees_the_slot(hasher: PasswordHasher) -> None:
    queue = FairQueue(concurrency=1, per_source=0, total=0)
    for _ in range(2):
        with pytest.raises(LookupError):
            async with _admitted(hasher, queue):
                raise LookupError
