"""What a request that deletes many tags does, and what it would do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from libs.common.web.errors import MoorageError
from services.catalog.images.domain import TaggedIndex
from services.catalog.intents.domain import ChangeInProgress
from services.catalog.referrers.domain import Referrer

MAX_TAGS = 500
WAIT_SECONDS = 20.0
"""How long a request waits for the registry, and for pushes of the same tags."""


class NotConfirmed(ChangeInProgress):
    """The registry has not confirmed a deletion in time. The worker completes it."""

    def __init__(self) -> None:
        super().__init__(
            "The registry has not confirmed the deletion yet. It goes on after this response."
        )


@dataclass(frozen=True, slots=True)
class NamedTag:
    """A tag, and the digest that it names."""

    tag: str
    digest: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a tag was not deleted. ``code`` and ``detail`` are those of an error of the API."""

    tag: str
    code: str
    detail: str

    @classmethod
    def of(cls, tag: str, error: MoorageError) -> "Failure":
        """Return the failure that ``error`` describes."""
        return cls(tag, error.code, error.detail)


@dataclass(slots=True)
class Outcome:
    """Which tags a request has deleted, by digest, and why it has not deleted the others."""

    digests: dict[str, str] = field(default_factory=dict)
    errors: dict[str, MoorageError] = field(default_factory=dict)

    def deleted(self) -> tuple[NamedTag, ...]:
        """Return the deleted tags."""
        return tuple(NamedTag(tag, digest) for tag, digest in self.digests.items())

    def failed(self) -> tuple[Failure, ...]:
        """Return the other tags."""
        return tuple(Failure.of(tag, error) for tag, error in self.errors.items())


@dataclass(frozen=True, slots=True)
class BulkDeletion:
    """The result of a request, in the order of its tags."""

    deleted: tuple[NamedTag, ...]
    failed: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """The consequences of deleting tags together.

    ``sibling_tags`` remain and name the same images. ``indexes`` remain and need them, with those
    of their tags that remain. ``referrers`` go with the images that nothing else needs, and
    ``exclusive_bytes`` is the size of the blobs that only those reference within the account's own
    repositories.
    """

    tags: tuple[NamedTag, ...]
    failed: tuple[Failure, ...]
    sibling_tags: tuple[str, ...]
    indexes: tuple[TaggedIndex, ...]
    referrers: tuple[Referrer, ...]
    exclusive_bytes: int
    last_pulled_at: datetime | None


def find_unneeded(
    digests: frozenset[str],
    *,
    siblings: Mapping[str, str],
    indexes: Mapping[str, list[TaggedIndex]],
) -> frozenset[str]:
    """Return those of ``digests`` that neither a remaining tag nor a remaining index needs.

    ``siblings`` maps the remaining tags to their digests, and ``indexes`` each image to the tagged
    indexes that remain and need it.
    """
    return digests - set(siblings.values()) - {one for one, needing in indexes.items() if needing}
