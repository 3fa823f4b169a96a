"""Copy an image within the registry, without moving bytes (spec 11).

Each manifest is put by an intent of its own, as a push is: the same rules decide. The intent needs
the blobs, so garbage collection keeps them; then they are linked to the target, and the manifest is
put. What a copy that ends early leaves behind has no tag of its own. The next copy goes on with it,
or garbage collection deletes it.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from libs.common.db.audit import AuditEntry
from libs.common.db.changes import created
from libs.common.db.engine import Engine, Tx, autocommit
from libs.common.registry.client import Forwarded, Registry
from libs.common.registry.error_format import RegistryApiError
from libs.common.registry.manifests import own_blobs
from libs.common.registry.storage import link_layers
from libs.common.registry.tokens import CATALOG_SUBJECT
from libs.common.storage.store import NO_ALIASES, Storage
from libs.common.web.errors import Unavailable
from services.catalog.admission.domain import LOW_DISK, LOW_DISK_RETRY_SECONDS, Push, Target
from services.catalog.admission.usecases import Admission
from services.catalog.audit.usecases import record_of_namespace
from services.catalog.copying import queries
from services.catalog.copying.domain import (
    MAX_MANIFESTS,
    WAIT_SECONDS,
    CopyRefused,
    CopyUnfinished,
    Put,
    Source,
    check_target,
    plan,
)
from services.catalog.images.domain import ImageNotFound
from services.catalog.images.usecases import get_image_by_digest, get_image_by_tag
from services.catalog.intents.domain import Intent, Kind, Requester
from services.catalog.intents.queries import lock_repositories, resolve
from services.catalog.intents.usecases import call_until_confirmed
from services.catalog.manifest_aliases.usecases import list_aliases_of
from services.catalog.namespaces.domain import NamespaceOwner
from services.catalog.repositories.domain import RepositoryReader
from services.catalog.repositories.queries import find_repository
from services.catalog.repositories.usecases import get_repository_reader
from services.catalog.rules.usecases import check_tags

_CONCURRENT_PUTS = 8


@dataclass(frozen=True, slots=True)
class Copier:
    """Copies images within ``registry``, whose storage is ``storage``, by ``admission``."""

    engine: Engine
    registry: Registry
    storage: Storage | None
    admission: Admission

    async def copy(
        self, *, actor: NamespaceOwner, repository: str, tag: str, source: Source
    ) -> None:
        """Copy ``source`` to a repository of the actor's namespace, and set ``tag``.

        Children and referrers are copied too, such as signatures. An existing tag is replaced.

        Raises:
            RepositoryNotFound: the actor cannot read the source.
            ImageNotFound: the source does not exist.
            CopyRefused: the catalog does not admit the image.
            CopyUnfinished: it takes too long. The next copy goes on.
            ChangeInProgress: a push or deletion of the same image is not finished.
            RegistryUnavailable: the registry does not answer.
            MoorageError: what ``check_target`` raises.
        """
        if self.admission.has_low_disk:
            raise Unavailable(f"{LOW_DISK}.".capitalize(), retry_after=LOW_DISK_RETRY_SECONDS)
        copy = _Copy(self, actor, repository, tag, source)
        try:
            async with asyncio.timeout(WAIT_SECONDS) as time_limit:
                await copy.run()
        except TimeoutError:
            if not time_limit.expired():  # the database did not answer in time
                raise
            raise CopyUnfinished from None

    async def resume(self, intent: Intent) -> None:
        """Put a manifest again whose outcome is unknown. Raises RegistryUnavailable."""
        answer = await self.put(intent)
        await self.finish(intent, answer, await self.admission.describer.read_config(intent.change))

    async def put(
        self,
        intent: Intent,
        *,
        source: str | None = None,
        aliases: Mapping[str, str] = NO_ALIASES,
    ) -> Forwarded:
        """Link the layers to the target, and put the manifest.

        ``aliases`` maps digests of other algorithms to the sha256 digests of the same blobs.
        Without a storage, the registry mounts the layers from the repository ``source``.

        Raises RegistryUnavailable.
        """
        change = intent.change
        assert change.manifest is not None
        content = change.manifest.content
        if self.storage is not None:
            known = await list_aliases_of(self.engine, content)
            await link_layers(
                self.storage, change.repository, content, aliases={**known, **aliases}
            )
        elif source not in (None, change.repository):
            for digest in sorted(own_blobs(content)):
                await self.registry.mount_blob(change.repository, digest, source=source)
        return await self.registry.forward_manifest(
            change.repository,
            change.tags[0] if change.tags else change.digest,
            change.manifest,
            subject=CATALOG_SUBJECT,
        )

    async def finish(self, intent: Intent, answer: Forwarded, config: bytes | None) -> bool:
        """Write the manifest to the catalog, unless another process has done so.

        Return False if the registry has refused it.
        """
        change = intent.change
        if answer.status != 201:
            async with self.engine.begin() as tx:
                await resolve(tx, id=intent.id)
            return False
        described = await self.admission.describer.describe(change, config)
        if not change.tags:  # a part of an image
            async with autocommit(self.engine) as tx:
                await self.admission.record(tx, intent, described)
            return True
        path, tag = change.repository, change.tags[0]
        async with self.engine.begin() as tx:
            await lock_repositories(tx, paths=[path])
            before = await queries.find_digest(tx, path=path, tag=tag)
            is_recorded = await self.admission.record(tx, intent, described)
            source = await queries.find_source(tx, intent_id=intent.id)
            if is_recorded and source is not None:
                entry = _audit_entry(intent, before=before, source=source)
                await record_of_namespace(tx=tx, entry=entry, namespace=change.namespace)
        return True


class _Copy:
    """One request."""

    def __init__(
        self, copier: Copier, actor: NamespaceOwner, repository: str, tag: str, source: Source
    ) -> None:
        self._copier = copier
        self._actor = actor
        self._namespace = actor.namespace.name
        self._repository = repository
        self._path = f"{actor.namespace.name}/{repository}"
        self._tag = tag
        self._source = source

    async def run(self) -> None:
        """Put what is missing, step by step, and then set the tag."""
        async with self._copier.engine.connect() as tx:
            reader = await get_repository_reader(
                tx=tx,
                principal=self._actor.principal,
                namespace=self._source.namespace,
                name=self._source.name,
            )
            root = await self._find_digest(tx, reader)
            await self._check_tag(tx, root)
            parts = await queries.list_parts(
                tx, source_id=reader.repository.id, digest=root, target=self._path
            )
        if len(parts) > MAX_MANIFESTS:
            raise CopyRefused(
                f"The image has more than {MAX_MANIFESTS} children, signatures, and other "
                "referrers. Delete those that are no longer needed."
            )
        puts = asyncio.Semaphore(_CONCURRENT_PUTS)
        for step in plan(parts, root=root).steps:
            outcomes = await asyncio.gather(
                *(self._put(one, puts) for one in step), return_exceptions=True
            )
            for outcome in outcomes:
                if outcome is not None:
                    raise outcome
        await self._put(Put(root, self._tag), puts, is_last=True)

    async def _check_tag(self, tx: Tx, root: str) -> None:
        """Check that the tag can name ``root``, before parts are copied in vain.

        The intent that sets the tag decides again. Raises TagImmutable.
        """
        repository = await find_repository(tx, namespace=self._namespace, name=self._repository)
        digest = await queries.find_digest(tx, path=self._path, tag=self._tag)
        if repository is not None and digest != root:
            await check_tags(tx=tx, repository=repository, tags=[self._tag])

    async def _find_digest(self, tx: Tx, reader: RepositoryReader) -> str:
        reference = self._source.reference
        if reader.repository.status == "deleting":
            raise ImageNotFound(self._source.text)
        if ":" in reference:
            image = await get_image_by_digest(tx=tx, actor=reader, digest=reference)
        else:
            image = await get_image_by_tag(tx=tx, actor=reader, tag=reference)
        return image.digest

    async def _put(self, put: Put, puts: asyncio.Semaphore, *, is_last: bool = False) -> None:
        """Put one manifest into the target."""
        copier, source = self._copier, self._source.path
        async with puts:
            manifest = await copier.registry.find_manifest(source, put.digest)
            if manifest is None or _digest_of(manifest.content) != put.digest:
                raise ImageNotFound(f"{source}@{put.digest}")
            push = Push(
                namespace=self._namespace,
                name=self._repository,
                reference=put.tag or put.digest,
                content=manifest.content,
                content_type=manifest.media_type,
                docker_user="",
                client_address=self._actor.principal.client_address,
            )
            try:
                checked = await copier.admission.check(push, blobs_of=source)
            except RegistryApiError as error:
                raise CopyRefused(f"{source}@{put.digest} cannot be copied: {error}.") from error
            change = replace(checked.change, kind=Kind.COPY, requester=self._requester())
            checked = replace(checked, change=change)

            async def record(tx: Tx, intent_id: int) -> None:
                await queries.insert_copy(tx, intent_id=intent_id, source=self._source.text)

            intent = await copier.admission.open(
                checked, check_target=self._check_target, record=record if is_last else None
            )
            answer = await call_until_confirmed(
                lambda: copier.put(intent, source=source, aliases=checked.aliases),
                engine=copier.engine,
                intent=intent,
            )
            if not await copier.finish(intent, answer, checked.config):
                raise CopyRefused(
                    f"The registry refuses {source}@{put.digest}: a part of it may have been "
                    "deleted meanwhile. Send the request again."
                )

    def _check_target(self, target: Target | None) -> None:
        check_target(
            target,
            path=self._path,
            tag=self._tag,
            max_repositories=self._copier.admission.max_repositories,
        )

    def _requester(self) -> Requester:
        principal = self._actor.principal
        return Requester(
            principal.account_id,
            principal.username,
            principal.client_address,
            principal.via,
            principal.api_key_id,
        )


def _audit_entry(intent: Intent, *, before: str | None, source: str) -> AuditEntry:
    change, requester = intent.change, intent.change.requester
    return AuditEntry(
        "image.copy",
        f"images/{change.repository}:{change.tags[0]}",
        requester.account_id,
        requester.account,
        requester.client_address,
        via=requester.via,
        api_key_id=requester.api_key_id,
        changes={"digest": [before, change.digest], **created(source=source)},
    )


def _digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()
