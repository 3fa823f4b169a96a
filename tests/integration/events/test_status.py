"""The status and the metrics of the event pipeline."""

from typing import Any

import httpx

from tests.integration.events.conftest import Registry
from tests.kit.database import Database
from tests.kit.pulls.envelopes import event
from tests.kit.pulls.patterns import get
from tests.kit.sessions import SignIn
from tests.kit.waiting import soon


async def test_status_reports_waiting_events_and_dead_letters(
    sign_in: SignIn, registry: Registry, emptied: Database
) -> None:
    admin = await sign_in("root", role="admin")
    before = (await admin.get("/api/v1/events/status")).json()
    assert before == {"pending": 0, "lag_seconds": 0.0, "last_event_at": None, "dead_letters": 0}
    await registry.deliver(get(0, "index", "v1"))  # waits for its children
    await registry.send(b"not json")

    async def status() -> Any:
        return (await admin.get("/api/v1/events/status")).json()

    seen = await soon(status, lambda found: found["lag_seconds"] > 0, within=5, what="the lag")
    assert (seen["pending"], seen["dead_letters"]) == (1, 1)
    assert seen["last_event_at"] is not None


async def test_metrics_have_the_counters_of_events(
    registry: Registry, anonymous: httpx.AsyncClient
) -> None:
    await registry.deliver(event(tag="v1"))
    text = (await anonymous.get("/metrics")).text
    for name in (
        "events_received_total",
        "events_duplicate_total",
        "events_dead_letters_total",
        "events_lag_seconds",
    ):
        assert f"\nmoorage_{name} " in text
