"""Keep in the trash what a deletion removes.

Call the functions with ``tx`` in the transaction that decides the deletion, when the lock of the
repository is held.
"""

from collections.abc import Collection
from datetime import timedelta

from libs.common.db.engine import Engine, Tx
from libs.common.registry.names import artifact_tags
from services.catalog.intents.domain import Requester
from services.catalog.namespaces.domain import Namespace
from services.catalog.repositories.domain import Repository
from services.catalog.rules.queries import copy_to_trash
from services.catalog.trash.domain import Kind
from services.catalog.trash.keeping import queries

_BATCH = 1000


async def keep_tags(
    *,
    tx: Tx,
    repository: Repository,
    tags: Collection[str],
    requester: Requester,
    lifetime: timedelta,
) -> None:
    """Keep tags, each as an entry of its own. Their manifests remain in the registry."""
    await queries.keep_tags(
        tx, repository=repository, names=tags, requester=requester, lifetime=lifetime
    )


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


async def keep_repository(
    *, tx: Tx, repository: Repository, requester: Requester, lifetime: timedelta
) -> None:
    """Keep a repository with its rules.

    The worker that deletes its images keeps them (``keep_images``). Call this before the name is
    reserved.
    """
    entry_id = await queries.insert_entry(
        tx,
        kind=Kind.REPOSITORY,
        path=repository.path,
        namespace=repository.namespace,
        repository=repository.path,
        owner_id=repository.account_id,
        size_bytes=repository.size_bytes,
        tag_count=repository.tag_count,
        requester=requester,
        lifetime=lifetime,
    )
    await queries.copy_repositories(tx, entry_id=entry_id, paths=[repository.path])
    await copy_to_trash(tx, entry_id=entry_id)


async def keep_namespace(
    *,
    tx: Tx,
    namespace: Namespace,
    paths: Collection[str],
    requester: Requester,
    lifetime: timedelta,
) -> None:
    """Keep a namespace with its grants and rules, and the repositories ``paths``.

    A repository whose deletion began before is left out: it has an entry of its own. Call this
    before the names are reserved, and before the deletions of the repositories are recorded.
    """
    entry_id = await queries.insert_entry(
        tx,
        kind=Kind.NAMESPACE,
        path=namespace.name,
        namespace=namespace.name,
        repository=None,
        owner_id=namespace.account_id,
        size_bytes=0,
        tag_count=0,
        requester=requester,
        lifetime=lifetime,
        visibility=namespace.visibility,
        description=namespace.description,
        created_at=namespace.created_at,
    )
    await queries.copy_repositories(tx, entry_id=entry_id, paths=paths)
    await copy_to_trash(tx, entry_id=entry_id)
    await queries.copy_grants(tx, entry_id=entry_id, namespace_id=namespace.id)
    await queries.sum_up(tx, entry_id=entry_id)


async def keep_images(*, engine: Engine, repository: str, digests: Collection[str]) -> bool:
    """Keep the manifests ``digests`` of a repository that is being deleted, with their tags.

    Their content is stored later. Each batch is a transaction, so that a large repository exceeds
    no limit of a statement. The call can be repeated.

    Return False if the repository is not in the trash.
    """
    ordered = sorted(digests)
    async with engine.connect() as tx:
        entry_id = await queries.find_entry_of_deletion(tx, repository=repository)
    if entry_id is None:
        return False
    for start in range(0, len(ordered), _BATCH):
        batch = ordered[start : start + _BATCH]
        async with engine.begin() as tx:
            for copy in (queries.copy_manifests, queries.copy_tags_of, queries.insert_references):
                await copy(tx, entry_id=entry_id, repository=repository, digests=batch)
    return True
