"""`moorage gc` while users push and pull (spec 7).

Every tag can still be pulled, and a deleted image can be pushed again.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.kit.http.accounts import Account
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import Blob, Image, Index, make_image, make_index
from tests.kit.install import PROJECT
from tests.kit.process import run
from tests.kit.stack.gc import disk_usage, environment, freed_bytes, gc, start_gc
from tests.kit.stack.run import MOORAGE, Stack, running_stack
from tests.kit.waiting import eventually

pytestmark = pytest.mark.registry_versions

WRITABLE_SECONDS = 30.0


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """A Moorage for this module, because pushes are refused while the collection runs.

    Its schedule starts one collection, at the start of the stack.
    """
    place = folder / "gc"
    place.mkdir()
    with running_stack(place, GC_SCHEDULE_HOURS="1000") as running:
        log = running.data / "logs" / "gc.log"
        eventually(
            lambda: "Freed: 0 bytes" in log.read_text(),
            within=60,
            what="the first scheduled collection",
        )
        yield running


def _push(registry: Registry, tenant: Tenant, content: Image | Index, name: str, tag: str) -> str:
    """Push, wait until the catalog shows the tag, and return the repository."""
    repository = f"{tenant.private}/{name}"
    registry.push(content, repository, tag)
    eventually(
        lambda: tenant.account.tags(repository).get(tag, {}).get("digest"),
        until=lambda digest: digest == content.manifest.digest,
        within=10,
        what=f"{repository}:{tag} in the catalog",
    )
    return repository


def _assert_pulls(
    registry: Registry, repository: str, content: Image | Index, reference: str
) -> None:
    """Pull an image with all its manifests and blobs."""
    token = registry.token(f"repository:{repository}:pull")
    assert registry.manifest(repository, reference, token=token).content == content.manifest.content
    for image in content.images if isinstance(content, Index) else (content,):
        assert registry.manifest(repository, image.manifest.digest, token=token).is_success
        for blob in image.blobs:
            assert registry.blob(repository, blob.digest, token=token).content == blob.content


def _drift(stack: Stack) -> str:
    return (
        run([*MOORAGE, "drift"], environment=environment(stack), directory=PROJECT).checked().stdout
    )


def test_untagged_images_are_deleted_and_every_tag_can_still_be_pulled(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    old, new, several, replaced = make_image(), make_image(), make_index(), make_index()
    single = _push(shared_registry, shared_tenant, old, "single", "v1")
    _push(shared_registry, shared_tenant, new, "single", "v1")
    multi = _push(shared_registry, shared_tenant, replaced, "multi", "v1")
    _push(shared_registry, shared_tenant, several, "multi", "v1")
    before = disk_usage(stack.data / "registry")
    young = gc(stack).checked()
    assert "Deleted: 0 untagged manifests" in young.stdout
    assert shared_registry.manifest(single, old.manifest.digest).is_success
    dry_run = gc(stack, "--dry-run", days=0).checked().stdout
    assert old.manifest.digest in dry_run
    assert "Would delete: 4 untagged manifests" in dry_run
    assert disk_usage(stack.data / "registry") == before
    done = gc(stack, days=0).checked()
    assert "Deleted: 4 untagged manifests" in done.stdout
    freed = before - disk_usage(stack.data / "registry")
    assert freed > 0
    assert freed_bytes(done.stdout) == pytest.approx(freed, rel=0.01)
    _assert_pulls(shared_registry, single, new, "v1")
    _assert_pulls(shared_registry, multi, several, "v1")
    assert shared_registry.manifest(single, old.manifest.digest).status_code == 404
    assert shared_registry.manifest(multi, replaced.images[1].manifest.digest).status_code == 404
    assert (
        shared_registry.blob(
            single, old.layers[0].digest, token=shared_registry.token(f"repository:{single}:pull")
        ).status_code
        == 404
    )
    assert "agree" in _drift(stack)
    _push(shared_registry, shared_tenant, old, "single", "again")
    _assert_pulls(shared_registry, single, old, "again")
    _push(shared_registry, shared_tenant, replaced, "multi", "again")
    _assert_pulls(shared_registry, multi, replaced, "again")


def test_space_of_deleted_images_is_reclaimed_and_catalog_counts_and_registry_agree(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    account, kept, doomed, gone = shared_tenant.account, make_index(), make_image(), make_image()
    repository = _push(shared_registry, shared_tenant, kept, "counted", "v1")
    _push(shared_registry, shared_tenant, kept, "counted", "v2")
    _push(shared_registry, shared_tenant, doomed, "counted", "old")
    other = _push(shared_registry, shared_tenant, gone, "deleted", "v1")
    for tag in ("v1", "v2", "v2", "old"):
        assert shared_registry.manifest(repository, tag).is_success
    eventually(
        lambda: _counted(account, repository)["pull_count"],
        until=lambda count: count == 4,
        within=20,
        what="four pulls",
    )
    account.call("DELETE", f"/images/{repository}:v2")
    account.call("DELETE", f"/images/{repository}@{doomed.manifest.digest}")
    account.call("DELETE", f"/repositories/{other}")
    eventually(lambda: account.repository(other) is None, within=20, what="the end of a repository")
    before = disk_usage(stack.data / "registry")
    done = gc(stack, days=0).checked()
    assert freed_bytes(done.stdout) == pytest.approx(
        before - disk_usage(stack.data / "registry"), rel=0.01
    )
    assert freed_bytes(done.stdout) > sum(len(image.layers[0].content) for image in (doomed, gone))
    assert "agree" in _drift(stack)
    shown = _counted(account, repository)
    assert (shown["tag_count"], shown["pull_count"]) == (1, 4)
    assert shown["size_bytes"] == sum(image.size_bytes for image in kept.images)
    assert {tag: item["pull_count"] for tag, item in account.tags(repository).items()} == {"v1": 1}
    assert account.call("GET", "/pulls", params={"repository": repository})["total"] == 4
    _assert_pulls(shared_registry, repository, kept, "v1")


def _counted(account: Account, repository: str) -> dict[str, Any]:
    found = account.repository(repository)
    assert found is not None
    return found


def test_a_referrer_of_a_tagged_image_is_kept(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    image, signature = make_image(), make_image()
    repository = _push(shared_registry, shared_tenant, image, "signed", "v1")
    refers = json.loads(signature.manifest.content) | {"subject": image.manifest.descriptor()}
    manifest = Blob(signature.manifest.media_type, json.dumps(refers).encode())
    shared_registry.push(
        Image(signature.architecture, manifest, signature.config, signature.layers),
        repository,
        manifest.digest,
    )
    gc(stack, days=0).checked()
    assert shared_registry.manifest(repository, manifest.digest).is_success


@dataclass
class Pulls:
    """How many pulls of a loop succeeded, and the errors of the others."""

    done: int = 0
    failed: list[str] = field(default_factory=list)


@contextmanager
def _pulling(
    stack: Stack, tenant: Tenant, repository: str, content: Image | Index
) -> Iterator[Pulls]:
    """Pull an image in a loop until the context ends."""
    seen, stop = Pulls(), threading.Event()

    def loop() -> None:
        with Registry(stack.url, tenant.granted.credentials) as registry:
            while not stop.is_set():
                try:
                    _assert_pulls(registry, repository, content, "v1")
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
    """A push in progress: the registry has half of its layer."""

    def __init__(self, registry: Registry, repository: str) -> None:
        self.image = make_image()
        self.repository = repository
        self._registry = registry
        self._headers = {
            "Authorization": f"Bearer {registry.token(f'repository:{repository}:pull,push')}"
        }
        layer = self.image.layers[0].content
        opened = self._send("POST", f"/v2/{repository}/blobs/uploads/", 202)
        self._place = self._send("PATCH", opened, 202, layer[: len(layer) // 2])

    def _send(
        self,
        method: str,
        place: str,
        status: int,
        content: bytes = b"",
        kind: str = "application/octet-stream",
    ) -> str:
        answer = self._registry.http.request(
            method, place, content=content, headers={**self._headers, "Content-Type": kind}
        )
        assert answer.status_code == status, answer.text
        location: str = answer.headers["location"]
        return location

    def finish(self) -> None:
        """Upload the rest and the manifest."""
        layer = self.image.layers[0]
        self._place = self._send(
            "PATCH", self._place, 202, layer.content[len(layer.content) // 2 :]
        )
        self._send("PUT", f"{self._place}&digest={layer.digest}", 201)
        config = self._send("POST", f"/v2/{self.repository}/blobs/uploads/", 202)
        self._send(
            "PUT", f"{config}&digest={self.image.config.digest}", 201, self.image.config.content
        )
        manifest = self.image.manifest
        self._send(
            "PUT", f"/v2/{self.repository}/manifests/v1", 201, manifest.content, manifest.media_type
        )


def _until_refused(registry: Registry, repository: str) -> httpx.Response:
    """Wait until new writes are refused, and return the response.

    If the POST is accepted, the registry refuses it. The collection would wait for an opened
    upload.
    """
    token = registry.token(f"repository:{repository}:pull,push")
    return eventually(
        lambda: registry.http.post(
            f"/v2/{repository}/blobs/uploads/none", headers={"Authorization": f"Bearer {token}"}
        ),
        until=lambda answer: answer.status_code == 503,
        within=20,
        what="a refused write",
    )


def test_during_a_collection_open_pushes_finish_new_ones_are_refused_and_pulls_work(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    pulled = make_index()
    repository = _push(shared_registry, shared_tenant, pulled, "pulled", "v1")
    begun, late = OpenPush(shared_registry, f"{shared_tenant.private}/begun"), make_image()
    with _pulling(stack, shared_tenant, repository, pulled) as pulls:
        collecting = start_gc(stack, days=0)
        refused = _until_refused(shared_registry, f"{shared_tenant.private}/late")
        (error,) = refused.json()["errors"]
        assert error["code"] == "UNAVAILABLE"
        assert "while disk space is reclaimed; try again" in error["message"]
        assert int(refused.headers["retry-after"]) > 0
        with pytest.raises(httpx.HTTPStatusError, match="503"):
            shared_registry.push(late, f"{shared_tenant.private}/late", "v1")
        second = gc(stack)
        assert (second.status, second.stderr) == (
            1,
            "moorage: another garbage collection is running\n",
        )
        assert collecting.poll() is None
        begun.finish()
        output, _ = collecting.communicate(timeout=60)
    assert collecting.returncode == 0, output
    assert not pulls.failed
    assert pulls.done > 5
    _assert_pulls(shared_registry, begun.repository, begun.image, "v1")
    _push(shared_registry, shared_tenant, late, "late", "v1")
    _assert_pulls(shared_registry, f"{shared_tenant.private}/late", late, "v1")
    assert "agree" in _drift(stack)


def test_writes_are_accepted_at_once_after_a_waiting_collection_is_terminated(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    # The collection waits for this push.
    begun = OpenPush(shared_registry, f"{shared_tenant.private}/ended-open")
    collecting = start_gc(stack, days=0)
    _until_refused(shared_registry, f"{shared_tenant.private}/ended")
    collecting.terminate()
    collecting.communicate(timeout=10)
    assert collecting.returncode == 128 + signal.SIGTERM
    _assert_writable(shared_registry, f"{shared_tenant.private}/ended", within=3)
    begun.finish()


def test_a_collection_killed_during_the_sweep_loses_no_tag_and_the_next_one_finishes(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    image, several = make_image(), make_index()
    _push(shared_registry, shared_tenant, image, "kept", "v1")
    _push(shared_registry, shared_tenant, several, "kept", "multi")
    loose = _killed_in_the_sweep(stack)
    _assert_writable(shared_registry, f"{shared_tenant.private}/killed", within=WRITABLE_SECONDS)
    assert _every_tag_pulls(shared_registry, shared_tenant) >= 2
    done = gc(stack, days=0).checked()
    assert freed_bytes(done.stdout) > 0
    assert loose.left() == 0
    assert _every_tag_pulls(shared_registry, shared_tenant) >= 2
    assert "agree" in _drift(stack)


class LooseBlobs:
    """4000 blobs that no manifest references, so that a sweep takes a while."""

    def __init__(self, storage: Path) -> None:
        blobs = storage / "docker/registry/v2/blobs/sha256"
        self._folder = blobs / "00"
        self._names = {f"00{secrets.token_hex(31)}" for _ in range(4000)}
        owner = blobs.stat()
        self._folder.mkdir(exist_ok=True)
        os.chown(self._folder, owner.st_uid, owner.st_gid)
        for name in self._names:
            place = self._folder / name
            place.mkdir()
            (place / "data").write_bytes(b"loose")
            for made in (place, place / "data"):
                os.chown(made, owner.st_uid, owner.st_gid)

    def left(self) -> int:
        """Return how many of the blobs still have their data.

        If the sweep is killed between the two steps of a deletion, it leaves an empty folder, which
        is no blob for Distribution.
        """
        return sum((self._folder / name / "data").exists() for name in self._names)

    @property
    def is_touched(self) -> bool:
        """Whether the sweep has deleted one of the blobs."""
        return not self._names <= {entry.name for entry in self._folder.iterdir()}


def _killed_in_the_sweep(stack: Stack) -> LooseBlobs:
    """Kill a collection while it deletes blobs, and return the blobs."""
    for _ in range(5):
        loose = LooseBlobs(stack.data / "registry")
        collecting = start_gc(stack, days=0)
        _wait_for_sweep(collecting, loose)
        collecting.kill()
        collecting.communicate(timeout=10)
        if collecting.returncode == -signal.SIGKILL and loose.left():
            return loose
    raise AssertionError("each sweep had ended before it was killed")


def _wait_for_sweep(collecting: subprocess.Popen[str], loose: LooseBlobs) -> None:
    """Wait until the collection has deleted a blob or has ended."""
    eventually(
        lambda: loose.is_touched or collecting.poll() is not None,
        within=60,
        every=0.002,
        what="a sweep",
    )


def _every_tag_pulls(registry: Registry, tenant: Tenant) -> int:
    """Pull every tag of the account with its manifests and blobs; return the number of tags."""
    names = [
        (repository, tag)
        for repository in tenant.account.repositories()
        for tag in tenant.account.tags(repository)
    ]
    for repository, tag in names:
        _assert_complete(registry, repository, tag, registry.token(f"repository:{repository}:pull"))
    return len(names)


def _assert_complete(registry: Registry, repository: str, reference: str, token: str) -> None:
    answer = registry.manifest(repository, reference, token=token)
    assert answer.is_success, f"{repository} {reference}: {answer.text}"
    manifest = answer.json()
    for child in manifest.get("manifests", []):
        _assert_complete(registry, repository, child["digest"], token)
    for blob in [
        *manifest.get("layers", []),
        *([manifest["config"]] if "config" in manifest else []),
    ]:
        assert registry.blob(repository, blob["digest"], token=token).is_success, (
            f"{repository} {reference}: {blob}"
        )


def _assert_writable(registry: Registry, repository: str, *, within: float) -> None:
    image = make_image()
    eventually(
        lambda: _pushes(registry, image, repository),
        within=within,
        every=0.5,
        what="an accepted push",
    )
    _assert_pulls(registry, repository, image, "v1")


def _pushes(registry: Registry, image: Image, repository: str) -> bool:
    try:
        registry.push(image, repository, "v1")
    except httpx.HTTPStatusError as refused:
        if refused.response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            raise
        return False
    return True
