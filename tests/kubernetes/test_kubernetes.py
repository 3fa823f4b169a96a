"""The chart in a real cluster, whose namespace enforces the restricted Pod Security Standard.

The tests build on each other: they run in the order of this file.
"""

from __future__ import annotations

import json

from tests.kit.clients.docker import Docker
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import make_image
from tests.kubernetes.cluster import PARTS, Release, pause
from tests.kubernetes.load import Load, api_round, docker_round, running_load

QUIET_SECONDS = 5.0
"""How long the load runs before and after a change."""


def assert_no_failure(load: Load) -> None:
    assert load.failures == []
    assert min(load.rounds.values()) > 0
    print(f"rounds without a failure: {load.rounds}")


def test_namespace_enforces_the_restricted_standard(release: Release) -> None:
    shown = json.loads(release.kubectl("get", "namespace", release.namespace, "--output", "json"))
    assert shown["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert all(len(release.pods(part)) == 2 for part in PARTS)


def test_helm_test_passes(release: Release) -> None:
    assert "Phase:          Succeeded" in release.helm("test", release.name).stdout


def test_docker_pushes_and_pulls_through_a_node_port(
    release: Release, tenant: Tenant, docker: Docker
) -> None:
    docker_round(docker, release, tenant.private)()


def test_deletion_of_every_pod_in_turn_fails_no_command(
    release: Release, tenant: Tenant, docker: Docker
) -> None:
    before = {part: [pod.name for pod in release.pods(part)] for part in PARTS}
    with running_load(
        docker=docker_round(docker, release, tenant.private),
        api=api_round(release, tenant.granted, tenant.private),
    ) as load:
        for number in range(2):
            for part in PARTS:
                release.await_ready(part)
                pause(QUIET_SECONDS)
                # Returns when the pod has ended, after its drain.
                release.kubectl("delete", "pod", before[part][number], seconds=700)
        for part in PARTS:
            release.await_ready(part)
        pause(QUIET_SECONDS)
    assert_no_failure(load)
    after = {pod.name for part in PARTS for pod in release.pods(part)}
    assert not after & {name for names in before.values() for name in names}


def test_upgrade_and_rollback_under_load_fail_no_request(
    release: Release, tenant: Tenant, docker: Docker, images: str
) -> None:
    with running_load(
        docker=docker_round(docker, release, tenant.private),
        api=api_round(release, tenant.granted, tenant.private),
    ) as load:
        pause(QUIET_SECONDS)
        release.upgrade(f"{images}-new")
        pause(QUIET_SECONDS)
        release.rollback()
        pause(QUIET_SECONDS)
    assert_no_failure(load)
    shown = release.kubectl("get", "deployment", f"{release.name}-auth", "--output", "yaml")
    assert f":{images}\n" in shown


def test_token_stays_valid_through_uninstall_and_install(release: Release, tenant: Tenant) -> None:
    repository, image = f"{tenant.private}/kept", make_image()
    with Registry(release.url, tenant.granted.credentials) as registry:
        registry.push(image, repository, "v1")
        token = registry.token(f"repository:{repository}:pull,push")
    secret = release.secret()
    release.helm("uninstall", release.name, "--wait")
    assert release.secret() == secret
    release.install()
    assert release.secret() == secret
    with Registry(release.url, None) as anonymous:
        found = anonymous.manifest(repository, "v1", token=token)
        assert found.raise_for_status().content == image.manifest.content
