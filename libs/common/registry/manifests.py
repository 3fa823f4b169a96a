"""Parse manifests, indexes, and image configs, without input or output.

Sources are the OCI image spec and Docker's "Image Manifest Version 2, Schema 2". Content that a
registry accepts never fails to parse: missing and invalid values are left out.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

INDEX_TYPES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
IMAGE_CONFIG_TYPES = frozenset(
    {"application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"}
)
_DIGEST = re.compile(r"[a-z0-9]+([+._-][a-z0-9]+)*:[A-Za-z0-9=_-]{32,256}")
_MAX_LABELS = 200
_MAX_TEXT = 4096
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
    """Return whether ``text`` has the syntax of a digest (OCI image spec, "Digests")."""
    return _DIGEST.fullmatch(text) is not None


def parse_manifest(content: bytes, *, digest: str, media_type: str) -> Manifest:
    """Parse a manifest or an index. If it is not a JSON object, all its fields are empty."""
    value = _parsed(content)
    media_type = _text(value.get("mediaType")) or media_type
    config = _object(value.get("config"))
    config_type = _text(config.get("mediaType"))
    layers = tuple(_layer(item) for item in _objects(value.get("layers")))
    artifact_type = _text(value.get("artifactType"))
    if artifact_type is None and config_type and config_type not in IMAGE_CONFIG_TYPES:
        artifact_type = config_type
    return Manifest(
        digest=digest,
        media_type=media_type,
        artifact_type=artifact_type,
        subject=_text(_object(value.get("subject")).get("digest")),
        config_digest=_text(config.get("digest")) if config_type in IMAGE_CONFIG_TYPES else None,
        layers=layers,
        children=tuple(_child(item) for item in _objects(value.get("manifests"))),
        size_bytes=min(
            MAX_SIZE, _size(config.get("size")) + sum(layer.size_bytes for layer in layers)
        ),
        blobs=_blobs(config, layers),
    )


def parse_config(content: bytes | None) -> ImageConfig:
    """Parse an image config. If it is missing or not a JSON object, all its fields are empty."""
    value = _parsed(content or b"{}")
    labels = _object(_object(value.get("config")).get("Labels"))
    clean = {
        key: text
        for key, item in labels.items()
        if (text := _text(item)) is not None and _text(key) is not None
    }
    return ImageConfig(
        os=_text(value.get("os")),
        architecture=_text(value.get("architecture")),
        variant=_text(value.get("variant")),
        created_at=_time(value.get("created")),
        labels=dict(list(clean.items())[:_MAX_LABELS]),
    )


def _blobs(config: dict[str, Any], layers: tuple[Layer, ...]) -> tuple[tuple[str, int], ...]:
    named = [
        (_text(config.get("digest")) or "", _size(config.get("size"))),
        *((layer.digest, layer.size_bytes) for layer in layers),
    ]
    return tuple({digest: size for digest, size in named if digest}.items())


def _layer(value: dict[str, Any]) -> Layer:
    return Layer(
        _text(value.get("digest")) or "",
        _text(value.get("mediaType")) or "",
        _size(value.get("size")),
    )


def _child(value: dict[str, Any]) -> Child:
    platform = _object(value.get("platform"))
    return Child(
        _text(value.get("digest")) or "",
        _text(platform.get("os")),
        _text(platform.get("architecture")),
        _text(platform.get("variant")),
    )


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        return _object(json.loads(content))
    except (ValueError, RecursionError):
        return {}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    """Return ``value`` as text that PostgreSQL can store, truncated; None if it is not text."""
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").encode("utf-8", "replace").decode()[:_MAX_TEXT]


def _size(value: object) -> int:
    return (
        min(value, MAX_SIZE)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0
        else 0
    )


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def child_digests(manifest: bytes, *, limit: int) -> tuple[str, ...]:
    """Return the digests in ``manifest`` if it is an index, sorted and without duplicates.

    If there are more than ``limit``, the first ones are returned, so that every caller gets the
    same ones. Any other manifest has none. Source: OCI image spec, "Image Index".
    """
    entries = _objects(_parsed(manifest).get("manifests"))
    digests = {entry["digest"] for entry in entries if isinstance(entry.get("digest"), str)}
    valid = {digest for digest in digests if 0 < len(digest) <= 255 and "\0" not in digest}
    return tuple(sorted(valid)[:limit])
