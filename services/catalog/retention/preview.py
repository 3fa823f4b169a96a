"""What retention would delete, page by page, for the stored rules or for others (spec 11)."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from libs.common.db.engine import Tx
from libs.common.db.pagination import InvalidCursor, PageRequest, encode_cursor, parse_time
from services.catalog.intents.queries import read_clock
from services.catalog.namespaces.domain import NamespaceOwner
from services.catalog.repositories.domain import RepositoryOwner
from services.catalog.retention import queries
from services.catalog.retention.domain import (
    MAX_PREVIEW_TAGS,
    Decision,
    Obstacle,
    TooManyTags,
    find_obstacles,
)
from services.catalog.retention.usecases import decide_all
from services.catalog.rules.domain import Rules
from services.catalog.rules.queries import find_effective_rules, find_namespace_rules

_ORDER = "retention"
_TAGS_AT_ONCE = 20_000
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No preview was made before. The windows of rules then begin after the year 1."""


@dataclass(frozen=True, slots=True)
class Item:
    """A decision about a tag of the repository with the path ``repository``."""

    repository: str
    decided: Decision


@dataclass(frozen=True, slots=True)
class Preview:
    """A page of decisions for the moment ``at``, and the numbers of all of them.

    ``obstacles`` say why a run would wait now.
    """

    at: datetime
    deleted_count: int
    kept_count: int
    obstacles: list[Obstacle]
    items: list[Item]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class PreviewRequest:
    """The rules to use instead of the stored ones, or None, and the page."""

    rules: Rules | None
    only: Literal["delete", "keep"] | None
    page: PageRequest


async def preview_repository(*, tx: Tx, actor: RepositoryOwner, request: PreviewRequest) -> Preview:
    """Return what retention would delete in a repository.

    Raises InvalidCursor.
    """
    repository = actor.repository
    rules = request.rules or await find_effective_rules(
        tx, namespace_id=repository.namespace_id, repository_id=repository.id
    )
    return await _preview(tx, request, rules or Rules(), [(repository.path, repository.tag_count)])


async def preview_namespace(*, tx: Tx, actor: NamespaceOwner, request: PreviewRequest) -> Preview:
    """Return what retention would delete in the repositories to which the namespace's rules apply.

    Raises:
        InvalidCursor: the cursor is not of a preview.
        TooManyTags: the namespace has too many tags.
    """
    namespace_id = actor.namespace.id
    rules = request.rules or await find_namespace_rules(tx, namespace_id=namespace_id)
    repositories = await queries.list_without_own_rules(tx, namespace_id=namespace_id)
    count = sum(tags for _, tags in repositories)
    if count > MAX_PREVIEW_TAGS:
        raise TooManyTags(actor.namespace.name, count)
    return await _preview(tx, request, rules or Rules(), repositories)


async def _preview(
    tx: Tx, request: PreviewRequest, rules: Rules, repositories: list[tuple[str, int]]
) -> Preview:
    now = await read_clock(tx)
    at, after = _start(request.page) or (now, None)
    counts = {"delete": 0, "keep": 0}
    chosen: list[Item] = []
    limit = request.page.limit
    for paths in _groups(repositories):
        for path, tags in (await queries.list_tags(tx, paths=paths)).items():
            decisions = await decide_all(tags, rules=rules, at=at)
            deletions = sum(one.decision == "delete" for one in decisions)
            counts["delete"] += deletions
            counts["keep"] += len(decisions) - deletions
            if len(chosen) > limit or (after is not None and path < after[0]):
                continue
            start = 0
            if after is not None and path == after[0]:
                start = bisect_right(decisions, after[1], key=lambda one: one.tag.name)
            for one in decisions[start:]:
                if len(chosen) > limit:
                    break
                if request.only in (None, one.decision):
                    chosen.append(Item(path, one))
    next_cursor = None
    if len(chosen) > limit:
        chosen.pop()
        last = chosen[-1]
        next_cursor = encode_cursor(
            _ORDER, (at.isoformat(), last.repository, last.decided.tag.name)
        )
    progress = await queries.find_progress(tx)
    obstacles = find_obstacles(progress, rules=rules.retention, at=at, now=now)
    return Preview(at, counts["delete"], counts["keep"], obstacles, chosen, next_cursor)


def _start(page: PageRequest) -> tuple[datetime, tuple[str, str]] | None:
    """Return the moment of the first page, and the repository and tag to start after.

    Return None for the first page.
    """
    key = page.after(_ORDER, 3)
    if key is None:
        return None
    at, path, tag = key
    if not isinstance(at, str) or not isinstance(path, str) or not isinstance(tag, str):
        raise InvalidCursor
    moment = parse_time(at)
    if moment < _EARLIEST:
        raise InvalidCursor
    return moment, (path, tag)


def _groups(repositories: list[tuple[str, int]]) -> list[list[str]]:
    """Return paths in groups of bounded size, so that memory is bounded."""
    groups: list[list[str]] = [[]]
    count = 0
    for path, tags in repositories:
        if groups[-1] and count + tags > _TAGS_AT_ONCE:
            groups.append([])
            count = 0
        groups[-1].append(path)
        count += tags
    return groups
