"""One interleaving: the processes that run in it, and what must hold after each step."""

import shutil
from collections.abc import Awaitable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db.engine import Engine, Tx
from libs.common.disk import FreeSpace
from libs.common.registry.client import Registry
from libs.common.registry.error_format import RegistryApiError
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.storage import LocalBlobs
from libs.common.storage.local import LocalStorage
from libs.common.storage.store import StorageUnavailable, SweepEnded
from services.catalog.admission.domain import Push
from services.catalog.admission.usecases import Admission
from services.catalog.deletion.images import usecases as image_deletions
from services.catalog.gc.runs import queries as runs
from services.catalog.gc.runs.collection import GarbageCollector
from services.catalog.gc.runs.domain import Schedule
from services.catalog.gc.runs.worker import Starter
from services.catalog.gc.sweeps.usecases import end_unknown_sweeps, void_ended_lease
from services.catalog.images.queries import list_tagged_indexes
from services.catalog.intents.domain import Change, ChangeInProgress, Kind
from services.catalog.intents.usecases import open_intent
from services.catalog.intents.worker import Resolver
from services.catalog.sync.states import restoring
from tests.integration.catalog.gc.interleavings.gates import Answer, ModelGate
from tests.integration.catalog.gc.interleavings.universe import (
    ALL_BLOBS,
    EXISTING,
    NAMED,
    NAMES,
    NAMESPACE,
    REPOSITORIES,
    TAGS,
    Style,
)
from tests.kit.images import Blob, Image, Index
from tests.kit.interleaving.distribution import (
    ModelRegistry,
    ModelUploads,
    Served,
    StoredFiles,
    write,
)
from tests.kit.interleaving.engine import ConnectionLost, SteppedEngine
from tests.kit.interleaving.model_database import ModelDatabase
from tests.kit.interleaving.scheduler import Scheduler
from tests.kit.interleaving.stepping import Immediately

_FAILED = (ConnectionLost, StorageUnavailable, RegistryUnavailable, SweepEnded, ChangeInProgress)
_TAGS_OF = sa.text("""
    SELECT r.id, ARRAY(SELECT t.name FROM catalog.tags t
                       WHERE t.repository_id = r.id AND t.digest = :digest) AS tags
    FROM catalog.repositories r JOIN catalog.manifests m ON m.repository_id = r.id
    WHERE r.path = :path AND m.digest = :digest
""")


