"""The registry is killed during pushes and deletions, and its events are lost."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx
import pytest

from libs.common.security.jwt import load_signing_keys
from tests.kit.http.accounts import unique
from tests.kit.http.registry import DirectRegistry, Registry
from tests.kit.http.tenant import Tenant
from tests.kit.http.tokens import sign_registry_token
from tests.kit.images import make_image
from tests.kit.pulls.counts import PullCounts
from tests.kit.stack.processes import part
from tests.kit.stack.run import Stack, running_stack
from tests.kit.waiting import eventually

BACK_SECONDS = 30.0
REPAIRED_SECONDS = 10.0
"""The catalog agrees with the registry within this time after the registry's return (spec 14)."""
OLD_TAGS = 12


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """A Moorage for this module, whose registry crashes."""
    place = folder / "crash"
    place.mkdir()
    with running_stack(place) as running:
        yield running


@pytest.fixture
def direct(stack: Stack) -> Iterator[DirectRegistry]:
    """The registry behind the gateway, with the permissions of the catalog."""
    environment = json.loads((stack.data / "run" / "catalog-environment.json").read_text())
    key = load_signing_keys(stack.data / "secrets" / "catalog" / "token-keys")[0]
    url = str(environment["CATALOG_REGISTRY_URL"])
    with DirectRegistry(url, partial(sign_registry_token, key, "moorage:catalog")) as registry:
        yield registry


def stored_tags(direct: DirectRegistry, repository: str) -> dict[str, str]:
    """Return the digest of each tag that the registry has."""
    bearer = {"Authorization": f"Bearer {direct.token(f'repository:{repository}:pull')}"}
    listed = direct.http.get(f"/v2/{repository}/tags/list", headers=bearer).json()["tags"] or []
    found = {}
    for tag in listed:
        answer = direct.manifest(repository, tag)
        if answer.status_code == httpx.codes.OK:
            found[tag] = answer.headers["Docker-Content-Digest"]
    return found


def shown_tags(tenant: Tenant, repository: str) -> dict[str, str]:
    """Return the digest of each tag that the catalog shows."""
    return {tag: entry["digest"] for tag, entry in tenant.account.tags(repository).items()}


def test_catalog_agrees_with_the_registry_ten_seconds_after_a_crash(
    stack: Stack,
    shared_tenant: Tenant,
    shared_registry: Registry,
    direct: DirectRegistry,
    pull_counts: PullCounts,
) -> None:
    repository = f"{shared_tenant.private}/{unique('app')}"
    images = [make_image() for _ in range(OLD_TAGS)]
    for number, image in enumerate(images):
        shared_registry.push(image, repository, f"v{number}")
    pull_counts.settle()
    os.kill(part(stack.data, "events"), signal.SIGSTOP)  # No event arrives any more.
    shared_registry.push(make_image(), repository, "lost")
    shared_registry.push(make_image(), repository, "v1")
    token = direct.token(f"repository:{repository}:pull,delete")
    direct.http.delete(
        f"/v2/{repository}/manifests/{images[2].manifest.digest}",
        headers={"Authorization": f"Bearer {token}"},
    ).raise_for_status()
    killed = threading.Event()

    def push() -> None:
        while not killed.is_set():
            try:
                shared_registry.push(make_image(), repository, unique("during"))
            except httpx.HTTPError:
                return

    def delete(number: int) -> None:
        path = f"/images/{repository}@{images[number].manifest.digest}"
        shared_tenant.account.http.delete(path)

    with ThreadPoolExecutor(8) as pool:
        changes = [pool.submit(push), *(pool.submit(delete, n) for n in range(3, OLD_TAGS))]
        changes[1].result()
        os.kill(part(stack.data, "registry"), signal.SIGKILL)
        killed.set()
        os.kill(part(stack.data, "events"), signal.SIGKILL)  # with the deliveries in progress
        for change in changes:
            change.result()
    eventually(
        lambda: shared_registry.http.get("/v2/").status_code,
        lambda status: status == httpx.codes.UNAUTHORIZED,
        within=BACK_SECONDS,
        what="the registry",
    )
    back = time.monotonic()
    stored = stored_tags(direct, repository)
    assert {"lost", "v1"} <= stored.keys()
    assert "v2" not in stored
    eventually(
        lambda: shown_tags(shared_tenant, repository),
        lambda shown: shown == stored_tags(direct, repository),
        within=REPAIRED_SECONDS - (time.monotonic() - back),
        what=f"the registry's tags {sorted(stored)} in the catalog",
    )
