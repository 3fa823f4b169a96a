"""Sweeps: the deletion of blobs whose wait has ended, under a lease."""

from dataclasses import dataclass
from datetime import timedelta

LEASE = timedelta(seconds=15)
"""How long a sweep may delete blobs unless it renews its lease."""
RENEW_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to delete blobs. ``sweep`` is its name in the storage, ``fence`` its number."""

    run: int
    fence: int
    sweep: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """Blobs that a sweep may delete now, and the number of those that are needed again.

    ``last`` is the last digest of both in byte order, or None if there are none.
    """

    digests: list[str]
    kept: int
    last: str | None
