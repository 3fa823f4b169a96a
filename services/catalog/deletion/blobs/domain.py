"""What protects a blob from deletion, and the refusals."""

from dataclasses import dataclass
from enum import StrEnum

from libs.common.registry.error_format import Unsupported


class Need(StrEnum):
    """Why a blob is needed: by an image, by an unfinished push, or by an image in the trash."""

    IMAGE = "image"
    PUSH = "push"
    TRASH = "trash"


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """A path in a namespace that exists. ``exists`` is whether it had a manifest or was created."""

    exists: bool
    is_deleting: bool


@dataclass(frozen=True, slots=True)
class Dependent:
    """A manifest that needs a blob. ``tag`` is one of its tags, if it has one."""

    need: Need
    digest: str
    tag: str | None


def check_unneeded(dependent: Dependent | None, *, repository: str, digest: str) -> None:
    """Raise Unsupported if something needs the blob ``digest``.

    Deleting is 405 then, as in the OCI distribution spec, because clients take it as a refusal of
    this deletion and go on.
    """
    if dependent is None:
        return
    suffix = f"@{dependent.digest}" if dependent.tag is None else f":{dependent.tag}"
    image = f"{repository}{suffix}"
    raise Unsupported(
        {
            Need.IMAGE: f"the image {image} needs the blob {digest}; delete that image first",
            Need.PUSH: f"the image {image}, whose push is not finished, needs the blob {digest}",
            Need.TRASH: (
                f"the image {image} in the trash needs the blob {digest}, and could not be "
                "restored without it; delete it from the trash first"
            ),
        }[dependent.need]
    )


def restores_as_layer(digest: str, *, canonical: str | None) -> bool:
    """Return whether a restore can link the blob again, if it is a layer or a config.

    A link of another algorithm names the sha256 digest of the blob, ``canonical``. The manifest
    lacks it, and the catalog may not know it.
    """
    return digest.startswith("sha256:") or canonical is not None
