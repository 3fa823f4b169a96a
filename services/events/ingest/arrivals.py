"""Signals from the webhook to the background tasks that process the stored events."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from services.events.ingest.domain import Event


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Two flags that the webhook sets and a background task clears, so a burst wakes it once.

    ``pulls`` wakes the counting workers; ``feed`` wakes the feed notifier.
    """

    pulls: asyncio.Event = field(default_factory=asyncio.Event)
    feed: asyncio.Event = field(default_factory=asyncio.Event)

    def signal(self, events: Iterable[Event]) -> None:
        """Wake the tasks that process ``events``."""
        for event in events:
            (self.pulls if event.action == "pull" else self.feed).set()
