"""Admit a manifest: check it, record its intent, forward it to the registry, record the push.

The registry receives no manifest in another way, so a push that a client saw succeed is in the
catalog, and what a rule forbids never reaches the registry (spec 5).
"""

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from libs.common.db.engine import Engine, autocommit
from libs.common.disk import FreeSpace
from libs.common.registry.admission import AdmittedManifest, parse_for_admission
from libs.common.registry.client import Fetched, Forwarded, Registry
from libs.common.registry.error_format import DigestInvalid, NameUnknown, Unavailable
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.foreign_urls import ForeignPrefix
from libs.common.registry.manifests import (
    IMAGE_CONFIG_TYPES,
    INDEX_TYPES,
    NO_CONFIG,
    Manifest,
    describe,
    parse_config,
    parse_manifest,
)
from libs.common.registry.storage import BlobReader, StoredBlob
from services.catalog.admission import queries
from services.catalog.admission.domain import (
    LOW_DISK,
    LOW_DISK_RETRY_SECONDS,
    UNAVAILABLE_RETRY_SECONDS,
    charges,
    check_blobs,
    needed_digests,
)
from services.catalog.images.description import Described, describe_image, describe_index
from services.catalog.intents.domain import Change, ChangeInProgress, Intent, Kind, Requester
from services.catalog.intents.queries import resolve
from services.catalog.intents.usecases import call_until_confirmed, insert_when_free
from services.catalog.quotas.domain import Charge
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
    client_address: str

    @property
    def path(self) -> str:
        """The repository's path."""
        return f"{self.namespace}/{self.name}"

    @property
    def tag(self) -> str | None:
        """The tag to set, or None if the manifest is pushed by its digest."""
        return None if ":" in self.reference else self.reference


@dataclass(frozen=True, slots=True)
class Admitted:
    """The registry's response to a push, and the digest that the manifest names as its subject."""

    answer: Forwarded
    subject: str | None


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
        max_repositories: int,
    ) -> None:
        self.max_repositories = max_repositories
        self._free_space = free_space
        self._engine = engine
        self._registry = registry
        self._blobs = blobs
        self._foreign_urls = foreign_urls

    async def admit(self, push: Push) -> Admitted:
        """Return the registry's response to the push. If it is 201, the catalog has recorded it.

        Raises:
            RegistryApiError: the catalog does not admit the manifest.
        """
        if self._free_space.low_disk is not None:
            raise Unavailable(LOW_DISK, retry_after=LOW_DISK_RETRY_SECONDS)
        digest = _check_digest(push)
        manifest = await self._parse(push)
        try:
            answer = await self._admit(push, digest, manifest)
        except (RegistryUnavailable, ChangeInProgress) as error:
            message = (
                "another push or deletion of the same image is not finished; try again in a moment"
                if isinstance(error, ChangeInProgress)
                else "the registry does not respond; the push may still succeed, try again"
            )
            raise Unavailable(message, retry_after=UNAVAILABLE_RETRY_SECONDS) from error
        return Admitted(answer, manifest.subject.digest if manifest.subject else None)

    async def _admit(self, push: Push, digest: str, manifest: AdmittedManifest) -> Forwarded:
        config = manifest.config
        inspected = await self._blobs.inspect(
            push.path,
            manifest.digests,
            read=config.digest if config and config.media_type in IMAGE_CONFIG_TYPES else None,
            limit=MAX_CONFIG_BYTES,
        )
        check_blobs(manifest, inspected.blobs)
        intent = await self._open(
            push,
            _change(push, digest, manifest, inspected.blobs),
            charges(manifest, digest=digest, size=len(push.content), stored=inspected.blobs),
        )
        answer = await call_until_confirmed(
            lambda: self._forward(intent), engine=self._engine, intent=intent
        )
        await self._resolve(intent, answer, inspected.content)
        return answer

    async def _open(self, push: Push, change: Change, charged: Sequence[Charge]) -> Intent:
        async def insert() -> tuple[Change, int | None]:
            async with autocommit(self._engine) as tx:
                target, id_ = await queries.open_push(
                    tx, change=change, charges=charged, max_repositories=self.max_repositories
                )
            if target is None:
                raise NameUnknown(f"the namespace {push.namespace} does not exist")
            target.check(push.path)
            return change, id_

        return await insert_when_free(insert)

    async def resume(self, intent: Intent) -> None:
        """Forward a push again whose outcome is unknown, and record it.

        Raises:
            RegistryUnavailable: the outcome is still unknown.
        """
        change = intent.change
        answer = await self._forward(intent)
        manifest = _parse_stored(change)
        inspected = await self._blobs.inspect(
            change.repository, (), read=manifest.config_digest, limit=MAX_CONFIG_BYTES
        )
        await self._resolve(intent, answer, inspected.content)

    async def _forward(self, intent: Intent) -> Forwarded:
        change = intent.change
        assert change.manifest is not None
        return await self._registry.forward_manifest(
            change.repository,
            change.tags[0] if change.tags else change.digest,
            change.manifest,
            subject=change.requester.docker_user or "",
        )

    async def _resolve(self, intent: Intent, answer: Forwarded, config: bytes | None) -> None:
        """Resolve the intent, and record the push if the registry has accepted it.

        If another process has resolved the intent, it has recorded the push, and the tag may have
        moved on since.
        """
        if answer.status != 201:
            async with self._engine.begin() as tx:
                await resolve(tx, id=intent.id)
            return
        described = await self._describe(intent.change, config)
        async with autocommit(self._engine) as tx:
            await queries.record_push(
                tx,
                intent=intent.id,
                described=described,
                descriptor=None if described.subject is None else _descriptor(intent.change),
            )

    async def _parse(self, push: Push) -> AdmittedManifest:
        def parse() -> AdmittedManifest:
            return parse_for_admission(
                push.content, content_type=push.content_type, foreign_urls=self._foreign_urls
            )

        if len(push.content) <= _PARSED_IN_LOOP:
            return parse()
        return await asyncio.to_thread(parse)

    async def _describe(self, change: Change, config: bytes | None) -> Described:
        """Return what the catalog keeps of the manifest, its config, and its children."""
        manifest = _parse_stored(change)
        if manifest.media_type in INDEX_TYPES:
            digests = {child.digest for child in manifest.children}
            return describe_index(manifest, await self._describe_children(change, digests))
        if manifest.config_digest is None:
            return describe_image(manifest, NO_CONFIG)
        return describe_image(manifest, parse_config(config))

    async def _describe_children(self, change: Change, digests: Collection[str]) -> list[Described]:
        """Return the children that the catalog or the registry has. A child can be a blob."""
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
        requester=Requester(docker_user=push.docker_user, client_address=push.client_address),
    )


def _descriptor(change: Change) -> dict[str, Any]:
    assert change.manifest is not None
    return describe(
        change.manifest.content, digest=change.digest, media_type=change.manifest.media_type
    )


def _parse_stored(change: Change) -> Manifest:
    assert change.manifest is not None
    return parse_manifest(
        change.manifest.content, digest=change.digest, media_type=change.manifest.media_type
    )
