"""The storage that a repository or a namespace uses, for its page."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends

from libs.common.db.engine import STATEMENT_SECONDS, Tx
from libs.common.web.provided import provided
from services.catalog.quotas import queries

_SLOW_SECONDS = 0.1
_AGE_PER_SECOND = 100.0
"""A slow sum is shown for so many times as long as it took: it costs 1 % of a processor."""
_MOST_SUMS = 1000


class StorageSums:
    """Sums the bytes of repositories and namespaces, each blob and manifest once.

    The console reads a sum every three seconds, and that of a million blobs takes seconds. So a
    slow sum is cached, and while a request computes it again, others get the previous one.
    """

    def __init__(self, *, slow_seconds: float = _SLOW_SECONDS) -> None:
        self._slow_seconds = slow_seconds
        self._sums: OrderedDict[tuple[str, int], tuple[int, float]] = OrderedDict()

    async def of_repository(self, tx: Tx, *, repository_id: int) -> int:
        """Return the bytes of the images of a repository."""
        return await self._get(
            ("repository", repository_id),
            lambda: queries.sum_repository(tx, repository_id=repository_id),
        )

    async def of_namespace(self, tx: Tx, *, namespace_id: int) -> int:
        """Return the bytes of the images of a namespace."""
        return await self._get(
            ("namespace", namespace_id),
            lambda: queries.sum_namespace(tx, namespace_id=namespace_id),
        )

    async def _get(self, key: tuple[str, int], compute: Callable[[], Awaitable[int]]) -> int:
        began_at = time.monotonic()
        size, valid_until = self._sums.get(key, (0, None))
        if valid_until is not None:
            if began_at < valid_until:
                return size
            self._sums[key] = (size, began_at + STATEMENT_SECONDS)
        size = await compute()
        ended_at = time.monotonic()
        self._sums.pop(key, None)
        if ended_at - began_at >= self._slow_seconds:
            self._sums[key] = (size, ended_at + (ended_at - began_at) * _AGE_PER_SECOND)
            if len(self._sums) > _MOST_SUMS:
                self._sums.popitem(last=False)
        return size


Sums = Annotated[StorageSums, Depends(provided(StorageSums))]
"""A route's parameter: the storage that repositories and namespaces use."""
