"""An upgrade replica by replica from the version before, and its rollback, fail no request.

`make test-upgrade` runs it. The services of both versions run side by side on one database. The
older code comes from the commit MOORAGE_UPGRADE_FROM of this clone.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import httpx
import pytest

from ops.db.migrate import migrate
from ops.db.roles import service_roles
from ops.layout import PROJECT, SERVICES
from tests.kit.http.accounts import Account, unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant, make_tenant
from tests.kit.images import make_image
from tests.kit.stack.cluster import ADMIN_PASSWORD, Cluster, running_cluster

OLDER = os.environ.get("MOORAGE_UPGRADE_FROM", "f7a5d6ae")
"""The commit before Moorage ran on more than one machine, with the schema revision 0032."""
REQUESTS_PER_SECOND = float(os.environ.get("MOORAGE_UPGRADE_RATE", "100"))
PENDING = 1000

pytestmark = [
    pytest.mark.timeout(3600),
    pytest.mark.skipif(
        "MOORAGE_UPGRADE_TEST" not in os.environ, reason="`make test-upgrade` runs it"
    ),
]


@pytest.fixture(scope="module")
def older_code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the version before."""
    folder = tmp_path_factory.mktemp("older")
    archive = subprocess.run(
        ["git", "archive", OLDER], cwd=PROJECT, capture_output=True, check=False
    )
    if archive.returncode != 0:
        pytest.skip(f"this clone has no commit {OLDER}")
    subprocess.run(["tar", "--extract", "--directory", folder], input=archive.stdout, check=True)
    if not (folder / "services").is_dir():
        pytest.skip(f"the commit {OLDER} has no services")
    folder.parent.chmod(0o755)
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def cluster(folder: Path, older_code: Path) -> Iterator[Cluster]:
    """Two replicas of every part, with the services of the version before."""
    place = folder / "upgraded"
    place.mkdir()
    with running_cluster(place, code=older_code) as running:
        yield running


@dataclass
class Requests:
    """Requests of one kind, at a fixed rate, until ``stopped``."""

    name: str
    send: Callable[[int], object]
    per_second: float
    stopped: threading.Event
    sent: int = 0
    failures: list[str] = field(default_factory=list)

    def run(self) -> None:
        begins = time.monotonic()
        for number in itertools.count():
            wait = begins + number / self.per_second - time.monotonic()
            if self.stopped.wait(max(0.0, wait)):
                return
            try:
                self.send(number)
            except Exception as error:
                self.failures.append(f"{time.strftime('%X')} {self.name} {number}: {error!r}")
            self.sent += 1


def requests(
    cluster: Cluster, tenant: Tenant, stopped: threading.Event, closing: ExitStack
) -> list[Requests]:
    """Return tokens, pulls, pushes, and API calls. Each kind has threads of its own.

    ``closing`` closes their connections.
    """
    user = tenant.granted
    repository = f"{tenant.private}/{unique('upgraded')}"
    image = make_image()
    with Registry(cluster.url, user.credentials) as registry:
        registry.push(image, repository, "v1")

    def tokens() -> Callable[[int], object]:
        http = closing.enter_context(
            httpx.Client(base_url=cluster.url, trust_env=False, timeout=60)
        )
        scope = {"service": "moorage", "scope": f"repository:{repository}:pull"}
        return lambda _: http.get("/token", params=scope, auth=user.credentials).raise_for_status()

    def pulls() -> Callable[[int], object]:
        registry = closing.enter_context(Registry(cluster.url, user.credentials))
        return lambda _: registry.manifest(repository, "v1").raise_for_status()

    def pushes() -> Callable[[int], object]:
        registry = closing.enter_context(Registry(cluster.url, user.credentials))
        own = f"{tenant.private}/{unique('pushed')}"
        return lambda number: registry.push(make_image(), own, f"t{number}")

    def calls() -> Callable[[int], object]:
        account = tenant.account
        return lambda _: account.call("GET", "/repositories", params={"limit": 5})

    shares = (("token", tokens, 4, 0.5), ("pull", pulls, 4, 0.25), ("push", pushes, 4, 0.05))
    groups = [*shares, ("API", calls, 1, 0.2)]
    return [
        Requests(name, make(), REQUESTS_PER_SECOND * share / threads, stopped)
        for name, make, threads, share in groups
        for _ in range(threads)
    ]


def replace_services(cluster: Cluster, code: Path) -> None:
    """Replace each replica of each service by one of another version, in turn.

    The gateway takes 2 s to notice a new replica. The replacements of the other services pass
    before the next one of the same service, as an engine's rollout waits.
    """
    for group in zip(*(cluster.replicas[service] for service in SERVICES), strict=True):
        for replica in group:
            replica.stop()
            replica.code = code
            replica.start()


async def insert_pending(owner_url: str) -> None:
    """Insert rows of a kind that neither version knows, as a next version would."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("ALTER TABLE catalog.intents DROP CONSTRAINT intents_kind_check")
        await connection.execute(
            "INSERT INTO catalog.intents (kind, namespace, repository, digest, leased_until)"
            " SELECT 'kind_of_a_next_version', 'next', 'next/r' || n, '', now() - interval '1 h'"
            " FROM generate_series(1, $1::int) n",
            PENDING,
        )
    finally:
        await connection.close()


async def count_pending(owner_url: str) -> int:
    """Return how many of the rows wait, unchanged."""
    connection = await asyncpg.connect(owner_url)
    try:
        waiting: int = await connection.fetchval(
            "SELECT count(*) FROM catalog.intents WHERE kind = 'kind_of_a_next_version'"
            " AND resolved_at IS NULL AND leased_until < now() - interval '30 min'"
        )
        return waiting
    finally:
        await connection.close()


def test_upgrade_and_rollback_fail_no_request_and_lose_no_row(
    cluster: Cluster, older_code: Path
) -> None:
    with (
        Account(cluster.url, "admin", ADMIN_PASSWORD) as admin,
        admin.make_account() as account,
        ExitStack() as closing,
    ):
        tenant = make_tenant(account)
        stopped = threading.Event()
        load = requests(cluster, tenant, stopped, closing)
        threads = [threading.Thread(target=one.run) for one in load]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        try:
            asyncio.run(migrate(cluster.owner_url, service_roles(cluster.layout)))
            replace_services(cluster, PROJECT)
            asyncio.run(insert_pending(cluster.owner_url))
            replace_services(cluster, older_code)
        finally:
            stopped.set()
            for thread in threads:
                thread.join()
        seconds = time.monotonic() - began
        sent = sum(one.sent for one in load)
        print(f"{sent} requests in {seconds:.0f} s, {sent / seconds:.0f} per second")
        failures = sorted(failure for one in load for failure in one.failures)
        assert not failures, "\n".join([f"{len(failures)} of {sent} failed", *failures[:20]])
        assert asyncio.run(count_pending(cluster.owner_url)) == PENDING
