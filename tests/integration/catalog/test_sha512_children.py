"""Indexes that name their children by sha512 digests.

Distribution keeps a manifest under its sha256 digest. The catalog links the other digest.
"""

import hashlib

import httpx
import pytest

from tests.integration.catalog.oci_deleting import Robot
from tests.integration.catalog.test_copying import copied
from tests.integration.catalog.trashing import Team
from tests.kit.images import MEDIA_TYPES, Blob, Image, make_image, make_manifest
from tests.kit.waiting import soon

pytestmark = pytest.mark.registry_versions


@pytest.fixture
async def robot(mine: Team, anonymous: httpx.AsyncClient) -> Robot:
    """A Docker user with the grant `delete`."""
    made = Robot(mine, anonymous, "robot")
    await made.create("delete")
    return made


def sha512(blob: Blob) -> str:
    return "sha512:" + hashlib.sha512(blob.content).hexdigest()


def index_of(*images: Image) -> Blob:
    """Return an index that names its images by sha512."""
    media_type = MEDIA_TYPES["oci"]["index"]
    manifest = make_manifest(
        mediaType=media_type,
        manifests=[
            image.manifest.descriptor(
                digest=sha512(image.manifest),
                platform={"os": "linux", "architecture": architecture},
            )
            for image, architecture in zip(images, ("amd64", "arm64"), strict=False)
        ],
    )
    return Blob(media_type, manifest.content)


async def push(mine: Team, repository: str, *images: Image) -> Blob:
    """Push images by sha512, and then their index with the tag `v1`."""
    path = f"{mine.name}/{repository}"
    for image in images:
        mine.pusher.upload(path, *image.blobs)
        answer = await mine.pusher.put(path, sha512(image.manifest), image.manifest)
        assert answer.status_code == 201, answer.text
    index = index_of(*images)
    answer = await mine.pusher.put(path, "v1", index)
    assert answer.status_code == 201, answer.text
    return index


async def address_of(http: httpx.AsyncClient, repository: str, digest: str) -> str:
    """Return the address at which the gateway requests a manifest from the registry."""
    uri = f"/v2/{repository}/manifests/{digest}"
    answer = await http.get("/internal/manifest-address", headers={"X-Original-URI": uri})
    assert answer.status_code == 204
    return str(answer.headers.get("X-Registry-URI", uri))


def pulls_all(mine: Team, repository: str, index: Blob, *images: Image) -> bool:
    return mine.pulls(repository, "v1", index) and all(
        mine.pulls(repository, image.manifest.digest, image) for image in images
    )


async def test_index_is_admitted_and_shows_its_children(mine: Team) -> None:
    images = make_image(), make_image()
    index = await push(mine, "app", *images)
    shown = (await mine.http.get(f"/api/v1/images/{mine.name}/app:v1")).json()
    assert shown["digest"] == index.digest
    assert [one["digest"] for one in shown["platforms"]] == [one.manifest.digest for one in images]
    assert shown["size_bytes"] == sum(image.size_bytes for image in images)


async def test_child_that_the_repository_lacks_is_refused(mine: Team, robot: Robot) -> None:
    """The other digest of a deleted child leads nowhere, although its link remains."""
    kept, deleted = make_image(), make_image()
    await push(mine, "other", deleted)
    refused = await mine.pusher.put(f"{mine.name}/app", "v1", index_of(deleted))
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (
        400,
        "MANIFEST_BLOB_UNKNOWN",
    )
    index = await push(mine, "app", kept, deleted)
    await mine.delete_image(f"app@{index.digest}")
    answer = await robot.delete(f"manifests/{sha512(deleted.manifest)}")
    assert answer.status_code == 202, answer.text
    refused = await mine.pusher.put(f"{mine.name}/app", "v2", index_of(kept, deleted))
    assert refused.status_code == 400, refused.text
    accepted = await mine.pusher.put(f"{mine.name}/app", "v2", index_of(kept))
    assert accepted.status_code == 201, accepted.text


async def test_child_is_needed_by_its_index(mine: Team, robot: Robot) -> None:
    image = make_image()
    index = await push(mine, "app", image)
    for digest in (image.manifest.digest, sha512(image.manifest)):
        answer = await robot.delete(f"manifests/{digest}")
        assert answer.status_code == 405, answer.text
    answer = await mine.delete(f"images/{mine.name}/app@{image.manifest.digest}")
    assert (answer.status_code, answer.json()["code"]) == (409, "needed_by_index")
    assert pulls_all(mine, "app", index, image)


async def test_index_is_copied(mine: Team) -> None:
    images = make_image(), make_image()
    index = await push(mine, "app", *images)
    await copied(mine, "app:v1", "copy", "v1")
    assert pulls_all(mine, "copy", index, *images)


async def test_index_is_restored_with_its_repository(mine: Team) -> None:
    images = make_image(), make_image()
    index = await push(mine, "app", *images)
    await mine.delete(f"repositories/{mine.name}/app")
    entries = await soon(
        lambda: mine.trash(kind="repository"),
        lambda seen: seen[0]["status"] == "deleted",
        within=30,
    )
    result = await mine.restored(entries[0])
    assert result["missing"] == []
    assert pulls_all(mine, "app", index, *images)


async def test_gateway_never_requests_a_manifest_by_sha512(mine: Team) -> None:
    """The registry may have a link by this digest to a manifest that was deleted."""
    image, unknown = make_image(), make_image()
    await push(mine, "app", image)
    path = f"{mine.name}/app"
    addressed = await address_of(mine.http, path, sha512(image.manifest))
    assert addressed == f"/v2/{path}/manifests/{image.manifest.digest}"
    addressed = await address_of(mine.http, path, sha512(unknown.manifest))
    assert addressed == f"/v2/{path}/manifests/sha256:{'0' * 64}"
