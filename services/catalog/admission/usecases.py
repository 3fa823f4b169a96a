"""Admit a manifest: check it, record its intent, forward it to the registry, record the push.

The registry receives no manifest in another way, so a push that a client saw succeed is in the
catalog, and what a rule forbids never reaches the registry (spec 5).
"""

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from libs.common.db.engine import Engine, Tx
from libs.common.disk import FreeSpace
from libs.common.registry.admission import AdmittedManifest, parse_for_admission
from libs.common.registry.client import Fetched, Forwarded, Registry
from libs.common.registry.error_format import DigestInvalid, NameUnknown, Unavailable
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.foreign_urls import ForeignPrefix
from libs.common.registry.manifests import (
    INDEX_TYPES,
    NO_CONFIG,
    parse_config,
    parse_manifest,
)
from libs.common.registry.storage import BlobReader, StoredBlob
from services.catalog.admission import queries
from services.catalog.admission.domain import (
    LOW_DISK,
    LOW_DISK_RETRY_SECONDS,
    UNAVAILABLE_RETRY_SECONDS,
    check_blobs,
    needed_digests,
)
from services.catalog.images.description import Described, describe_image, describe_index
from services.catalog.intents.domain import Change, ChangeInProgress, Intent, Kind
from services.catalog.intents.queries import lock_repositories, resolve
from services.catalog.intents.usecases import call_until_confirmed, open_intent
from services.catalog.pull_counts.queries import copy_sums, lock_counters
from services.catalog.sync.states.domain import MAX_CONFIG_BYTES
from services.catalog.sync.states.reading import Reader

_PARSED_IN_LOOP = 64 * 1024
"""Bytes of a manifest that is parsed at once; a larger one is parsed in a thread."""


@dataclass(frozen=True, slots=True)
class Push:
    """A manifest on its way into the registry. ``reference`` is a tag or a digest."""

    namespace: str
    name: str
    reference: str
    content: bytes
    content_type: str
    docker_user: str

    @property
    def path(self) -> str:
        """The repository's path."""
        return f"{self.namespace}/{self.name}"

    @property
    def tag(self) -> str | None:
        """The tag to set, or None if the manifest is pushed by its digest."""
        return None if ":" in self.reference else self.reference


