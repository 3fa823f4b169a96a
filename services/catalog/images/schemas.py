"""The responses of `/images`."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from libs.common.registry.manifests import Layer, Platform
from services.catalog.images.domain import DeletionPreview, Image, PullCommand, TaggedImage

_DIGEST = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class PlatformOut(BaseModel):
    """One platform of an image."""

    os: str = Field(examples=["linux"])
    architecture: str = Field(examples=["arm64"])
    variant: str | None = Field(examples=["v8"])
    digest: str = Field(description="of the manifest for this platform", examples=[_DIGEST])
    size_bytes: int = Field(description="config and compressed layers", examples=[3401613])

    @classmethod
    def of(cls, platform: Platform) -> Self:
        return cls(
            os=platform.os,
            architecture=platform.architecture,
            variant=platform.variant,
            digest=platform.digest,
            size_bytes=platform.size_bytes,
        )


class LayerOut(BaseModel):
    """One layer of an image."""

    digest: str = Field(examples=[_DIGEST])
    media_type: str = Field(examples=["application/vnd.oci.image.layer.v1.tar+gzip"])
    size_bytes: int = Field(description="compressed", examples=[3401613])

    @classmethod
    def of(cls, layer: Layer) -> Self:
        return cls(digest=layer.digest, media_type=layer.media_type, size_bytes=layer.size_bytes)


class PullCommandOut(BaseModel):
    """A line for a shell that pulls the image."""

    client: str = Field(examples=["docker"])
    command: str = Field(examples=["docker pull registry.example.com/team/app:v1"])

    @classmethod
    def of(cls, command: PullCommand) -> Self:
        return cls(client=command.client, command=command.command)


class TagOut(BaseModel):
    """A tag with the image that it names."""

    tag: str = Field(examples=["v1"])
    digest: str = Field(examples=[_DIGEST])
    media_type: str = Field(examples=[_MANIFEST])
    size_bytes: int = Field(
        description="config and compressed layers; of all platforms", examples=[3401613]
    )
    platforms: list[PlatformOut] = Field(description="empty for artifacts that are no images")
    pushed_at: datetime = Field(description="UTC")
    pushed_by: str = Field(
        description="Docker user; empty: not known, for the registry never reported the push",
        examples=["ci-builder"],
    )
    pull_count: int = Field(examples=[1204])
    last_pulled_at: datetime | None = Field(description="UTC; null: never")

    @classmethod
    def of(cls, image: TaggedImage) -> Self:
        return cls(
            tag=image.tag,
            digest=image.digest,
            media_type=image.media_type,
            size_bytes=image.size_bytes,
            platforms=[PlatformOut.of(platform) for platform in image.platforms],
            pushed_at=image.pushed_at,
            pushed_by=image.pushed_by,
            pull_count=image.pull_count,
            last_pulled_at=image.last_pulled_at,
        )


class ImageOut(BaseModel):
    """One image."""

    tag: str | None = Field(
        description="the tag that was asked for; null: it was asked by digest", examples=["v1"]
    )
    digest: str = Field(examples=[_DIGEST])
    media_type: str = Field(examples=[_MANIFEST])
    artifact_type: str | None = Field(
        description="what it is when it is no image: a chart, a signature, …"
    )
    subject: str | None = Field(
        description="digest of the image that it is about, for a signature or an SBOM"
    )
    size_bytes: int = Field(
        description="config and compressed layers; of all platforms", examples=[3401613]
    )
    platforms: list[PlatformOut]
    layers: list[LayerOut] = Field(description="empty for an index: each platform has its own")
    labels: dict[str, str] = Field(
        examples=[{"org.opencontainers.image.source": "https://example.com/app"}]
    )
    created_at: datetime | None = Field(description="when it was built, as its config says; UTC")
    pushed_at: datetime = Field(description="UTC")
    pushed_by: str = Field(
        description="Docker user; empty: not known, for the registry never reported the push",
        examples=["ci-builder"],
    )
    pull_count: int | None = Field(
        description="of the tag; null: it was asked by digest", examples=[1204]
    )
    last_pulled_at: datetime | None = Field(
        description="of the tag; UTC; null: never, or it was asked by digest"
    )
    tags: list[str] = Field(description="all tags that name it", examples=[["latest", "v1"]])
    pull_commands: list[PullCommandOut]

    @classmethod
    def of(cls, image: Image, commands: list[PullCommand]) -> Self:
        return cls(
            tag=image.tag,
            digest=image.digest,
            media_type=image.media_type,
            artifact_type=image.artifact_type,
            subject=image.subject,
            size_bytes=image.size_bytes,
            platforms=[PlatformOut.of(platform) for platform in image.platforms],
            layers=[LayerOut.of(layer) for layer in image.layers],
            labels=image.labels,
            created_at=image.created_at,
            pushed_at=image.pushed_at,
            pushed_by=image.pushed_by,
            pull_count=image.pull_count,
            last_pulled_at=image.last_pulled_at,
            tags=list(image.tags),
            pull_commands=[PullCommandOut.of(command) for command in commands],
        )


class IndexOut(BaseModel):
    """A multi-platform image with the tags on it."""

    digest: str = Field(examples=[_DIGEST])
    tags: list[str] = Field(examples=[["latest"]])


class ReferrerOut(BaseModel):
    """A signature, SBOM or the like that is about the image."""

    digest: str = Field(examples=[_DIGEST])
    artifact_type: str | None = Field(
        description="null: it does not say", examples=["application/spdx+json"]
    )
    tags: list[str] = Field(
        description="cosign's are made of the image's digest", examples=[["sha256-4fb4e1d2.sig"]]
    )


class DeletionPreviewOut(BaseModel):
    """What deleting the image would mean."""

    sibling_tags: list[str] = Field(
        description="other tags on the image: they stay when the tag is deleted, and go when the digest is",
        examples=[["latest"]],
    )
    indexes: list[IndexOut] = Field(
        description="multi-platform images with a tag that need it: its digest cannot be deleted"
    )
    referrers: list[ReferrerOut] = Field(description="what is about it and would stay behind")
    exclusive_bytes: int = Field(
        description="bytes that only this image holds, over all tags and repositories; 0 while another tag or index keeps it",
        examples=[3401613],
    )
    last_pulled_at: datetime | None = Field(description="UTC; null: never")

    @classmethod
    def of(cls, preview: DeletionPreview) -> Self:
        return cls(
            sibling_tags=list(preview.sibling_tags),
            indexes=[
                IndexOut(digest=index.digest, tags=list(index.tags)) for index in preview.indexes
            ],
            referrers=[
                ReferrerOut(digest=one.digest, artifact_type=one.artifact_type, tags=list(one.tags))
                for one in preview.referrers
            ],
            exclusive_bytes=preview.exclusive_bytes,
            last_pulled_at=preview.last_pulled_at,
        )
