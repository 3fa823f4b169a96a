"""Who is woken when a delivery has been stored: set after the answer, looked at by the background work, so bursts coalesce."""

import asyncio
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Wakeup:
    """``pulls``: there is something to count; ``feed``: there is something for the catalog."""

    pulls: asyncio.Event = field(default_factory=asyncio.Event)
    feed: asyncio.Event = field(default_factory=asyncio.Event)
