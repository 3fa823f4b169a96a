"""No client command fails and no pull is lost while each replica is stopped in turn (spec 12).

`make test-replicas` runs five rounds in ten minutes: MOORAGE_REPLICA_ROUNDS and
MOORAGE_REPLICA_SECONDS.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.kit.clients.addresses import HOSTS
from tests.kit.clients.base import Client
from tests.kit.clients.docker import Docker
from tests.kit.clients.engine import Engine
from tests.kit.clients.podman import Podman
from tests.kit.clients.skopeo import Skopeo
from tests.kit.http.accounts import Account, unique
from tests.kit.http.tenant import Tenant, make_tenant
from tests.kit.images import make_image
from tests.kit.install import Toolbox
from tests.kit.process import Finished
from tests.kit.stack.cluster import ADMIN_PASSWORD, Cluster, running_cluster
from tests.kit.waiting import eventually

ROUNDS = int(os.environ.get("MOORAGE_REPLICA_ROUNDS", "1"))
SECONDS = float(os.environ.get("MOORAGE_REPLICA_SECONDS", "0"))
"""The stops of one signal are spread over this time."""
COUNTED_SECONDS = 30.0
PARTS = ("auth", "catalog", "events", "registry")

pytestmark = pytest.mark.timeout(3600)


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[Cluster]:
    place = folder / "cluster"
    place.mkdir()
    with running_cluster(place) as running:
        yield running


@pytest.fixture(scope="module")
def replica_tenant(cluster: Cluster) -> Iterator[Tenant]:
    with (
        Account(cluster.url, "admin", ADMIN_PASSWORD) as admin,
        admin.make_account() as account,
    ):
        yield make_tenant(account)


@dataclass
class Load:
    """One client that pushes new images and pulls them until it is told to stop."""

    client: Client
    registry: str
    repository: str
    stopped: threading.Event
    repeats: bool
    pulls_each: int = 2
    """How often it pulls each image."""
    commands: int = 0
    pulls: int = 0
    failures: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)

    def run(self) -> None:
        try:
            for number in itertools.count():
                if self.stopped.is_set():
                    return
                reference = f"{self.registry}/{self.repository}:t{number}"
                image = make_image()
                if not self._do(lambda: self.client.push(image, reference)):  # noqa: B023
                    return
                for _ in range(self.pulls_each):
                    if not self._do(lambda: self.client.pull(reference)):  # noqa: B023
                        return
                    self.pulls += 1
        except Exception as error:  # the test reports it
            self.failures.append(repr(error))

    def _do(self, command: Callable[[], Finished]) -> bool:
        self.commands += 1
        done = command()
        if not done.ok and self.repeats:
            self.repeated.append(done.output[-500:])
            done = command()
        if not done.ok:
            self.failures.append(f"{time.strftime('%X')} {done.output[-1500:]}")
        return done.ok


def loads(
    kinds: dict[str, Client], cluster: Cluster, tenant: Tenant, *, repeats: bool
) -> tuple[list[Load], threading.Event]:
    stopped = threading.Event()
    return [
        Load(
            client.logged_in(cluster.registry, tenant.granted),
            cluster.registry,
            f"{tenant.private}/{unique(kind)}",
            stopped,
            repeats,
            # Docker keeps the manifest of a deleted image for a while: a second pull is a check.
            pulls_each=1 if kind == "docker" else 2,
        )
        for kind, client in kinds.items()
    ], stopped


@pytest.fixture
def clients(tools: Toolbox, home: Callable[[], Path], engine: Engine) -> dict[str, Client]:
    return {
        "docker": Docker(tools, home(), engine, hosts=HOSTS),
        "podman": Podman(tools, home(), hosts=HOSTS),
        "skopeo": Skopeo(tools, home(), hosts=HOSTS),
    }


def stop_each(cluster: Cluster, number: signal.Signals, running: list[Load]) -> list[str]:
    """Stop each replica in turn, and start it again. Return how long each stop took.

    The gateway takes 2 s to notice a new replica. The stops of other parts pass before the next
    stop of the same part, as an engine's rollout waits.
    """
    groups = list(zip(*(cluster.replicas[p] for p in random.sample(PARTS, 4)), strict=True))
    stops = [replica for _ in range(ROUNDS) for group in groups for replica in group]
    report = []
    ends = time.monotonic() + SECONDS
    for left, replica in zip(range(len(stops), 0, -1), stops, strict=True):
        began = time.monotonic()
        replica.stop(number)
        report.append(f"{replica.part} {replica.host}: {time.monotonic() - began:.1f} s")
        replica.start()
        if any(load.failures for load in running):
            break
        pause = max(1.0, (ends - time.monotonic()) / left)
        time.sleep(pause)  # the load runs meanwhile
    return report


def run_load(
    cluster: Cluster, tenant: Tenant, clients: dict[str, Client], number: signal.Signals
) -> list[Load]:
    running, stopped = loads(clients, cluster, tenant, repeats=number == signal.SIGKILL)
    threads = [threading.Thread(target=load.run) for load in running]
    for thread in threads:
        thread.start()
    try:
        report = stop_each(cluster, number, running)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    for load in running:
        print(
            f"{load.repository}: {load.commands} commands, {load.pulls} pulls,"
            f" {len(load.repeated)} repeated"
        )
    print("\n".join(report))
    return running


def counted(tenant: Tenant, load: Load) -> int:
    """Return the pulls of the load's repository, as the API has them."""
    shown: int = tenant.account.call("GET", f"/repositories/{load.repository}")["pull_count"]
    return shown


def test_no_command_fails_and_counts_are_exact_while_replicas_are_stopped(
    cluster: Cluster, replica_tenant: Tenant, clients: dict[str, Client]
) -> None:
    done = run_load(cluster, replica_tenant, clients, signal.SIGTERM)
    assert [load.failures for load in done] == [[], [], []]
    for load in done:
        eventually(
            lambda load=load: counted(replica_tenant, load) >= load.pulls,  # type: ignore[misc]
            within=COUNTED_SECONDS,
            what="the counts",
        )
        assert counted(replica_tenant, load) == load.pulls


def test_a_command_succeeds_when_repeated_after_a_replica_was_killed(
    cluster: Cluster, replica_tenant: Tenant, clients: dict[str, Client]
) -> None:
    done = run_load(cluster, replica_tenant, clients, signal.SIGKILL)
    assert [load.failures for load in done] == [[], [], []]
    waiting_ends = time.monotonic() + COUNTED_SECONDS  # a lost event never appears
    while time.monotonic() < waiting_ends and any(
        counted(replica_tenant, load) < load.pulls for load in done
    ):
        time.sleep(1)
    for load in done:
        difference = load.pulls - counted(replica_tenant, load)
        print(f"{load.repository}: {difference} of {load.pulls} pulls not counted")
        assert difference <= 2 * ROUNDS * 3 + len(load.repeated)
