"""The disk of the images fills up while clients push: no tag is damaged, and pulls go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.kit.http.accounts import unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import Image, make_image
from tests.kit.stack.run import Stack, running_stack
from tests.kit.stack.small_disk import fill, needs_root, small_disk
from tests.kit.waiting import eventually

pytestmark = needs_root

ROUNDS, TAGS = 10, 10
"""Each round fills the disk while every tag moves again and again."""
MEGABYTE = 1024 * 1024
PAGE_BYTES = 4096
PAUSE_SECONDS = 0.004
"""Between pieces of 256 KiB, so the disk fills by about 60 MB per second."""
BACK_SECONDS = 5.0
FEED_SECONDS = 60.0
"""The catalog first applies thousands of pushes of the test before."""


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """A Moorage whose images are on a disk of 64 MB, of which 24 MB must stay free."""
    place = folder / "small-disk"
    with (
        small_disk(place / "data" / "registry", megabytes=64),
        running_stack(place, MIN_FREE_BYTES=str(24 * MEGABYTE)) as running,
    ):
        yield running


@pytest.fixture
def images(stack: Stack) -> Path:
    """The disk of the images."""
    return stack.data / "registry"


@pytest.fixture
def repository(shared_tenant: Tenant) -> str:
    return f"{shared_tenant.private}/{unique('app')}"


def put_manifest(registry: Registry, token: str, repository: str, tag: str, image: Image) -> int:
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": image.manifest.media_type,
    }
    path = f"/v2/{repository}/manifests/{tag}"
    return registry.http.put(path, content=image.manifest.content, headers=headers).status_code


def fill_completely(images: Path) -> None:
    """Fill the disk, and then take each page that becomes free, for half a second."""
    filler = fill(images, leave=MEGABYTE, pause_seconds=PAUSE_SECONDS)
    deadline = time.monotonic() + 0.5
    with filler.open("ab", buffering=0) as file:
        while time.monotonic() < deadline:
            with suppress(OSError):
                file.write(b"x" * PAGE_BYTES)


def test_no_tag_is_damaged_when_the_disk_fills_up_while_tags_move(
    images: Path, shared_registry: Registry, repository: str
) -> None:
    token = shared_registry.token(f"repository:{repository}:pull,push")
    versions = [make_image(), make_image()]
    tags = [f"v{number}" for number in range(TAGS)]
    for version in versions:
        for tag in tags:
            shared_registry.push(version, repository, tag)
    damaged: list[str] = []
    statuses: set[int] = set()
    for _ in range(ROUNDS):
        full = threading.Event()

        def move(tag: str, full: threading.Event = full) -> None:
            while not full.is_set():
                for version in versions:
                    statuses.add(put_manifest(shared_registry, token, repository, tag, version))

        with ThreadPoolExecutor(TAGS) as pool:
            moves = [pool.submit(move, tag) for tag in tags]
            try:
                fill_completely(images)
            finally:
                full.set()
            for moved in moves:
                moved.result()
        for tag in tags:
            answer = shared_registry.manifest(repository, tag, token=token)
            if answer.content not in [version.manifest.content for version in versions]:
                damaged.append(f"{tag}: {answer.status_code}")
        (images / "filler").unlink()
        eventually(
            lambda: put_manifest(shared_registry, token, repository, tags[0], versions[0]),
            lambda status: status == 201,
            within=BACK_SECONDS,
            what="the first push after space became free",
        )
    assert damaged == []
    assert statuses == {201, 503}


def test_pulls_and_deletions_go_on_while_pushes_are_refused(
    images: Path, stack: Stack, shared_tenant: Tenant, shared_registry: Registry, repository: str
) -> None:
    image, other = make_image(), make_image()
    token = shared_registry.token(f"repository:{repository}:pull,push")
    eventually(
        lambda: shared_registry.start_upload(repository, token=token).status_code,
        lambda status: status == 202,
        within=BACK_SECONDS,
        what="the room of the earlier test",
    )
    shared_registry.push(image, repository, "v1")
    shared_registry.push(other, repository, "v2")
    eventually(
        lambda: shared_tenant.account.tags(repository).keys(),
        lambda tags: tags == {"v1", "v2"},
        within=FEED_SECONDS,
        what="the tags in the catalog",
    )
    filler = fill(images, leave=16 * MEGABYTE)
    refused = eventually(
        lambda: shared_registry.start_upload(repository, token=token),
        lambda answer: answer.status_code == 503,
        within=BACK_SECONDS,
        what="a refused upload",
    )
    (error,) = refused.json()["errors"]
    assert error["code"] == "UNAVAILABLE"
    assert "disk is nearly full" in error["message"]
    assert int(refused.headers["Retry-After"]) > 0
    with pytest.raises(httpx.HTTPStatusError, match="503"):
        shared_registry.push(make_image(), repository, "v3")
    assert shared_registry.manifest(repository, "v1").content == image.manifest.content
    layer = image.layers[0]
    assert shared_registry.blob(repository, layer.digest, token=token).content == layer.content
    path = f"/images/{repository}:v2"
    assert shared_tenant.account.http.delete(path).status_code == 204
    assert shared_registry.manifest(repository, "v1").status_code == 200
    assert shared_registry.manifest(repository, "v2").status_code == 404
    filler.unlink()
    eventually(
        lambda: put_manifest(shared_registry, token, repository, "v3", image),
        lambda status: status == 201,
        within=BACK_SECONDS,
        what="a push after space became free",
    )


def test_deletion_of_a_tag_on_a_full_disk_damages_no_other_tag_and_ends_later(
    images: Path, shared_tenant: Tenant, shared_registry: Registry, repository: str
) -> None:
    kept, deleted = make_image(), make_image()
    shared_registry.push(kept, repository, "kept")
    shared_registry.push(deleted, repository, "deleted")
    shared_registry.push(deleted, repository, "same-image")
    eventually(
        lambda: shared_tenant.account.tags(repository).keys(),
        lambda tags: tags == {"kept", "deleted", "same-image"},
        within=FEED_SECONDS,
        what="the tags in the catalog",
    )
    filler = fill(images, leave=0)
    answer = shared_tenant.account.http.delete(f"/images/{repository}:deleted")
    assert answer.status_code in (204, 503)
    for tag, image in (("kept", kept), ("same-image", deleted)):
        assert shared_registry.manifest(repository, tag).content == image.manifest.content
    filler.unlink()
    eventually(
        lambda: shared_registry.manifest(repository, "deleted").status_code,
        lambda status: status == 404,
        within=FEED_SECONDS,
        what="the end of the deletion",
    )
    for tag, image in (("kept", kept), ("same-image", deleted)):
        assert shared_registry.manifest(repository, tag).content == image.manifest.content
