"""Pushes of a tag during its deletion.

The deletion can remove the pushed image from the tag. The follower then restores the push.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.tokens import CATALOG_SUBJECT
from services.catalog.deletion.tags import queries
from services.catalog.deletion.tags.domain import TagDeletion, TagPush
from services.catalog.deletion.tags.usecases import restore_push
from services.catalog.sync.feed.domain import FeedEvent


async def list_tag_deletions(tx: Tx, events: Iterable[FeedEvent]) -> list[TagDeletion]:
    """Return the deletions of the tags that ``events`` push, oldest first."""
    keys = {
        (event.repository, event.tag) for event in events if event.action == "push" and event.tag
    }
    return await queries.list_tag_deletions(tx, keys=keys)


def without_own_pushes(
    events: Iterable[FeedEvent], deletions: Sequence[TagDeletion]
) -> list[FeedEvent]:
    """Return ``events`` without the catalog's own pushes.

    Pushes of placeholders are left out. If the catalog restored a client's push, the event of the
    restore gets the time and the user of that push.
    """
    placeholders = {(deletion.repository, deletion.placeholder) for deletion in deletions}
    restored = {
        (deletion.repository, deletion.tag, deletion.restored.digest): deletion.restored
        for deletion in deletions
        if deletion.restored is not None
    }
    kept = []
    for event in events:
        if event.docker_user != CATALOG_SUBJECT or event.action != "push":
            kept.append(event)
            continue
        if (event.repository, event.digest) in placeholders:
            continue
        push = restored.get((event.repository, event.tag or "", event.digest or ""))
        kept.append(event if push is None else replace(event, at=push.at, docker_user=push.by))
    return kept


async def restore_pushes(
    *,
    engine: Engine,
    registry: Registry,
    events: Iterable[FeedEvent],
    deletions: Sequence[TagDeletion],
) -> None:
    """Restore the concurrent pushes among ``events``.

    If the deletion is not finished, the push is only recorded, and the deletion restores it.

    Raises RegistryUnavailable.
    """
    latest = {(deletion.repository, deletion.tag): deletion for deletion in deletions}
    pushes: dict[tuple[str, str], list[TagPush]] = {key: [] for key in latest}
    for event in events:
        key = (event.repository, event.tag or "")
        if key in latest and event.action == "push" and event.digest:
            pushes[key].append(TagPush(event.digest, event.at, event.docker_user))
    for key, deletion in latest.items():
        push = deletion.find_push_to_restore(pushes[key])
        if push is None:
            continue
        async with engine.begin() as tx:
            is_finished = await queries.record_restored(tx, id=deletion.id, push=push)
        if is_finished:
            await restore_push(
                registry=registry, deletion=deletion, push=push, replaces=deletion.restored
            )
