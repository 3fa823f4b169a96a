"""What a copy needs of its source, in which order, and why it is refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from libs.common.registry.error_format import Denied
from libs.common.registry.manifests import is_digest
from libs.common.registry.names import split_repository
from libs.common.web.errors import Conflict, LimitReached, Unavailable
from services.catalog.admission.domain import Target
from services.catalog.images.domain import is_tag
from services.catalog.namespaces.domain import NamespaceNotFound
from services.catalog.repositories.domain import RepositoryDeleting
from services.catalog.reserved_names.domain import NameReserved
from services.catalog.rules.domain import TagImmutable

WAIT_SECONDS = 40.0
"""How long a request copies. The gateway waits a minute for a response."""
MAX_MANIFESTS = 10_000
"""Of an image with its children, its signatures, and those of its children."""


class CopyUnfinished(Unavailable):
    """The image has so many parts that the copy takes longer than a request may."""

    code = "copy_unfinished"
    title = "The copy takes longer than a request may; send it again, and it goes on"

    def __init__(self) -> None:
        super().__init__(
            "The image has so many parts that they are not all copied yet. The tag is not set. "
            "Send the request again: it goes on with the parts that are left."
        )


class CopyRefused(Conflict):
    """The image cannot be copied as it is."""

    code = "copy_refused"
    title = "The image cannot be copied; `detail` says why"


class QuotaReached(Conflict):
    """The copy would exceed the storage quota of the account that owns the target."""

    code = "quota_exceeded"
    title = "The storage quota is used up; empty the trash, delete images, or ask an administrator"

    def __init__(self, denial: Denied) -> None:
        message = denial.message.replace("the push needs", "the copy needs", 1)
        super().__init__(f"{message[:1].upper()}{message[1:]}.")


@dataclass(frozen=True, slots=True)
class Source:
    """The image to copy: a repository, and a tag or a digest."""

    text: str
    namespace: str
    name: str
    reference: str

    @property
    def path(self) -> str:
        """The repository's path."""
        return f"{self.namespace}/{self.name}"


def parse_source(text: str) -> Source | None:
    """Parse ``namespace/name:tag`` or ``namespace/name@digest``. Return None if it is neither."""
    path, at, reference = text.partition("@")
    if at:
        is_valid = is_digest(reference)
    else:
        path, _, reference = text.rpartition(":")
        is_valid = is_tag(reference)
    split = split_repository(path)
    if split is None or not is_valid:
        return None
    return Source(text, split[0], split[1], reference)


@dataclass(frozen=True, slots=True)
class Part:
    """A manifest to copy: the image, a child, or a referrer.

    ``tags`` are the tags that belong to another part, such as those of cosign, and that the copy
    sets. ``is_copied`` is true if the target has the manifest.
    """

    digest: str
    children: frozenset[str] = frozenset()
    tags: tuple[str, ...] = ()
    is_copied: bool = False


@dataclass(frozen=True, slots=True)
class Put:
    """One manifest to put into the target, under a tag or by its digest."""

    digest: str
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Manifests to put. Those of one step need only those of the steps before it."""

    steps: tuple[tuple[Put, ...], ...] = field(default=())


def plan(parts: Mapping[str, Part], *, root: str) -> Plan:
    """Return the order in which to put ``parts``, all but the tag of the image ``root``.

    Children come before their indexes. The tag of the image is set last of all, so that a copy that
    ends early shows nothing.
    """
    listed = {child for part in parts.values() for child in part.children}
    steps: dict[int, list[Put]] = {}
    for digest, level in _levels(parts).items():
        part = parts[digest]
        puts = [Put(digest, tag) for tag in part.tags]
        if not puts and not part.is_copied and (digest != root or digest in listed):
            puts = [Put(digest)]
        if puts:
            steps.setdefault(level, []).extend(puts)
    return Plan(tuple(tuple(steps[level]) for level in sorted(steps)))


def _levels(parts: Mapping[str, Part]) -> dict[str, int]:
    """Return for each part one more than the highest level of its children."""
    levels: dict[str, int] = {}
    waiting = list(parts)
    while waiting:
        digest = waiting[-1]
        children = [child for child in parts[digest].children if child in parts]
        missing = [child for child in children if child not in levels]
        if missing and digest not in levels:
            waiting.extend(missing)
            continue
        levels[digest] = 1 + _highest(levels[child] for child in children)
        waiting.pop()
    return levels


def _highest(levels: Iterable[int]) -> int:
    return max(levels, default=-1)


def check_target(target: Target | None, *, path: str, tag: str, max_repositories: int) -> None:
    """Raise an error if nothing may be put into the target, the repository ``path``.

    Raises:
        NamespaceNotFound: its namespace does not exist any more.
        RepositoryDeleting: it is being deleted.
        NameReserved: a repository of that path was deleted a short time ago.
        LimitReached: the account can have no more repositories.
        TagImmutable: the tag exists, names another image, and is immutable.
        QuotaReached: it would exceed the quota of the account.
        CopyRefused: another rule does not allow it.
    """
    if target is None:
        raise NamespaceNotFound(path.partition("/")[0])
    if target.is_deleting:
        raise RepositoryDeleting(path)
    if target.reserved_until is not None:
        raise NameReserved(path, available_at=target.reserved_until, now=datetime.now(UTC))
    if target.is_account_full:
        raise LimitReached(
            "The account",
            "repositories",
            limit=max_repositories,
            setting="CATALOG_MAX_REPOSITORIES",
        )
    if target.refusal is None:
        return
    if target.refusal["rule"] == "immutable_tag":
        raise TagImmutable.of_tag(path, tag)
    if target.refusal["rule"] == "quota":
        raise QuotaReached(target.denial)
    raise CopyRefused(f"{target.denial}.")
