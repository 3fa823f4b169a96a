"""A process that runs but does not answer is killed and restarted."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.run.health import ANSWER_SECONDS, CHECK_SECONDS, MOST_FAILURES
from tests.kit.http.accounts import unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import make_image
from tests.kit.stack.processes import part, parts, workers
from tests.kit.stack.run import Stack, running_stack
from tests.kit.waiting import eventually

HUNG = ("auth", "catalog", "events", "registry", "gateway")
RESTART_SECONDS = 20.0


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """A Moorage for this module, whose processes hang."""
    place = folder / "hung"
    place.mkdir()
    with running_stack(place) as running:
        yield running


def test_processes_that_hang_are_restarted(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    before = {name: part(stack.data, name) for name in HUNG}
    for name, pid in before.items():
        # The workers of nginx answer requests, not its master.
        for one in (*workers(pid), pid) if name == "gateway" else (pid,):
            os.kill(one, signal.SIGSTOP)
    after = eventually(
        lambda: {name: pid for name, pid in parts(stack.data).items() if name in HUNG},
        lambda now: now.keys() == before.keys() and not set(now.items()) & set(before.items()),
        within=MOST_FAILURES * (CHECK_SECONDS + ANSWER_SECONDS) + RESTART_SECONDS,
        every=0.5,
        what="new processes",
    )
    assert len(after) == len(HUNG)
    output = stack.output.read_text()
    for name in HUNG:
        assert f"moorage: {name} does not answer: killing it" in output
    repository, image = f"{shared_tenant.private}/{unique('app')}", make_image()
    paths = ("/v2/", "/token?service=moorage", "/openapi/catalog.json", "/openapi/events.json")
    eventually(
        lambda: max(shared_registry.http.get(path).status_code for path in paths),
        lambda status: status < 500,
        within=RESTART_SECONDS,
        what="the restarted processes",
    )
    shared_registry.push(image, repository, "v1")
    assert shared_registry.manifest(repository, "v1").content == image.manifest.content
