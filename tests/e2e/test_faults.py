"""Processes of a running Moorage are killed or hang, and events arrive late, twice, or broken.

After each test, every pull count is exact and the catalog agrees with the registry.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit.http.accounts import Account, RefusedByApi, unique
from tests.kit.http.registry import DirectRegistry, Registry
from tests.kit.http.tenant import Tenant
from tests.kit.http.webhook import Webhook
from tests.kit.images import Image, Index, make_image, make_index
from tests.kit.install import PROJECT
from tests.kit.pulls.counts import PullCounts
from tests.kit.pulls.envelopes import digest_of, event
from tests.kit.pulls.patterns import CHILDREN, Counts, patterns
from tests.kit.stack.database import execute
from tests.kit.stack.processes import part, parts, workers
from tests.kit.stack.run import MOORAGE, RESTARTING_AT_ONCE, Stack, running_stack
from tests.kit.waiting import eventually

PULLS, KILLS, AT_ONCE = 2000, 20, 4
AWAY_SECONDS = 10.0
BACK_SECONDS = 60.0


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """A Moorage for this module, which restarts killed processes at once."""
    place = folder / "faults"
    place.mkdir()
    with running_stack(place, command=RESTARTING_AT_ONCE) as running:
        yield running


@pytest.fixture(autouse=True)
def _counts_and_catalog_are_exact(stack: Stack, pull_counts: PullCounts) -> Iterator[None]:
    """Check the counts and the catalog after each test."""
    yield
    pull_counts.settle()
    pull_counts.assert_sums_hold()
    report = drift(stack)
    assert (report.returncode, report.stderr) == (0, ""), report.stdout


def drift(stack: Stack, *arguments: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    """Run `moorage drift`, for at most ``seconds``."""
    environment = {"PATH": os.environ["PATH"], "MOORAGE_DATA": str(stack.data), "COLUMNS": "250"}
    command = [*MOORAGE, "drift", *arguments]
    return subprocess.run(
        command,
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def pull(http: httpx.Client, repository: str, token: str, number: int) -> None:
    """Pull once, as a client with the unique number ``number``."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.oci.image.manifest.v1+json",
        "User-Agent": f"client/{number}",
    }
    assert http.get(f"/v2/{repository}/manifests/v1", headers=headers).status_code == 200


def kill(stack: Stack, name: str) -> None:
    """Kill a process and wait until `moorage run` has noticed."""
    pid = part(stack.data, name)
    os.kill(pid, signal.SIGKILL)
    eventually(
        lambda: parts(stack.data).get(name),
        lambda found: found != pid,
        within=BACK_SECONDS,
        what=f"the end of {name}",
    )


def events_answer(webhook: Webhook) -> bool:
    """Return whether the events service responds."""
    with contextlib.suppress(httpx.TransportError):
        return webhook.http.get(webhook.url.replace("/registry-events", "/healthz")).is_success
    return False


def test_2000_pulls_are_counted_once_each_while_the_events_service_is_killed_20_times(
    stack: Stack, shared_registry: Registry, repository: str, pull_counts: PullCounts
) -> None:
    token = shared_registry.token(f"repository:{repository}:pull")
    each = PULLS // KILLS
    chance = random.Random(4)
    with Webhook(stack) as webhook, ThreadPoolExecutor(AT_ONCE) as pool:
        for round_ in range(KILLS):
            eventually(
                lambda: events_answer(webhook),
                within=BACK_SECONDS,
                what="the events service",
                every=0.02,
            )
            numbers = range(round_ * each, (round_ + 1) * each)
            done = [
                pool.submit(pull, shared_registry.http, repository, token, number)
                for number in numbers
            ]
            done[chance.randrange(each)].result()
            kill(stack, "events")
            for future in done:
                future.result()
    _eventually_counted(pull_counts, repository, PULLS)
    assert pull_counts.of(repository, "v1") == {"v1": (PULLS, 0)}


def _registry_url(stack: Stack) -> str:
    """Return the URL of the stack's registry behind the gateway."""
    environment = json.loads((stack.data / "run" / "catalog-environment.json").read_text())
    return str(environment["CATALOG_REGISTRY_URL"])


@contextlib.contextmanager
def no_database(stack: Stack) -> Iterator[None]:
    """Stop PostgreSQL with SIGSTOP. At the end, kill it and wait for its restart."""
    main = part(stack.data, "postgres")
    family = (main, *workers(main))
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in family:
            os.kill(pid, signal.SIGKILL)
    eventually(
        lambda: parts(stack.data).get("postgres", main),
        lambda pid: pid != main,
        within=BACK_SECONDS,
        what="another PostgreSQL",
    )


def test_no_pull_or_push_is_lost_or_counted_twice_while_the_database_hangs_for_ten_seconds(
    stack: Stack,
    shared_registry: Registry,
    repository: str,
    shared_tenant: Tenant,
    pull_counts: PullCounts,
) -> None:
    token = shared_registry.token(f"repository:{repository}:pull,push")
    pull_counts.settle()  # the catalog has the first push, so only later events are pending
    late = event(repository=repository, tag="v1", user=shared_tenant.granted.username)
    stopped = time.monotonic()
    with (
        no_database(stack),
        Webhook(stack) as webhook,
        DirectRegistry(_registry_url(stack), lambda *_: token) as direct,
    ):
        for number in range(40):
            pull(shared_registry.http, repository, token, number)
            if number % 10 == 0:
                started = time.monotonic()
                assert webhook.deliver(late).status_code == 503
                assert time.monotonic() - started < 1
        direct.push(make_image(), repository, "pushed-during-the-outage")
        while time.monotonic() - stopped < AWAY_SECONDS:
            assert webhook.deliver(late).status_code == 503
    with Webhook(stack) as webhook:
        eventually(
            lambda: webhook.deliver(late).status_code,
            lambda status: status == 202,
            within=BACK_SECONDS,
            what="the webhook",
        )
    _eventually_counted(pull_counts, repository, 41)
    assert pull_counts.of(repository, "v1") == {"v1": (41, 0)}
    eventually(
        lambda: shared_tenant.account.tags(repository).keys(),
        lambda tags: "pushed-during-the-outage" in tags,
        within=BACK_SECONDS,
        what="the push during the outage",
    )


def _eventually_counted(pull_counts: PullCounts, repository: str, pulls: int) -> None:
    def total() -> int:
        try:
            return int(pull_counts.points(repository)["total"])
        except (RefusedByApi, httpx.HTTPError):  # a service is restarting
            return -1

    eventually(total, lambda seen: seen >= pulls, within=120, what=f"{pulls} pulls")
    pull_counts.settle()


def test_an_event_that_is_delivered_100_times_in_parallel_is_counted_once(
    stack: Stack, repository: str, shared_tenant: Tenant, pull_counts: PullCounts
) -> None:
    again = event(repository=repository, tag="v1", user=shared_tenant.granted.username)
    with Webhook(stack) as webhook, ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: webhook.deliver(again).status_code, range(100)))
    assert answers == [202] * 100
    pull_counts.settle()
    assert pull_counts.of(repository, "v1") == {"v1": (1, 0)}


