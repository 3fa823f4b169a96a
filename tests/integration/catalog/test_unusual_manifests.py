"""Manifests that Python and Distribution read differently, and images of unusual shape (spec 5)."""

import hashlib
import json

import httpx
import pytest

from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import MEDIA_TYPES, Blob, Image, make_image, make_manifest

pytestmark = pytest.mark.registry_versions

CACHE_CONFIG = "application/vnd.buildkit.cacheconfig.v0"


def _text(image: Image, before: str, after: str) -> Blob:
    """Return the manifest of the image with other text."""
    content = image.manifest.content.decode()
    assert before in content
    return Blob(image.manifest.media_type, content.replace(before, after).encode())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"layers"', '"LAYERS"'),
        ('"config"', '"Config"'),
        ('"layers"', '"layer\\u017f"'),
        ('"layers":', '"layers":[],"layers":'),
        ('"layers":', '"LAYERS":[],"layers":'),
        ('"digest"', '"Digest"'),
        ('"size"', '"sizE"'),
        ('"schemaVersion":2', '"schemaVersion":2,"x":NaN'),
    ],
)
async def test_manifest_that_python_and_go_read_differently_is_refused(
    acme: httpx.AsyncClient,
    pusher: Pusher,
    registry: RegistryUnderTest,
    space: str,
    before: str,
    after: str,
) -> None:
    image = make_image()
    pusher.upload(f"{space}/app", *image.blobs)
    answer = await pusher.put(f"{space}/app", "v1", _text(image, before, after))
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (400, "MANIFEST_INVALID")
    assert registry.tags(f"{space}/app") == []
    assert (await acme.get(f"/api/v1/repositories/{space}/app")).status_code == 404


def _cache(image: Image) -> Blob:
    """Return an index of blobs, as `docker buildx build --cache-to type=registry` pushes it."""
    config = {"mediaType": CACHE_CONFIG, "digest": image.config.digest}
    media_type = MEDIA_TYPES["oci"]["index"]
    value = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "manifests": [
            *(layer.descriptor() for layer in image.layers),
            config | {"size": len(image.config.content)},
        ],
    }
    return Blob(media_type, json.dumps(value).encode())


async def test_build_cache_is_accepted_if_the_registry_accepts_it(
    acme: httpx.AsyncClient,
    pusher: Pusher,
    registry: RegistryUnderTest,
    emptied: Database,
    space: str,
) -> None:
    image = make_image(layers=2)
    cache = _cache(image)
    for name in ("direct", "app"):
        pusher.upload(f"{space}/{name}", *image.blobs)
    with registry.client(f"{space}/direct") as http:
        direct = http.put(
            f"/v2/{space}/direct/manifests/cache",
            content=cache.content,
            headers={"Content-Type": cache.media_type},
        )
    answer = await pusher.put(f"{space}/app", "cache", cache)
    print(f"the registry answers {direct.status_code}")
    assert answer.status_code == direct.status_code, answer.text
    shown = await acme.get(f"/api/v1/images/{space}/app:cache")
    if answer.status_code != 201:
        codes = [[error["code"] for error in one.json()["errors"]] for one in (answer, direct)]
        assert codes[0] == codes[1]
        assert shown.status_code == 404
        return
    assert shown.json()["digest"] == cache.digest
    (intent,) = await emptied.fetch(
        "SELECT needs FROM catalog.intents WHERE repository = $1", f"{space}/app"
    )
    assert {blob.digest for blob in image.blobs} <= set(intent["needs"])
    smaller = Blob(cache.media_type, cache.content.replace(b'"size": ', b'"size": 1'))
    refused = await pusher.put(f"{space}/app", "wrong", smaller)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "MANIFEST_INVALID")


async def test_layer_with_a_sha512_digest_is_needed_under_both_of_its_digests(
    pusher: Pusher, registry: RegistryUnderTest, emptied: Database, space: str
) -> None:
    image = make_image()
    layer = image.layers[0]
    digest = "sha512:" + hashlib.sha512(layer.content).hexdigest()
    pusher.upload(f"{space}/app", image.config)
    registry.upload_as(f"{space}/app", layer, digest)
    manifest = make_manifest(
        config=image.config.descriptor(), layers=[layer.descriptor(digest=digest)]
    )
    answer = await pusher.put(f"{space}/app", "v1", manifest)
    assert answer.status_code == 201, answer.text
    (intent,) = await emptied.fetch(
        "SELECT needs FROM catalog.intents WHERE repository = $1", f"{space}/app"
    )
    assert {digest, layer.digest, image.config.digest, manifest.digest} == set(intent["needs"])
    wrong = make_manifest(
        config=image.config.descriptor(), layers=[layer.descriptor(digest=digest, size=0)]
    )
    refused = await pusher.put(f"{space}/app", "v2", wrong)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (400, "MANIFEST_INVALID")
