"""Images, as the catalog tells of them."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from services.catalog.images.manifests import Layer, Platform

Order = Literal[
    "name",
    "-name",
    "pushed_at",
    "-pushed_at",
    "pull_count",
    "-pull_count",
    "last_pulled_at",
    "-last_pulled_at",
    "size_bytes",
    "-size_bytes",
]
_HELM = "application/vnd.cncf.helm.config.v1+json"
_ADDRESS = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class TaggedImage:
    """A tag with the image that it names."""

    tag: str
    digest: str
    media_type: str
    size_bytes: int
    platforms: tuple[Platform, ...]
    pushed_at: datetime
    pushed_by: str
    pull_count: int
    last_pulled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Image:
    """One image. ``tag`` is the one that was asked for (None: asked by digest), ``tags`` are all that name it."""

    tag: str | None
    digest: str
    media_type: str
    artifact_type: str | None
    subject: str | None
    size_bytes: int
    platforms: tuple[Platform, ...]
    layers: tuple[Layer, ...]
    labels: dict[str, str]
    created_at: datetime | None
    pushed_at: datetime
    pushed_by: str
    pull_count: int | None
    last_pulled_at: datetime | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PullCommand:
    """A line for a shell that pulls an image."""

    client: str
    command: str


def pull_commands(image: Image, *, address: str, is_https: bool, repository: str) -> list[PullCommand]:
    """How to pull ``image`` from the registry at ``address`` (host and port, as the caller reached it).

    An address that is none gives no command: it would go into a shell.
    """
    if _ADDRESS.fullmatch(address) is None:
        return []
    place = f"{address}/{repository}"
    reference = f"{place}:{image.tag}" if image.tag is not None else f"{place}@{image.digest}"
    if image.artifact_type == _HELM and image.tag is not None:
        plain = "" if is_https else " --plain-http"
        return [PullCommand("helm", f"helm pull oci://{place} --version {image.tag}{plain}")]
    if image.artifact_type is not None:
        return [PullCommand("oras", f"oras pull {reference}" if is_https else f"oras pull --plain-http {reference}")]
    tls = "" if is_https else " --tls-verify=false"
    return [
        PullCommand("docker", f"docker pull {reference}"),
        PullCommand("podman", f"podman pull{tls} {reference}"),
        PullCommand("skopeo", f"skopeo copy{tls.replace('--tls', '--src-tls')} docker://{reference} oci:{repository.rpartition('/')[2]}"),
    ]
