"""Cached sums of the storage of repositories."""

import asyncio
from typing import Any

import pytest

from services.catalog.quotas import queries
from services.catalog.quotas.sums import StorageSums


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The repositories whose sums were computed. Each sum is the number of sums so far."""
    ids: list[int] = []

    async def compute(_: Any, *, repository_id: int) -> int:
        await asyncio.sleep(0.01)
        ids.append(repository_id)
        return len(ids)

    monkeypatch.setattr(queries, "sum_repository", compute)
    return ids


async def test_slow_sum_is_cached_for_its_repository(computed: list[int]) -> None:
    sums = StorageSums(slow_seconds=0.001)
    tx: Any = None
    assert [await sums.of_repository(tx, repository_id=one) for one in (1, 1, 2, 1)] == [1, 1, 2, 1]
    assert computed == [1, 2]


async def test_quick_sum_is_computed_each_time(computed: list[int]) -> None:
    sums = StorageSums(slow_seconds=10.0)
    tx: Any = None
    assert [await sums.of_repository(tx, repository_id=1) for _ in range(2)] == [1, 2]


async def test_old_sum_is_shown_while_one_request_computes_it_again(
    computed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.catalog.quotas.sums._AGE_PER_SECOND", 0.0)
    sums = StorageSums(slow_seconds=0.001)
    tx: Any = None
    await sums.of_repository(tx, repository_id=1)
    seen = await asyncio.gather(*(sums.of_repository(tx, repository_id=1) for _ in range(5)))
    assert seen == [2, 1, 1, 1, 1]
