"""A local storage that waits at chosen points of a run, so that a test can interleave a request."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from libs.common.storage.local import LocalStorage
from libs.common.storage.store import BlobEntry, DeletedBlobs, RepositoryListing

Point = Literal[
    "listing", "listed", "marking", "marked", "claimed", "checked", "deleted", "removing"
]
"""Where a run can wait.

``listing``: before the repositories are listed; ``listed``: after that. ``marking``: before the
first blob is marked; ``marked``: after the first batch is marked. ``claimed``: the rows are
``deleting``, nothing else has happened. ``checked``: the lease was checked, and the blobs are about
to be deleted. ``deleted``: they are gone, and their rows are still there. ``removing``: the folder
of an empty repository is about to be removed.
"""
_SECONDS = 60.0


class Pause:
    """One wait of a run, at the next occurrence of its point."""

    def __init__(self) -> None:
        self._reached, self._released = asyncio.Event(), asyncio.Event()

    async def reached(self) -> None:
        """Wait until the run waits here."""
        async with asyncio.timeout(_SECONDS):
            await self._reached.wait()

    def is_reached(self) -> bool:
        """Return whether the run has come here."""
        return self._reached.is_set()

    def release(self) -> None:
        """Let the run go on."""
        self._released.set()

    async def hold(self) -> None:
        """Let the run wait here until it is released."""
        self._reached.set()
        async with asyncio.timeout(_SECONDS):
            await self._released.wait()


class PausingStorage(LocalStorage):
    """The storage of a registry under test. It does not delete the blobs in ``stuck``."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.stuck: set[str] = set()
        self._pauses: dict[Point, Pause] = {}

    def pause_at(self, point: Point) -> Pause:
        """Let the next run that comes to ``point`` wait there, once."""
        self._pauses[point] = pause = Pause()
        return pause

    async def _come_to(self, point: Point) -> None:
        if pause := self._pauses.pop(point, None):
            await pause.hold()

    async def list_repositories(self) -> AsyncIterator[RepositoryListing]:
        """See Storage."""
        await self._come_to("listing")
        async for listing in super().list_repositories():
            yield listing
        await self._come_to("listed")

    async def list_blobs(self) -> AsyncIterator[list[BlobEntry]]:
        """See Storage."""
        await self._come_to("marking")
        async for batch in super().list_blobs():
            yield batch
            await self._come_to("marked")

    async def delete_blobs(
        self, sweep: str, digests: Sequence[str], *, check: Callable[[], Awaitable[None]]
    ) -> DeletedBlobs:
        """See Storage."""

        async def check_and_wait() -> None:
            await check()
            await self._come_to("checked")

        if digests:
            await self._come_to("claimed")
        movable = [digest for digest in digests if digest not in self.stuck]
        deleted = await super().delete_blobs(sweep, movable, check=check_and_wait)
        if digests:
            await self._come_to("deleted")
        return deleted

    async def remove_links(
        self,
        sweep: str,
        repository: str,
        *,
        older_than: datetime,
        check: Callable[[], Awaitable[None]],
    ) -> bool:
        """See Storage."""
        await self._come_to("removing")
        return await super().remove_links(sweep, repository, older_than=older_than, check=check)
