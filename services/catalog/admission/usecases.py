"""Admit a manifest: check it, record its intent, forward it to the registry, record the push.

The registry receives no manifest in another way, so a push that a client saw succeed is in the
catalog, and what a rule forbids never reaches the registry (spec 5).
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence

from libs.common.db.engine import Engine, Tx, autocommit
from libs.common.disk import FreeSpace
from libs.common.registry.admission import AdmittedManifest, parse_for_admission
from libs.common.registry.client import Fetched, Forwarded, Registry
from libs.common.registry.error_format import DigestInvalid, NameUnknown, Unavailable
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.foreign_urls import ForeignPrefix
from libs.common.registry.manifests import IMAGE_CONFIG_TYPES
from libs.common.registry.storage import BlobReader, StoredBlob, link_children
from libs.common.storage.store import Storage
from services.catalog.admission import queries
from services.catalog.admission.describing import Describer, descriptor_of
from services.catalog.admission.domain import (
    LOW_DISK,
    LOW_DISK_RETRY_SECONDS,
    UNAVAILABLE_RETRY_SECONDS,
    Admitted,
    Checked,
    Push,
    Target,
    charges,
    check_blobs,
    needed_digests,
    stored_blobs,
)
from services.catalog.images.description import Described
from services.catalog.intents.domain import Change, ChangeInProgress, Intent, Kind, Requester
from services.catalog.intents.queries import resolve
from services.catalog.intents.usecases import call_until_confirmed, insert_when_free
from services.catalog.manifest_aliases.queries import record_aliases
from services.catalog.manifest_aliases.usecases import list_aliases, list_aliases_of
from services.catalog.sync.states.domain import MAX_CONFIG_BYTES

_PARSED_IN_LOOP = 64 * 1024
"""Bytes of a manifest that is parsed at once; a larger one is parsed in a thread."""


class Admission:
    """Admits manifests into ``registry``."""

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        blobs: BlobReader,
        free_space: FreeSpace,
        *,
        storage: Storage | None,
        foreign_urls: Sequence[ForeignPrefix],
        max_repositories: int,
    ) -> None:
        self.describer = Describer(engine, registry, blobs)
        self._storage = storage
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
        if self.has_low_disk:
            raise Unavailable(LOW_DISK, retry_after=LOW_DISK_RETRY_SECONDS)
        try:
            checked = await self.check(push)
            answer = await self._admit(push, checked)
        except (RegistryUnavailable, ChangeInProgress) as error:
            message = (
                "another push or deletion of the same image is not finished; try again in a moment"
                if isinstance(error, ChangeInProgress)
                else "the registry does not respond; the push may still succeed, try again"
            )
            raise Unavailable(message, retry_after=UNAVAILABLE_RETRY_SECONDS) from error
        return Admitted(answer, checked.subject)

    @property
    def has_low_disk(self) -> bool:
        """Whether a disk is nearly full, so that no manifest is admitted."""
        return self._free_space.low_disk is not None

    async def check(self, push: Push, *, blobs_of: str | None = None) -> Checked:
        """Check a manifest and its blobs, and return the change that puts it.

        ``blobs_of`` is the repository that has the blobs; by default that of the push.

        Raises:
            RegistryApiError: the catalog does not admit the manifest.
            RegistryUnavailable: the storage cannot be read.
        """
        digest = _check_digest(push)
        manifest = await self._parse(push)
        config = manifest.config
        aliases = await list_aliases(self._engine, manifest.digests)
        inspected = await self._blobs.inspect(
            blobs_of or push.path,
            {*manifest.digests, *aliases.values()},
            read=config.digest if config and config.media_type in IMAGE_CONFIG_TYPES else None,
            limit=MAX_CONFIG_BYTES,
        )
        stored = stored_blobs(manifest, inspected.blobs, aliases)
        check_blobs(manifest, stored)
        return Checked(
            _change(push, digest, manifest, stored),
            charges(manifest, digest=digest, size=len(push.content), stored=stored),
            manifest.subject.digest if manifest.subject else None,
            inspected.content,
            {digest: blob.canonical for digest, blob in stored.items() if digest != blob.canonical},
        )

    async def _admit(self, push: Push, checked: Checked) -> Forwarded:
        def check_target(target: Target | None) -> None:
            if target is None:
                raise NameUnknown(f"the namespace {push.namespace} does not exist")
            target.check(push.path)

        aliases = {**checked.aliases}
        if push.has_sha512:
            aliases[push.reference] = checked.change.digest
        if aliases:
            async with autocommit(self._engine) as tx:
                await record_aliases(tx, aliases=aliases)
        intent = await self.open(checked, check_target=check_target)
        answer = await call_until_confirmed(
            lambda: self._forward(intent), engine=self._engine, intent=intent
        )
        await self._resolve(intent, answer, checked.config)
        return answer

    async def open(
        self,
        checked: Checked,
        *,
        check_target: Callable[[Target | None], None],
        record: Callable[[Tx, int], Awaitable[None]] | None = None,
    ) -> Intent:
        """Insert the intent of a checked manifest, when no open intent conflicts.

        ``check_target`` raises an error if the repository does not allow it; None stands for a
        namespace that does not exist. ``record`` writes what belongs to the intent with this id, in
        its transaction.

        Raises:
            ChangeInProgress: a conflicting intent was not resolved within 20 s.
        """
        change = checked.change

        async def insert() -> tuple[Change, int | None]:
            engine = self._engine
            async with autocommit(engine) if record is None else engine.begin() as tx:
                target, id_ = await queries.open_push(
                    tx,
                    change=change,
                    charges=checked.charges,
                    max_repositories=self.max_repositories,
                )
                if id_ is not None and record is not None:
                    await record(tx, id_)
            check_target(target)
            return change, id_

        return await insert_when_free(insert)

    async def resume(self, intent: Intent) -> None:
        """Forward a push again whose outcome is unknown, and record it.

        Raises:
            RegistryUnavailable: the outcome is still unknown.
        """
        change = intent.change
        answer = await self._forward(intent)
        await self._resolve(intent, answer, await self.describer.read_config(change))

    async def _forward(self, intent: Intent) -> Forwarded:
        change = intent.change
        assert change.manifest is not None
        content = change.manifest.content
        if self._storage is not None and (aliases := await list_aliases_of(self._engine, content)):
            await link_children(self._storage, change.repository, content, aliases=aliases)
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
        described = await self.describer.describe(intent.change, config)
        async with autocommit(self._engine) as tx:
            await self.record(tx, intent, described)

    @staticmethod
    async def record(tx: Tx, intent: Intent, described: Described) -> bool:
        """Write a manifest that the registry has accepted, and resolve its intent.

        Return False if another process has done so.
        """
        return await queries.record_push(
            tx,
            intent=intent.id,
            described=described,
            descriptor=None if described.subject is None else descriptor_of(intent.change),
        )

    async def _parse(self, push: Push) -> AdmittedManifest:
        def parse() -> AdmittedManifest:
            return parse_for_admission(
                push.content, content_type=push.content_type, foreign_urls=self._foreign_urls
            )

        if len(push.content) <= _PARSED_IN_LOOP:
            return parse()
        return await asyncio.to_thread(parse)


def _check_digest(push: Push) -> str:
    """Return the sha256 digest of the body. Raise DigestInvalid if the reference is another one."""
    digest = "sha256:" + hashlib.sha256(push.content).hexdigest()
    own = digest
    if push.has_sha512:
        own = "sha512:" + hashlib.sha512(push.content).hexdigest()
    if push.tag is None and push.reference != own:
        raise DigestInvalid(f"the body has the digest {own}, not {push.reference}")
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
