"""What a restore changes, and the reasons for which it cannot."""

from collections.abc import Collection

from libs.common.db.engine import Tx
from services.catalog.intents.domain import Change, Kind
from services.catalog.trash.domain import ContentMissing, NameTaken, ParentMissing
from services.catalog.trash.restoring.domain import Item, Restore, Result, tags_to_set
from services.catalog.trash.restoring.planning import queries


async def plan(tx: Tx, restore: Restore, item: Item, result: Result) -> Change:
    """Return the change that restores an item.

    Raises:
        ParentMissing: its repository does not exist.
        NameTaken: a requested tag is taken.
        ContentMissing: something that it needs is neither in the repository nor in the trash.
    """
    path, digest = item.repository, item.digest
    repository_id = await queries.find_repository(tx, path=path, owner_id=restore.owner_id)
    if repository_id is None:
        raise ParentMissing(f"The repository {path}")

    async def find_taken(names: Collection[str]) -> list[str]:
        return await queries.list_other_tags(
            tx, repository_id=repository_id, names=names, digest=digest
        )

    tags, taken = item.tags, await find_taken(item.tags)
    if restore.is_requested(item):
        tags = tags_to_set(tags, taken, restore.chosen_tag, kind=restore.kind)
        if restore.chosen_tag is not None:
            taken = await find_taken([restore.chosen_tag])
        if taken:
            raise NameTaken(restore.kind, taken)
    elif taken:
        result.taken_tags.update(taken)
        tags = tuple(tag for tag in tags if tag not in taken)

    manifest, needs = None, frozenset({digest})
    if not await queries.list_existing(tx, repository_id=repository_id, digests=[digest]):
        content = await queries.find_content(
            tx, owner_id=restore.owner_id, repository=path, digest=digest
        )
        if content is None:
            raise ContentMissing(restore.path, [digest])
        manifest, needs = content.manifest, needs | content.needs
        # Children in this entry are restored before. A child can also be a blob.
        existing = await queries.list_existing(
            tx, repository_id=repository_id, digests=content.children
        )
        missing = await queries.list_trashed(
            tx,
            owner_id=restore.owner_id,
            repository=path,
            digests=content.children - existing,
        )
        if missing:
            raise ContentMissing(restore.path, missing)
    return Change(
        kind=Kind.RESTORE,
        namespace=restore.namespace,
        repository=path,
        digest=digest,
        tags=tags,
        needs=needs,
        manifest=manifest,
    )
