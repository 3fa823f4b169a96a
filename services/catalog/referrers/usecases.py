"""List the referrers of an image for Docker clients.

A push stores the descriptor of its manifest. Others (of a version before, of a restore, or of a
direct write to the registry) are read when they are first requested: a digest names the same
content for ever.
"""

import asyncio
import json
from collections.abc import Collection, Mapping

import structlog

from libs.common.db.engine import Engine, autocommit
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryRefused, RegistryUnavailable
from libs.common.registry.manifests import child_annotations, describe
from services.catalog.referrers import queries
from services.catalog.referrers.domain import (
    MAX_FALLBACK_BYTES,
    MAX_PAGE_BYTES,
    Candidate,
    Descriptor,
    ReferrersPage,
    with_annotations,
)

_BATCH = 200
"""A descriptor can have 16 KiB of annotations, and a page of them is cut at ``MAX_PAGE_BYTES``."""
_CONCURRENT_READS = 8
_MAX_READS = 200
"""Manifests that a request reads from the registry before it returns, beside those of a batch."""
_log = structlog.get_logger()


async def list_referrers(
    *,
    engine: Engine,
    registry: Registry,
    repository: str,
    digest: str,
    artifact_type: str | None,
    after: str,
    limit: int,
) -> ReferrersPage:
    """Return at most ``limit`` referrers whose digests follow ``after``.

    Annotations that only the fallback index has are added. If the descriptors of many referrers
    are unknown, the page ends early, so that no request waits for all of them.

    Raises:
        RegistryUnavailable: the registry does not answer, and a manifest must be read from it.
    """
    others = await _fallback_annotations(engine, registry, repository, digest)
    found: list[Descriptor] = []
    size = reads = 0
    batch = min(limit + 1, _BATCH)
    while True:
        async with engine.connect() as tx:
            candidates = await queries.list_candidates(
                tx,
                repository=repository,
                digest=digest,
                artifact_type=artifact_type,
                after=after,
                limit=batch,
            )
        described = await _describe(engine, registry, repository, candidates)
        reads += sum(one.descriptor is None for one in candidates)
        for candidate in candidates:
            descriptor = described.get(candidate.digest)
            if descriptor is not None and artifact_type in (None, descriptor.get("artifactType")):
                descriptor = with_annotations(descriptor, others.get(candidate.digest, {}))
                size += len(json.dumps(descriptor))
                if len(found) == limit or (found and size > MAX_PAGE_BYTES):
                    return ReferrersPage(tuple(found), last=found[-1]["digest"])
                found.append(descriptor)
            after = candidate.digest
        if len(candidates) < batch:
            return ReferrersPage(tuple(found), last=None)
        if reads >= _MAX_READS:
            return ReferrersPage(tuple(found), last=after)


async def read_descriptors(
    *, engine: Engine, registry: Registry, repository: str, tag: str | None, digest: str | None
) -> None:
    """Read the descriptors of an image's referrers that are unknown.

    If the registry does not answer, they stay unknown.
    """
    async with engine.connect() as tx:
        image = await queries.find_image(tx, repository=repository, tag=tag, digest=digest)
        if image is None:
            return
        unread = await queries.list_unread(tx, repository_id=image[0], digest=image[1])
    try:
        await _read(engine, registry, repository, unread)
    except RegistryUnavailable as error:
        _log.warning("referrers are not read", repository=repository, reason=str(error))


async def _describe(
    engine: Engine, registry: Registry, repository: str, candidates: Collection[Candidate]
) -> dict[str, Descriptor]:
    known = {one.digest: one.descriptor for one in candidates if one.descriptor is not None}
    unread = [one.digest for one in candidates if one.descriptor is None]
    return known | await _read(engine, registry, repository, unread)


async def _read(
    engine: Engine, registry: Registry, repository: str, digests: Collection[str]
) -> dict[str, Descriptor]:
    """Read manifests, and store their descriptors. Those that the registry cannot read are left."""
    if not digests:
        return {}
    requests = asyncio.Semaphore(_CONCURRENT_READS)

    async def read(digest: str) -> Descriptor | None:
        async with requests:
            try:
                manifest = await registry.find_manifest(repository, digest)
            except RegistryRefused as refused:
                _log.warning(
                    "the registry cannot read a referrer",
                    repository=repository,
                    digest=digest,
                    reason=str(refused),
                )
                return None
        if manifest is None:
            return None
        return await asyncio.to_thread(
            describe, manifest.content, digest=digest, media_type=manifest.media_type
        )

    answers = await asyncio.gather(*(read(digest) for digest in digests))
    found = [descriptor for descriptor in answers if descriptor is not None]
    if found:
        async with autocommit(engine) as tx:
            await queries.store_descriptors(tx, repository=repository, descriptors=found)
    return {descriptor["digest"]: descriptor for descriptor in found}


async def _fallback_annotations(
    engine: Engine, registry: Registry, repository: str, digest: str
) -> Mapping[str, Mapping[str, str]]:
    async with engine.connect() as tx:
        index = await queries.find_fallback_index(tx, repository=repository, digest=digest)
    if index is None:
        return {}
    try:
        manifest = await registry.find_manifest(repository, index)
    except RegistryRefused:  # Its content can be damaged.
        return {}
    if manifest is None or len(manifest.content) > MAX_FALLBACK_BYTES:
        return {}
    return await asyncio.to_thread(child_annotations, manifest.content)
