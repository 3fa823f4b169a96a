"""A push is in the API's next answer after the client saw it succeed (spec 5).

MOORAGE_TEST_PUSHES is the number of pushes.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.kit.http.accounts import unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import make_image

pytestmark = pytest.mark.registry_versions

PUSHES = int(os.environ.get("MOORAGE_TEST_PUSHES", "1000"))
AT_ONCE = 8


def test_each_push_is_listed_as_soon_as_it_has_succeeded(
    shared_tenant: Tenant, shared_registry: Registry
) -> None:
    names = [f"{shared_tenant.private}/{unique('visible')}" for _ in range(AT_ONCE)]
    scopes = [f"repository:{name}:pull,push" for name in names]
    token = shared_registry.token(*scopes)

    def push(number: int) -> bool:
        repository, tag, image = names[number % AT_ONCE], f"t{number // 4}", make_image()
        shared_registry.push_with(token, image, repository, tag)
        shown = shared_tenant.account.http.get(f"/images/{repository}:{tag}")
        return shown.status_code == 200 and shown.json()["digest"] == image.manifest.digest

    started = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        visible = list(pool.map(push, range(PUSHES)))
    print(f"{sum(visible)} of {PUSHES} visible; {time.monotonic() - started:.1f} s")
    assert all(visible)
