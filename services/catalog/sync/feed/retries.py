"""Retries of pushes whose event arrives before the registry has written the tag."""

from collections.abc import Collection

from services.catalog.sync.feed.domain import FeedEvent

_DELAYS_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Delay before each retry. The registry sets a tag within milliseconds on a local disk, and later
on remote storage."""
_BATCH = 200


class PushRetries:
    """The pushes to retry, and when.

    They are kept in memory only. If a crash loses them, the scheduled comparison of catalog and
    registry finds the tags. Times are seconds of any monotonic clock.
    """

    def __init__(self) -> None:
        self._pending: dict[FeedEvent, tuple[int, float]] = {}

    def due(self, now: float) -> list[FeedEvent]:
        """Return the pushes to retry at ``now``."""
        return [event for event, (_, at) in self._pending.items() if at <= now][:_BATCH]

    def record(
        self, *, applied: Collection[FeedEvent], invisible: Collection[FeedEvent], now: float
    ) -> None:
        """Schedule a retry for each of the ``applied`` events that is ``invisible``.

        After the last retry, an event is dropped.
        """
        for event in applied:
            count, _ = self._pending.pop(event, (0, now))
            if event in invisible and count < len(_DELAYS_SECONDS):
                self._pending[event] = (count + 1, now + _DELAYS_SECONDS[count])

    def seconds_to_next(self, now: float, *, at_most: float) -> float:
        """Return the seconds until the next retry, or ``at_most`` if none is due before."""
        return max(0.0, min([at_most, *(at - now for _, at in self._pending.values())]))
