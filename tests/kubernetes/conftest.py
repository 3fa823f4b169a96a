"""One installation of the chart for all tests, in the order of the file."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.clients.docker import Docker
from tests.kit.clients.engine import Engine
from tests.kit.http.tenant import Tenant, new_tenant
from tests.kit.install import PROJECT, toolbox
from tests.kit.servers.versitygw import VERSITYGW
from tests.kubernetes import cluster
from tests.kubernetes.cluster import IMAGE, Release
from tests.kubernetes.load import home

POSTGRES_IMAGE = "postgres:18"
S3_IMAGE = f"{IMAGE}-s3:test"
NODE_PORT = int(os.environ.get("KUBE_NODE_PORT", "30080"))
REPLICAS = 2


@pytest.fixture(scope="session")
def images() -> str:
    """Build and load the images, and return the tag of Moorage's. `{tag}-new` is another one."""
    tag = os.environ.get("KUBE_TAG", "test")
    if "KUBE_TAG" not in os.environ:
        dockerfile = str(PROJECT / "deploy" / "Dockerfile")
        cluster.docker(
            *("build", "--quiet", "--file", dockerfile, "--tag", f"{IMAGE}:{tag}"), str(PROJECT)
        )
        cluster.build(f"{IMAGE}:{tag}-new", f"FROM {IMAGE}:{tag}\nENV CHANGED=yes\n")
        _build_s3()
        cluster.load(
            *(f"{IMAGE}:{tag}", f"{IMAGE}:{tag}-new", S3_IMAGE),
            *(POSTGRES_IMAGE, "nginx:1.28", "registry:3.1.1"),
        )
    return tag


def _build_s3() -> None:
    program = VERSITYGW.built(toolbox().root)
    name = program.name
    dockerfile = f"FROM python:3.13-slim\nCOPY {name} /usr/local/bin/{name}\n"
    folder = program.parent
    cluster.docker(
        *("build", "--quiet", "--tag", S3_IMAGE, "--file", "-", str(folder)), stdin=dockerfile
    )


@pytest.fixture(scope="session")
def release(images: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """The chart, installed with two replicas of every part beside PostgreSQL and S3.

    While you work on the tests, KUBE_NAMESPACE and KUBE_VALUES name an installation that exists.
    """
    if existing := os.environ.get("KUBE_NAMESPACE"):
        yield Release(existing, NODE_PORT, Path(os.environ["KUBE_VALUES"]))
        return
    namespace = f"moorage-test-{secrets.token_hex(3)}"
    uid, gid = cluster.user_of(POSTGRES_IMAGE, "postgres")
    part = {"replicas": REPLICAS}
    values = {
        "image": {"repository": IMAGE, "tag": images, "pullPolicy": "IfNotPresent"},
        "database": {"existingSecret": "moorage-database"},
        "storage": {
            "type": "s3",
            "s3": {
                "bucket": "images",
                "endpoint": f"http://s3.{namespace}.svc.cluster.local:7070",
                "existingSecret": "moorage-s3",
            },
        },
        "gateway": {**part, "service": {"type": "NodePort", "nodePort": NODE_PORT}},
        **dict.fromkeys(("auth", "catalog", "events", "registry"), part),
    }
    file = cluster.write_values(tmp_path_factory.mktemp("values"), values)
    try:
        cluster.apply_workloads(
            namespace,
            PASSWORD=secrets.token_hex(12),
            POSTGRES_IMAGE=POSTGRES_IMAGE,
            POSTGRES_UID=uid,
            POSTGRES_GID=gid,
            S3_IMAGE=S3_IMAGE,
        )
        installed = Release(namespace, NODE_PORT, file)
        installed.install()
        yield installed
    finally:
        if "KUBE_KEEP" not in os.environ:
            cluster.kubectl("delete", "namespace", namespace, "--wait=true", seconds=300)


@pytest.fixture(scope="session")
def tenant(release: Release) -> Iterator[Tenant]:
    with release.admin() as admin, new_tenant(admin) as made:
        yield made


class SystemDocker(Docker):
    """docker on the machine's own engine, whose socket is in the machine's /run."""

    def __init__(self, folder: Path) -> None:
        engine = Engine(folder, Path("/run/docker.sock"), Path("/run/containerd/containerd.sock"))
        super().__init__(toolbox(), home(folder, "home"), engine)
        self._prefix = []


@pytest.fixture(scope="session")
def docker(release: Release, tenant: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Docker:
    """Docker on the machine's engine, logged in as the user that can push."""
    client = SystemDocker(tmp_path_factory.mktemp("docker"))
    user = tenant.granted
    client.login(release.registry, user.username, user.password).checked()
    return client
