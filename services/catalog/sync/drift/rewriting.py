"""Rewrites damaged tags and manifests in the registry, by pushing again what the catalog has."""

import hashlib
from contextlib import suppress

import structlog

from libs.common.db.engine import Engine
from libs.common.registry.client import MAX_MANIFEST_BYTES, Fetched, Registry
from libs.common.registry.errors import RegistryUnavailable
from libs.common.storage.store import Storage, StorageUnavailable
from services.catalog.sync.drift import queries
from services.catalog.sync.drift.domain import Difference

_log = structlog.get_logger()


async def rewrite(
    *, engine: Engine, registry: Registry, damaged: Difference, storage: Storage | None
) -> bool:
    """Push the manifest of a damaged tag or digest again; return whether it is readable now.

    The content comes from the registry, or else from ``storage``. A tag that is readable or deleted
    by now stays as it is.
    """
    repository, reference, digest = damaged.repository, damaged.reference, damaged.catalog
    async with engine.connect() as tx:
        known = await queries.find_manifest_type(
            tx, path=repository, digest=digest, tag=None if reference == digest else reference
        )
    if known is None:
        return False
    content = await _find_content(registry, repository, digest, storage)
    if content is None:
        _log.warning(
            "a damaged manifest cannot be rewritten: its content is gone",
            repository=repository,
            reference=reference,
        )
        return False
    try:
        if await _is_readable(registry, repository, reference):
            return True
        await registry.put_manifest(repository, reference, Fetched(known, content))
    except RegistryUnavailable as error:
        _log.warning(
            "a damaged manifest cannot be rewritten",
            repository=repository,
            reference=reference,
            reason=str(error),
        )
        return False
    return await _is_readable(registry, repository, reference)


async def _find_content(
    registry: Registry, repository: str, digest: str, storage: Storage | None
) -> bytes | None:
    content: bytes | None = None
    try:
        fetched = await registry.find_manifest(repository, digest)
        content = fetched.content if fetched is not None else None
    except RegistryUnavailable:
        pass  # The link to the manifest can be damaged too.
    if content is None and storage is not None:
        with suppress(StorageUnavailable):
            content = await storage.read_blob(digest, limit=MAX_MANIFEST_BYTES)
    if content is None or "sha256:" + hashlib.sha256(content).hexdigest() != digest:
        return None
    return content


async def _is_readable(registry: Registry, repository: str, reference: str) -> bool:
    try:
        return await registry.find_digest(repository, reference) is not None
    except RegistryUnavailable:
        return False
