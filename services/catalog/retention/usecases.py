"""Delete the tags that the rules do not keep (spec 11).

Nothing is locked while the tags are read and decided about. Each deletion decides about its tag
again, when it has locked the repository: a tag that was pushed or used meanwhile is kept.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from libs.common.db.audit import RETENTION
from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from services.catalog.deletion.domain import DeletionActor
from services.catalog.deletion.tags.usecases import delete_tag
from services.catalog.images.domain import ImageNotFound
from services.catalog.intents.domain import ChangeInProgress, Intent, Requester
from services.catalog.intents.queries import read_clock
from services.catalog.namespaces.queries import lock_namespace
from services.catalog.repositories.domain import Repository, RepositoryDeleting
from services.catalog.repositories.queries import find_repository
from services.catalog.retention import queries
from services.catalog.retention.domain import (
    Decision,
    Obstacle,
    Tag,
    decide,
    find_newest,
    find_obstacles,
)
from services.catalog.rules.domain import Rules, TagImmutable
from services.catalog.rules.queries import find_effective_rules

MAX_DELETIONS_AT_A_TURN = 200
"""Then another repository gets its turn."""
_DELETIONS_AT_ONCE = 4
_MANY_TAGS = 1000
_log = structlog.get_logger()


class RetentionWaits(Exception):
    """Retention must not run now. ``obstacles`` say why."""

    def __init__(self, obstacles: Sequence[Obstacle]) -> None:
        super().__init__(" ".join(one.detail for one in obstacles))
        self.obstacles = obstacles


class _TagKept(Exception):
    """The tag is not to be deleted any more."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """The decisions about tags of a repository."""

    repository: Repository
    rules: Rules
    decisions: Sequence[Decision]

    @property
    def deletions(self) -> list[Decision]:
        """The decisions to delete."""
        return [one for one in self.decisions if one.decision == "delete"]


async def decide_all(tags: Sequence[Tag], *, rules: Rules, at: datetime) -> list[Decision]:
    """Decide about all tags of a repository; many of them in a thread, so that requests go on."""

    def decide_them() -> list[Decision]:
        marked = [replace(tag, is_immutable=rules.is_immutable(tag.name)) for tag in tags]
        return decide(marked, rules=rules.retention, at=at)

    return await asyncio.to_thread(decide_them) if len(tags) > _MANY_TAGS else decide_them()


async def _order(plan: _Plan) -> tuple[list[Decision], set[str]]:
    """Return the deletions from last to first, and the names of the tags kept as the newest ones.

    Many tags are sorted in a thread, so that requests go on.
    """

    def order() -> tuple[list[Decision], set[str]]:
        tags = [one.tag for one in plan.decisions]
        return plan.deletions[::-1], find_newest(tags, rules=plan.rules.retention)

    return await asyncio.to_thread(order) if len(plan.decisions) > _MANY_TAGS else order()


async def check_obstacles(tx: Tx, *, rules: Rules, at: datetime) -> None:
    """Check that retention can run with ``rules`` for the moment ``at``. Raises RetentionWaits."""
    progress, now = await queries.find_progress(tx), await read_clock(tx)
    obstacles = find_obstacles(progress, rules=rules.retention, at=at, now=now)
    if obstacles:
        raise RetentionWaits(obstacles)


async def delete_tags(
    *,
    engine: Engine,
    registry: Registry,
    path: str,
    at: datetime,
    lifetime: timedelta | None,
    limit: int = MAX_DELETIONS_AT_A_TURN,
) -> int:
    """Delete at most ``limit`` tags of a repository by its rules for the moment ``at``.

    The tags can be restored for ``lifetime``; None turns the trash off. Return the number of
    deletions. If it is less than ``limit``, no tag is left to delete.

    Raises:
        RetentionWaits: retention must not run now.
        RegistryUnavailable: the registry does not answer. The worker of intents completes the
            deletions that have begun.
    """
    async with engine.connect() as tx:
        plan = await _plan(tx, path=path, at=at)
    if plan is None:
        return 0
    pending, newest = await _order(plan)
    deleted = 0
    failures: list[Exception] = []

    async def work() -> None:
        nonlocal deleted
        while pending and deleted < limit:
            deleted += 1  # Several tasks work, so each one reserves its deletion.
            try:
                tag = pending.pop().tag
                is_deleted = await _delete(engine, registry, plan, tag, newest, at, lifetime)
            except Exception as error:
                failures.append(error)
                pending.clear()
            else:
                deleted -= not is_deleted

    await asyncio.gather(*(work() for _ in range(_DELETIONS_AT_ONCE)))
    if failures:
        raise failures[0]
    return deleted


async def _plan(
    tx: Tx, *, path: str, at: datetime, names: Collection[str] | None = None
) -> _Plan | None:
    """Decide about the tags of a repository, or about ``names`` only.

    Return None if retention does not apply to the repository. Raises RetentionWaits.
    """
    namespace, _, name = path.partition("/")
    repository = await find_repository(tx, namespace=namespace, name=name)
    if repository is None or repository.status == "deleting":
        return None
    rules = await find_effective_rules(
        tx, namespace_id=repository.namespace_id, repository_id=repository.id
    )
    if rules is None or not rules.retention_enabled or not rules.retention:
        return None
    await check_obstacles(tx, rules=rules, at=at)
    tags = await queries.list_tags(tx, paths=[path], names=names)
    return _Plan(repository, rules, await decide_all(tags.get(path, []), rules=rules, at=at))


async def _delete(
    engine: Engine,
    registry: Registry,
    plan: _Plan,
    tag: Tag,
    newest: Collection[str],
    at: datetime,
    lifetime: timedelta | None,
) -> bool:
    """Delete one tag, unless it must be kept now. Return whether it is deleted."""
    repository = plan.repository
    why: list[tuple[str, str]] = []

    async def check(tx: Tx) -> None:
        if not await lock_namespace(tx, namespace_id=repository.namespace_id):
            raise _TagKept
        now = await _plan(tx, path=repository.path, at=at, names={tag.name, *newest})
        for one in now.deletions if now is not None else ():
            if one.tag == tag and now is not None and one.rule is not None:
                why[:] = [(str(now.rules.retention[one.rule]), one.reason)]
                return
        raise _TagKept

    async def record(tx: Tx, intent: Intent) -> None:
        ((rule, reason),) = why
        await queries.insert_reason(tx, intent_id=intent.id, rule=rule, reason=reason)

    try:
        await delete_tag(
            engine=engine,
            registry=registry,
            actor=DeletionActor(repository, Requester(via=RETENTION)),
            tag=tag.name,
            lifetime=lifetime,
            check=check,
            record=record,
        )
    except (_TagKept, ImageNotFound, TagImmutable, RepositoryDeleting, ChangeInProgress) as error:
        _log.info(
            "retention keeps a tag",
            repository=repository.path,
            tag=tag.name,
            reason=type(error).__name__,
        )
        return False
    return True