class Admission:
    """Admits manifests into ``registry``."""

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        blobs: BlobReader,
        free_space: FreeSpace,
        *,
        foreign_urls: Sequence[ForeignPrefix],
    ) -> None:
        self._free_space = free_space
        self._engine = engine
        self._registry = registry
        self._blobs = blobs
        self._foreign_urls = foreign_urls

    async def admit(self, push: Push) -> Forwarded:
        """Return the registry's response to the push. If it is 201, the catalog has recorded it.

        Raises:
            RegistryApiError: the catalog does not admit the manifest.
        """
        if self._free_space.low_disk is not None:
            raise Unavailable(LOW_DISK, retry_after=LOW_DISK_RETRY_SECONDS)
        digest = _check_digest(push)
        manifest = await self._parse(push)
        try:
            return await self._admit(push, digest, manifest)
        except (RegistryUnavailable, ChangeInProgress) as error:
            message = (
                "another push or deletion of the same image is not finished; try again in a moment"
                if isinstance(error, ChangeInProgress)
                else "the registry does not respond; the push may still succeed, try again"
            )
            raise Unavailable(message, retry_after=UNAVAILABLE_RETRY_SECONDS) from error

    async def _admit(self, push: Push, digest: str, manifest: AdmittedManifest) -> Forwarded:
        stored = await self._blobs.find(push.path, manifest.digests)
        check_blobs(manifest, stored)

        async def prepare(tx: Tx) -> Change:
            target = await queries.find_target(
                tx, namespace=push.namespace, name=push.name, digest=digest
            )
            if target is None:
                raise NameUnknown(f"the namespace {push.namespace} does not exist")
            target.check(push.path)
            return _change(push, digest, manifest, stored)

        intent = await open_intent(
            engine=self._engine, repository=push.path, prepare=prepare, durable=False
        )
        answer = await call_until_confirmed(
            lambda: self._forward(intent), engine=self._engine, intent=intent
        )
        await self._resolve(intent, answer)
        return answer

    async def resume(self, intent: Intent) -> None:
        """Forward a push again whose outcome is unknown, and record it.

        Raises:
            RegistryUnavailable: the outcome is still unknown.
        """
        await self._resolve(intent, await self._forward(intent))

    async def _forward(self, intent: Intent) -> Forwarded:
        change = intent.change
        assert change.manifest is not None
        return await self._registry.forward_manifest(
            change.repository,
            change.tags[0] if change.tags else change.digest,
            change.manifest,
            subject=change.docker_user or "",
        )

    async def _resolve(self, intent: Intent, answer: Forwarded) -> None:
        """Record the push if the registry has accepted it, and resolve the intent.

        If another process has resolved the intent, nothing changes: a newer push may be recorded.
        """
        change = intent.change
        described = await self._describe(change) if answer.status == 201 else None
        async with self._engine.begin() as tx:
            await lock_repositories(tx, paths=[change.repository])
            if await resolve(tx, id=intent.id) and described is not None:
                await _record(tx, change, described)

    async def _parse(self, push: Push) -> AdmittedManifest:
        def parse() -> AdmittedManifest:
            return parse_for_admission(
                push.content, content_type=push.content_type, foreign_urls=self._foreign_urls
            )

        if len(push.content) <= _PARSED_IN_LOOP:
            return parse()
        return await asyncio.to_thread(parse)

    async def _describe(self, change: Change) -> Described:
        """Return what the catalog keeps of the manifest, its config, and its children."""
        assert change.manifest is not None
        manifest = parse_manifest(
            change.manifest.content, digest=change.digest, media_type=change.manifest.media_type
        )
        if manifest.media_type in INDEX_TYPES:
            digests = {child.digest for child in manifest.children}
            return describe_index(manifest, await self._describe_children(change, digests))
        if manifest.config_digest is None:
            return describe_image(manifest, NO_CONFIG)
        config = await self._blobs.read(
            change.repository, manifest.config_digest, limit=MAX_CONFIG_BYTES
        )
        return describe_image(manifest, parse_config(config))

    async def _describe_children(self, change: Change, digests: Collection[str]) -> list[Described]:
        """Return the children that the catalog or the registry knows. A child can be a blob."""
        name = change.repository.removeprefix(f"{change.namespace}/")
        async with self._engine.connect() as tx:
            repository_id = await queries.find_repository_id(
                tx, namespace=change.namespace, name=name
            )
            known = (
                await queries.list_descriptions(tx, repository_id=repository_id, digests=digests)
                if repository_id is not None
                else []
            )
        missing = set(digests) - {child.digest for child in known}
        if not missing:
            return known
        read = await Reader(self._registry).describe({(change.repository, one) for one in missing})
        return [*known, *read.values()]


def _check_digest(push: Push) -> str:
    """Return the digest of the body. Raise DigestInvalid if the reference is another digest."""
    digest = "sha256:" + hashlib.sha256(push.content).hexdigest()
    if push.tag is None and push.reference != digest:
        raise DigestInvalid(f"the body has the digest {digest}, not {push.reference}")
    return digest


def _change(
    push: Push, digest: str, manifest: AdmittedManifest, stored: Mapping[str, StoredBlob]
) -> Change:
    return Change(
        kind=Kind.PUT_MANIFEST,
        namespace=push.namespace,
        repository=push.path,
        digest=digest,
        tags=(push.tag,) if push.tag is not None else (),
        needs=needed_digests(manifest, digest=digest, stored=stored),
        manifest=Fetched(manifest.media_type, push.content),
        docker_user=push.docker_user,
    )


async def _record(tx: Tx, change: Change, described: Described) -> None:
    """Write the pushed manifest and its tag."""
    name = change.repository.removeprefix(f"{change.namespace}/")
    tag = change.tags[0] if change.tags else None
    await lock_counters(tx)
    ensured = await queries.ensure_repository(tx, namespace=change.namespace, name=name)
    if ensured is None:
        return  # the operator has removed the namespace from the database
    repository_id, is_new = ensured
    before = await queries.record_manifest(
        tx,
        repository_id=repository_id,
        described=described,
        tag=tag,
        docker_user=change.docker_user or "",
    )
    await queries.add_to_totals(
        tx, repository_id=repository_id, digest=described.digest, tag=tag, digest_before=before
    )
    if is_new:
        await copy_sums(tx, repositories=[change.repository])
    elif tag is not None and before is None:
        await queries.copy_tag_sum(tx, repository_id=repository_id, path=change.repository, tag=tag)
