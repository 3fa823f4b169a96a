"""The responses of ``/images``."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field

from libs.common.web.fields import Output
from services.catalog.images.domain import Image, PullCommand, is_tag
from services.catalog.referrers.domain import Referrer, ReferrerKind

_DIGEST = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def _tag(value: str) -> str:
    if not is_tag(value):
        raise ValueError(
            "must have at most 128 letters, digits, '.', '_', and '-', and not start with '.' or "
            "'-'"
        )
    return value


TagName = Annotated[str, AfterValidator(_tag)]
"""A tag in a request body."""


class PlatformOut(Output):
    """One platform of an image."""

    os: str = Field(examples=["linux"])
    architecture: str = Field(examples=["arm64"])
    variant: str | None = Field(examples=["v8"])
    digest: str = Field(description="of the manifest for this platform", examples=[_DIGEST])
    size_bytes: int = Field(description="config and compressed layers", examples=[3401613])


class LayerOut(Output):
    """One layer of an image."""

    digest: str = Field(examples=[_DIGEST])
    media_type: str = Field(examples=["application/vnd.oci.image.layer.v1.tar+gzip"])
    size_bytes: int = Field(description="compressed", examples=[3401613])


class PullCommandOut(Output):
    """A shell command that pulls the image."""

    client: str = Field(examples=["docker"])
    command: str = Field(examples=["docker pull registry.example.com/team/app:v1"])


class TagOut(Output):
    """A tag with the image that it names."""

    tag: str = Field(examples=["v1"])
    digest: str = Field(examples=[_DIGEST])
    media_type: str = Field(examples=[_MANIFEST])
    artifact_type: str | None = Field(
        description="type of an artifact that is not an image: a chart, a signature, …"
    )
    size_bytes: int = Field(
        description="config and compressed layers of all platforms", examples=[3401613]
    )
    platforms: list[PlatformOut] = Field(description="empty for an artifact that is not an image")
    pushed_at: datetime = Field(description="UTC")
    pushed_by: str = Field(
        description="Docker user; empty if the image was copied, or if the registry never reported "
        "the push",
        examples=["ci-builder"],
    )
    pull_count: int = Field(examples=[1204])
    last_pulled_at: datetime | None = Field(description="UTC; null: never")
    immutable: bool = Field(
        description="whether the rules of the repository forbid that the tag moves or is deleted"
    )


class ReferrerOut(Output):
    """A signature, an SBOM, or another artifact that refers to the image."""

    digest: str = Field(examples=[_DIGEST])
    artifact_type: str | None = Field(
        description="null if the manifest has none", examples=["application/spdx+json"]
    )
    kind: ReferrerKind = Field(
        description="by the tag of cosign, else by the artifact type or the type of the layer"
    )
    size_bytes: int = Field(description="config and layers", examples=[2048])
    pushed_at: datetime = Field(description="UTC")
    annotations: dict[str, str] = Field(
        description="of the manifest, at most 16 KiB; empty while the registry cannot be read",
        examples=[{"org.opencontainers.image.created": "2026-11-27T10:00:00Z"}],
    )
    tags: list[str] = Field(
        description="cosign derives its tags from the digest of the image",
        examples=[["sha256-4fb4e1d2.sig"]],
    )


class ImageOut(Output):
    """One image."""

    tag: str | None = Field(
        description="the requested tag; null if the image was requested by digest", examples=["v1"]
    )
    digest: str = Field(examples=[_DIGEST])
    media_type: str = Field(examples=[_MANIFEST])
    artifact_type: str | None = Field(
        description="type of an artifact that is not an image: a chart, a signature, …"
    )
    subject: str | None = Field(
        description="for a signature or an SBOM: the digest of the image that it describes"
    )
    size_bytes: int = Field(
        description="config and compressed layers of all platforms", examples=[3401613]
    )
    platforms: list[PlatformOut]
    layers: list[LayerOut] = Field(
        description="empty for an index, because each platform has its own layers"
    )
    labels: dict[str, str] = Field(
        examples=[{"org.opencontainers.image.source": "https://example.com/app"}]
    )
    created_at: datetime | None = Field(description="time of the build, from the config; UTC")
    pushed_at: datetime = Field(description="UTC")
    pushed_by: str = Field(
        description="Docker user; empty if the image was copied, or if the registry never reported "
        "the push",
        examples=["ci-builder"],
    )
    pull_count: int | None = Field(
        description="pulls of the tag; null if the image was requested by digest", examples=[1204]
    )
    last_pulled_at: datetime | None = Field(
        description="last pull of the tag, UTC; null: never, or the image was requested by digest"
    )
    tags: list[str] = Field(description="all tags that name the image", examples=[["latest", "v1"]])
    referrers: list[ReferrerOut] = Field(
        description="signatures and other artifacts that refer to the image, at most 200, the "
        "newest first"
    )
    pull_commands: list[PullCommandOut]

    @classmethod
    def of(
        cls, image: Image, commands: Sequence[PullCommand], referrers: Sequence[Referrer]
    ) -> Self:
        """Return the response for ``image`` with its referrers and the commands that pull it."""
        more = {"pull_commands": commands, "referrers": referrers}
        return cls.model_validate(asdict(image) | more)


class IndexOut(Output):
    """A multi-platform image with its tags."""

    digest: str = Field(examples=[_DIGEST])
    tags: list[str] = Field(examples=[["latest"]])


class DeletionPreviewOut(Output):
    """The consequences of deleting the image."""

    sibling_tags: list[str] = Field(
        description="other tags on the image: deleting the tag keeps them, "
        "and deleting the digest deletes them",
        examples=[["latest"]],
    )
    indexes: list[IndexOut] = Field(
        description="tagged multi-platform images that need the image: "
        "while there is one, the digest cannot be deleted"
    )
    referrers: list[ReferrerOut] = Field(
        description="signatures and other artifacts that refer to the image, at most 200, the "
        "newest first. Deleting the tag keeps them. Deleting the digest deletes their tags of "
        "cosign too, and garbage collection deletes those without a tag."
    )
    exclusive_bytes: int = Field(
        description="size of the blobs that only this image references, over all tags and "
        "repositories of the account; 0 while another tag or index needs the image",
        examples=[3401613],
    )
    last_pulled_at: datetime | None = Field(description="UTC; null: never")
