"""Parse a manifest on its way into the registry, and refuse what readers can read differently.

``manifests.py`` reads what is stored already and never fails. This module reads what a client
sends: whatever it accepts, Distribution, Go clients, and ``manifests.py`` read in the same way.
Sources are the OCI image spec and Docker's "Image Manifest Version 2, Schema 2".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from libs.common.registry.descriptors import (
    Descriptor,
    check_annotations,
    check_keys,
    descriptor,
    media_type_of,
)
from libs.common.registry.error_format import ManifestInvalid
from libs.common.registry.foreign_urls import ForeignPrefix
from libs.common.registry.manifests import IMAGE_CONFIG_TYPES, INDEX_TYPES
from libs.common.registry.strict_json import InvalidJson, read_object, shown

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MEDIA_TYPES = (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST)

MAX_LAYERS = 1_000
MAX_CHILDREN = 1_000

_FOREIGN_DOCKER_LAYER = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+"


@dataclass(frozen=True, slots=True)
class AdmittedManifest:
    """A manifest or an index. ``blobs`` are those of OCI artifact manifests; ``layers`` others.

    ``artifact_type`` falls back to the media type of a config that is not an image's.
    """

    media_type: str
    artifact_type: str | None
    config: Descriptor | None
    layers: tuple[Descriptor, ...]
    children: tuple[Descriptor, ...]
    blobs: tuple[Descriptor, ...]
    subject: Descriptor | None

    @property
    def descriptors(self) -> Iterator[Descriptor]:
        """All descriptors of the manifest, in whatever field."""
        if self.config is not None:
            yield self.config
        yield from self.layers
        yield from self.children
        yield from self.blobs
        if self.subject is not None:
            yield self.subject

    @property
    def digests(self) -> frozenset[str]:
        """The digests of all descriptors."""
        return frozenset(descriptor.digest for descriptor in self.descriptors)


def parse_for_admission(
    content: bytes, *, content_type: str, foreign_urls: Sequence[ForeignPrefix]
) -> AdmittedManifest:
    """Parse the body of ``PUT /v2/…/manifests/…`` with the header ``content_type``.

    The caller limits the length of ``content``, and checks sizes and presence of blobs.

    Raises:
        ManifestInvalid: a rule of this module or of spec 5 is broken.
    """
    media_type = _media_type(content_type)
    try:
        value = read_object(content)
    except InvalidJson as error:
        raise ManifestInvalid(str(error)) from None
    check_keys(value, "")
    _check_media_type(value, media_type)
    _check_schema_version(value)
    _check_shape(value, media_type)
    check_annotations(value, "")
    config = _optional(value, "config", foreign_urls)
    if config is None and media_type not in INDEX_TYPES:
        raise ManifestInvalid("config is missing; an image manifest must have one")
    admitted = AdmittedManifest(
        media_type=media_type,
        artifact_type=_artifact_type(value, config),
        config=config,
        layers=_list(value, "layers", MAX_LAYERS, foreign_urls),
        children=_list(value, "manifests", MAX_CHILDREN, foreign_urls),
        blobs=_list(value, "blobs", MAX_LAYERS, foreign_urls),
        subject=_optional(value, "subject", foreign_urls),
    )
    _check_foreign_layers(admitted)
    return admitted


def _check_foreign_layers(manifest: AdmittedManifest) -> None:
    """Refuse foreign layers without an address: Distribution answers 500 to them."""
    for one in manifest.descriptors:
        if (
            manifest.media_type == DOCKER_MANIFEST
            and one.media_type == _FOREIGN_DOCKER_LAYER
            and not one.is_foreign
        ):
            raise ManifestInvalid(
                f"{one.field}.urls is missing; a layer of the type {one.media_type} "
                "must have one, or be pushed with the type of an ordinary layer"
            )


def _media_type(content_type: str) -> str:
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type.startswith(_SCHEMA1):
        raise ManifestInvalid(
            "the manifest has Docker's schema 1, which the registry does not accept; "
            "push with a client that writes OCI or Docker schema 2 manifests"
        )
    if media_type not in MEDIA_TYPES:
        raise ManifestInvalid(
            f"Content-Type is {shown(content_type)}, but must be one of {', '.join(MEDIA_TYPES)}"
        )
    return media_type


def _check_media_type(value: dict[str, Any], media_type: str) -> None:
    """Distribution lets OCI documents omit ``mediaType``, but not those of Docker."""
    stated = value.get("mediaType")
    if stated in (None, "") and media_type in (OCI_MANIFEST, OCI_INDEX):
        return
    if stated != media_type:
        raise ManifestInvalid(
            f"mediaType is {shown(stated)}, but the header Content-Type is {shown(media_type)}; "
            "both must be equal"
        )


def _check_schema_version(value: dict[str, Any]) -> None:
    version = value.get("schemaVersion")
    if type(version) is not int or version != 2:
        raise ManifestInvalid(f"schemaVersion must be 2, not {shown(version)}")


def _check_shape(value: dict[str, Any], media_type: str) -> None:
    is_index = media_type in INDEX_TYPES
    for key in ("config", "layers", "blobs") if is_index else ("manifests",):
        if value.get(key) is not None:
            kind = "an index" if is_index else "an image manifest"
            raise ManifestInvalid(f"{key} must not be in {kind}")


def _artifact_type(value: dict[str, Any], config: Descriptor | None) -> str | None:
    artifact_type = media_type_of(value, "", "artifactType") or None
    if artifact_type is None and config is not None and config.media_type:
        return None if config.media_type in IMAGE_CONFIG_TYPES else config.media_type
    return artifact_type


def _optional(
    value: dict[str, Any], key: str, foreign_urls: Sequence[ForeignPrefix]
) -> Descriptor | None:
    return None if value.get(key) is None else descriptor(value[key], key, foreign_urls)


def _list(
    value: dict[str, Any], key: str, limit: int, foreign_urls: Sequence[ForeignPrefix]
) -> tuple[Descriptor, ...]:
    """Return the descriptors in ``value[key]``. Go clients write an empty list as null."""
    items = value.get(key)
    if items is None:
        return ()
    if not isinstance(items, list):
        raise ManifestInvalid(f"{key} must be a list")
    if len(items) > limit:
        raise ManifestInvalid(f"{key} has {len(items):,} entries; at most {limit:,} are allowed")
    return tuple(
        descriptor(item, f"{key}[{position}]", foreign_urls) for position, item in enumerate(items)
    )
