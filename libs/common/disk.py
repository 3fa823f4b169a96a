"""Whether the disks of images and database have room, so that a service refuses pushes in time."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import structlog
from prometheus_client import Gauge

_MOST_BYTES = 1024**3
_PART = 0.02
_MEASURE_SECONDS = 1.0
_MEASURE_NEAR_LIMIT_SECONDS = 0.1
_NEAR_LIMIT = 4
"""Below this multiple of the limit, the space is measured more often."""

_free = Gauge("moorage_disk_free_bytes", "Free space on a disk that a push needs", ["disk"])
_limit = Gauge("moorage_disk_min_free_bytes", "Free space below which pushes are refused", ["disk"])
_log = structlog.get_logger()


def default_limit(total: int) -> int:
    """Return the free bytes that a disk of ``total`` bytes needs: 1 GiB, or 2 % if that is less."""
    return min(_MOST_BYTES, int(total * _PART))


class FreeSpace:
    """Measures the free space of each disk in the background.

    A request reads only the last result. Auth's gate uses it for every write of a blob that the
    gateway receives. A service that writes manifests by itself can use it in the same way: run
    ``run`` as background work, and refuse the manifest while ``low_disk`` is not None.

    The limit is not a hard one: an upload that has begun can still write. It leaves room for the
    writes that must never fail half-way: tag links, the placeholder manifests with which
    Distribution 2.8 deletes a tag, and the database.
    """

    def __init__(self, disks: Mapping[str, Path], *, min_free_bytes: int | None) -> None:
        """Measure ``disks``: a folder on each, by its name for people.

        ``min_free_bytes`` is the limit. None means ``default_limit``, and 0 means no limit.
        """
        self._disks = dict(disks) if min_free_bytes != 0 else {}
        self._min_free_bytes = min_free_bytes
        self._unreadable: set[str] = set()
        self.low_disk: str | None = None
        """The name of a disk with too little space, or None."""

    async def run(self) -> None:
        """Measure until cancelled."""
        while self._disks:
            near_limit = await asyncio.to_thread(self.measure)
            await asyncio.sleep(_MEASURE_NEAR_LIMIT_SECONDS if near_limit else _MEASURE_SECONDS)
        await asyncio.Event().wait()

    def measure(self) -> bool:
        """Measure once. Return whether a disk is near its limit. It can block on a remote disk."""
        low: str | None = None
        near_limit = False
        for name, folder in self._disks.items():
            space = self._read(name, folder)
            if space is None:
                continue
            free, total = space
            limit = default_limit(total) if self._min_free_bytes is None else self._min_free_bytes
            _free.labels(name).set(free)
            _limit.labels(name).set(limit)
            near_limit = near_limit or free < _NEAR_LIMIT * limit
            if free < limit:
                low = name
        if low != self.low_disk:
            if low is not None:
                _log.error("a disk is nearly full; pushes are refused", disk=low)
            else:
                _log.info("the disks have room again; pushes are accepted")
        self.low_disk = low
        return near_limit

    def _read(self, name: str, folder: Path) -> tuple[int, int] | None:
        """Return the free and all bytes of a disk, or None if it cannot be read."""
        try:
            found = os.statvfs(folder)
        except OSError as error:
            if name not in self._unreadable:
                self._unreadable.add(name)
                _log.error("the free space cannot be read", disk=name, reason=error.strerror)
            return None
        self._unreadable.discard(name)
        # f_bavail leaves out what the file system reserves for root.
        return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize
