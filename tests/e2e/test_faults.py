"""Parts of the running system die, hang and are lied to; in the end every count is exact and the catalog is the registry."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
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
from tests.kit.http.tenant import Tenant, make_tenant
from tests.kit.http.webhook import Webhook
from tests.kit.images import Image, Index, make_image, make_index
from tests.kit.install import PROJECT
from tests.kit.pulls.counts import PullCounts
from tests.kit.pulls.envelopes import digest_of, event
from tests.kit.pulls.patterns import CHILDREN, Counts, patterns
from tests.kit.stack.processes import part, parts, workers
from tests.kit.stack.run import MOORAGE, Stack, running_stack
from tests.kit.waiting import eventually

PULLS, KILLS, AT_ONCE = 2000, 20, 4
AWAY_SECONDS = 10.0
BACK_SECONDS = 60.0


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """A Moorage of this module's own, which starts again at once what is killed."""
    place = folder / "faults"
    place.mkdir()
    with running_stack(
        place, command=(sys.executable, "-m", "tests.kit.stack.restart_at_once")
    ) as running:
        yield running


@pytest.fixture(scope="module")
def admin(stack: Stack) -> Iterator[Account]:
    with Account(stack.url, "admin", stack.admin_password) as account:
        yield account


@pytest.fixture(scope="module")
def owner(admin: Account) -> Iterator[Tenant]:
    with admin.make_account() as account:
        yield make_tenant(account)


@pytest.fixture(scope="module")
def registry(stack: Stack, owner: Tenant) -> Iterator[Registry]:
    with Registry(stack.url, owner.granted.credentials) as client:
        yield client


@pytest.fixture(scope="module")
def counted(stack: Stack, admin: Account, owner: Tenant, registry: Registry) -> PullCounts:
    return PullCounts(stack, owner.account, admin, registry, marker=f"{owner.private}/marker")


@pytest.fixture
def repository(owner: Tenant, registry: Registry) -> str:
    """A repository with an image under the tag v1."""
    name = f"{owner.private}/{unique('app')}"
    registry.push(make_image(), name, "v1")
    return name


@pytest.fixture(autouse=True)
def _ends_exact(stack: Stack, counted: PullCounts) -> Iterator[None]:
    """What every fault must end in."""
    yield
    counted.settle()
    counted.assert_sums_hold()
    agreed = drift(stack)
    assert (agreed.returncode, agreed.stderr) == (0, ""), agreed.stdout


def drift(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "MOORAGE_DATA": str(stack.data), "COLUMNS": "250"}
    command = [*MOORAGE, "drift", *arguments]
    return subprocess.run(
        command,
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def pull(http: httpx.Client, repository: str, token: str, number: int) -> None:
    """One pull, by a client that nobody else is."""
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.oci.image.manifest.v1+json",
        "User-Agent": f"client/{number}",
    }
    assert http.get(f"/v2/{repository}/manifests/v1", headers=headers).status_code == 200


def kill(stack: Stack, name: str) -> None:
    """SIGKILL, and wait until the keeper has noticed."""
    pid = part(stack.data, name)
    os.kill(pid, signal.SIGKILL)
    eventually(
        lambda: parts(stack.data).get(name),
        lambda found: found != pid,
        within=BACK_SECONDS,
        what=f"the end of {name}",
    )


def events_answer(stack: Stack, webhook: Webhook) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return webhook.http.get(webhook.url.replace("/registry-events", "/healthz")).is_success
    return False


def test_an_events_service_killed_twenty_times_during_two_thousand_pulls_counts_each_once(
    stack: Stack, registry: Registry, repository: str, counted: PullCounts
) -> None:
    token = registry.token(f"repository:{repository}:pull")
    each = PULLS // KILLS
    chance = random.Random(4)
    with Webhook(stack) as webhook, ThreadPoolExecutor(AT_ONCE) as pool:
        for round_ in range(KILLS):
            eventually(
                lambda: events_answer(stack, webhook),
                within=BACK_SECONDS,
                what="the events service",
                every=0.02,
            )
            numbers = range(round_ * each, (round_ + 1) * each)
            done = [
                pool.submit(pull, registry.http, repository, token, number) for number in numbers
            ]
            done[chance.randrange(each)].result()
            kill(stack, "events")
            for future in done:
                future.result()
    _eventually_counted(counted, repository, PULLS)
    assert counted.of(repository, "v1") == {"v1": (PULLS, 0)}


def _registry_url(stack: Stack) -> str:
    """Return the URL of the stack's registry behind the gateway."""
    environment = json.loads((stack.data / "run" / "catalog-environment.json").read_text())
    return str(environment["CATALOG_REGISTRY_URL"])


@contextlib.contextmanager
def no_database(stack: Stack) -> Iterator[None]:
    """PostgreSQL and all its sessions stand still until the block ends; then it is killed and comes back."""
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


def test_ten_seconds_without_a_database_lose_and_double_nothing(
    stack: Stack, registry: Registry, repository: str, owner: Tenant, counted: PullCounts
) -> None:
    token = registry.token(f"repository:{repository}:pull,push")
    counted.settle()  # what was pushed is known, so that what is pushed now is what the outage must not lose
    late = event(repository=repository, tag="v1", user=owner.granted.username)
    stopped = time.monotonic()
    with (
        no_database(stack),
        Webhook(stack) as webhook,
        DirectRegistry(_registry_url(stack), lambda *_: token) as direct,
    ):
        for number in range(40):
            pull(registry.http, repository, token, number)
            if number % 10 == 0:
                started = time.monotonic()
                assert webhook.deliver(late).status_code == 503
                assert time.monotonic() - started < 1
        direct.push(make_image(), repository, "pushed-meanwhile")
        while time.monotonic() - stopped < AWAY_SECONDS:
            assert webhook.deliver(late).status_code == 503
    with Webhook(stack) as webhook:
        eventually(
            lambda: webhook.deliver(late).status_code,
            lambda status: status == 202,
            within=BACK_SECONDS,
            what="the webhook",
        )
    _eventually_counted(counted, repository, 41)
    assert counted.of(repository, "v1") == {"v1": (41, 0)}
    assert "pushed-meanwhile" in owner.account.tags(repository)


def _eventually_counted(counted: PullCounts, repository: str, pulls: int) -> None:
    def total() -> int:
        try:
            return int(counted.points(repository)["total"])
        except (RefusedByApi, httpx.HTTPError):  # a service is on its way back
            return -1

    eventually(total, lambda seen: seen >= pulls, within=120, what=f"{pulls} pulls")
    counted.settle()


def test_an_event_that_is_delivered_a_hundred_times_at_once_counts_once(
    stack: Stack, repository: str, owner: Tenant, counted: PullCounts
) -> None:
    again = event(repository=repository, tag="v1", user=owner.granted.username)
    with Webhook(stack) as webhook, ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: webhook.deliver(again).status_code, range(100)))
    assert answers == [202] * 100
    counted.settle()
    assert counted.of(repository, "v1") == {"v1": (1, 0)}


def test_ten_thousand_shuffled_events_with_poison_between_them_count_as_in_order(
    stack: Stack, registry: Registry, admin: Account, owner: Tenant, counted: PullCounts
) -> None:
    repository = f"{owner.private}/{unique('shuffled')}"
    index, image = make_index(architectures=("amd64", "arm64", "s390x")), make_image()
    registry.push(index, repository, "v1")
    registry.push(image, repository, "v2")
    names = dict(zip(CHILDREN, index.images, strict=True))
    real = {digest_of("index"): index.manifest.digest, digest_of("image"): image.manifest.digest}
    real |= {digest_of(name): child.manifest.digest for name, child in names.items()}
    raw, expected = _history(repository, owner.granted.username, real)
    counted.settle()
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
                    lambda: events_answer(stack, webhook),
                    within=BACK_SECONDS,
                    what="the events service",
                )
    eventually(
        counted.pending, lambda pending: pending == 0, within=60, what="the end of the queue"
    )
    assert counted.of(repository, "v1", "v2") == expected
    assert admin.call("GET", "/events/status")["dead_letters"] == before + -(-len(raw) // 100)
    (newest, *_) = admin.call("GET", "/events/dead-letters")["items"]
    assert "frobnicate" in newest["raw"]
    refused = admin.http.post(f"/events/dead-letters/{newest['id']}/replay")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_replayable")


def _history(
    repository: str, user: str, real: dict[str, str]
) -> tuple[list[dict[str, Any]], Counts]:
    """Ten thousand events of many clients on ``real`` images, and what they count as."""
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


def test_pushes_that_a_killed_registry_never_reported_are_found_and_mended(
    stack: Stack, registry: Registry, repository: str, owner: Tenant, counted: PullCounts
) -> None:
    counted.settle()
    os.kill(part(stack.data, "events"), signal.SIGSTOP)
    lost: dict[str, Image | Index] = {
        f"{repository}:lost": make_image(),
        f"{repository}:v1": make_image(),
        f"{owner.private}/{unique('lost')}:multi": make_index(),
    }
    for reference, content in lost.items():
        name, _, tag = reference.rpartition(":")
        registry.push(content, name, tag)
    kill(stack, "registry")
    kill(stack, "events")  # what was on its way to it is gone too
    eventually(
        lambda: registry.http.get("/v2/").status_code,
        lambda status: status == 401,
        within=BACK_SECONDS,
        what="the registry",
    )
    with Webhook(stack) as webhook:
        eventually(
            lambda: events_answer(stack, webhook), within=BACK_SECONDS, what="the events service"
        )
    listed = drift(stack)
    assert (listed.returncode, listed.stderr) == (1, "")
    assert _listed(listed.stdout, owner) == set(lost)
    mended = drift(stack, "--repair")
    assert (mended.returncode, mended.stderr) == (0, "")
    assert _listed(mended.stdout, owner) == set(lost)
    for reference, content in lost.items():
        name, _, tag = reference.rpartition(":")
        shown = owner.account.tags(name)[tag]
        assert (shown["digest"], shown["pushed_by"]) == (content.manifest.digest, "")
    again = drift(stack)
    assert again.returncode == 0
    assert not _listed(again.stdout, owner)


def _listed(table: str, owner: Tenant) -> set[str]:
    """The images in the table of `moorage drift`."""
    rows = [line.split() for line in table.splitlines() if re.match(rf"\s*{owner.private}/", line)]
    return {f"{row[0]}:{row[1]}" for row in rows}
