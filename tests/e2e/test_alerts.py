"""Each alert of deploy/monitoring/alerts.yaml fires when its cause is real.

A real Prometheus scrapes a real installation. The rules have no ``for`` here, so that an alert
fires at once. tests/contracts/test_monitoring.py checks what takes too long to cause.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import httpx
import pytest

from ops.host.privileges import RunUser, run_user
from services.auth.passwords.domain import MAX_WAITING_PER_SOURCE
from tests.kit.http.accounts import Account
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant, new_tenant
from tests.kit.images import make_image
from tests.kit.install import toolbox
from tests.kit.monitoring.backlogs import FEED_EVENT, ROWS
from tests.kit.monitoring.prometheus import RULES, Prometheus, read_targets, running_prometheus
from tests.kit.stack.database import execute, fetch
from tests.kit.stack.processes import part, workers
from tests.kit.stack.run import Stack, running_stack
from tests.kit.waiting import eventually

WITHIN_SECONDS = 90.0
NO_ROOM = str(shutil.disk_usage(tempfile.gettempdir()).total - 1)
"""A limit of free space that no disk in use can keep."""
FROM_THE_START = {"MoorageDiskNearlyFull", "MooragePushesRefused"}
"""The stack has this limit of free space, so these alerts fire at once."""
BY_RULE_TESTS = {
    "MoorageDifferencesLeft",
    "MoorageLogsNotWritten",
    "MoorageRegistryQueueGrows",
}
"""Alerts whose cause takes too long here; the tests of the rules make them fire."""


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """A Moorage whose programs the tests stop, and whose disks count as full."""
    place = folder / "alerts"
    place.mkdir()
    with running_stack(
        place, MIN_FREE_BYTES=NO_ROOM, AUTH_ADDRESS_LOGIN_FAILURES="10000"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def user(stack: Stack, folder: Path) -> RunUser:
    program = toolbox().find("prometheus")
    if program is None:
        pytest.skip("prometheus is missing")
    return run_user([program], data=stack.data)


@pytest.fixture(scope="module")
def prometheus(stack: Stack, user: RunUser, folder: Path) -> Iterator[Prometheus]:
    program = toolbox().find("prometheus")
    assert program is not None
    place = Path("/tmp") / f"{folder.name}-prometheus"
    try:
        with running_prometheus(program, user, place, read_targets(stack.data)) as running:
            yield running
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _await_alerts(prometheus: Prometheus, *names: str) -> None:
    """Wait until each of the alerts has fired."""
    eventually(
        lambda: set(names) - prometheus.fired(),
        lambda missing: not missing,
        within=WITHIN_SECONDS,
        every=1,
        what="firing of each alert",
    )


def _await_firing(prometheus: Prometheus, name: str) -> None:
    """Wait until the alert fires now."""
    eventually(
        prometheus.firing,
        lambda firing: name in firing,
        within=WITHIN_SECONDS,
        every=1,
        what=f"firing of {name}",
    )


@contextmanager
def _stopped(stack: Stack, name: str) -> Iterator[None]:
    """Stop a program and its children, which then neither answer nor end."""
    pid = part(stack.data, name)
    stopped = [pid, *workers(pid)]
    for one in stopped:
        os.kill(one, signal.SIGSTOP)
    try:
        yield
    finally:
        for one in stopped:
            with suppress(ProcessLookupError):  # the supervisor ends a program that hangs
                os.kill(one, signal.SIGCONT)


@contextmanager
def _open_transaction(stack: Stack, *statements: str) -> Iterator[None]:
    """Keep a transaction of the owner open."""
    url = (stack.data / "secrets" / "owner" / "database_url").read_text()
    begun, end = threading.Event(), threading.Event()

    async def hold() -> None:
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction():
                for statement in statements:
                    await connection.execute(statement)
                begun.set()
                await asyncio.to_thread(end.wait)
        finally:
            await connection.close()

    with ThreadPoolExecutor(1) as pool:
        kept = pool.submit(asyncio.run, hold())
        try:
            assert begun.wait(30)
            yield
        finally:
            end.set()
            kept.result()


def test_healthy_installation_has_no_alert_but_those_of_its_settings(
    prometheus: Prometheus,
) -> None:
    eventually(
        lambda: len(prometheus.query('up{job="moorage"} == 1')) == 4,
        within=WITHIN_SECONDS,
        what="four parts that respond",
    )
    _await_alerts(prometheus, *FROM_THE_START)
    eventually(
        lambda: prometheus.query("moorage_catalog_intents_open"),
        within=WITHIN_SECONDS,
        what="the first measurement of the database",
    )
    # Rules are evaluated before the first scrape too.
    eventually(
        prometheus.firing,
        lambda firing: "MooragePartMissing" not in firing,
        within=WITHIN_SECONDS,
        what="an evaluation after the first scrape",
    )
    assert prometheus.firing() == FROM_THE_START


def test_backlogs_in_the_database_fire_their_alerts(stack: Stack, prometheus: Prometheus) -> None:
    for statement in filter(str.strip, ROWS.split(";")):
        execute(stack, statement)
    # The feed applies no event that is newer than an open transaction.
    with _open_transaction(stack, "SELECT pg_current_xact_id()"):
        execute(stack, FEED_EVENT)
        _await_alerts(
            prometheus,
            "MoorageDeadLetters",
            "MoorageEventsBehind",
            "MoorageFeedBehind",
            "MoorageDeletionsWait",
            "MoorageDeletionsSuspended",
            "MoorageChangesUnconfirmed",
            "MoorageGarbageCollectionFailed",
            "MoorageGarbageCollectionMissing",
            "MoorageQuotaNearlyFull",
            "MoorageBackupTooOld",
            "MoorageRepositoriesFail",
        )


def test_requests_that_fail_fire_their_alerts(stack: Stack, prometheus: Prometheus) -> None:
    """Manifests on a full disk, a wrong secret of the webhook, guessed passwords, and a lock."""
    execute(stack, "UPDATE catalog.accounts SET storage_quota_bytes = NULL")
    with (
        Account(stack.url, "admin", stack.admin_password) as admin,
        new_tenant(admin) as tenant,
    ):
        _put_manifests(stack, tenant)
    (events,) = (
        target["targets"][0]
        for target in read_targets(stack.data)
        if target["labels"]["part"] == "events"
    )
    repair = _break_garbage_collection(stack)
    with httpx.Client(base_url=stack.url, timeout=60, trust_env=False) as http:
        for _ in range(3):
            answer = httpx.post(f"http://{events}/registry-events", json={}, trust_env=False)
            assert answer.status_code == httpx.codes.UNAUTHORIZED
        with _guessing(http):
            _await_alerts(prometheus, "MooragePasswordChecksWait")
        with (
            _open_transaction(stack, "LOCK TABLE catalog.accounts IN ACCESS EXCLUSIVE MODE"),
            ThreadPoolExecutor(40) as pool,
        ):
            for number in range(40):
                pool.submit(_log_in, http, f"locked-{number}")
                pool.submit(_sign_in, http, f"locked-{number}")
            _await_alerts(prometheus, "MoorageConnectionsExhausted")
    _await_alerts(
        prometheus,
        "MoorageAdmissionFails",
        "MoorageDeliveriesRefused",
        "MoorageErrors",
        "MoorageTokensSlow",
        "MoorageBackgroundWorkFails",
    )
    execute(stack, repair)


def _put_manifests(stack: Stack, tenant: Tenant) -> None:
    repository = f"{tenant.private}/app"
    with Registry(stack.url, tenant.granted.credentials) as registry:
        token = registry.token(f"repository:{repository}:pull,push")
        for _ in range(5):
            image = make_image()
            answer = registry.http.put(
                f"/v2/{repository}/manifests/v1",
                content=image.manifest.content,
                headers={
                    "Authorization": f"Bearer {token}",
                    "Content-Type": image.manifest.media_type,
                },
            )
            assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE


def _break_garbage_collection(stack: Stack) -> str:
    """Forbid the catalog to read its collections. Return the statement that allows it."""
    (row,) = fetch(stack, "SELECT current_database()")
    table = "catalog.garbage_runs"
    execute(stack, f'REVOKE SELECT ON {table} FROM "{row[0]}_catalog"')
    return f'GRANT SELECT ON {table} TO "{row[0]}_catalog"'


@contextmanager
def _guessing(http: httpx.Client) -> Iterator[None]:
    """Guess passwords, as many at once as may wait."""
    numbers, ended = itertools.count(), threading.Event()

    def guess() -> None:
        while not ended.is_set():
            _log_in(http, f"guess-{next(numbers)}")

    with ThreadPoolExecutor(MAX_WAITING_PER_SOURCE) as pool:
        guesses = [pool.submit(guess) for _ in range(MAX_WAITING_PER_SOURCE)]
        try:
            yield
        finally:
            ended.set()
    for one in guesses:
        one.result()


def _log_in(http: httpx.Client, username: str) -> None:
    http.get("/token", params={"service": "moorage"}, auth=(username, "wrong"))


def _sign_in(http: httpx.Client, username: str) -> None:
    http.post("/api/v1/sessions", json={"username": username, "password": "wrong password"})


def test_parts_that_do_not_respond_fire_their_alerts(stack: Stack, prometheus: Prometheus) -> None:
    with _stopped(stack, "registry"):
        _await_firing(prometheus, "MoorageRegistryUnreachable")
    with _stopped(stack, "postgres"):
        _await_firing(prometheus, "MoorageDatabaseUnreachable")
    with _stopped(stack, "auth"):
        _await_firing(prometheus, "MooragePartDown")
    targets = read_targets(stack.data)
    prometheus.write_targets([one for one in targets if one["labels"]["part"] != "events"])
    _await_firing(prometheus, "MooragePartMissing")


def test_every_alert_has_fired(prometheus: Prometheus) -> None:
    names = set(re.findall(r"- alert: (\w+)", RULES.read_text()))
    assert names - prometheus.fired() == BY_RULE_TESTS
