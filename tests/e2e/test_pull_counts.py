"""One `docker pull` counts as one pull (spec 6).

For each real client: one platform or several, a cold or a warm client, by tag or by digest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.kit.clients.addresses import HOSTS
from tests.kit.clients.base import Client
from tests.kit.clients.docker import Ctr, Docker
from tests.kit.clients.engine import Engine
from tests.kit.clients.podman import Buildah, Podman
from tests.kit.clients.skopeo import Skopeo
from tests.kit.http.accounts import DockerUser, unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.http.webhook import Webhook
from tests.kit.images import Image, Index, make_image, make_index
from tests.kit.install import Toolbox
from tests.kit.pulls.counts import Counts, PullCounts
from tests.kit.pulls.envelopes import digest_of
from tests.kit.pulls.patterns import CHILDREN, Pattern, replayed
from tests.kit.stack.run import Stack

STEPS = ("cold by tag", "warm by tag", "cold by digest", "warm by digest")
PULL, CHECK, BOTH, NOTHING = (1, 0), (0, 1), (1, 1), (0, 0)

EXPECTED: dict[str, tuple[tuple[int, int], ...]] = {
    "docker": (BOTH, CHECK, PULL, NOTHING),
    "podman": (PULL, PULL, PULL, PULL),
    "buildah": (PULL, PULL, PULL, PULL),
    "skopeo": (PULL, PULL, PULL, PULL),
    "ctr": (BOTH, CHECK, BOTH, CHECK),
}
"""(pulls, checks) after each of STEPS, for one platform as for several."""


_PROGRAMS: dict[str, type[Podman] | type[Buildah] | type[Skopeo]] = {
    "podman": Podman,
    "buildah": Buildah,
    "skopeo": Skopeo,
}


@dataclass(frozen=True, slots=True)
class Puller:
    """A logged-in client. ``cold`` deletes the local image before it pulls; ``warm`` does not."""

    cold: Callable[[str], Any]
    warm: Callable[[str], Any]


@pytest.fixture
def puller(
    request: pytest.FixtureRequest,
    tools: Toolbox,
    home: Callable[[], Path],
    stack: Stack,
    shared_tenant: Tenant,
) -> Puller:
    kind: str = request.param
    needed = "dockerd" if kind == "docker" else kind
    if tools.find(needed) is None:
        pytest.skip(f"not on this machine: {needed}; run `python -m tests.kit.install`")
    if kind == "ctr":
        return _containerd(
            Ctr(tools, home(), request.getfixturevalue("engine")), shared_tenant.granted
        )
    client: Client
    if kind == "docker":
        engine: Engine = request.getfixturevalue("engine")
        client = Docker(tools, home(), engine, hosts=HOSTS)
    else:
        client = _PROGRAMS[kind](tools, home(), hosts=HOSTS)
    client.login(
        stack.registry, shared_tenant.granted.username, shared_tenant.granted.password
    ).checked()
    return Puller(client.pull, client.pull_again)


def _containerd(ctr: Ctr, user: DockerUser) -> Puller:
    def pull(reference: str) -> Any:
        return ctr.pull(reference, username=user.username, password=user.password)

    return Puller(pull, pull)


@pytest.mark.parametrize("make", [make_image, make_index], ids=["one-platform", "two-platforms"])
@pytest.mark.parametrize("puller", EXPECTED, indirect=True)
def test_each_pull_of_a_real_client_is_counted(
    puller: Puller,
    make: Callable[[], Image | Index],
    request: pytest.FixtureRequest,
    stack: Stack,
    shared_registry: Registry,
    shared_tenant: Tenant,
    pull_counts: PullCounts,
) -> None:
    client: str = request.node.callspec.params["puller"]
    repository = f"{shared_tenant.private}/{client}/{request.node.callspec.id}"
    by_tag, by_digest = make(), make()
    shared_registry.push(by_tag, repository, "v1")
    shared_registry.push(by_digest, repository, "v2")
    tag, digest = (
        f"{stack.registry}/{repository}:v1",
        f"{stack.registry}/{repository}@{by_digest.manifest.digest}",
    )
    seen: list[Counts] = []
    total: Counts = {}
    for pull, reference in (
        (puller.cold, tag),
        (puller.warm, tag),
        (puller.cold, digest),
        (puller.warm, digest),
    ):
        pull(reference).checked()
        pull_counts.settle()
        now = pull_counts.of(repository, "v1", "v2")
        seen.append(_difference(now, total))
        total = now
    wanted = zip(("v1", "v1", "", ""), EXPECTED[client], strict=True)
    assert dict(zip(STEPS, seen, strict=True)) == {
        step: {name: counts} if counts != NOTHING else {}
        for step, (name, counts) in zip(STEPS, wanted, strict=True)
    }
    who = pull_counts.points(repository, docker_user=shared_tenant.granted.username)
    assert who == pull_counts.points(repository)  # nobody else pulled
    assert pull_counts.points(repository, docker_user=shared_tenant.other.username) == {
        "total": 0,
        "points": [],
    }


def _difference(now: Counts, before: Counts) -> Counts:
    changed = {
        tag: (p - before.get(tag, NOTHING)[0], c - before.get(tag, NOTHING)[1])
        for tag, (p, c) in now.items()
    }
    return {tag: counts for tag, counts in changed.items() if counts != NOTHING}


@pytest.mark.parametrize("pattern", replayed(), ids=str)
def test_recorded_events_of_other_clients_are_counted(
    pattern: Pattern,
    stack: Stack,
    shared_registry: Registry,
    shared_tenant: Tenant,
    pull_counts: PullCounts,
) -> None:
    repository = f"{shared_tenant.private}/{unique('replayed')}"
    index, image = make_index(architectures=("amd64", "arm64", "s390x")), make_image()
    shared_registry.push(index, repository, "index")
    shared_registry.push(image, repository, "image")
    real = {digest_of("index"): index.manifest.digest, digest_of("image"): image.manifest.digest}
    real |= {
        digest_of(name): child.manifest.digest
        for name, child in zip(CHILDREN, index.images, strict=True)
    }
    with Webhook(stack) as webhook:
        for event in pattern.events:
            event["target"] |= {"repository": repository, "digest": real[event["target"]["digest"]]}
            event["actor"]["name"] = shared_tenant.granted.username
            assert webhook.deliver(event).status_code == 202
    pull_counts.settle()
    assert pull_counts.of(repository, "v1") == pattern.expected


def test_hours_tags_and_repositories_have_the_same_sums(pull_counts: PullCounts) -> None:
    pull_counts.settle()
    pull_counts.assert_sums_hold()
