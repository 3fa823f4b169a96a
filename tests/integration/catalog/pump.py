"""Delivers the registry's events to the catalog, as the events service does."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

from tests.integration.catalog.registry import Event, RegistryUnderTest, deliver
from tests.kit.database import Database


@contextlib.asynccontextmanager
async def delivering(database: Database, registry: RegistryUnderTest) -> AsyncIterator[None]:
    """Deliver all events of the registry from now on, in their order, until the block ends."""
    stop = asyncio.Event()
    task = asyncio.create_task(_deliver(database, registry, len(registry.webhook.received), stop))
    try:
        yield
    finally:
        stop.set()
        await task


async def _deliver(
    database: Database, registry: RegistryUnderTest, seen: int, stop: asyncio.Event
) -> None:
    while not stop.is_set():
        new = list(registry.webhook.received)[seen:]
        seen += len(new)
        events: list[Event] = [
            event for body in new for event in json.loads(body["body"])["events"]
        ]
        changes = [
            event
            for event in events
            if event["action"] != "pull"
            and event["target"].get("mediaType") != "application/octet-stream"
        ]
        if changes:
            await deliver(database, *changes)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.02):
                await stop.wait()
