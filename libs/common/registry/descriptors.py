"""Parse the descriptors of a manifest on its way into the registry.

Source: OCI image spec, "Content Descriptors". ``parse_for_admission`` calls this module.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from libs.common.registry.error_format import ManifestInvalid
from libs.common.registry.foreign_urls import FOREIGN_LAYER_TYPES, ForeignPrefix, is_allowed
from libs.common.registry.manifests import MAX_SIZE
from libs.common.registry.strict_json import shown

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_MEDIA_TYPE = re.compile(r"[\x20-\x7e]{0,255}")
_KEYS = frozenset(
    [
        "schemaVersion",
        "mediaType",
        "artifactType",
        "config",
        "layers",
        "manifests",
        "blobs",
        "subject",
        "annotations",
        "digest",
        "size",
        "urls",
        "data",
        "platform",
        "architecture",
        "os",
        "os.version",
        "os.features",
        "variant",
        "features",
    ]
)
_FOLDED_KEYS = {key.casefold(): key for key in _KEYS}


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest says of a blob or another manifest. ``field`` is its place: ``layers[2]``.

    The layer ``is_foreign`` if clients download it from allowed ``urls``: the registry need not
    have it.
    """

    field: str
    digest: str
    size: int
    media_type: str
    is_foreign: bool


def descriptor(value: object, field: str, foreign_urls: Sequence[ForeignPrefix]) -> Descriptor:
    """Return the descriptor ``value``, which stands at ``field``.

    Raises:
        ManifestInvalid: it breaks a rule of this module.
    """
    if not isinstance(value, dict):
        raise ManifestInvalid(f"{field} must be an object")
    check_keys(value, field)
    check_annotations(value, field)
    _check_platform(value, field)
    media_type = media_type_of(value, field)
    media_type_of(value, field, "artifactType")
    if not isinstance(value.get("data"), str | None):
        raise ManifestInvalid(f"{field}.data must be text in base64")
    has_urls = _has_urls(value, field, foreign_urls)
    return Descriptor(
        field=field,
        digest=_digest(value, field),
        size=_size(value, field),
        media_type=media_type,
        is_foreign=has_urls and media_type in FOREIGN_LAYER_TYPES,
    )


def check_keys(value: dict[str, Any], field: str) -> None:
    """Refuse keys that only Go, which ignores case, reads as keys of the specifications."""
    for key in value.keys() - _KEYS:
        if (defined := _FOLDED_KEYS.get(key.casefold())) is not None:
            raise ManifestInvalid(f"{_in(field, shown(key))} must be written {shown(defined)}")


def check_annotations(value: dict[str, Any], field: str) -> None:
    """Refuse ``annotations`` that Go cannot read."""
    annotations = value.get("annotations")
    if annotations is None:
        return
    if not isinstance(annotations, dict) or not all(
        isinstance(text, str) for text in annotations.values()
    ):
        raise ManifestInvalid(f"{_in(field, 'annotations')} must be an object with text values")


def _digest(value: dict[str, Any], field: str) -> str:
    digest = value.get("digest")
    if not isinstance(digest, str) or _DIGEST.fullmatch(digest) is None:
        raise ManifestInvalid(
            f"{field}.digest must be sha256: with 64 or sha512: with 128 lower-case hex digits, "
            f"not {shown(digest)}"
        )
    return digest


def _size(value: dict[str, Any], field: str) -> int:
    size = value.get("size")
    if type(size) is not int:
        raise ManifestInvalid(f"{field}.size must be a whole number of bytes, not {shown(size)}")
    if size < 0:
        raise ManifestInvalid(f"{field}.size must not be negative")
    if size > MAX_SIZE:
        raise ManifestInvalid(f"{field}.size must be at most {MAX_SIZE:,} bytes")
    return size


def media_type_of(value: dict[str, Any], field: str, key: str = "mediaType") -> str:
    """Return the media type in ``value[key]``, "" if it is missing, as Go does."""
    text = value.get(key)
    if text is None:
        return ""
    if not isinstance(text, str) or _MEDIA_TYPE.fullmatch(text) is None:
        raise ManifestInvalid(
            f"{_in(field, key)} must be a media type: at most 255 printable ASCII characters"
        )
    return text


def _check_platform(value: dict[str, Any], field: str) -> None:
    platform = value.get("platform")
    if platform is None:
        return
    field = f"{field}.platform"
    if not isinstance(platform, dict):
        raise ManifestInvalid(f"{field} must be an object")
    check_keys(platform, field)
    for key in ("os", "architecture", "variant", "os.version"):
        if not isinstance(platform.get(key), str | None):
            raise ManifestInvalid(f"{field}.{key} must be text")
    for key in ("os.features", "features"):
        _texts(platform, key, field)


def _has_urls(value: dict[str, Any], field: str, foreign_urls: Sequence[ForeignPrefix]) -> bool:
    urls = _texts(value, "urls", field)
    for position, url in enumerate(urls):
        if not is_allowed(url, foreign_urls):
            raise ManifestInvalid(
                f"{field}.urls[{position}] is {shown(url)}, which is not an allowed https address "
                "of foreign layers; push the layer itself, or ask the operator to add the address "
                "to MOORAGE_FOREIGN_LAYER_URLS"
            )
    return bool(urls)


def _texts(value: dict[str, Any], key: str, field: str) -> list[str]:
    items = value.get(key)
    if items is None:
        return []
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ManifestInvalid(f"{_in(field, key)} must be a list of texts")
    return items


def _in(field: str, key: str) -> str:
    return f"{field}.{key}" if field else key
