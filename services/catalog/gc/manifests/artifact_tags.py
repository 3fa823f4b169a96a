"""Deletes the tags that belong to a deleted image, such as those of its signatures (spec 8).

People do not see these tags, so garbage collection must not leave them. What they name loses its
tag, and is garbage later. A tag whose image was never in the repository stays: some people keep
signatures in a repository of their own.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from libs.common.db.engine import Engine, Tx
from libs.common.registry.client import Registry
from libs.common.registry.names import artifact_subject
from services.catalog.deletion.tags.placeholder import make_placeholder
from services.catalog.deletion.tags.usecases import resume
from services.catalog.gc.manifests import queries
from services.catalog.intents.domain import Change, Intent, Kind
from services.catalog.intents.queries import (
    find_lease,
    insert_unless_conflict,
    lock_repositories,
)


async def delete_artifact_tags(
    *, engine: Engine, registry: Registry, path: str, digests: Sequence[str]
) -> None:
    """Delete the tags that belong to the deleted manifests ``digests``, as intents.

    A tag that an open intent changes stays, and so does one whose image was pushed again.

    Raises:
        RegistryUnavailable: the registry does not answer. The worker completes the deletion.
    """
    async with engine.connect() as tx:
        tags = await queries.list_artifact_tags(tx, path=path, digests=digests)
    for tag in tags:
        async with engine.begin() as tx:
            await lock_repositories(tx, paths=[path])
            intent = await _open_deletion(tx, path, tag)
        if intent is not None:
            await resume(intent, engine=engine, registry=registry)


async def _open_deletion(tx: Tx, path: str, tag: str) -> Intent | None:
    subject = artifact_subject(tag)
    if subject is None:
        return None
    digest = await queries.find_orphaned_tag(tx, path=path, tag=tag, subject=subject)
    if digest is None:
        return None
    placeholder = make_placeholder()
    change = Change(
        kind=Kind.DELETE_TAG,
        namespace=path.partition("/")[0],
        repository=path,
        digest=digest,
        tags=(tag,),
        removes=frozenset({placeholder.digest}),
        manifest=placeholder.manifest,
    )
    id_ = await insert_unless_conflict(tx, change=change)
    if id_ is None:
        return None
    return Intent(id_, change, datetime.now(UTC), await find_lease(tx, id=id_))
