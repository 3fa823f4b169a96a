"""The responses of `/images`."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field

from services.catalog.images.domain import Image, PullCommand, TaggedImage
from services.catalog.images.manifests import Layer, Platform

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
    size_bytes: int = Field(description="config and compressed layers; of all platforms", examples=[3401613])
    platforms: list[PlatformOut] = Field(description="empty for artifacts that are no images")
    pushed_at: datetime = Field(description="UTC")
    pushed_by: str = Field(description="Docker user; empty: not known, for the registry never reported the push", examples=["ci-builder"])
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

    tag: str | None = Field(description="the tag that was asked for; null: it was asked by digest", examples=["v1"])
    digest: str = Field(examples=[_DIGEST])
    media_type: str = Field(examples=[_MANIFEST])
    artifact_type: str | None = Field(description="what it is when it is no image: a chart, a signature, …")
    subject: str | None = Field(description="digest of the image that it is about, for a signature or an SBOM")
    size_bytes: int = Field(description="config and compressed layers; of all platforms", examples=[3401613])
    platforms: list[PlatformOut]
    layers: list[LayerOut] = Field(description="empty for an index: each platform has its own")
    labels: dict[str, str] = Field(examples=[{"org.opencontainers.image.source": "https://example.com/app"}])
    created_at: datetime | None = Field(description="when it was built, as its config says; UTC")
    pushed_at: datetime = Field(description="UTC")
    pushed_by: str = Field(description="Docker user; empty: not known, for the registry never reported the push", examples=["ci-builder"])
    pull_count: int | None = Field(description="of the tag; null: it was asked by digest", examples=[1204])
    last_pulled_at: datetime | None = Field(description="of the tag; UTC; null: never, or it was asked by digest")
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
