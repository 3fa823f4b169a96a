"""Parse manifests, indexes, and image configs, without input or output.

Sources are the OCI image spec and Docker's "Image Manifest Version 2, Schema 2". Content that a
registry has stored never fails to parse: missing and invalid values are left out. Texts are cleaned
and truncated, so that PostgreSQL, logs, and pages can show them.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from libs.common.registry.foreign_urls import FOREIGN_LAYER_TYPES
from libs.common.registry.stored_json import Object, parse_object

INDEX_TYPES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
IMAGE_CONFIG_TYPES = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"}
)
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")
_MAX_LABELS = 100
_LABEL_BYTES = 4096
_ANNOTATIONS_BYTES = 16 * 1024
"""Of all annotations of a descriptor. Those beyond are left out, because a cut one is wrong."""
_NAME_BYTES = 255
"""Of media types, and of the keys of labels."""
_PLATFORM_BYTES = 64
_TIME_LENGTH = 64
_MAX_LAYERS = 1000
"""Further layers are not shown. They count as blobs and for the size."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LINE_BREAK = re.compile(r"[\t\n\r]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
MAX_SIZE = 2**50
"""Clients declare sizes, and the registry does not check them. Sums must fit into a bigint."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer. The size is that of the compressed layer."""

    digest: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Child:
    """A manifest in an index, with its platform, which is "unknown" for an attestation."""

    digest: str
    os: str | None
    architecture: str | None
    variant: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of a manifest or an index.

    ``config_digest`` is None if there is no image config. ``blobs`` are the digests and sizes of
    the config and the layers, each once.
    """

    digest: str
    media_type: str
    artifact_type: str | None
    subject: str | None
    config_digest: str | None
    layers: tuple[Layer, ...]
    children: tuple[Child, ...]
    size_bytes: int
    blobs: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """The fields of an image config that the catalog shows."""

    os: str | None
    architecture: str | None
    variant: str | None
    created_at: datetime | None
    labels: dict[str, str]


NO_CONFIG = ImageConfig(None, None, None, None, {})


def is_digest(text: str) -> bool:
    """Return whether ``text`` is a digest that Distribution can store."""
    return _DIGEST.fullmatch(text) is not None


def parse_manifest(content: bytes, *, digest: str, media_type: str) -> Manifest:
    """Parse a manifest or an index. If it is not a JSON object, all its fields are empty."""
    value = parse_object(content)
    media_type = _name(value.get("mediatype")) or _name(media_type) or ""
    config = value.get_object("config")
    config_type = _name(config.get("mediatype"))
    layers = [_layer(item) for item in value.get_objects("layers")]
    artifact_type = _name(value.get("artifacttype"))
    if artifact_type is None and config_type and config_type not in IMAGE_CONFIG_TYPES:
        artifact_type = config_type
    return Manifest(
        digest=digest,
        media_type=media_type,
        artifact_type=artifact_type,
        subject=_digest(value.get_object("subject")) or None,
        config_digest=_digest(config) or None if config_type in IMAGE_CONFIG_TYPES else None,
        layers=tuple(layers[:_MAX_LAYERS]),
        children=tuple(
            child for item in value.get_objects("manifests") if (child := _child(item)).digest
        ),
        size_bytes=min(
            MAX_SIZE, _size(config.get("size")) + sum(layer.size_bytes for layer in layers)
        ),
        blobs=_blobs(config, layers),
    )


def parse_config(content: bytes | None) -> ImageConfig:
    """Parse an image config. If it is missing or not a JSON object, all its fields are empty."""
    value = parse_object(content or b"{}")
    return ImageConfig(
        os=_text(value.get("os"), _PLATFORM_BYTES),
        architecture=_text(value.get("architecture"), _PLATFORM_BYTES),
        variant=_text(value.get("variant"), _PLATFORM_BYTES),
        created_at=_time(value.get("created")),
        labels=_labels(value.get_object("config").get_object("labels")),
    )


def describe(content: bytes, *, digest: str, media_type: str) -> dict[str, Any]:
    """Return the OCI descriptor of a manifest, as the list of referrers has it.

    The artifact type of an image manifest without one is the media type of its config (OCI
    distribution spec, "Listing Referrers").
    """
    value = parse_object(content)
    artifact_type = _name(value.get("artifacttype"))
    if not artifact_type and media_type not in INDEX_TYPES:
        artifact_type = _name(value.get_object("config").get("mediatype"))
    described: dict[str, Any] = {"mediaType": media_type, "digest": digest, "size": len(content)}
    if artifact_type:
        described["artifactType"] = artifact_type
    if annotations := _annotations(value.get_object("annotations")):
        described["annotations"] = annotations
    return described


def child_annotations(index: bytes) -> dict[str, dict[str, str]]:
    """Return the annotations that an index gives its children, by digest."""
    entries = parse_object(index).get_objects("manifests")
    return {_digest(entry): _annotations(entry.get_object("annotations")) for entry in entries}


def child_digests(manifest: bytes, *, limit: int) -> tuple[str, ...]:
    """Return the digests in ``manifest`` if it is an index, sorted and without duplicates.

    If there are more than ``limit``, the first ones are returned, so that every caller gets the
    same ones. Any other manifest has none. Source: OCI image spec, "Image Index".
    """
    entries = parse_object(manifest).get_objects("manifests")
    return tuple(sorted({_digest(entry) for entry in entries} - {""})[:limit])


def foreign_layers(manifest: bytes) -> frozenset[str]:
    """Return the digests of the layers that clients fetch from other addresses (``urls``)."""
    layers = parse_object(manifest).get_objects("layers")
    return frozenset(_digest(layer) for layer in layers if layer.get("urls"))


def own_blobs(manifest: bytes) -> frozenset[str]:
    """Return the digests of the config and the layers, without those of foreign layers.

    At the push, the repository had all of them. A foreign layer, by admission's rule
    (``Descriptor.is_foreign``), can name a blob of any repository.
    """
    value = parse_object(manifest)
    return frozenset(_digest(one) for one in (value.get_object("config"), *_own_layers(value))) - {
        ""
    }


def children_of(manifest: bytes) -> frozenset[str]:
    """Return the digests of the manifests that an index names."""
    value = parse_object(manifest)
    return frozenset(_digest(one) for one in value.get_objects("manifests")) - {""}


def own_sizes(manifest: bytes) -> dict[str, int]:
    """Return the sizes of config, layers, and children as stated, without foreign layers."""
    value = parse_object(manifest)
    named = (
        value.get_object("config"),
        *_own_layers(value),
        *value.get_objects("manifests"),
        *value.get_objects("blobs"),
    )
    return {_digest(one): _size(one.get("size")) for one in named if _digest(one)}


def _own_layers(value: Object) -> list[Object]:
    return [
        layer
        for layer in value.get_objects("layers")
        if not (layer.get("urls") and _name(layer.get("mediatype")) in FOREIGN_LAYER_TYPES)
    ]


def _labels(value: Object) -> dict[str, str]:
    labels: dict[str, str] = {}
    for key, item in value.as_map().items():
        name, text = _name(key), _text(item, _LABEL_BYTES, keep_lines=True)
        if name and text is not None:
            labels[name] = text
            if len(labels) == _MAX_LABELS:
                break
    return labels


def _annotations(value: Object) -> dict[str, str]:
    annotations: dict[str, str] = {}
    left = _ANNOTATIONS_BYTES
    for key, item in value.as_map().items():
        if isinstance(item, str) and len(key) + len(item) <= left:
            name, text = _text(key, left), _text(item, left, keep_lines=True)
            if name and text is not None:
                annotations[name] = text
                left -= len(name.encode()) + len(text.encode())
    return annotations


def _blobs(config: Object, layers: list[Layer]) -> tuple[tuple[str, int], ...]:
    named = [
        (_digest(config), _size(config.get("size"))),
        *((layer.digest, layer.size_bytes) for layer in layers),
    ]
    return tuple({digest: size for digest, size in named if digest}.items())


def _layer(value: Object) -> Layer:
    return Layer(_digest(value), _name(value.get("mediatype")) or "", _size(value.get("size")))


def _child(value: Object) -> Child:
    platform = value.get_object("platform")
    return Child(
        _digest(value),
        _text(platform.get("os"), _PLATFORM_BYTES),
        _text(platform.get("architecture"), _PLATFORM_BYTES),
        _text(platform.get("variant"), _PLATFORM_BYTES),
    )


def _digest(value: Object) -> str:
    """Return the digest of a descriptor, or "" if it is missing or invalid."""
    digest = value.get("digest")
    return digest if isinstance(digest, str) and is_digest(digest) else ""


def _name(value: object) -> str | None:
    return _text(value, _NAME_BYTES)


def _text(value: object, limit: int, *, keep_lines: bool = False) -> str | None:
    """Return ``value`` without control characters and of at most ``limit`` bytes of UTF-8.

    None if it is not text.
    """
    if not isinstance(value, str):
        return None
    if len(value) <= limit and value.isascii() and value.isprintable():
        return value
    text = _SURROGATE.sub("\ufffd", _CONTROL.sub("", value[:limit]))
    if not keep_lines:
        text = _LINE_BREAK.sub(" ", text)
    return text.encode()[:limit].decode(errors="ignore")


def _size(value: object) -> int:
    return (
        min(value, MAX_SIZE)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0
        else 0
    )


def _time(value: object) -> datetime | None:
    """Return the time in UTC, or None if it has no time zone or PostgreSQL cannot store it."""
    if not isinstance(value, str) or len(value) > _TIME_LENGTH:
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
