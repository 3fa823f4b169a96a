"""The images and repositories of all interleavings. Their digests are the same each time."""

import json
from enum import Enum

from tests.kit.images import MEDIA_TYPES, Blob, Image, Index


class Style(Enum):
    """How a client makes sure that the registry has a blob."""

    BLIND = "without a look at blobs"
    UPLOAD = "with uploads"
    MOUNT = "with mounts"
    GATED = "with checks at a gate"


NAMESPACE = "team"
REPOSITORIES = ("team/app", "team/lib")
TAGS = ("v1", "v2")
_TYPES = MEDIA_TYPES["oci"]


def _blob(kind: str, content: object) -> Blob:
    return Blob(_TYPES[kind], json.dumps(content).encode())


def _image(number: int, *layers: Blob) -> Image:
    config = _blob("config", {"architecture": "amd64", "os": "linux", "number": number})
    manifest = {
        "schemaVersion": 2,
        "mediaType": _TYPES["manifest"],
        "config": config.descriptor(),
        "layers": [layer.descriptor() for layer in layers],
    }
    return Image("amd64", _blob("manifest", manifest), config, layers)


_LAYERS = [Blob(_TYPES["layer"], f"layer {number}".encode()) for number in range(4)]
IMAGES = (
    _image(1, _LAYERS[0], _LAYERS[1]),
    _image(2, _LAYERS[1], _LAYERS[2]),
    _image(3, _LAYERS[2], _LAYERS[3]),
)
INDEX = Index(
    _blob(
        "index",
        {
            "schemaVersion": 2,
            "mediaType": _TYPES["index"],
            "manifests": [image.manifest.descriptor() for image in IMAGES[:2]],
        },
    ),
    IMAGES[:2],
)
CONTENTS: tuple[Image | Index, ...] = (IMAGES[1], IMAGES[2], INDEX, IMAGES[0])
"""What is pushed. The image that exists from the beginning is the last one."""
EXISTING = IMAGES[0]
ALL_BLOBS = tuple(
    {
        blob.digest: blob
        for image in IMAGES
        for blob in (*image.blobs, image.manifest, INDEX.manifest)
    }.values()
)
NAMED = {
    image.manifest.digest: [image.manifest.digest, *(blob.digest for blob in image.blobs)]
    for image in IMAGES
} | {
    INDEX.manifest.digest: [
        INDEX.manifest.digest,
        *(image.manifest.digest for image in INDEX.images),
    ]
}
"""Each manifest with its own blob and those that it names."""
NAMES = {
    blob.digest: name
    for name, blob in (
        *((f"layer-{number}", layer) for number, layer in enumerate(_LAYERS)),
        *((f"config-{number + 1}", image.config) for number, image in enumerate(IMAGES)),
        *((f"image-{number + 1}", image.manifest) for number, image in enumerate(IMAGES)),
        ("index", INDEX.manifest),
    )
}


def readable(text: str) -> str:
    """Replace the digests in a line by names."""
    for digest, name in NAMES.items():
        text = text.replace(digest, name).replace(digest[7:15], name)
    return text
