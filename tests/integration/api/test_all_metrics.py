"""The metrics of each service have conventional names, and no label that a client can invent.

The file's name makes it the first of this folder: the others fill the process, which all services
share here, with background work.
"""

import asyncio
import re
import subprocess
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import httpx
import pytest

from libs.common.web.metrics import VERSION
from tests.integration.api.installation import PASSWORD, Installation
from tests.integration.api.world import World
from tests.kit.install import PROJECT, toolbox
from tests.kit.waiting import soon

SERVICES = ("auth", "catalog", "events")
LABELS = {
    "cache", "disk", "generation", "implementation", "kind", "le", "major", "method", "minor",
    "outcome", "patchlevel", "pool", "proof", "reason", "result", "route", "schema_revision",
    "service", "state", "status", "task", "version", "worker",
}  # fmt: skip
"""Every label. Code decides which values each of them has, and clients do not."""
EXPECTED = {
    "auth": [
        'moorage_auth_logins_total{kind="docker_user",outcome="cached"}',
        "moorage_auth_password_checks_waiting",
        'moorage_auth_cache_requests_total{cache="permissions",result="hit"}',
        "moorage_auth_invalidation_listener_up 1.0",
        'moorage_database_connections_max{pool="moorage auth"}',
    ],
    "catalog": [
        "moorage_catalog_feed_lag_seconds",
        "moorage_catalog_feed_pending_events",
        'moorage_catalog_deletions{state="waiting"}',
        "moorage_catalog_intents_open",
        'moorage_storage_bytes{state="doomed"}',
        'moorage_catalog_quota_accounts{state="critical"}',
        "moorage_garbage_collection_last_success_timestamp_seconds",
        "moorage_garbage_collection_interval_seconds",
        "moorage_catalog_registry_up 0.0",
        "moorage_backup_last_success_timestamp_seconds 0.0",
        'moorage_database_connections_in_use{pool="moorage-catalog"}',
    ],
    "events": [
        "moorage_events_pending",
        "moorage_events_dead_letters_waiting",
        "moorage_events_lag_seconds",
        'moorage_database_connections_max{pool="moorage events webhook"}',
    ],
}


def _client(installation: Installation, service: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(installation.apps[service], client=("192.0.2.7", 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://service")


async def _metrics(installation: Installation, service: str) -> str:
    async with _client(installation, service) as client:
        return (await client.get("/metrics")).text


def _value(text: str, series: str) -> float:
    found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def _metrics_with(installation: Installation, service: str) -> Callable[[], Awaitable[set[str]]]:
    """Return a function that returns which of the expected metrics are missing."""

    async def missing() -> set[str]:
        text = await _metrics(installation, service)
        expected = {"moorage_database_up 1.0", *EXPECTED[service]}
        return {name for name in expected if f"\n{name}" not in text}

    return missing


@pytest.mark.parametrize("service", SERVICES)
async def test_service_exports_its_metrics(installation: Installation, service: str) -> None:
    await soon(
        _metrics_with(installation, service),
        lambda missing: not missing,
        what="all metrics",
        within=60,
    )
    text = await _metrics(installation, service)
    assert 'moorage_build_info{schema_revision="' in text
    assert f'service="{service}",version="{VERSION}"}} 1.0' in text
    assert _value(text, "moorage_database_schema_revision") >= 32


async def test_names_of_metrics_follow_the_conventions(
    installation: Installation, world: World
) -> None:
    """All services of this test are one process, so one of them exports every metric."""
    promtool = toolbox().find("promtool")
    if promtool is None:
        pytest.skip("promtool is missing")
    text = await _metrics(installation, "catalog")
    done = await asyncio.to_thread(
        partial(
            subprocess.run,
            [promtool, "check", "metrics"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
        )
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


async def test_labels_are_bounded(installation: Installation, world: World) -> None:
    async with installation.client(world.owner.token) as client:
        await client.get(f"/api/v1/namespaces/{world.empty}")
        await client.get(f"/api/v1/no-such-path-{world.empty}")
        await client.request(f"X{world.empty[:8].upper()}", "/api/v1/account")
        await client.put(f"/v2/{world.empty}/app/manifests/v1", content=b"{}")
    text = await _metrics(installation, "catalog")
    assert set(re.findall(r'([a-z_]+)="', text)) <= LABELS
    assert world.empty not in text
    assert world.empty[:8].upper() not in text
    for series in (
        'http_requests_total{method="GET",route="/api/v1/namespaces/{namespace}",status="2xx"}',
        'http_requests_total{method="GET",route="unmatched",status="4xx"}',
        'http_requests_total{method="PUT",route="/v2/{repository}/manifests/{reference}",'
        'status="4xx"}',
        'moorage_catalog_admissions_total{result="unauthorized"}',
    ):
        assert _value(text, series) >= 1, series


async def test_tokens_and_logins_are_counted_by_their_outcome(
    installation: Installation, world: World
) -> None:
    issued = 'moorage_auth_tokens_issued_total{proof="anonymous"}'
    refused = 'moorage_auth_tokens_refused_total{reason="login_refused"}'
    wrong = 'moorage_auth_logins_total{kind="docker_user",outcome="refused"}'
    signed_in = 'moorage_auth_logins_total{kind="account",outcome="verified"}'
    requests = 'http_requests_total{method="GET",route="/token",status="2xx"}'
    seconds = 'http_request_duration_seconds_count{method="GET",route="/token"}'
    before = await _metrics(installation, "auth")
    async with installation.client() as client:
        params = {"service": "moorage"}
        assert (await client.get("/token", params=params)).is_success
        login = await client.get("/token", params=params, auth=("nobody-at-all", "wrong"))
        assert login.status_code == httpx.codes.UNAUTHORIZED
        credentials = {"username": world.owner.username, "password": PASSWORD}
        assert (await client.post("/api/v1/sessions", json=credentials)).is_success
    after = await _metrics(installation, "auth")
    grown = {name: _value(after, name) - _value(before, name) for name in (issued, refused, wrong)}
    assert grown == {issued: 1, refused: 1, wrong: 1}
    assert _value(after, signed_in) - _value(before, signed_in) == 1
    assert _value(after, requests) - _value(before, requests) == 1
    assert _value(after, seconds) - _value(before, seconds) == 2


def test_version_is_that_of_the_project() -> None:
    assert f'\nversion = "{VERSION}"\n' in Path(PROJECT / "pyproject.toml").read_text()
