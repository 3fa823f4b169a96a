"""Images: the manifests of a repository, found by a tag or by their digest."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.common.registry.manifests import Layer
from libs.common.web.errors import NotFound
from services.catalog.images.description import Platform
from services.catalog.referrers.domain import Referrer

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
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_HELM_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_ADDRESS = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


def is_tag(text: str) -> bool:
    """Return whether ``text`` has the syntax of a tag (OCI distribution spec, "Pull")."""
    return _TAG.fullmatch(text) is not None


class ImageNotFound(NotFound):
    """The repository has no such tag or manifest."""

    def __init__(self, reference: str) -> None:
        super().__init__(f"There is no image {reference!r}.")


@dataclass(frozen=True, slots=True)
class TaggedImage:
    """A tag with the image that it names. If it is ``immutable``, it cannot move or be deleted."""

    tag: str
    digest: str
    media_type: str
    artifact_type: str | None
    size_bytes: int
    platforms: tuple[Platform, ...]
    pushed_at: datetime
    pushed_by: str
    pull_count: int
    last_pulled_at: datetime | None
    immutable: bool


@dataclass(frozen=True, slots=True)
class Image:
    """One image.

    ``tag`` is the requested tag, or None if the image was requested by digest. ``tags`` are all
    tags that name the image.
    """

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
class TaggedIndex:
    """An index with the tags that name it."""

    digest: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeletionPreview:
    """The consequences of deleting an image.

    ``exclusive_bytes`` is the size of the blobs that only this image references within the
    account's own repositories. The garbage collection frees those of them that no other account
    references.
    """

    sibling_tags: tuple[str, ...]
    indexes: tuple[TaggedIndex, ...]
    referrers: tuple[Referrer, ...]
    exclusive_bytes: int
    last_pulled_at: datetime | None


@dataclass(frozen=True, slots=True)
class ManifestTree:
    """Manifests with their children, the children of those, and so on.

    ``indexes`` maps the digest of each of them to the indexes that list it. ``tagged`` are the
    digests that a tag names.
    """

    tagged: frozenset[str]
    indexes: Mapping[str, frozenset[str]]


def find_exclusive(digests: Collection[str], tree: ManifestTree) -> frozenset[str]:
    """Return ``digests`` and those of their descendants that nothing else needs.

    A tag needs its manifest. An index needs its children, unless the index is exclusive too.
    """
    exclusive = {one for one in tree.indexes if one in digests or one not in tree.tagged}
    while needed := {
        one for one in exclusive if one not in digests and not tree.indexes[one] <= exclusive
    }:
        exclusive -= needed
    return frozenset(exclusive)


@dataclass(frozen=True, slots=True)
class PullCommand:
    """A shell command that pulls an image."""

    client: str
    command: str


def pull_commands(
    image: Image, *, address: str, is_https: bool, repository: str
) -> list[PullCommand]:
    """Return the commands that pull ``image`` from the registry at ``address`` (host and port).

    An address with an invalid syntax gives no command, because people paste the commands into a
    shell.
    """
    if _ADDRESS.fullmatch(address) is None:
        return []
    name = f"{address}/{repository}"
    reference = f"{name}:{image.tag}" if image.tag is not None else f"{name}@{image.digest}"
    if image.artifact_type == _HELM_CONFIG and image.tag is not None:
        plain = "" if is_https else " --plain-http"
        return [PullCommand("helm", f"helm pull oci://{name} --version {image.tag}{plain}")]
    if image.artifact_type is not None:
        plain = "" if is_https else " --plain-http"
        return [PullCommand("oras", f"oras pull{plain} {reference}")]
    layout = f"oci:{repository.rpartition('/')[2]}"
    tls = "" if is_https else " --tls-verify=false"
    source_tls = "" if is_https else " --src-tls-verify=false"
    return [
        PullCommand("docker", f"docker pull {reference}"),
        PullCommand("podman", f"podman pull{tls} {reference}"),
        PullCommand("skopeo", f"skopeo copy{source_tls} docker://{reference} {layout}"),
    ]
