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


def sha256(digit: int | str) -> str:
    """Return a digest that repeats one hexadecimal digit."""
    return f"sha256:{str(digit) * 64}"


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
    manifest = parse_manifest(content, digest=sha256("f"), media_type=OCI)
    assert 0 <= manifest.size_bytes <= 2**50
    assert "\0" not in f"{manifest} {parse_config(content)}"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_content_that_is_no_json_object_has_empty_fields(content: bytes) -> None:
    manifest = parse_manifest(content, digest=sha256("f"), media_type=OCI)
    assert (manifest.media_type, manifest.size_bytes, manifest.layers, manifest.children) == (
        OCI,
        0,
        (),
        (),
    )
    assert parse_config(content) == NO_CONFIG
    assert parse_config(None) == NO_CONFIG


def test_size_is_the_sum_of_config_and_layers() -> None:
    layers = [{"mediaType": "layer", "digest": sha256(n), "size": 100 + n} for n in range(2)]
    content = _manifest(
        config={"mediaType": CONFIG, "digest": sha256("c"), "size": 7}, layers=layers
    )
    manifest = parse_manifest(content, digest=sha256("f"), media_type=OCI)
    assert manifest.size_bytes == 208
    assert manifest.layers == (Layer(sha256("0"), "layer", 100), Layer(sha256("1"), "layer", 101))
    assert (manifest.config_digest, manifest.artifact_type) == (sha256("c"), None)


@pytest.mark.parametrize("size", [-1, "12", 1.5, True, None, [], 2**200])
def test_invalid_size_counts_as_zero_and_huge_size_is_limited(size: Any) -> None:
    content = _manifest(layers=[{"digest": sha256("0"), "size": size}])
    assert parse_manifest(content, digest=sha256("f"), media_type=OCI).size_bytes in (0, 2**50)


def test_artifact_type_falls_back_to_the_type_of_the_config() -> None:
    named = _manifest(
        artifactType="application/spdx+json",
        config={"mediaType": "application/vnd.oci.empty.v1+json", "digest": sha256("e")},
    )
    assert (
        parse_manifest(named, digest=sha256("f"), media_type=OCI).artifact_type
        == "application/spdx+json"
    )
    chart = _manifest(
        config={"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": sha256("d")}
    )
    manifest = parse_manifest(chart, digest=sha256("f"), media_type=OCI)
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
    assert config.labels == {"a": "bc", "half": "\ufffd"}
    assert parse_config(b'{"created": "yesterday"}').created_at is None
    assert parse_config(b'{"created": "2026-11-24T05:32:16"}').created_at is None, (
        "without a time zone"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sha256:" + "a" * 64, True),
        ("sha256:" + "a" * 31, False),
        ("sha512:" + "a" * 128, True),
        ("sha256:" + "A" * 64, False),
        ("sha256+b64:" + "A" * 44, False),
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
            _index({"digest": sha256(2)}, {"digest": sha256(1)}, {"digest": sha256(2)}),
            (sha256(1), sha256(2)),
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


@pytest.mark.parametrize(
    ("members", "config", "layers"),
    [
        ('"LAYERS":[{"Digest":"%(1)s"}]', "", ["1"]),
        ('"layer\N{LATIN SMALL LETTER LONG S}":[{"digest":"%(1)s"}]', "", ["1"]),
        ('"layers":[{"digest":"%(1)s"}],"layers":[]', "", []),
        ('"layers":[{"digest":"%(1)s"}],"LAYERS":null', "", []),
        ('"layers":[{"digest":"%(1)s"}],"layers":[{"size":7},{"digest":"%(2)s"}]', "", ["1", "2"]),
        ('"config":{"digest":"%(1)s"},"CONFIG":{"mediaType":"%(type)s"}', "1", []),
        ('"config":{"digest":"%(1)s","mediaType":"%(type)s"},"config":{"digest":"%(2)s"}', "2", []),
    ],
)
def test_keys_are_read_as_go_reads_them(members: str, config: str, layers: list[str]) -> None:
    values = {"1": sha256(1), "2": sha256(2), "type": CONFIG}
    content = f'{{"schemaVersion":2,{members % values}}}'.encode()
    manifest = parse_manifest(content, digest=sha256("f"), media_type=OCI)
    assert manifest.config_digest == (sha256(config) if config else None)
    assert [layer.digest for layer in manifest.layers] == [sha256(one) for one in layers]


def test_keys_of_labels_are_case_sensitive() -> None:
    config = parse_config(b'{"Config":{"LABELS":{"a":"1","A":"2","a":"3"}}}')
    assert config.labels == {"a": "3", "A": "2"}


@pytest.mark.parametrize(
    "poison",
    ["[" * 9_000 + "]" * 9_000, '{"a":' * 5_000 + "1" + "}" * 5_000, "1" + "0" * 5_000, '"\\""'],
)
def test_unknown_field_hides_nothing(poison: str) -> None:
    content = f'{{"x":{poison},"layers":[{{"digest":"{sha256(1)}"}}],"y":["]"]}}'.encode()
    manifest = parse_manifest(content, digest=sha256("f"), media_type=OCI)
    assert [layer.digest for layer in manifest.layers] == [sha256(1)]


def test_labels_and_texts_are_truncated() -> None:
    labels = {f"key-{number}": "é" * 10_000 for number in range(1_000)}
    value = {"os": "o" * 10_000, "config": {"Labels": labels}}
    config = parse_config(json.dumps(value).encode())
    assert len(config.labels) == 100
    assert {len(text.encode()) for text in config.labels.values()} == {4096}
    assert config.os == "o" * 64


@pytest.mark.parametrize(
    "created", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", 20260101, []]
)
def test_impossible_time_is_left_out(created: Any) -> None:
    assert parse_config(json.dumps({"created": created}).encode()).created_at is None


def test_control_characters_are_removed() -> None:
    value = {"os": "li\x1b[2Jnux\r\n", "config": {"Labels": {"a\nb": "x\x00\x9b\ny"}}}
    config = parse_config(json.dumps(value).encode())
    assert config.os == "li[2Jnux  "
    assert config.labels == {"a b": "x\ny"}
