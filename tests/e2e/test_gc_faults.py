"""PostgreSQL, the registry, auth, or the catalog is killed during a garbage collection.

Afterwards, the next collection completes, and every acknowledged push can be pulled.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.test_faults import kill
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import Image, make_image
from tests.kit.stack.database import fetch
from tests.kit.stack.gc import gc, start_gc
from tests.kit.stack.run import RESTARTING_AT_ONCE, Stack, running_stack
from tests.kit.waiting import eventually

GARBAGE, BLOBS_PER_SECOND = 20, 10
"""The sweep lasts some seconds, so that a kill hits it."""
BACK_SECONDS = 90.0


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """A Moorage for this module, which restarts killed processes at once, and sweeps slowly."""
    place = folder / "gc-faults"
    place.mkdir()
    with running_stack(
        place, command=RESTARTING_AT_ONCE, GC_BLOBS_PER_SECOND=str(BLOBS_PER_SECOND)
    ) as running:
        yield running


def in_phase(stack: Stack, phase: str) -> bool:
    """Return whether the open run is in the phase."""
    rows = fetch(
        stack,
        "SELECT FROM catalog.garbage_runs WHERE finished_at IS NULL AND phase = $1",
        phase,
    )
    return bool(rows)


def push_until_accepted(registry: Registry, image: Image, repository: str, tag: str) -> None:
    """Push as a user does: again, after each error."""

    def push() -> str | None:
        try:
            registry.push(image, repository, tag)
        except httpx.HTTPError as error:
            return repr(error)
        return None

    eventually(push, lambda error: error is None, within=BACK_SECONDS, what="a push")


@pytest.mark.parametrize("phase", ["deleting", "sweeping"])
@pytest.mark.parametrize("name", ["postgres", "registry", "auth", "catalog"])
def test_program_is_killed_during_a_collection(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry, name: str, phase: str
) -> None:
    repository = f"{shared_tenant.private}/{name}-{phase}"
    kept, garbage = make_image(), [make_image() for _ in range(GARBAGE)]
    shared_registry.push(kept, repository, "kept")
    for image in garbage:
        shared_registry.push(image, repository, "replaced")
    collection = start_gc(stack, days=0)
    eventually(lambda: in_phase(stack, phase), within=60, what=phase, every=0.01)
    kill(stack, name)
    push_until_accepted(shared_registry, garbage[0], repository, "again")
    collection.communicate(timeout=120)
    eventually(
        lambda: gc(stack, days=0, seconds=120).status,
        lambda code: code == 0,
        within=BACK_SECONDS,
        what="a collection that completes",
    )
    token = shared_registry.token(f"repository:{repository}:pull")
    for tag, image in (("kept", kept), ("again", garbage[0]), ("replaced", garbage[-1])):
        pulled = shared_registry.manifest(repository, tag, token=token)
        assert pulled.content == image.manifest.content, tag
        for blob in image.blobs:
            answer = shared_registry.blob(repository, blob.digest, token=token)
            assert answer.content == blob.content, f"{tag} has lost {blob.digest}"
    stored = stack.data / "registry/docker/registry/v2/blobs/sha256"
    for image in garbage[1:-1]:
        for blob in (image.manifest, *image.blobs):
            assert not (stored / blob.hex[:2] / blob.hex).exists()
