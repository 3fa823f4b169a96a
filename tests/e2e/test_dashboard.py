"""Each query of the dashboard returns data from a real run, and the run can be drawn.

With RECORD_DASHBOARD=1, the picture in the documentation is written again.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from ops.host.privileges import run_user
from tests.kit.browser import running_browser
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import make_image
from tests.kit.install import PROJECT, toolbox
from tests.kit.monitoring.dashboard import draw, read_panels, targets_of
from tests.kit.monitoring.prometheus import Prometheus, read_targets, running_prometheus
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

PICTURE = PROJECT / "docs" / "images" / "dashboard.png"
RECORDED_SECONDS = 45.0
MAX_BYTES = 300_000
WITHOUT_DATA: set[str] = set()
"""Queries that a healthy run gives no data for."""


@pytest.fixture
def prometheus(stack: Stack, folder: Path) -> Iterator[Prometheus]:
    program = toolbox().find("prometheus")
    if program is None:
        pytest.skip("prometheus is missing")
    user = run_user([program], data=stack.data)
    place = Path("/tmp") / f"{folder.name}-dashboard"
    try:
        with running_prometheus(program, user, place, read_targets(stack.data)) as running:
            yield running
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture
def browser(folder: Path) -> Iterator[Browser]:
    """A browser, also if the console is not built."""
    program = toolbox().find_browser()
    if program is None:
        pytest.skip("a browser is missing")
    home = folder / "dashboard-browser"
    home.mkdir()
    with running_browser(program, toolbox(), home) as running:
        yield running


def _work(stack: Stack, tenant: Tenant, number: int) -> None:
    """Push and pull an image, and fail to log in."""
    repository = f"{tenant.private}/app-{number % 4}"
    image = make_image()
    with Registry(stack.url, tenant.granted.credentials) as registry:
        registry.push(image, repository, f"v{number}")
        for _ in range(1 + number % 5):
            token = registry.token(f"repository:{repository}:pull")
            registry.manifest(repository, f"v{number}", token=token)
        params = {"service": "moorage", "scope": f"repository:{repository}:pull"}
        registry.http.get("/token", params=params, auth=("nobody", "wrong"))


def test_each_query_of_the_dashboard_has_data(
    stack: Stack, tenant: Tenant, prometheus: Prometheus, browser: Browser, tmp_path: Path
) -> None:
    expressions = {target.expression for panel in read_panels() for target in targets_of(panel)}
    is_recording = bool(os.environ.get("RECORD_DASHBOARD"))
    until = time.monotonic() + RECORDED_SECONDS
    number = 0

    def missing() -> set[str]:
        nonlocal number
        _work(stack, tenant, number)
        number += 1
        return {one for one in expressions if not prometheus.query(one)} - WITHOUT_DATA

    eventually(
        lambda: not missing() and not (is_recording and time.monotonic() < until),
        within=150,
        every=0.5,
        what="data of each query",
    )
    page = browser.new_page(viewport={"width": 1264, "height": 900})
    page.set_content(draw(prometheus, seconds=90))
    assert page.get_by_text("No data").count() == 0
    picture = page.screenshot(full_page=True, path=tmp_path / "dashboard.png")
    page.close()
    assert len(picture) < MAX_BYTES
    if is_recording:
        PICTURE.write_bytes(picture)
