"""Descriptions of images and indexes: platforms and sizes."""

import json
from typing import Any

from libs.common.registry.manifests import NO_CONFIG, parse_config, parse_manifest
from services.catalog.images.description import (
    MAX_PLATFORMS,
    Described,
    Platform,
    describe_image,
    describe_index,
)


def sha256(digit: int | str) -> str:
    """Return a digest that repeats one hexadecimal digit."""
    return f"sha256:{str(digit) * 64}"


OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"


def _manifest(**members: Any) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": OCI, **members}).encode()


def _image(digest: str, architecture: str, size: int) -> Described:
    content = _manifest(config={"mediaType": CONFIG, "digest": sha256("c"), "size": size})
    config = parse_config(json.dumps({"os": "linux", "architecture": architecture}).encode())
    return describe_image(parse_manifest(content, digest=digest, media_type=OCI), config)


def _index(*named: dict[str, Any]) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(named)}).encode()


def test_image_without_a_config_has_no_platform() -> None:
    manifest = parse_manifest(_manifest(), digest=sha256("f"), media_type=OCI)
    assert describe_image(manifest, NO_CONFIG).platforms == ()


def test_size_of_an_index_is_limited() -> None:
    children = [_image(sha256(n), "unknown", 2**50) for n in range(2)]
    content = _index({"digest": sha256("0")}, {"digest": sha256("1")})
    index = describe_index(parse_manifest(content, digest=sha256("a"), media_type=INDEX), children)
    assert index.size_bytes == 2**50


def test_size_of_an_index_is_the_sum_of_its_platforms_without_attestations() -> None:
    children = [
        _image(sha256("1"), "amd64", 10),
        _image(sha256("2"), "arm64", 20),
        _image(sha256("3"), "unknown", 40),
    ]
    content = _index(
        {"digest": sha256("1"), "platform": {"os": "linux", "architecture": "amd64"}},
        {
            "digest": sha256("2"),
            "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"},
        },
        {"digest": sha256("3"), "platform": {"os": "unknown", "architecture": "unknown"}},
        {"digest": sha256("4"), "platform": {"os": "windows", "architecture": "amd64"}},
    )
    index = describe_index(parse_manifest(content, digest=sha256("a"), media_type=INDEX), children)
    assert index.size_bytes == 30
    assert index.platforms == (
        Platform("linux", "amd64", None, sha256("1"), 10),
        Platform("linux", "arm64", "v8", sha256("2"), 20),
        Platform("windows", "amd64", None, sha256("4"), 0),  # named, but not in the registry
    )
    assert index.children == (sha256("1"), sha256("2"), sha256("3"), sha256("4"))


def test_nested_index_adds_its_platforms() -> None:
    image = _image(sha256("1"), "amd64", 10)
    inner = describe_index(
        parse_manifest(_index({"digest": sha256("1")}), digest=sha256("a"), media_type=INDEX),
        [image],
    )
    outer = describe_index(
        parse_manifest(_index({"digest": sha256("a")}), digest=sha256("b"), media_type=INDEX),
        [inner],
    )
    assert outer.platforms == image.platforms
    assert outer.size_bytes == 10


def test_size_of_an_index_of_artifacts_is_the_sum_of_all_children() -> None:
    children = [_image(sha256("1"), "unknown", 10), _image(sha256("2"), "unknown", 20)]
    content = _index({"digest": sha256("1")}, {"digest": sha256("2")})
    index = describe_index(parse_manifest(content, digest=sha256("a"), media_type=INDEX), children)
    assert (index.platforms, index.size_bytes) == ((), 30)


def test_platforms_of_nested_indexes_are_limited() -> None:
    image = _image(sha256(1), "amd64", 10)
    entries = [
        {
            "digest": sha256(1),
            "platform": {"os": "linux", "architecture": "amd64", "variant": f"v{n}"},
        }
        for n in range(3_000)
    ]
    level = describe_index(
        parse_manifest(_index(*entries), digest=sha256(2), media_type=INDEX), [image]
    )
    assert (len(level.platforms), level.size_bytes) == (MAX_PLATFORMS, 10)
    entries = [
        {"digest": sha256(2), "platform": {"os": f"{n}", "architecture": "a"}} for n in range(3_000)
    ]
    outer = describe_index(
        parse_manifest(_index(*entries), digest=sha256(3), media_type=INDEX), [level]
    )
    assert (len(outer.platforms), outer.size_bytes) == (MAX_PLATFORMS, 10)
