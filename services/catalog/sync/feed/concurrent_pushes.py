"""Pushes of a tag that came in while the tag was being deleted: the feed hears of them, and puts back what the deletion took along."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.tokens import CATALOG_SUBJECT
from services.catalog.deletion.tags import queries, usecases
from services.catalog.deletion.tags.domain import TagDeletion, TagPush
from services.catalog.sync.feed.domain import FeedEvent


async def list_tag_deletions(tx: Tx, events: Iterable[FeedEvent]) -> list[TagDeletion]:
    """The deletions of the tags that ``events`` push."""
    keys = {
        (event.repository, event.tag) for event in events if event.action == "push" and event.tag
    }
    return await queries.list_tag_deletions(tx, keys=keys)


def without_ours(
    events: Iterable[FeedEvent], tag_deletions: Sequence[TagDeletion]
) -> list[FeedEvent]:
    """``events`` without the pushes of placeholders; what was put back is told as the push that it was."""
    placeholders = {
        (tag_deletion.repository, tag_deletion.placeholder) for tag_deletion in tag_deletions
    }
    theirs = {
        (of.repository, of.tag, of.restored.digest): of.restored
        for of in tag_deletions
        if of.restored is not None
    }
    told = []
    for event in events:
        if event.docker_user != CATALOG_SUBJECT or event.action != "push":
            told.append(event)
            continue
        push = theirs.get((event.repository, event.tag or "", event.digest or ""))
        if (event.repository, event.digest) not in placeholders:
            told.append(event if push is None else replace(event, at=push.at, docker_user=push.by))
    return told


async def restore(
    *,
    engine: Engine,
    registry: Registry,
    events: Iterable[FeedEvent],
    tag_deletions: Sequence[TagDeletion],
) -> None:
    """Put back what came in between, or tell who works on the deletion to do so. Raises RegistryUnavailable."""
    latest = {
        (tag_deletion.repository, tag_deletion.tag): tag_deletion for tag_deletion in tag_deletions
    }
    pushes: dict[tuple[str, str], list[TagPush]] = {key: [] for key in latest}
    for event in events:
        key = (event.repository, event.tag or "")
        if key in latest and event.action == "push" and event.digest:
            pushes[key].append(TagPush(event.digest, event.at, event.docker_user))
    for key, tag_deletion in latest.items():
        push = tag_deletion.find_push_to_restore(pushes[key])
        if push is None:
            continue
        async with engine.begin() as tx:
            is_ours = await queries.record_restored(tx, id=tag_deletion.id, push=push)
        if is_ours:
            await usecases.restore_push(
                registry=registry,
                deletion=tag_deletion,
                push=push,
                replaces=tag_deletion.restored,
            )
