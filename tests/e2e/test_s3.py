"""`make run` with its images in a bucket: push, pull, delete, collect garbage, compare."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import httpx
import pytest

from tests.e2e.conftest import _watched_stack
from tests.kit.clients.base import NewClient
from tests.kit.http.accounts import Account
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant, new_tenant
from tests.kit.images import Image, make_image, make_index
from tests.kit.install import PROJECT
from tests.kit.process import Finished, run
from tests.kit.pulls.counts import PullCounts
from tests.kit.servers.counting_proxy import CountingProxy, running_counting_proxy
from tests.kit.servers.object_storage import ObjectStorage, running_object_storage
from tests.kit.stack.gc import environment, gc
from tests.kit.stack.run import MOORAGE, Stack

pytestmark = pytest.mark.registry_versions
MIB = 1024**2
SLICE = 16 * MIB
LAYER_BYTES = 200 * 10**6


@pytest.fixture(scope="module")
def storage(folder: Path) -> Iterator[ObjectStorage]:
    """An S3 server. Without Go, the tests are skipped."""
    with running_object_storage(folder / "s3") as running:
        yield running


@pytest.fixture(scope="module")
def proxy(storage: ObjectStorage, folder: Path) -> Iterator[CountingProxy]:
    """Counts the bytes that the S3 server sends."""
    with running_counting_proxy(storage.endpoint, folder / "s3-proxy") as running:
        yield running


@pytest.fixture(scope="module")
def s3_settings(storage: ObjectStorage, proxy: CountingProxy) -> dict[str, str]:
    counted = dataclasses.replace(storage, endpoint=proxy.url)
    return {**counted.settings, "S3_PREFIX": "moorage/images"}


@pytest.fixture(scope="module")
def stack(folder: Path, s3_settings: dict[str, str]) -> Iterator[Stack]:
    """A Moorage whose images are in a bucket. Without a trash, a deleted image is garbage."""
    settings = {**s3_settings, "TRASH_DAYS": "0", "GC_SCHEDULE_HOURS": "1000"}
    with _watched_stack(folder / "s3-stack", **settings) as running:
        yield running


def moorage(stack: Stack, *words: str, **settings: str) -> Finished:
    """Run a command of the operator on the stack."""
    return run(
        [*MOORAGE, *words],
        environment={**environment(stack), **settings},
        seconds=60,
        directory=PROJECT,
    )


def objects(storage: ObjectStorage, digest: str) -> list[Path]:
    """Return the files of a blob."""
    return list(storage.files.glob(f"**/{digest.removeprefix('sha256:')}/data"))


def test_clients_push_and_pull(
    new_client: NewClient, stack: Stack, tenant: Tenant, storage: ObjectStorage
) -> None:
    client = new_client()
    client.logged_in(stack.registry, tenant.granted)
    image = make_image()
    reference = f"{stack.registry}/{tenant.private}/app:v1"
    client.push(image, reference).checked()
    layers = tenant.account.call("GET", f"/images/{tenant.private}/app:v1")["layers"]
    assert all(objects(storage, layer["digest"]) for layer in layers)
    assert not list((stack.data / "registry").rglob("data"))
    again = new_client()
    again.logged_in(stack.registry, tenant.granted)
    again.pull(reference).checked()


def test_each_pull_is_counted_once(
    stack: Stack, pull_counts: PullCounts, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    """A layer that the gateway has in its cache changes no count."""
    repository = f"{shared_tenant.private}/counted"
    image = make_image()
    shared_registry.push(image, repository, "v1")
    token = shared_registry.token(f"repository:{repository}:pull")
    bearer = {"Authorization": f"Bearer {token}"}
    for _ in range(3):
        shared_registry.manifest(repository, "v1", token=token).raise_for_status()
        for blob in image.blobs:
            path = f"/v2/{repository}/blobs/{blob.digest}"
            assert shared_registry.http.head(path, headers=bearer).status_code == 200
            assert shared_registry.http.get(path, headers=bearer).content == blob.content
    checked = f"/v2/{repository}/manifests/v1"
    accepted = {"Accept": image.manifest.media_type}
    shared_registry.http.head(checked, headers=bearer | accepted).raise_for_status()
    pull_counts.settle()
    assert pull_counts.of(repository, "v1") == {"v1": (3, 1)}
    pull_counts.assert_sums_hold()


def test_deleted_image_is_collected_and_catalog_and_registry_agree(
    stack: Stack, tenant: Tenant, storage: ObjectStorage
) -> None:
    repository = f"{tenant.private}/collected"
    kept, deleted = make_index(), make_image()
    with Registry(stack.url, tenant.granted.credentials) as registry:
        registry.push(kept, repository, "kept")
        registry.push(deleted, repository, "deleted")
        tenant.account.call("DELETE", f"/images/{repository}@{deleted.manifest.digest}")
        gc(stack, days=0).checked()
        gc(stack, days=0).checked()
        for blob in deleted.blobs:
            assert not objects(storage, blob.digest)
        for image in kept.images:
            assert_pulls(registry, image, repository)
    done = moorage(stack, "drift")
    assert done.ok, done.stdout
    assert "agree" in done.stdout


def push_layer(registry: Registry, repository: str, content: bytes) -> str:
    """Upload a layer in one piece, and return its digest."""
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    token = registry.token(f"repository:{repository}:pull,push")
    opened = registry.start_upload(repository, token=token).raise_for_status()
    place = httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": digest})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
    registry.http.put(place, content=content, headers=headers, timeout=120).raise_for_status()
    return digest


def assert_pulls(registry: Registry, image: Image, repository: str) -> None:
    """Check that manifest and blobs can be read, byte for byte."""
    token = registry.token(f"repository:{repository}:pull")
    manifest = registry.manifest(repository, image.manifest.digest, token=token)
    assert manifest.content == image.manifest.content
    bearer = {"Authorization": f"Bearer {token}"}
    for blob in image.blobs:
        path = f"/v2/{repository}/blobs/{blob.digest}"
        found = registry.http.head(path, headers=bearer, follow_redirects=True)
        assert found.status_code == 200
        assert int(found.headers["Content-Length"]) == len(blob.content)
        for _ in range(2):
            pulled = registry.http.get(path, headers=bearer, follow_redirects=True)
            assert (pulled.status_code, pulled.content) == (200, blob.content)


def test_each_byte_of_a_cold_layer_is_fetched_once(
    stack: Stack, tenant: Tenant, proxy: CountingProxy, admin: Account
) -> None:
    content = secrets.token_bytes(MIB) * (LAYER_BYTES // MIB) + secrets.token_bytes(
        LAYER_BYTES % MIB
    )
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    path = f"/v2/{tenant.private}/large/blobs/{digest}"
    with Registry(stack.url, tenant.granted.credentials) as registry:
        push_layer(registry, f"{tenant.private}/large", content)
        token = registry.token(f"repository:{tenant.private}/large:pull")

    def pull(_: int) -> str:
        received, buffer = hashlib.sha256(), bytearray(MIB)
        http = HTTPConnection("127.0.0.1", stack.port, timeout=120)
        http.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = http.getresponse()
        assert answer.status == 200
        assert answer.headers["Content-Length"] == str(len(content))
        while count := answer.readinto(buffer):
            received.update(memoryview(buffer)[:count])
        http.close()
        return f"sha256:{received.hexdigest()}"

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(pull, range(20))) == {digest}
    ending = f"/{digest.removeprefix('sha256:')}/data"
    fetched = proxy.requests(method="GET", ending=ending)
    assert sum(one["bytes"] for one in fetched) == len(content)
    assert len(fetched) == -(-len(content) // SLICE)
    assert all(one["authorization"] == one["cookie"] == "" for one in fetched)


def test_stack_with_redirect_sends_clients_to_the_bucket(
    folder: Path, s3_settings: dict[str, str], storage: ObjectStorage
) -> None:
    settings = {**s3_settings, "S3_PREFIX": "redirected", "S3_REDIRECT": "true"}
    with (
        _watched_stack(folder / "s3-redirect", **settings) as running,
        Account(running.url, "admin", running.admin_password) as administrator,
        new_tenant(administrator) as tenant,
        Registry(running.url, tenant.granted.credentials) as registry,
    ):
        image = make_image()
        repository = f"{tenant.private}/app"
        registry.push(image, repository, "v1")
        assert_pulls(registry, image, repository)
        token = registry.token(f"repository:{repository}:pull")
        sent = registry.blob(repository, image.blobs[0].digest, token=token)
        assert sent.status_code == 307
        assert sent.headers["Location"].startswith(f"{settings['S3_ENDPOINT']}/{storage.bucket}/")
        assert not (running.data / "blob-cache").exists()


def test_no_process_shows_the_secret_key(stack: Stack, s3_settings: dict[str, str]) -> None:
    secret = s3_settings["S3_SECRET_ACCESS_KEY"].encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                assert secret not in (entry / "cmdline").read_bytes()
            except OSError:
                continue
