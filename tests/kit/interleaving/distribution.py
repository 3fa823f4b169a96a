"""What Distribution does with a push, on the files of its storage, step by step.

It accepts a manifest if the repository links each blob that it names, and if their data exists.
It never rewrites data that exists. Both were tested with the real one, 2.8.2 and 3.1.1.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from libs.common.registry.client import Fetched, Forwarded
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.transport import Check
from libs.common.storage.layout import blob_data, layer_link, repository_folder
from tests.kit.images import Blob
from tests.kit.interleaving.scheduler import Scheduler, current_process

Key = tuple[str, str]
"""A manifest: its repository and its digest."""


@dataclass(slots=True)
class Served:
    """Which manifests the registry has accepted and deleted, and which ones it must serve.

    Each of these events is a moment: a number that grows.
    """

    moment: int = 0
    accepted_at: dict[Key, list[int]] = field(default_factory=dict)
    deleted_at: dict[Key, int] = field(default_factory=dict)
    required: set[Key] = field(default_factory=set)

    def accept(self, key: Key) -> None:
        self.moment += 1
        self.accepted_at.setdefault(key, []).append(self.moment)

    def delete(self, key: Key) -> None:
        self.moment += 1
        self.deleted_at[key] = self.moment
        self.required.discard(key)

    def answer(self, key: Key, began_at: int) -> None:
        """A client whose push began at a moment has received 201.

        Its manifest must stay, unless it was deleted since. The registry can have accepted it
        twice: the worker repeats a push whose process was slow, and the first request ends later.
        """
        first = next(one for one in self.accepted_at[key] if one > began_at)
        if self.deleted_at.get(key, 0) < first:
            self.required.add(key)


class StoredFiles:
    """The files of the storage driver `filesystem` below ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def has_blob(self, digest: str) -> bool:
        return (self.root / blob_data(digest)).is_file()

    def has_layer(self, repository: str, digest: str) -> bool:
        """Return whether the repository has a blob: its link and its data."""
        return (self.root / layer_link(repository, digest)).is_file() and self.has_blob(digest)

    def has_manifest(self, repository: str, digest: str) -> bool:
        return self.revision(repository, digest).is_file() and self.has_blob(digest)

    def write_blob(self, blob: Blob) -> None:
        write(self.root / blob_data(blob.digest), blob.content)

    def link_layer(self, repository: str, digest: str) -> None:
        write(self.root / layer_link(repository, digest), digest.encode())

    def revision(self, repository: str, digest: str) -> Path:
        """Return the link of a repository to a manifest."""
        folder = self.root / repository_folder(repository)
        return folder / "_manifests/revisions/sha256" / digest.partition(":")[2] / "link"

    def tag(self, repository: str, tag: str) -> Path:
        """Return the link of a tag to its manifest."""
        return self.tags(repository) / tag / "current/link"

    def tags(self, repository: str) -> Path:
        return self.root / repository_folder(repository) / "_manifests/tags"


def write(path: Path, content: bytes) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


