"""Referrers: manifests that belong to an image, such as its signatures (OCI distribution spec).

An image has three kinds of them: manifests whose subject it is, manifests under the tags of cosign,
and those that its fallback tag lists.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from libs.common.registry.names import artifact_suffix

MAX_PAGE = 1000
"""Clients such as cosign read one page of the registry API only, so a page has many."""
MAX_PAGE_BYTES = 3 * 1024 * 1024
"""Of the descriptors on a page. Clients accept 4 MiB."""
MAX_FALLBACK_BYTES = 1024 * 1024
"""Of a fallback index whose annotations are shown. A tenant could let each request parse 4 MiB."""
MAX_SHOWN = 200
"""Of one image in the JSON API. The newest ones are shown."""

Descriptor = Mapping[str, Any]
"""An OCI descriptor with artifact type and annotations."""


class ReferrerKind(StrEnum):
    """What a referrer is."""

    SIGNATURE = "signature"
    ATTESTATION = "attestation"
    SBOM = "sbom"
    OTHER = "other"


_BY_SUFFIX = {
    "sig": ReferrerKind.SIGNATURE,
    "att": ReferrerKind.ATTESTATION,
    "sbom": ReferrerKind.SBOM,
}
_BUNDLE = "sigstore.bundle"
_PREDICATE = "dev.sigstore.bundle.predicateType"
_SIGNING = "https://sigstore.dev/cosign/sign/v1"
_WORDS = (
    (ReferrerKind.SIGNATURE, ("signature", "cosign.artifact.sig.", "simplesigning")),
    (ReferrerKind.SBOM, ("spdx", "cyclonedx", "syft", "sbom")),
    (ReferrerKind.ATTESTATION, ("in-toto", "dsse", "attestation", "slsa", "provenance")),
)
"""Words in the media types that are in use: of cosign, Notation, Docker, Syft, and Trivy."""


def kind_of(
    *,
    artifact_type: str | None,
    layer_type: str | None,
    tags: Collection[str],
    annotations: Mapping[str, str],
) -> ReferrerKind:
    """Return the kind by the tag of cosign, else by the type of the artifact or its layer."""
    for tag in tags:
        kind = _BY_SUFFIX.get(artifact_suffix(tag) or "")
        if kind is not None:
            return kind
    types = f"{artifact_type or ''} {layer_type or ''}".lower()
    if _BUNDLE in types:
        signs = annotations.get(_PREDICATE, _SIGNING) == _SIGNING
        return ReferrerKind.SIGNATURE if signs else ReferrerKind.ATTESTATION
    for kind, words in _WORDS:
        if any(word in types for word in words):
            return kind
    return ReferrerKind.OTHER


@dataclass(frozen=True, slots=True)
class Referrer:
    """A referrer as the API and the console show it. ``tags`` are its own tags."""

    digest: str
    artifact_type: str | None
    kind: ReferrerKind
    size_bytes: int
    pushed_at: datetime
    annotations: dict[str, str]
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A manifest that may be on a page. Its descriptor is None until the manifest is read."""

    digest: str
    descriptor: Descriptor | None


@dataclass(frozen=True, slots=True)
class ReferrersPage:
    """Descriptors in the byte order of their digests.

    ``last`` is the digest after which the next page begins, or None if there is no next page. A
    page can be empty and have a next one.
    """

    descriptors: tuple[Descriptor, ...]
    last: str | None


def with_annotations(descriptor: Descriptor, others: Mapping[str, str]) -> Descriptor:
    """Return the descriptor with ``others``, unless the manifest has the same annotations."""
    if not others:
        return descriptor
    return {**descriptor, "annotations": {**others, **descriptor.get("annotations", {})}}