class World:
    """All that the processes of one interleaving share."""

    def __init__(
        self, database: ModelDatabase, engine: AsyncEngine, root: Path, *, grace_minutes: int
    ) -> None:
        self.database = database
        self.scheduler = Scheduler(database)
        self.served = Served()
        self.files = StoredFiles(root)
        self.grace_minutes = grace_minutes
        self._promises: dict[str, int] = {}
        scheduler = self._scheduler
        self.stepped = SteppedEngine(scheduler, engine, database)
        self.engine = cast(Engine, self.stepped)
        self.storage = LocalStorage(root)
        setattr(self.storage, "_removers", Immediately())  # noqa: B010
        self.uploads = ModelUploads(scheduler, self.files)
        self.registry = cast(Registry, ModelRegistry(scheduler, self.files, self.served))
        self.admission = Admission(
            self.engine,
            self.registry,
            LocalBlobs(root),
            FreeSpace({}, min_free_bytes=0),
            storage=self.storage,
            foreign_urls=(),
            max_repositories=100,
        )
        self.gates = [ModelGate(self.stepped, database) for _ in range(2)]
        self.has_backup = False

    async def back_up(self) -> None:
        await self.database.save("backup")
        self.has_backup = True

    def _scheduler(self) -> Scheduler:
        return self.scheduler

    def write_files(self) -> None:
        """Write the storage: one tagged image, and the blobs of others that nothing needs."""
        shutil.rmtree(self.files.root, ignore_errors=True)
        for blob in ALL_BLOBS:
            self.files.write_blob(blob)
            self.files.link_layer(REPOSITORIES[0], blob.digest)
        digest = EXISTING.manifest.digest
        write(self.files.revision(REPOSITORIES[0], digest), digest.encode())
        write(self.files.tag(REPOSITORIES[0], TAGS[0]), digest.encode())
        self.served.required.add((REPOSITORIES[0], digest))

    # Processes

    async def push(
        self, content: Image | Index, repository: str, tag: str | None, style: Style
    ) -> None:
        """Push an image or an index as a client does. It tries again once."""
        for _ in range(2):
            if style is Style.GATED and not await self.gates[0].is_ready():
                await self.gates[0].load()
            if await self._push(content, repository, tag, style):
                return

    async def _push(
        self, content: Image | Index, repository: str, tag: str | None, style: Style
    ) -> bool:
        images = content.images if isinstance(content, Index) else (content,)
        for image in images:
            for blob in image.blobs:
                if not await self._provide(repository, blob, style):
                    return False
            if image is not content and not await self._put(repository, None, image.manifest):
                return False
        return await self._put(repository, tag, content.manifest)

    async def _provide(self, repository: str, blob: Blob, style: Style) -> bool:
        if style is Style.BLIND:
            return True
        if style is Style.MOUNT:
            other = REPOSITORIES[1 - REPOSITORIES.index(repository)]
            if await self.uploads.mount(repository, blob.digest, other):
                return True
        if style is Style.GATED:
            gate = self.gates[0]
            answer = await gate.check(blob.digest)
            if answer is Answer.REFUSED:
                return False
            checked_at = await self.database.read_clock()
            if answer is Answer.ALLOWED and await self.uploads.has(repository, blob.digest):
                self._promises[blob.digest] = checked_at
                return True
        return await self.uploads.complete(repository, blob)

    async def _put(self, repository: str, tag: str | None, manifest: Blob) -> bool:
        digest = manifest.digest
        push = Push(
            namespace=NAMESPACE,
            name=repository.partition("/")[2],
            reference=tag or digest,
            content=manifest.content,
            content_type=manifest.media_type,
            docker_user="alice",
            client_address="192.0.2.1",
        )
        began_at = self.served.moment
        try:
            answer = (await self.admission.admit(push)).answer
        except (RegistryApiError, *_FAILED) as error:
            self._note(f"answered {type(error).__name__}")
            return False
        self._note(f"answered {answer.status} for {digest}")
        if answer.status == 201:
            self.served.answer((repository, digest), began_at)
            self._check_files()
        return answer.status == 201

    async def delete(self, content: Image | Index, repository: str) -> None:
        """Delete an image by its digest, as its owner does."""
        digest = content.manifest.digest

        async def prepare(tx: Tx) -> Change:
            row = (await tx.execute(_TAGS_OF, {"path": repository, "digest": digest})).one_or_none()
            if row is None or await list_tagged_indexes(tx, repository_id=row.id, digest=digest):
                raise LookupError
            return Change(
                kind=Kind.DELETE_MANIFEST,
                namespace=NAMESPACE,
                repository=repository,
                digest=digest,
                tags=tuple(row.tags),
                needs=frozenset({digest}),
                removes=frozenset({digest}),
            )

        try:
            intent = await open_intent(engine=self.engine, repository=repository, prepare=prepare)
            await image_deletions.resume(intent, engine=self.engine, registry=self.registry)
        except (LookupError, *_FAILED) as error:
            self._note(f"gives up: {type(error).__name__}")

    async def collect_twice(self, per_second: int, seconds_between: int) -> None:
        """Mark blobs, and delete them some time later."""
        await self.collect(per_second)
        await self.scheduler.point("waits for the next collection")
        await self.database.advance(seconds_between)
        await self.collect(per_second)

    async def collect(self, per_second: int) -> None:
        """Lead the worker of garbage collection for one run."""
        garbage_collector = GarbageCollector(
            self.engine, self.registry, self.storage, blobs_per_second=per_second
        )
        schedule = Schedule(timedelta(0), timedelta(minutes=self.grace_minutes), None)
        try:
            async with self.engine.begin() as tx:
                await runs.end_interrupted(tx)
                await runs.request_run(tx, untagged_days=0, grace_minutes=self.grace_minutes)
            await Starter(self.engine, garbage_collector, schedule).step()
        except _FAILED as error:
            self._note(f"fails: {type(error).__name__}")

    async def begin(self) -> None:
        """Start the catalog."""
        await self.attempt(end_unknown_sweeps(engine=self.engine, storage=self.storage))

    async def void(self) -> None:
        """Void an ended lease, as each replica does each second."""
        await self.attempt(void_ended_lease(engine=self.engine, storage=self.storage))

    async def resolve(self) -> None:
        """Resolve intents whose process has ended."""
        resolver = Resolver(
            self.engine,
            {
                Kind.PUT_MANIFEST: self.admission.resume,
                Kind.DELETE_MANIFEST: partial(
                    image_deletions.resume, engine=self.engine, registry=self.registry
                ),
                Kind.RESTORE_TAG: partial(
                    restoring.resume, engine=self.engine, registry=self.registry
                ),
            },
        )
        await self.attempt(resolver.step())

    async def attempt(self, work: Awaitable[Any]) -> None:
        """Do something that may fail, because the database was restored, or storage is gone."""
        try:
            await work
        except _FAILED as error:
            self._note(f"fails: {type(error).__name__}")

    def _note(self, text: str) -> None:
        self.scheduler.log.append(f"    {text}")

    # What must hold

    async def renamed(self, source: Path, target: Path) -> None:
        """Check that a blob is moved away only by the sweep that has the lease."""
        digest = f"sha256:{source.name}"
        if digest not in NAMES or target.parent.parent != self.files.root / "moorage":
            return
        self._note(f"{digest} is gone")
        rows = await self.database.fetch(
            "SELECT s.sweep, b.state FROM catalog.garbage_state s LEFT JOIN catalog.garbage_blobs b"
            " ON b.digest = $1 AND b.fence = s.fence",
            digest,
        )
        if tuple(rows[0]) != (target.parent.name, "deleting"):
            self.scheduler.failures.append(
                f"{digest} was deleted by a sweep without a lease: {tuple(rows[0])}"
            )
        self._check_files()
        now = await self.database.read_clock()
        if now < self._promises.get(digest, -(10**18)) + self.grace_minutes * 60_000_000:
            self.scheduler.failures.append(
                f"{digest} was deleted although a gate has answered that it exists"
            )

    def _check_files(self) -> None:
        for repository, digest in sorted(self.served.required):
            missing = [one for one in NAMED[digest] if not self.files.has_blob(one)]
            if missing:
                self.scheduler.failures.append(f"{repository}@{digest} lacks {', '.join(missing)}")

    async def check(self) -> None:
        """Raise AssertionError unless everything holds."""
        self._check_files()
        assert not self.scheduler.failures, "\n".join(dict.fromkeys(self.scheduler.failures))
        rows = await self.database.fetch(
            "SELECT b.digest FROM catalog.garbage_blobs b, catalog.garbage_state s"
            " WHERE b.state = 'deleting' AND (s.sweep IS NULL OR b.fence <> s.fence)"
        )
        assert not rows, f"{rows[0][0]} is being deleted by a sweep without a lease"