class ModelRegistry:
    """Looks like `Registry`, the client. Each request is a process of its own.

    So the client can end before its request, and the registry carries it out later.
    """

    def __init__(self, scheduler: Callable[[], Scheduler], files: StoredFiles, served: Served):
        self._scheduler = scheduler
        self._files = files
        self._served = served
        self._requests = 0

    async def check(self) -> None: ...

    async def find_digest(self, repository: str, tag: str) -> str | None:
        await self._scheduler().point(f"HEAD {repository}:{tag}")
        link = self._files.tag(repository, tag)
        return link.read_text() if link.is_file() else None

    async def has_manifest(self, repository: str, digest: str) -> bool:
        await self._scheduler().point(f"HEAD {repository}@{digest[7:15]}")
        return self._files.has_manifest(repository, digest)

    async def find_manifest(self, repository: str, digest: str) -> Fetched | None:
        await self._scheduler().point(f"GET {repository}@{digest[7:15]}")
        if not self._files.has_manifest(repository, digest):
            return None
        content = (self._files.root / blob_data(digest)).read_bytes()
        return Fetched(json.loads(content)["mediaType"], content)

    async def find_blob(self, repository: str, digest: str, *, limit: int) -> bytes | None:
        await self._scheduler().point(f"GET blob {digest[7:15]}")
        if not self._files.has_layer(repository, digest):
            return None
        return (self._files.root / blob_data(digest)).read_bytes()

    async def list_tags(self, repository: str) -> list[str]:
        await self._scheduler().point(f"lists the tags of {repository}")
        folder = self._files.tags(repository)
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    async def delete_manifest(
        self, repository: str, digest: str, *, check: Check | None = None
    ) -> bool:
        """Delete a manifest with its tags. The registry of the tests accepts late requests."""
        await self._scheduler().point(f"DELETE {repository}@{digest[7:15]}")
        revision = self._files.revision(repository, digest)
        if not revision.is_file():
            return False
        folder = self._files.tags(repository)
        for path in folder.iterdir() if folder.is_dir() else ():
            link = path / "current/link"
            if link.read_text() == digest:
                link.unlink()
                link.parent.rmdir()
                path.rmdir()
        revision.unlink()
        self._served.delete((repository, digest))
        return True

    async def put_manifest(self, repository: str, reference: str, manifest: Fetched) -> None:
        await self.forward_manifest(repository, reference, manifest, subject="")

    async def forward_manifest(
        self, repository: str, reference: str, manifest: Fetched, *, subject: str
    ) -> Forwarded:
        """Put a manifest. The caller can give up while the registry works."""
        await self._scheduler().point(f"sends PUT {repository}:{reference[:15]}")
        return await self._request(lambda: self._put(repository, reference, manifest))

    async def _request(self, run: Callable[[], Coroutine[Any, Any, Forwarded]]) -> Forwarded:
        scheduler, caller = self._scheduler(), current_process()
        assert caller is not None
        self._requests += 1
        answers: list[Forwarded] = []

        async def serve() -> None:
            answers.append(await run())

        request = scheduler.start(f"registry-{self._requests} of {caller.name}", serve)
        task = request.task
        assert task is not None
        request.caller, caller.waits_for = caller, request
        gives_up = asyncio.ensure_future(
            scheduler.point("gets no answer from the registry", is_optional=True)
        )
        try:
            await asyncio.wait([task, gives_up], return_when=asyncio.FIRST_COMPLETED)
        finally:
            caller.waits_for = None
            if not gives_up.done():
                gives_up.cancel()
                await asyncio.wait([gives_up])
        if not gives_up.cancelled():
            gives_up.result()  # raises if the caller was killed
        if not answers:
            raise RegistryUnavailable("no answer")
        return answers[0]

    async def _put(self, repository: str, reference: str, manifest: Fetched) -> Forwarded:
        point, files = self._scheduler().point, self._files
        digest = "sha256:" + hashlib.sha256(manifest.content).hexdigest()
        content = json.loads(manifest.content)
        for child in content.get("manifests", ()):
            await point(f"looks for the manifest {child['digest'][7:15]}")
            if not files.has_manifest(repository, child["digest"]):
                return Forwarded(400, httpx.Headers(), b"MANIFEST_BLOB_UNKNOWN")
        for blob in [content["config"], *content["layers"]] if "config" in content else ():
            await point(f"looks for the blob {blob['digest'][7:15]}")
            if not files.has_layer(repository, blob["digest"]):
                return Forwarded(400, httpx.Headers(), b"MANIFEST_BLOB_UNKNOWN")
        await point(f"looks for its own blob {digest[7:15]}")
        if not files.has_blob(digest):
            await point("writes its own blob")
            files.write_blob(Blob(manifest.media_type, manifest.content))
        await point("links the manifest")
        write(files.revision(repository, digest), digest.encode())
        if ":" not in reference:
            await point("sets the tag")
            write(files.tag(repository, reference), digest.encode())
        self._served.accept((repository, digest))
        return Forwarded(201, httpx.Headers(), b"")


class ModelUploads:
    """Uploads, checks, and mounts of blobs, as the registry carries them out for a client."""

    def __init__(self, scheduler: Callable[[], Scheduler], files: StoredFiles) -> None:
        self._scheduler = scheduler
        self._files = files

    async def has(self, repository: str, digest: str) -> bool:
        """Answer HEAD of a blob."""
        await self._scheduler().point(f"HEAD blob {digest[7:15]}")
        return self._files.has_layer(repository, digest)

    async def mount(self, repository: str, digest: str, source: str) -> bool:
        """Link a blob of another repository. Return False if the client has to upload it."""
        await self._scheduler().point(f"mounts {digest[7:15]}: looks for it")
        if not self._files.has_layer(source, digest):
            return False
        await self._scheduler().point(f"mounts {digest[7:15]}: links it")
        self._files.link_layer(repository, digest)
        return True

    async def complete(self, repository: str, blob: Blob) -> bool:
        """Complete an upload. Return False if a sweep has taken its folder away meanwhile."""
        await self._scheduler().point(f"completes upload {blob.digest[7:15]}: looks for the data")
        if not self._files.has_blob(blob.digest):
            folder = (self._files.root / blob_data(blob.digest)).parent
            folder.mkdir(parents=True, exist_ok=True)
            await self._scheduler().point(f"completes upload {blob.digest[7:15]}: moves the data")
            try:
                (folder / "data").write_bytes(blob.content)
            except FileNotFoundError:
                return False
        await self._scheduler().point(f"completes upload {blob.digest[7:15]}: links it")
        self._files.link_layer(repository, blob.digest)
        return True
