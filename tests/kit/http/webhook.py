"""A sender of registry events: delivers recorded events to a running Moorage."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any, Self

import httpx

from tests.kit.stack.run import Stack

CONTENT_TYPE = "application/vnd.docker.distribution.events.v2+json"


class Webhook:
    """The webhook of the events service and its secret. Use it in a `with` statement."""

    def __init__(self, stack: Stack) -> None:
        self.url = webhook_url(stack)
        secret = (stack.data / "secrets" / "events" / "events_webhook_secret").read_text().strip()
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": CONTENT_TYPE}
        self.http = httpx.Client(headers=headers, timeout=10, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    def deliver(self, *events: dict[str, Any]) -> httpx.Response:
        """Deliver ``events`` in one envelope."""
        return self.http.post(self.url, json={"events": list(events)})


def webhook_url(stack: Stack) -> str:
    """Return the URL of the webhook in the configuration of the stack's registry."""
    found = re.search(
        r"http://\S+/registry-events", (stack.data / "run" / "registry.yml").read_text()
    )
    assert found is not None
    return found[0].strip("\"'")
