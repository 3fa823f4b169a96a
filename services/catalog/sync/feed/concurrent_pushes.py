"""Pushes of a tag that came in while the tag was being deleted: the feed hears of them, and puts back what the deletion took along."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common.registry.client import Registry
from libs.common.registry.tokens import CATALOG_SUBJECT
from services.catalog.deletion.tags import queries, usecases
from services.catalog.deletion.tags.domain import TagPush, Untagging
from services.catalog.sync.feed.domain import FeedEvent


async def list_untaggings(tx: AsyncConnection, events: Iterable[FeedEvent]) -> list[Untagging]:
    """The deletions of the tags that ``events`` push."""
    keys = {
        (event.repository, event.tag) for event in events if event.action == "push" and event.tag
    }
    return await queries.list_of_tags(tx, keys=keys)


def without_ours(events: Iterable[FeedEvent], untaggings: Sequence[Untagging]) -> list[FeedEvent]:
    """``events`` without the pushes of throwaways; what was put back is told as the push that it was."""
    throwaways = {(untagging.repository, untagging.throwaway) for untagging in untaggings}
    theirs = {
        (of.repository, of.tag, of.put_back.digest): of.put_back
        for of in untaggings
        if of.put_back is not None
    }
    told = []
    for event in events:
        if event.docker_user != CATALOG_SUBJECT or event.action != "push":
            told.append(event)
            continue
        push = theirs.get((event.repository, event.tag or "", event.digest or ""))
        if (event.repository, event.digest) not in throwaways:
            told.append(event if push is None else replace(event, at=push.at, docker_user=push.by))
    return told


async def put_back(
    *,
    engine: AsyncEngine,
    registry: Registry,
    events: Iterable[FeedEvent],
    untaggings: Sequence[Untagging],
) -> None:
    """Put back what came in between, or tell who works on the deletion to do so. Raises RegistryUnavailable."""
    latest = {(untagging.repository, untagging.tag): untagging for untagging in untaggings}
    pushes: dict[tuple[str, str], list[TagPush]] = {key: [] for key in latest}
    for event in events:
        key = (event.repository, event.tag or "")
        if key in latest and event.action == "push" and event.digest:
            pushes[key].append(TagPush(event.digest, event.at, event.docker_user))
    for key, untagging in latest.items():
        push = untagging.to_put_back(pushes[key])
        if push is None:
            continue
        async with engine.begin() as tx:
            is_ours = await queries.note_put_back(tx, id=untagging.id, push=push)
        if is_ours:
            await usecases.put_back(
                registry=registry, untagging=untagging, push=push, before=untagging.put_back
            )
