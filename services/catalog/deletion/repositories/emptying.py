"""Delete the content of a repository from the registry.

Each call can be repeated at any time: it is not an error if something is gone already.

Each batch is an intent first. A restore or a push waits for it if it needs a part of the batch. If
a request has no answer, the intent stays open until the registry accepts the request no longer.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryRefused, RegistryUnavailable
from libs.common.registry.manifests import is_digest, parse_manifest
from services.catalog.deletion.repositories import queries
from services.catalog.deletion.repositories.domain import Deletion
from services.catalog.deletion.tags.placeholder import make_placeholder
from services.catalog.deletion.tags.usecases import remove_tag
from services.catalog.intents import queries as intents
from services.catalog.intents.domain import Change, Intent, Kind
from services.catalog.intents.leases import Lease

KeepContent = Callable[[str, bytes], Awaitable[None]]
"""Keeps the content of a manifest in the trash before it is deleted."""

_BATCH = 200
_CONCURRENT_REQUESTS = 8
_MAX_ROUNDS = 5
_T = TypeVar("_T")


class StillPushed(RegistryUnavailable):
    """Clients push tags as fast as they are deleted. The worker retries."""


class DeletionEnded(RegistryUnavailable):
    """The repository was restored, or an open change needs what would be deleted."""


class RepositoryCleaner:
    """Empties one repository for a deletion, with a few concurrent requests."""

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        repository: str,
        *,
        deletion: Deletion,
        keep: KeepContent | None = None,
    ) -> None:
        self._engine = engine
        self._registry = registry
        self._deletion = deletion
        self._keep = keep
        self._repository = repository
        self._requests = asyncio.Semaphore(_CONCURRENT_REQUESTS)
        self._blobs: set[str] = set()

    async def empty(self, *, manifests: Collection[str] = (), blobs: Collection[str] = ()) -> int:
        """Delete ``manifests``, the tagged manifests, and the children of both; return the count.

        Their blobs and ``blobs`` are unlinked from the repository, so that the next owner of the
        name cannot pull a blob by its digest.

        Raises RegistryUnavailable.
        """
        self._blobs |= set(blobs)
        count = await self._delete_manifests(set(manifests), seen=set())
        for _ in range(_MAX_ROUNDS):
            tags = await self._registry.list_tags(self._repository)
            if not tags:
                await self._delete_blobs()
                return count
            count += await self._delete_tagged(tags)
        raise StillPushed(f"The repository {self._repository} still has tags.")

    async def _delete_tagged(self, tags: list[str]) -> int:
        digests = await _all(self._find_digest(tag) for tag in tags)
        # A tag without a digest names a manifest that is gone or unreadable.
        await self._remove_tags([tag for tag, one in zip(tags, digests, strict=True) if not one])
        found = {digest for digest in digests if digest is not None}
        return await self._delete_manifests(found, seen=set())

    async def _delete_manifests(self, digests: set[str], *, seen: set[str]) -> int:
        """Delete manifests, then their children, and so on; return how many existed."""
        count = 0
        while digests:
            seen |= digests
            children: set[str] = set()
            for batch in _batches(digests):
                async with self._intent(removes=batch) as lease:
                    deleted = await _all(self._delete_manifest(one, lease) for one in batch)
                count += sum(found is not None for found in deleted)
                children.update(*(found or () for found in deleted))
            digests = children - seen
        return count

    async def _delete_manifest(self, digest: str, lease: Lease) -> frozenset[str] | None:
        """Delete a manifest; return the digests of its children, or None if it did not exist."""
        registry, repository = self._registry, self._repository
        async with self._requests:
            try:
                fetched = await registry.find_manifest(repository, digest)
            except RegistryRefused:  # Its content can be damaged.
                fetched = None
                await registry.delete_manifest(repository, digest, check=lease.check)
            if fetched is None:
                return None
            if self._keep is not None:
                await self._keep(digest, fetched.content)
            await registry.delete_manifest(repository, digest, check=lease.check)
        manifest = parse_manifest(fetched.content, digest=digest, media_type=fetched.media_type)
        self._blobs |= {blob for blob, _ in manifest.blobs if is_digest(blob)}
        return frozenset(child.digest for child in manifest.children if is_digest(child.digest))

    async def _remove_tags(self, tags: Collection[str]) -> None:
        for tag in tags:
            placeholder = make_placeholder()
            async with self._intent(removes=[placeholder.digest], tags=(tag,)) as lease:
                await remove_tag(
                    registry=self._registry,
                    repository=self._repository,
                    tag=tag,
                    placeholder=placeholder,
                    check=lease.check,
                )

    async def _delete_blobs(self) -> None:
        for batch in _batches(self._blobs):
            async with self._intent(removes=batch) as lease:
                await _all(self._delete_blob(blob, lease) for blob in batch)

    async def _delete_blob(self, digest: str, lease: Lease) -> None:
        async with self._requests:
            await self._registry.delete_blob(self._repository, digest, check=lease.check)

    async def _find_digest(self, tag: str) -> str | None:
        async with self._requests:
            try:
                return await self._registry.find_digest(self._repository, tag)
            except RegistryRefused:
                return None  # Its link can be damaged. The tag is deleted alone.

    @asynccontextmanager
    async def _intent(
        self, *, removes: Collection[str], tags: tuple[str, ...] = ()
    ) -> AsyncIterator[Lease]:
        """Open an intent, and resolve it unless the block fails.

        If the block fails, a request can still be on its way. Then the worker of intents resolves
        the intent when its lease has ended.

        Raises:
            DeletionEnded: the deletion is not in this step any more, or an open intent conflicts.
        """
        path = self._repository
        change = Change(
            kind=Kind.EMPTY_REPOSITORY,
            namespace="",
            repository=path,
            digest="",
            tags=tags,
            removes=frozenset(removes),
        )
        async with self._engine.begin() as tx:
            await intents.lock_repositories(tx, paths=[path])
            taken_at = time.monotonic()
            if not await queries.lock_deletion(tx, deletion=self._deletion):
                raise DeletionEnded(f"{self._deletion.name} is not being deleted any more")
            id_ = await intents.insert_unless_conflict(tx, change=change)
            until = None if id_ is None else await intents.find_lease(tx, id=id_)
        if id_ is None or until is None:
            raise DeletionEnded(f"a change of {path} is not finished")
        yield Lease(self._engine, id_, until, taken_at=taken_at)
        async with self._engine.begin() as tx:
            await intents.resolve(tx, id=id_)


async def resume(intent: Intent, *, engine: Engine) -> None:
    """Resolve the intent of a batch whose lease has ended.

    The tokens of its requests have expired, so none of them can still delete anything. The worker
    of deletions deletes what is left, with a new intent.
    """
    async with engine.begin() as tx:
        await intents.lock_repositories(tx, paths=[intent.change.repository])
        await intents.resolve(tx, id=intent.id)


def _batches(digests: Iterable[str]) -> list[list[str]]:
    ordered = sorted(digests)
    return [ordered[start : start + _BATCH] for start in range(0, len(ordered), _BATCH)]


async def _all(calls: Iterable[Coroutine[Any, Any, _T]]) -> list[_T]:
    """Return the results of all calls. If one fails, wait for the others, then raise its error."""
    results = await asyncio.gather(*calls, return_exceptions=True)
    done: list[_T] = []
    for result in results:
        if isinstance(result, BaseException):
            raise result
        done.append(result)
    return done
