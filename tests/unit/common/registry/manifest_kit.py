"""Manifests as JSON values, which tests change and then encode."""

import json
from typing import Any

from libs.common.registry.admission import (
    OCI_INDEX,
    OCI_MANIFEST,
    AdmittedManifest,
    parse_for_admission,
)
from libs.common.registry.foreign_urls import DEFAULT_FOREIGN_LAYER_URLS, ForeignPrefix

PREFIXES = [ForeignPrefix.parse(text) for text in DEFAULT_FOREIGN_LAYER_URLS]
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
CONFIG = "application/vnd.oci.image.config.v1+json"
FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"


def digest(letter: str) -> str:
    """Return a sha256 digest of one repeated hex digit."""
    return f"sha256:{letter * 64}"


def descriptor(letter: str, media_type: str = LAYER, size: int = 7, **more: Any) -> dict[str, Any]:
    """Return a descriptor."""
    return {"mediaType": media_type, "digest": digest(letter), "size": size, **more}


def manifest(media_type: str = OCI_MANIFEST, **more: Any) -> dict[str, Any]:
    """Return an image manifest with two layers."""
    return {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": descriptor("c", CONFIG),
        "layers": [descriptor("1"), descriptor("2")],
        **more,
    }


def index(media_type: str = OCI_INDEX, **more: Any) -> dict[str, Any]:
    """Return an index with one child."""
    platform = {"os": "linux", "architecture": "arm64", "variant": "v8"}
    return {
        "schemaVersion": 2,
        "mediaType": media_type,
        "manifests": [descriptor("a", OCI_MANIFEST, platform=platform)],
        **more,
    }


def parsed(value: object, content_type: str | None = None) -> AdmittedManifest:
    """Parse ``value``, JSON bytes or a JSON value, as its own media type by default."""
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    if content_type is None:
        stated = value.get("mediaType") if isinstance(value, dict) else None
        content_type = str(stated or OCI_MANIFEST)
    return parse_for_admission(content, content_type=content_type, foreign_urls=PREFIXES)
