"""Reads manifests from the registry's storage that the registry itself cannot read."""

import re
from pathlib import Path

_HEX = re.compile(r"[a-f0-9]{64}")
_MAX_BYTES = 16 * 1024 * 1024
"""No manifest is larger; Distribution accepts at most 4 MiB."""


def stored_manifest(storage: Path, digest: str) -> bytes | None:
    """Return the bytes of a manifest from the storage, or None."""
    algorithm, _, value = digest.partition(":")
    if algorithm != "sha256" or not _HEX.fullmatch(value):
        return None
    file = storage / "docker/registry/v2/blobs/sha256" / value[:2] / value / "data"
    try:
        if file.stat().st_size > _MAX_BYTES:
            return None
        return file.read_bytes()
    except OSError:
        return None
