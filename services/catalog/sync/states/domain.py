"""The state of a repository: the tags and manifests to read, and the registry's answers."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from services.catalog.images.description import Described
from services.catalog.intents.domain import UNTOUCHED, Touched

MAX_CONFIG_BYTES = 1024 * 1024
"""A larger config is not read: its image has no platform and no labels."""
MAX_DEPTH = 3
"""How deep indexes in indexes are read."""
MAX_CHILDREN = 256
"""Further children of an index are recorded, but not read. No image has so many platforms."""
MAX_READ_CHILDREN = 1000
"""Limits the children that are read for one index, with those of its children."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Push:
    """The time and the Docker user of a push. An empty user is unknown."""

    at: datetime
    by: str


@dataclass(slots=True)
class Wanted:
    """The tags and manifests of one repository to read from the registry.

    ``tags`` and ``digests`` map to the pushes that named them. ``deleted`` are digests that may be
    gone. ``noticed_at`` is the time of the last event, ``pushed_at`` that of the last push.
    """

    namespace: str
    name: str
    tags: dict[str, list[tuple[str | None, Push]]] = field(default_factory=dict)
    digests: dict[str, Push] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    noticed_at: datetime = _EPOCH
    pushed_at: datetime | None = None

    @property
    def path(self) -> str:
        """The repository's path."""
        return f"{self.namespace}/{self.name}"

    def leave_out(self, touched: Touched) -> None:
        """Do not read what intents are changing."""
        self.tags = {tag: of for tag, of in self.tags.items() if tag not in touched.tags}
        self.digests = {one: of for one, of in self.digests.items() if one not in touched.digests}
        self.deleted -= touched.digests

    def leave_out_tags(self, recorded: Mapping[str, str]) -> None:
        """Do not read a tag that events set to the digest that is ``recorded`` for it."""
        self.tags = {
            tag: pushes
            for tag, pushes in self.tags.items()
            if not pushes or any(digest != recorded.get(tag) for digest, _ in pushes)
        }


@dataclass(frozen=True, slots=True)
class TagState:
    """A tag in the registry with the push that set it.

    ``exact`` is true if the push named this digest, so that its time is that of the tag.
    """

    digest: str
    push: Push
    exact: bool


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """The registry's answers about one repository: manifests, tags, and those that are gone.

    ``unreadable`` are the tags and digests for which the registry failed. They stay as they are.
    """

    namespace: str
    name: str
    pushed_at: datetime | None
    manifests: dict[str, tuple[Described, Push]]
    tags: dict[str, TagState]
    gone_tags: frozenset[str]
    gone_manifests: frozenset[str]
    unreadable: frozenset[str] = frozenset()

    @property
    def path(self) -> str:
        """The repository's path."""
        return f"{self.namespace}/{self.name}"

    def without(self, touched: Touched) -> "RepositoryState":
        """Return the state without what intents have changed."""
        if touched is UNTOUCHED:
            return self
        return replace(
            self.without_tags(touched.tags),
            manifests={
                digest: of for digest, of in self.manifests.items() if digest not in touched.digests
            },
            gone_manifests=self.gone_manifests - touched.digests,
        )

    def without_tags(self, tags: Collection[str]) -> "RepositoryState":
        """Return the state without ``tags``."""
        return replace(
            self,
            tags={tag: of for tag, of in self.tags.items() if tag not in tags},
            gone_tags=self.gone_tags - set(tags),
        )

    def with_manifests(self, digests: Collection[str]) -> "RepositoryState":
        """Return the state in which ``digests`` are not gone."""
        return replace(self, gone_manifests=self.gone_manifests - set(digests))

    def changes(self, tag: str, digest: str) -> bool:
        """Return whether the tag, which names ``digest`` in the catalog, is another one here."""
        return (
            tag in self.gone_tags
            or digest in self.gone_manifests
            or (tag in self.tags and self.tags[tag].digest != digest)
        )

    @property
    def has_content(self) -> bool:
        """Whether the registry has a wanted manifest or tag."""
        return bool(self.manifests or self.tags)


@dataclass(frozen=True, slots=True)
class WrongTag:
    """A tag that admission has set to ``digest``, and that the registry has otherwise."""

    namespace: str
    repository: str
    tag: str
    digest: str


def tag_state(digest: str, pushes: list[tuple[str | None, Push]], noticed_at: datetime) -> TagState:
    """Return the state of a tag that names ``digest`` now.

    The tag was set by the latest of ``pushes`` with this digest. If there is none, its event is
    still to come, and the latest push of the tag stands in for it.
    """
    own = [push for named, push in pushes if named == digest]
    others = [push for _, push in pushes]
    latest = max(own or others, key=lambda push: push.at, default=Push(noticed_at, ""))
    return TagState(digest, latest, exact=bool(own))


def states_of(
    wanted: Iterable[Wanted],
    *,
    tags: dict[tuple[str, str], str | None],
    described: dict[tuple[str, str], Described],
    known: Collection[tuple[str, str]],
    gone: Collection[tuple[str, str]],
    unreadable: Collection[tuple[str, str]] = (),
) -> list[RepositoryState]:
    """Combine the registry's answers by repository.

    ``known`` manifests are in the catalog. ``unreadable`` are tags and digests for which the
    registry failed.
    """
    return [_state(of, tags, described, known, gone, unreadable) for of in wanted]


def _state(
    of: Wanted,
    tags: dict[tuple[str, str], str | None],
    described: dict[tuple[str, str], Described],
    known: Collection[tuple[str, str]],
    gone: Collection[tuple[str, str]],
    unreadable: Collection[tuple[str, str]],
) -> RepositoryState:
    manifests = {digest: item for (path, digest), item in described.items() if path == of.path}
    present = {*manifests, *(digest for path, digest in known if path == of.path)}
    failed = {reference for path, reference in unreadable if path == of.path}
    states: dict[str, TagState] = {}
    for tag, pushes in of.tags.items():
        digest = tags.get((of.path, tag))
        if digest is not None and digest in present:
            states[tag] = tag_state(digest, pushes, of.noticed_at)
        elif digest in failed:
            failed.add(tag)
    return RepositoryState(
        namespace=of.namespace,
        name=of.name,
        pushed_at=of.pushed_at,
        manifests={
            digest: (item, _push_of(of, digest, states)) for digest, item in manifests.items()
        },
        tags=states,
        gone_tags=frozenset(of.tags.keys() - states.keys() - failed),
        gone_manifests=frozenset(digest for path, digest in gone if path == of.path),
        unreadable=frozenset(failed),
    )


def _push_of(of: Wanted, digest: str, tags: dict[str, TagState]) -> Push:
    """Return the push that named the manifest; for a child of an index, the push of the index."""
    if digest in of.digests:
        return of.digests[digest]
    by_tag = [state.push for state in tags.values() if state.digest == digest]
    return (
        by_tag[0]
        if by_tag
        else Push(of.pushed_at or of.noticed_at, next((p.by for p in of.digests.values()), ""))
    )
