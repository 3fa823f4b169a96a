"""Images, as the catalog tells of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from libs.common.registry.manifests import Layer, Platform
from libs.common.web.errors import Conflict

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
class IndexOf:
    """An index with the tags on it."""

    digest: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Referrer:
    """A signature, SBOM or the like that is about an image, with the tags on it."""

    digest: str
    artifact_type: str | None
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeletionPreview:
    """What a deletion would mean. ``exclusive_bytes``: what it makes free, once the registry's disk is cleaned."""

    sibling_tags: tuple[str, ...]
    indexes: tuple[IndexOf, ...]
    referrers: tuple[Referrer, ...]
    exclusive_bytes: int
    last_pulled_at: datetime | None


class NeededByIndex(Conflict):
    """A multi-platform image with a tag needs the image; ``indexes`` names them."""

    code = "needed_by_index"
    title = "A multi-platform image contains this image; delete that image first"

    def __init__(self, digest: str, indexes: Sequence[IndexOf]) -> None:
        named = "; ".join(f"{index.digest} ({', '.join(index.tags)})" for index in indexes)
        extra = {
            "indexes": [{"digest": index.digest, "tags": list(index.tags)} for index in indexes]
        }
        super().__init__(
            f"{digest} is part of the multi-platform image {named}. Delete that image first.",
            extra=extra,
        )


@dataclass(frozen=True, slots=True)
class Family:
    """A manifest with all below it: which of them are ``tagged``, and by which ``indexes`` each is named."""

    tagged: frozenset[str]
    indexes: Mapping[str, frozenset[str]]


def held_only_by(digest: str, family: Family) -> frozenset[str]:
    """``digest`` and those below it that nothing else needs: no tag, and no index but these."""
    held = {one for one in family.indexes if one == digest or one not in family.tagged}
    while others := {one for one in held if one != digest and not family.indexes[one] <= held}:
        held -= others
    return frozenset(held)


@dataclass(frozen=True, slots=True)
class PullCommand:
    """A line for a shell that pulls an image."""

    client: str
    command: str


def pull_commands(
    image: Image, *, address: str, is_https: bool, repository: str
) -> list[PullCommand]:
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
        return [
            PullCommand(
                "oras",
                f"oras pull {reference}" if is_https else f"oras pull --plain-http {reference}",
            )
        ]
    tls = "" if is_https else " --tls-verify=false"
    return [
        PullCommand("docker", f"docker pull {reference}"),
        PullCommand("podman", f"podman pull{tls} {reference}"),
        PullCommand(
            "skopeo",
            f"skopeo copy{tls.replace('--tls', '--src-tls')} docker://{reference} oci:{repository.rpartition('/')[2]}",
        ),
    ]
