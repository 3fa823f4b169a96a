"""Keep in the trash what a deletion removes.

Call these functions in the transaction that decides the deletion, when the lock of the repository
is held.
"""

from collections.abc import Collection
from datetime import timedelta

from libs.common.db.engine import Tx
from services.catalog.intents.domain import Requester
from services.catalog.repositories.domain import Repository
from services.catalog.trash.domain import Kind, artifact_tags
from services.catalog.trash.keeping import queries


async def keep_tag(
    *,
    tx: Tx,
    repository: Repository,
    tag: str,
    digest: str,
    requester: Requester,
    lifetime: timedelta,
) -> None:
    """Keep a tag. Its manifest remains in the registry."""
    entry_id = await queries.insert_image(
        tx,
        kind=Kind.TAG,
        path=f"{repository.path}:{tag}",
        repository=repository,
        digest=digest,
        tag_count=1,
        requester=requester,
        lifetime=lifetime,
    )
    await queries.copy_tags(tx, entry_id=entry_id, repository=repository.path, names=[tag])
    await queries.insert_needed(tx, entry_id=entry_id, repository=repository)


async def keep_manifest(
    *,
    tx: Tx,
    repository: Repository,
    digest: str,
    tags: Collection[str],
    requester: Requester,
    lifetime: timedelta,
) -> None:
    """Keep an image with ``tags``, some of which can be those of its signatures.

    The manifests of the latter remain in the registry, as do the children of an index. The content
    of the image itself is stored later (``queries.store_content``).
    """
    entry_id = await queries.insert_image(
        tx,
        kind=Kind.MANIFEST,
        path=f"{repository.path}@{digest}",
        repository=repository,
        digest=digest,
        tag_count=len(set(tags) - set(artifact_tags(digest))),
        requester=requester,
        lifetime=lifetime,
    )
    await queries.copy_tags(tx, entry_id=entry_id, repository=repository.path, names=tags)
    await queries.copy_manifests(
        tx, entry_id=entry_id, repository=repository.path, digests=[digest]
    )
    await queries.insert_needed(tx, entry_id=entry_id, repository=repository)
