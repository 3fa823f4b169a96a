"""What one tenant pushes delays nobody else, and is listed, shown, and deleted like other images.

The poison is pushed straight to the registry, without the checks of the catalog.
"""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from services.catalog.sync.drift import usecases as drift
from tests.integration.catalog.creating import create_namespace
from tests.integration.catalog.registry import RegistryUnderTest, deliver
from tests.kit.database import Database
from tests.kit.images import make_image
from tests.kit.poison import CASES
from tests.kit.waiting import soon_json

pytestmark = pytest.mark.registry_versions
OTHERS_SECONDS = 1.0
"""Poison delays a push of another tenant by at most this time (spec 5)."""
_POISON_SECONDS = 60.0
_RESPONSE_BYTES = 1024 * 1024


@pytest.mark.parametrize("case", CASES)
async def test_poison_is_an_image_like_any_other(
    case: str,
    acme: httpx.AsyncClient,
    other: httpx.AsyncClient,
    team: str,
    emptied: Database,
    engine: AsyncEngine,
    registry: RegistryUnderTest,
    registry_client: Registry,
) -> None:
    theirs = f"{team}-other"
    await create_namespace(acme, team)
    await create_namespace(other, theirs)
    app = f"{team}/app"
    before = registry.push(make_image(), f"{theirs}/app", "v0")
    started = time.monotonic()
    await deliver(emptied, *before)
    await _wait_for_tags(other, f"{theirs}/app", 1, within=20)
    usual_seconds = time.monotonic() - started
    poison = CASES[case]()
    reported = await asyncio.to_thread(registry.push_poison, poison, app, "v1")
    if not reported:
        pytest.skip("this version of Distribution refuses the manifest")
    after = registry.push(make_image(), f"{theirs}/app", "v1")

    await deliver(emptied, *reported)
    started = time.monotonic()
    await deliver(emptied, *after)
    # The usual time grows with the machine's load, and so does the time beside the poison.
    await _wait_for_tags(other, f"{theirs}/app", 2, within=3 * usual_seconds + OTHERS_SECONDS)
    print("MEASURED", case, usual_seconds, time.monotonic() - started)
    listed = await _wait_for_tags(acme, app, 1, within=_POISON_SECONDS)
    digest = poison.manifest.digest
    assert listed["items"][0]["digest"] == digest
    for reference in (":v1", f"@{digest}"):
        shown = await acme.get(f"/api/v1/images/{app}{reference}")
        assert shown.status_code == 200
        assert len(shown.content) < _RESPONSE_BYTES
        _assert_clean(shown.json())
    assert (await acme.get(f"/api/v1/repositories/{app}")).json()["tag_count"] == 1

    compared = await drift.compare_repositories(
        engine=engine, registry=registry_client, paths=[app, f"{theirs}/app"], settle_seconds=0
    )
    assert compared.differences == []
    assert compared.failures == {}
    for path in (f"/api/v1/images/{app}:v1", f"/api/v1/images/{app}@{digest}"):
        assert (await acme.delete(path)).status_code == 204
    assert registry.tags(app) == []
    assert (await acme.delete(f"/api/v1/repositories/{app}")).status_code == 202


async def _wait_for_tags(
    client: httpx.AsyncClient, repository: str, count: int, *, within: float
) -> Any:
    return await soon_json(
        client,
        f"/api/v1/images/{repository}",
        lambda body: len(body["items"]) == count,
        within=within,
    )


def _assert_clean(body: object) -> None:
    text = json.dumps(body, ensure_ascii=False)
    assert "\\u0000" not in text
    text.encode()  # no lone surrogate
