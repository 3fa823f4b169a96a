"""Small container images with random content, in the formats that clients read.

Formats: OCI image spec v1 (layout, manifest, index) and Docker's image manifest v2 schema 2.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import platform as machine
import secrets
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["oci", "docker"]

MEDIA_TYPES: dict[Kind, dict[str, str]] = {
    "oci": {
        "manifest": "application/vnd.oci.image.manifest.v1+json",
        "index": "application/vnd.oci.image.index.v1+json",
        "config": "application/vnd.oci.image.config.v1+json",
        "layer": "application/vnd.oci.image.layer.v1.tar+gzip",
    },
    "docker": {
        "manifest": "application/vnd.docker.distribution.manifest.v2+json",
        "index": "application/vnd.docker.distribution.manifest.list.v2+json",
        "config": "application/vnd.docker.container.image.v1+json",
        "layer": "application/vnd.docker.image.rootfs.diff.tar.gzip",
    },
}

HOST_ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(
    machine.machine(), machine.machine()
)
OTHER_ARCHITECTURE = "arm64" if HOST_ARCHITECTURE == "amd64" else "amd64"


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob or manifest: bytes with a media type and a digest."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        """The SHA-256 digest, as `sha256:<hex>`."""
        return "sha256:" + hashlib.sha256(self.content).hexdigest()

    @property
    def hex(self) -> str:
        """The hexadecimal part of the digest."""
        return self.digest.removeprefix("sha256:")

    def descriptor(self, **more: Any) -> dict[str, Any]:
        """Return the OCI content descriptor. ``more`` adds fields, such as ``platform``."""
        return {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": len(self.content),
            **more,
        }


@dataclass(frozen=True, slots=True)
class Image:
    """An image for one platform."""

    architecture: str
    manifest: Blob
    config: Blob
    layers: tuple[Blob, ...]

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """Config and layers."""
        return (self.config, *self.layers)

    @property
    def size_bytes(self) -> int:
        """The size that the catalog reports: config and compressed layers."""
        return sum(len(blob.content) for blob in self.blobs)


@dataclass(frozen=True, slots=True)
class Index:
    """Images for several platforms under one digest."""

    manifest: Blob
    images: tuple[Image, ...]

    @property
    def native(self) -> Image:
        """The image that a client on this machine pulls."""
        return next(image for image in self.images if image.architecture == HOST_ARCHITECTURE)


def make_image(
    *, kind: Kind = "oci", architecture: str = HOST_ARCHITECTURE, layers: int = 1
) -> Image:
    """Return an image of random files, so no two images have the same digest."""
    types = MEDIA_TYPES[kind]
    tars = [_tar(f"file-{number}", secrets.token_bytes(1024)) for number in range(layers)]
    config = Blob(types["config"], _json(_config(architecture, tars)))
    compressed = tuple(Blob(types["layer"], gzip.compress(tar, mtime=0)) for tar in tars)
    manifest = {
        "schemaVersion": 2,
        "mediaType": types["manifest"],
        "config": config.descriptor(),
        "layers": [layer.descriptor() for layer in compressed],
    }
    return Image(architecture, Blob(types["manifest"], _json(manifest)), config, compressed)


def make_variants(base: Image, count: int) -> list[Image]:
    """Return images that differ in their manifests only."""
    manifest = json.loads(base.manifest.content)
    contents = (
        _json({**manifest, "annotations": {"number": str(number)}}) for number in range(count)
    )
    return [
        Image(base.architecture, Blob(base.manifest.media_type, content), base.config, base.layers)
        for content in contents
    ]


def make_manifest(**fields: object) -> Blob:
    """Return an OCI image manifest with exactly these fields, valid or not."""
    media_type = MEDIA_TYPES["oci"]["manifest"]
    return Blob(media_type, _json({"schemaVersion": 2, "mediaType": media_type, **fields}))


def make_index(
    *, kind: Kind = "oci", architectures: Sequence[str] = (HOST_ARCHITECTURE, OTHER_ARCHITECTURE)
) -> Index:
    """Return an index with one image for each of ``architectures``."""
    images = tuple(make_image(kind=kind, architecture=name) for name in architectures)
    index = {
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPES[kind]["index"],
        "manifests": [
            image.manifest.descriptor(platform={"os": "linux", "architecture": image.architecture})
            for image in images
        ],
    }
    return Index(Blob(MEDIA_TYPES[kind]["index"], _json(index)), images)


def write_oci_layout(content: Image | Index, folder: Path, tag: str = "latest") -> Path:
    """Write an OCI image layout (`oci:FOLDER:TAG` of skopeo and podman); return the folder."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    images = content.images if isinstance(content, Index) else (content,)
    for blob in {
        content.manifest,
        *(b for image in images for b in (image.manifest, *image.blobs)),
    }:
        (blobs / blob.hex).write_bytes(blob.content)
    top = content.manifest.descriptor(annotations={"org.opencontainers.image.ref.name": tag})
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "index.json").write_bytes(_json({"schemaVersion": 2, "manifests": [top]}))
    return folder


def write_skopeo_folder(content: Image | Index, folder: Path) -> Path:
    """Write skopeo's `dir:FOLDER` format. Unlike an OCI layout, it allows Docker's media types."""
    folder.mkdir(parents=True)
    images = content.images if isinstance(content, Index) else (content,)
    (folder / "version").write_text("Directory Transport Version: 1.1\n")
    (folder / "manifest.json").write_bytes(content.manifest.content)
    for image in images:
        if image is not content:
            (folder / f"{image.manifest.hex}.manifest.json").write_bytes(image.manifest.content)
        for blob in image.blobs:
            (folder / blob.hex).write_bytes(blob.content)
    return folder


def write_docker_archive(image: Image, path: Path, reference: str) -> Path:
    """Write an archive for `docker load`, which tags the image with ``reference``."""
    names = [f"{layer.hex}/layer.tar" for layer in image.layers]
    entry = {"Config": f"{image.config.hex}.json", "RepoTags": [reference], "Layers": names}
    with tarfile.open(path, "w") as archive:
        for name, content in (
            (f"{image.config.hex}.json", image.config.content),
            *(
                (name, gzip.decompress(layer.content))
                for name, layer in zip(names, image.layers, strict=True)
            ),
            ("manifest.json", _json([entry])),
        ):
            _add(archive, name, content)
    return path


def _config(architecture: str, tars: Sequence[bytes]) -> dict[str, Any]:
    return {
        "created": "2026-01-01T00:00:00Z",
        "architecture": architecture,
        "os": "linux",
        "config": {"Cmd": ["/file-0"], "Labels": {"moorage.test": secrets.token_hex(8)}},
        "rootfs": {
            "type": "layers",
            "diff_ids": [f"sha256:{hashlib.sha256(tar).hexdigest()}" for tar in tars],
        },
        "history": [{"created": "2026-01-01T00:00:00Z", "created_by": "ADD file"} for _ in tars],
    }


def _tar(name: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        _add(archive, name, content)
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o644
    archive.addfile(entry, io.BytesIO(content))


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
