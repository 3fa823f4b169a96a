"""`moorage gc` while users push and pull (spec 7).

Every tag can still be pulled, and a deleted image can be pushed again.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
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
from tests.kit.stack.database import execute
from tests.kit.stack.gc import disk_usage, environment, freed_bytes, gc, start_gc
from tests.kit.stack.processes import part
from tests.kit.stack.run import MOORAGE, Stack, running_stack
from tests.kit.waiting import eventually

pytestmark = pytest.mark.registry_versions

BLOBS_PER_SECOND = 1000
"""So that a sweep of LooseBlobs takes seconds."""
LOOSE = 4000
BLOCK = 4096


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """A Moorage for this module, because other tests have blobs that nothing needs.

    Without a trash, the blobs of a deleted image are garbage at once.
    """
    place = folder / "gc"
    place.mkdir()
    with running_stack(
        place,
        GC_SCHEDULE_HOURS="1000",
        GC_BLOBS_PER_SECOND=str(BLOBS_PER_SECOND),
        TRASH_DAYS="0",
    ) as running:
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


def _assert_freed(stack: Stack, before: int, output: str) -> None:
    """Compare the freed bytes with the fall of disk use.

    The registry deletes the link of each manifest and its folder. The report does not count them.
    """
    manifests = re.search(r"Deleted: (\d+) untagged", output)
    assert manifests is not None
    fallen = before - disk_usage(stack.data / "registry")
    assert fallen > 0
    assert freed_bytes(output) == pytest.approx(fallen, rel=0.01, abs=int(manifests[1]) * 2 * BLOCK)


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
    young = gc(stack).checked()
    assert "Deleted: 0 untagged manifests" in young.stdout
    assert shared_registry.manifest(single, old.manifest.digest).is_success
    before = disk_usage(stack.data / "registry")
    dry_run = gc(stack, "--dry-run", days=0).checked().stdout
    assert "Would delete: 4 untagged manifests." in dry_run
    assert shared_registry.manifest(single, old.manifest.digest).is_success
    assert disk_usage(stack.data / "registry") == before
    done = gc(stack, days=0).checked()
    assert "Deleted: 4 untagged manifests" in done.stdout
    _assert_freed(stack, before, done.stdout)
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
    _assert_freed(stack, before, done.stdout)
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
class Loop:
    """How many rounds of a loop succeeded, and the errors of the others."""

    done: int = 0
    failed: list[str] = field(default_factory=list)


@contextmanager
def _repeated(stack: Stack, tenant: Tenant, do: Callable[[Registry, int], None]) -> Iterator[Loop]:
    """Repeat ``do`` with the number of the round until the context ends."""
    seen, stop = Loop(), threading.Event()

    def loop() -> None:
        with Registry(stack.url, tenant.granted.credentials) as registry:
            while not stop.is_set():
                try:
                    do(registry, seen.done)
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


class LooseBlobs:
    """Blobs that no manifest references, so that a sweep takes a while."""

    def __init__(self, storage: Path) -> None:
        blobs = storage / "docker/registry/v2/blobs/sha256"
        self._folder = blobs / "00"
        self._names = {f"00{secrets.token_hex(31)}" for _ in range(LOOSE)}
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
        """Return how many of the blobs still have their data."""
        return sum((self._folder / name / "data").exists() for name in self._names)


def _wait_for_sweep(collecting: subprocess.Popen[str], loose: LooseBlobs) -> None:
    """Wait until the collection has deleted a blob, and fail if it has ended before."""
    eventually(
        lambda: loose.left() < LOOSE or collecting.poll() is not None, within=60, what="a sweep"
    )
    assert collecting.poll() is None, collecting.communicate()


@contextmanager
def _repeated_pushes(stack: Stack, tenant: Tenant, condemned: Sequence[Image]) -> Iterator[Loop]:
    """Push new images, and one condemned image after the other, until the context ends."""
    waiting = list(condemned)

    def push(registry: Registry, number: int) -> None:
        image = waiting.pop() if number % 2 and waiting else make_image()
        repository = f"{tenant.private}/pushed"
        registry.push(image, repository, f"v{number}")
        _assert_pulls(registry, repository, image, f"v{number}")

    with _repeated(stack, tenant, push) as loop:
        yield loop


def test_during_a_collection_pushes_and_pulls_succeed_and_a_second_one_is_refused(
    stack: Stack, admin: Account, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    pulled, condemned = make_index(), [make_image() for _ in range(20)]
    repository = _push(shared_registry, shared_tenant, pulled, "pulled", "v1")
    token = shared_registry.token(f"repository:{repository}:pull,push")
    for image in condemned:
        shared_registry.upload(image, repository, token=token)
    begun = OpenPush(shared_registry, f"{shared_tenant.private}/begun")
    loose = LooseBlobs(stack.data / "registry")
    with (
        _repeated(
            stack,
            shared_tenant,
            lambda registry, _: _assert_pulls(registry, repository, pulled, "v1"),
        ) as pulls,
        _repeated_pushes(stack, shared_tenant, condemned) as pushes,
    ):
        collecting = start_gc(stack, days=0)
        _wait_for_sweep(collecting, loose)
        with pytest.raises(AssertionError, match=r"409 .*gc_in_progress"):
            admin.call("POST", "/storage/runs")
        assert collecting.poll() is None
        begun.finish()
        output, _ = collecting.communicate(timeout=60)
    assert collecting.returncode == 0, output
    assert (pulls.failed, pushes.failed) == ([], [])
    assert min(pulls.done, pushes.done) > 5
    assert loose.left() == 0
    _assert_pulls(shared_registry, begun.repository, begun.image, "v1")
    assert _every_tag_pulls(shared_registry, shared_tenant) >= 2
    assert "agree" in _drift(stack)


def test_after_the_catalog_is_killed_in_a_sweep_the_next_collection_completes(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    _push(shared_registry, shared_tenant, make_image(), "kept", "v1")
    _push(shared_registry, shared_tenant, make_index(), "kept", "multi")
    loose = LooseBlobs(stack.data / "registry")
    collecting = start_gc(stack, days=0)
    _wait_for_sweep(collecting, loose)
    os.kill(part(stack.data, "catalog"), signal.SIGKILL)
    output, _ = collecting.communicate(timeout=60)
    assert collecting.returncode == 1
    assert output.endswith(
        "moorage: the garbage collection failed: the process that ran it has ended\n"
    )
    assert loose.left() > 0
    eventually(
        lambda: _every_tag_pulls(shared_registry, shared_tenant),
        until=lambda tags: tags >= 2,
        within=30,
        what="every tag",
    )
    done = gc(stack, days=0).checked()
    assert freed_bytes(done.stdout) > 0
    assert loose.left() == 0
    assert _every_tag_pulls(shared_registry, shared_tenant) >= 2
    assert "agree" in _drift(stack)


def test_a_stopped_collection_ends_at_once_and_the_next_one_completes(
    stack: Stack, admin: Account
) -> None:
    loose = LooseBlobs(stack.data / "registry")
    collecting = start_gc(stack, days=0)
    _wait_for_sweep(collecting, loose)
    admin.call("DELETE", "/storage/runs/current")
    output, _ = collecting.communicate(timeout=20)
    assert output.endswith("moorage: the garbage collection was stopped by the operator\n")
    assert loose.left() > 0
    gc(stack, days=0).checked()
    assert loose.left() == 0


def test_marked_blobs_are_deleted_when_their_wait_has_ended(stack: Stack, admin: Account) -> None:
    loose = LooseBlobs(stack.data / "registry")
    marked = gc(stack).checked()
    assert f"Marked: {LOOSE} blobs" in marked.stdout
    assert "To be deleted after " in marked.stdout
    storage = admin.call("GET", "/storage")
    assert storage["doomed"]["count"] == LOOSE
    assert storage["next_run_at"] == storage["due_at"]
    assert loose.left() == LOOSE
    _let_pass(stack, hours=25)
    ended = _run_after(admin, storage["last_run"]["id"])
    assert (ended["error"], ended["report"]["deleted"]) == (None, LOOSE)
    assert loose.left() == 0
    assert admin.call("GET", "/storage")["doomed"]["count"] == 0


def test_the_schedule_starts_a_collection(stack: Stack, admin: Account) -> None:
    gc(stack, days=0).checked()
    last = admin.call("GET", "/storage")["last_run"]["id"]
    _let_pass(stack, hours=1001)
    assert _run_after(admin, last)["error"] is None


def _let_pass(stack: Stack, *, hours: int) -> None:
    """Let the catalog see that the last run was ``hours`` ago, and wake its worker."""
    execute(
        stack,
        "UPDATE catalog.garbage_runs SET started_at = started_at - $1::interval,"
        " begun_at = begun_at - $1::interval, known_at = known_at - $1::interval,"
        " finished_at = finished_at - $1::interval",
        timedelta(hours=hours),
    )
    execute(stack, "NOTIFY moorage_garbage")


def _run_after(admin: Account, id: int) -> dict[str, Any]:
    """Return the next run, when it has ended."""
    found: dict[str, Any] = eventually(
        lambda: admin.call("GET", "/storage")["last_run"],
        until=lambda run: run["id"] > id,
        within=60,
        what="a run that the catalog has started by itself",
    )
    return found


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
