"""Pushes that the registry told of before it set their tags: what the catalog made of them is looked at again."""

from collections.abc import Collection

from services.catalog.sync.feed.domain import FeedEvent

_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds before each look. Setting a tag takes milliseconds on a disk, and more in storage in another house."""
_AT_ONCE = 200


class Early:
    """What is to be looked at again, and when. It is in memory only: the comparison of catalog and registry finds what a crash takes along.

    Times are seconds of any clock that never goes back.
    """

    def __init__(self) -> None:
        self._waiting: dict[FeedEvent, tuple[int, float]] = {}

    def due(self, now: float) -> list[FeedEvent]:
        """The pushes whose time has come."""
        return [event for event, (_, at) in self._waiting.items() if at <= now][:_AT_ONCE]

    def note(
        self, *, looked_at: Collection[FeedEvent], early: Collection[FeedEvent], now: float
    ) -> None:
        """Of ``looked_at`` only ``early`` still do not show, or not for the first time; after the last look they are forgotten."""
        for event in looked_at:
            looks, _ = self._waiting.pop(event, (0, now))
            if event in early and looks < len(_PAUSES):
                self._waiting[event] = (looks + 1, now + _PAUSES[looks])

    def seconds(self, now: float, otherwise: float) -> float:
        """How long to wait for the next look; ``otherwise``, where there is none before."""
        return max(0.0, min([otherwise, *(at - now for _, at in self._waiting.values())]))
