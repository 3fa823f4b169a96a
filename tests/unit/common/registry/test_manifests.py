"""Parsing of manifests and configs, valid or not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.registry.manifests import (
    NO_CONFIG,
    Layer,
    child_digests,
    is_digest,
    parse_config,
    parse_manifest,
)

OCI = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"

_keys = st.sampled_from(
    [
        "mediaType",
        "config",
        "layers",
        "manifests",
        "platform",
        "os",
        "architecture",
        "digest",
        "size",
        "subject",
        "artifactType",
        "Labels",
    ]
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=12,
)


def _manifest(**members: Any) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": OCI, **members}).encode()


def _index(*named: dict[str, Any]) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(named)}).encode()


@given(_json)
def test_any_json_parses_as_manifest_and_config(value: Any) -> None:
    content = json.dumps(value).encode()
    manifest = parse_manifest(content, digest="sha256:x", media_type=OCI)
    assert 0 <= manifest.size_bytes <= 2**50
    assert "\0" not in f"{manifest} {parse_config(content)}"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_content_that_is_no_json_object_has_empty_fields(content: bytes) -> None:
    manifest = parse_manifest(content, digest="sha256:x", media_type=OCI)
    assert (manifest.media_type, manifest.size_bytes, manifest.layers, manifest.children) == (
        OCI,
        0,
        (),
        (),
    )
    assert parse_config(content) == NO_CONFIG
    assert parse_config(None) == NO_CONFIG


def test_size_is_the_sum_of_config_and_layers() -> None:
    layers = [{"mediaType": "layer", "digest": f"sha256:{n}", "size": 100 + n} for n in range(2)]
    content = _manifest(
        config={"mediaType": CONFIG, "digest": "sha256:c", "size": 7}, layers=layers
    )
    manifest = parse_manifest(content, digest="sha256:x", media_type=OCI)
    assert manifest.size_bytes == 208
    assert manifest.layers == (Layer("sha256:0", "layer", 100), Layer("sha256:1", "layer", 101))
    assert (manifest.config_digest, manifest.artifact_type) == ("sha256:c", None)


@pytest.mark.parametrize("size", [-1, "12", 1.5, True, None, [], 2**200])
def test_invalid_size_counts_as_zero_and_huge_size_is_limited(size: Any) -> None:
    content = _manifest(layers=[{"digest": "sha256:0", "size": size}])
    assert parse_manifest(content, digest="sha256:x", media_type=OCI).size_bytes in (0, 2**50)


def test_artifact_type_falls_back_to_the_type_of_the_config() -> None:
    named = _manifest(
        artifactType="application/spdx+json",
        config={"mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:e"},
    )
    assert (
        parse_manifest(named, digest="sha256:x", media_type=OCI).artifact_type
        == "application/spdx+json"
    )
    chart = _manifest(
        config={"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "sha256:h"}
    )
    manifest = parse_manifest(chart, digest="sha256:x", media_type=OCI)
    assert (manifest.artifact_type, manifest.config_digest) == (
        "application/vnd.cncf.helm.config.v1+json",
        None,
    )


def test_config_has_platform_labels_and_build_time() -> None:
    value = {
        "os": "linux",
        "architecture": "arm",
        "variant": "v7",
        "created": "2026-11-24T05:32:16.941589299Z",
        "config": {"Labels": {"a": "b\0c", "n": 1, "half": "\ud800"}},
    }
    config = parse_config(json.dumps(value).encode())
    assert (config.os, config.architecture, config.variant) == ("linux", "arm", "v7")
    assert config.created_at == datetime(2026, 11, 24, 5, 32, 16, 941589, tzinfo=UTC)
    assert config.labels == {"a": "bc", "half": "?"}
    assert parse_config(b'{"created": "yesterday"}').created_at is None
    assert parse_config(b'{"created": "2026-11-24T05:32:16"}').created_at is None, (
        "without a time zone"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sha256:" + "a" * 64, True),
        ("sha256:" + "a" * 31, False),
        ("sha256+b64:" + "A" * 44, True),
        ("a" * 64, False),
        ("sha256:" + "a" * 64 + "/", False),
    ],
)
def test_digest_has_an_algorithm_and_an_encoded_part(text: str, expected: bool) -> None:
    assert is_digest(text) is expected


@pytest.mark.parametrize(
    ("manifest", "children"),
    [
        (
            b'{"manifests": [{"digest": "sha256:1"}, {"digest": "sha256:2"},'
            b' {"digest": "sha256:1"}]}',
            ("sha256:1", "sha256:2"),
        ),
        (b'{"layers": []}', ()),
        (b'{"manifests": [1, {"digest": 7}, {"digest": ""}]}', ()),
        (b"[]", ()),
        (b"{", ()),
    ],
)
def test_children_of_an_index_are_its_valid_digests(
    manifest: bytes, children: tuple[str, ...]
) -> None:
    assert child_digests(manifest, limit=1000) == children