def test_10000_shuffled_events_with_invalid_ones_among_them_are_counted_as_if_in_order(
    stack: Stack,
    shared_registry: Registry,
    admin: Account,
    shared_tenant: Tenant,
    pull_counts: PullCounts,
) -> None:
    repository = f"{shared_tenant.private}/{unique('shuffled')}"
    index, image = make_index(architectures=("amd64", "arm64", "s390x")), make_image()
    shared_registry.push(index, repository, "v1")
    shared_registry.push(image, repository, "v2")
    names = dict(zip(CHILDREN, index.images, strict=True))
    real = {digest_of("index"): index.manifest.digest, digest_of("image"): image.manifest.digest}
    real |= {digest_of(name): child.manifest.digest for name, child in names.items()}
    raw, expected = _history(repository, shared_tenant.granted.username, real)
    pull_counts.settle()
    before = admin.call("GET", "/events/status")["dead_letters"]
    random.Random(5).shuffle(raw)
    with Webhook(stack) as webhook:
        for start in range(0, len(raw), 100):
            poison: dict[str, Any] = {"id": unique("poison"), "action": "frobnicate"}
            assert (
                webhook.deliver(
                    *raw[start : start + 50], poison, *raw[start + 50 : start + 100]
                ).status_code
                == 202
            )
            if start == len(raw) // 200 * 100:
                kill(stack, "events")
                eventually(
                    lambda: events_answer(webhook),
                    within=BACK_SECONDS,
                    what="the events service",
                )
    eventually(
        pull_counts.pending, lambda pending: pending == 0, within=60, what="the end of the queue"
    )
    assert pull_counts.of(repository, "v1", "v2") == expected
    assert admin.call("GET", "/events/status")["dead_letters"] == before + -(-len(raw) // 100)
    (newest, *_) = admin.call("GET", "/events/dead-letters")["items"]
    assert "frobnicate" in newest["raw"]
    refused = admin.http.post(f"/events/dead-letters/{newest['id']}/replay")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_replayable")


def _history(
    repository: str, user: str, real: dict[str, str]
) -> tuple[list[dict[str, Any]], Counts]:
    """Return at least 10,000 events of many clients that pull ``real`` images, and their counts."""
    raw: list[dict[str, Any]] = []
    pulls, checks = Counter[str](), Counter[str]()
    client = 0
    while len(raw) < 10_000:
        for pattern in patterns():
            if any(item["target"]["digest"] not in real for item in pattern.events):
                continue
            client += 1
            for item in pattern.events:
                item["target"] |= {
                    "repository": repository,
                    "digest": real[item["target"]["digest"]],
                }
                item["request"]["addr"] = f"10.2.{client // 250}.{client % 250}:1"
                item["request"]["id"] += f"-{client}"
                item["actor"]["name"] = user
            raw += pattern.events
            for tag, (p, c) in pattern.expected.items():
                pulls[tag] += p
                checks[tag] += c
    return raw, {tag: (pulls[tag], checks[tag]) for tag in pulls | checks}


def test_drift_repairs_pushes_that_a_killed_registry_never_reported(
    stack: Stack,
    shared_registry: Registry,
    repository: str,
    shared_tenant: Tenant,
    pull_counts: PullCounts,
) -> None:
    pull_counts.settle()
    eventually(
        lambda: shared_tenant.account.tags(repository),
        within=BACK_SECONDS,
        what="the first push in the catalog",
    )
    # The catalog itself compares repositories after a crash that were written in the last minutes.
    execute(stack, "UPDATE catalog.repositories SET last_pushed_at = now() - interval '1 hour'")
    execute(stack, "UPDATE catalog.intents SET resolved_at = now() - interval '11 minutes'")
    os.kill(part(stack.data, "events"), signal.SIGSTOP)
    lost: dict[str, Image | Index] = {
        f"{repository}:lost": make_image(),
        f"{shared_tenant.private}/{unique('lost')}:multi": make_index(),
    }
    for reference, content in lost.items():
        name, _, tag = reference.rpartition(":")
        _push_directly(stack, shared_registry, content, name, tag)
    kill(stack, "registry")
    kill(stack, "events")  # deliveries in progress are lost too
    eventually(
        lambda: shared_registry.http.get("/v2/").status_code,
        lambda status: status == 401,
        within=BACK_SECONDS,
        what="the registry",
    )
    with Webhook(stack) as webhook:
        eventually(lambda: events_answer(webhook), within=BACK_SECONDS, what="the events service")
    listed = drift(stack)
    assert (listed.returncode, listed.stderr) == (1, "")
    assert _listed(listed.stdout, shared_tenant) == set(lost)
    repaired = drift(stack, "--repair")
    assert (repaired.returncode, repaired.stderr) == (0, "")
    assert _listed(repaired.stdout, shared_tenant) == set(lost)
    for reference, content in lost.items():
        name, _, tag = reference.rpartition(":")
        shown = shared_tenant.account.tags(name)[tag]
        assert (shown["digest"], shown["pushed_by"]) == (content.manifest.digest, "")
    again = drift(stack)
    assert again.returncode == 0
    assert not _listed(again.stdout, shared_tenant)


def _push_directly(
    stack: Stack, registry: Registry, content: Image | Index, repository: str, tag: str
) -> None:
    """Push to the registry's own port. The catalog does not admit the manifest."""
    configuration = (stack.data / "run" / "registry.yml").read_text()
    address = configuration.split("addr: ")[1].split()[0].strip('"')
    token = registry.token(f"repository:{repository}:pull,push")
    with Registry(f"http://{address}", None) as direct:
        direct.push_with(token, content, repository, tag)


def _listed(table: str, tenant: Tenant) -> set[str]:
    """Return the images of ``tenant`` in the table that `moorage drift` prints."""
    rows = [line.split() for line in table.splitlines() if re.match(rf"\s*{tenant.private}/", line)]
    return {f"{row[0]}:{row[1]}" for row in rows}
