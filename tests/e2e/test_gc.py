"""`moorage gc` beside people who push and pull: nothing that is tagged goes, what goes can be pushed again (spec 7)."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.support.api import Account
from tests.support.gc import disk_usage, environment, freed_bytes, gc, start_gc
from tests.support.images import Blob, Image, Index, make_image, make_index
from tests.support.install import PROJECT
from tests.support.process import run
from tests.support.registry import Registry
from tests.support.stack import MOORAGE, Stack, running_stack
from tests.support.tenant import Tenant, make_tenant
from tests.support.waiting import eventually

pytestmark = pytest.mark.registry_versions

OPEN_AGAIN_SECONDS = 30.0


@pytest.fixture(scope="module")
def own_stack(folder: Path) -> Iterator[Stack]:
    """A Moorage of this module's own: the others' pushes would be refused meanwhile. Its schedule is met once, at the start."""
    place = folder / "gc"
    place.mkdir()
    with running_stack(place, GC_SCHEDULE_HOURS="1000") as running:
        log = running.data / "logs" / "gc.log"
        eventually(lambda: "Freed: 0 bytes" in log.read_text(), within=60, what="the collection that is due at the start")
        yield running


@pytest.fixture(scope="module")
def own_tenant(own_stack: Stack) -> Iterator[Tenant]:
    with Account(own_stack.url, "admin", own_stack.admin_password) as admin, admin.make_account() as account:
        yield make_tenant(account)


@pytest.fixture
def registry(own_stack: Stack, own_tenant: Tenant) -> Iterator[Registry]:
    with Registry(own_stack.url, (own_tenant.granted.username, own_tenant.granted.password)) as client:
        yield client


def _push(registry: Registry, tenant: Tenant, content: Image | Index, name: str, tag: str) -> str:
    """Push and wait until the catalog shows it."""
    repository = f"{tenant.private}/{name}"
    registry.push(content, repository, tag)
    eventually(
        lambda: tenant.account.tags(repository).get(tag, {}).get("digest"),
        until=lambda digest: digest == content.manifest.digest,
        within=10,
        what=f"{repository}:{tag} in the catalog",
    )
    return repository


def _assert_pulls(registry: Registry, repository: str, content: Image | Index, reference: str) -> None:
    token = registry.token(f"repository:{repository}:pull")
    assert registry.manifest(repository, reference, token=token).content == content.manifest.content
    for image in content.images if isinstance(content, Index) else (content,):
        assert registry.manifest(repository, image.manifest.digest, token=token).is_success
        for blob in image.blobs:
            assert registry.blob(repository, blob.digest, token=token).content == blob.content


def _drift(stack: Stack) -> str:
    return run([*MOORAGE, "drift"], environment=environment(stack), directory=PROJECT).checked().stdout


def test_untagged_images_go_and_every_tag_pulls_after_it(own_stack: Stack, own_tenant: Tenant, registry: Registry) -> None:
    old, new, several, replaced = make_image(), make_image(), make_index(), make_index()
    single = _push(registry, own_tenant, old, "single", "v1")
    _push(registry, own_tenant, new, "single", "v1")
    multi = _push(registry, own_tenant, replaced, "multi", "v1")
    _push(registry, own_tenant, several, "multi", "v1")
    before = disk_usage(own_stack.data / "registry")
    young = gc(own_stack).checked()
    assert "Deleted: 0 untagged manifests" in young.stdout
    assert registry.manifest(single, old.manifest.digest).is_success
    foretold = gc(own_stack, "--dry-run", days=0).checked().stdout
    assert old.manifest.digest in foretold
    assert "Would delete: 4 untagged manifests" in foretold
    assert disk_usage(own_stack.data / "registry") == before
    done = gc(own_stack, days=0).checked()
    assert "Deleted: 4 untagged manifests" in done.stdout
    fallen = before - disk_usage(own_stack.data / "registry")
    assert fallen > 0
    assert freed_bytes(done.stdout) == pytest.approx(fallen, rel=0.01)
    _assert_pulls(registry, single, new, "v1")
    _assert_pulls(registry, multi, several, "v1")
    assert registry.manifest(single, old.manifest.digest).status_code == 404
    assert registry.manifest(multi, replaced.images[1].manifest.digest).status_code == 404
    assert registry.blob(single, old.layers[0].digest, token=registry.token(f"repository:{single}:pull")).status_code == 404
    assert "agree" in _drift(own_stack)
    _push(registry, own_tenant, old, "single", "again")
    _assert_pulls(registry, single, old, "again")
    _push(registry, own_tenant, replaced, "multi", "again")
    _assert_pulls(registry, multi, replaced, "again")


def test_a_referrer_of_a_tagged_image_stays(own_stack: Stack, own_tenant: Tenant, registry: Registry) -> None:
    image, signature = make_image(), make_image()
    repository = _push(registry, own_tenant, image, "signed", "v1")
    refers = json.loads(signature.manifest.content) | {"subject": image.manifest.descriptor()}
    manifest = Blob(signature.manifest.media_type, json.dumps(refers).encode())
    registry.push(Image(signature.architecture, manifest, signature.config, signature.layers), repository, manifest.digest)
    gc(own_stack, days=0).checked()
    assert registry.manifest(repository, manifest.digest).is_success


@dataclass
class Pulls:
    """What a loop of pulls saw."""

    done: int = 0
    failed: list[str] = field(default_factory=list)


@contextmanager
def _pulling(stack: Stack, tenant: Tenant, repository: str, image: Image) -> Iterator[Pulls]:
    """Pull manifest and blobs again and again."""
    seen, stop = Pulls(), threading.Event()

    def loop() -> None:
        with Registry(stack.url, (tenant.granted.username, tenant.granted.password)) as registry:
            while not stop.is_set():
                try:
                    _assert_pulls(registry, repository, image, "v1")
                    seen.done += 1
                except (AssertionError, httpx.HTTPError) as error:
                    seen.failed.append(repr(error))

    thread = threading.Thread(target=loop)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


class OpenPush:
    """A push that has begun: half of its layer is there."""

    def __init__(self, registry: Registry, repository: str) -> None:
        self.image = make_image()
        self.repository = repository
        self._registry = registry
        self._headers = {"Authorization": f"Bearer {registry.token(f'repository:{repository}:pull,push')}"}
        layer = self.image.layers[0].content
        opened = self._send("POST", f"/v2/{repository}/blobs/uploads/", 202)
        self._place = self._send("PATCH", opened, 202, layer[: len(layer) // 2])

    def _send(self, method: str, place: str, status: int, content: bytes = b"", kind: str = "application/octet-stream") -> str:
        answer = self._registry.http.request(method, place, content=content, headers={**self._headers, "Content-Type": kind})
        assert answer.status_code == status, answer.text
        location: str = answer.headers["location"]
        return location

    def finish(self) -> None:
        layer = self.image.layers[0]
        self._place = self._send("PATCH", self._place, 202, layer.content[len(layer.content) // 2 :])
        self._send("PUT", f"{self._place}&digest={layer.digest}", 201)
        config = self._send("POST", f"/v2/{self.repository}/blobs/uploads/", 202)
        self._send("PUT", f"{config}&digest={self.image.config.digest}", 201, self.image.config.content)
        manifest = self.image.manifest
        self._send("PUT", f"/v2/{self.repository}/manifests/v1", 201, manifest.content, manifest.media_type)


def _until_refused(registry: Registry, repository: str) -> httpx.Response:
    """Wait until what would be new is refused. Asked with a POST that opens nothing: an upload that was let in would be waited for."""
    token = registry.token(f"repository:{repository}:pull,push")
    return eventually(
        lambda: registry.http.post(f"/v2/{repository}/manifests", headers={"Authorization": f"Bearer {token}"}),
        until=lambda answer: answer.status_code == 503,
        within=20,
        what="a refused write",
    )


def test_a_push_in_flight_ends_and_a_new_one_is_refused_clearly_and_pulls_go_on(
    own_stack: Stack, own_tenant: Tenant, registry: Registry
) -> None:
    pulled = make_image()
    repository = _push(registry, own_tenant, pulled, "pulled", "v1")
    begun, late = OpenPush(registry, f"{own_tenant.private}/begun"), make_image()
    with _pulling(own_stack, own_tenant, repository, pulled) as pulls:
        collecting = start_gc(own_stack, days=0)
        refused = _until_refused(registry, f"{own_tenant.private}/late")
        (error,) = refused.json()["errors"]
        assert error["code"] == "UNAVAILABLE"
        assert "disk space is being given back; try again" in error["message"]
        assert int(refused.headers["retry-after"]) > 0
        with pytest.raises(httpx.HTTPStatusError, match="503"):
            registry.push(late, f"{own_tenant.private}/late", "v1")
        second = gc(own_stack)
        assert (second.status, second.stderr) == (1, "moorage: a collection of garbage already runs\n")
        assert collecting.poll() is None
        begun.finish()
        output, _ = collecting.communicate(timeout=60)
    assert collecting.returncode == 0, output
    assert not pulls.failed
    assert pulls.done > 5
    _assert_pulls(registry, begun.repository, begun.image, "v1")
    _push(registry, own_tenant, late, "late", "v1")
    _assert_pulls(registry, f"{own_tenant.private}/late", late, "v1")
    assert "agree" in _drift(own_stack)


@pytest.mark.parametrize(("number", "within"), [(signal.SIGTERM, 3.0), (signal.SIGKILL, OPEN_AGAIN_SECONDS)])
def test_writes_are_open_again_after_it_was_ended_in_the_middle(
    own_stack: Stack, own_tenant: Tenant, registry: Registry, number: signal.Signals, within: float
) -> None:
    name = f"ended-{number.name.lower()}"
    OpenPush(registry, f"{own_tenant.private}/{name}-open")  # which it waits for
    collecting = start_gc(own_stack, days=0)
    _until_refused(registry, f"{own_tenant.private}/{name}")
    collecting.send_signal(number)
    collecting.communicate(timeout=10)
    assert collecting.returncode == (-number if number == signal.SIGKILL else 128 + number)
    image = make_image()
    eventually(lambda: _pushes(registry, image, f"{own_tenant.private}/{name}"), within=within, every=0.5, what="a push that goes in")
    _assert_pulls(registry, f"{own_tenant.private}/{name}", image, "v1")


def _pushes(registry: Registry, image: Image, repository: str) -> bool:
    try:
        registry.push(image, repository, "v1")
    except httpx.HTTPStatusError as refused:
        if refused.response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            raise
        return False
    return True
