"""Clients that push an image whose blobs are garbage at the moment, each in its own way."""

import asyncio
import hashlib
import uuid
from collections.abc import Sequence

import httpx

from libs.common.registry.client import Fetched
from services.catalog.intents.domain import Change, Kind, Requester
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.images import Blob, Image, make_image

WAYS = ("manifest", "head", "upload", "mount")
"""What a client sends for each blob before the manifest: nothing; HEAD, and an upload if the blob
is missing; an upload; a mount from another repository, which can become an upload."""

_TRIES = 5


class Client:
    """Pushes to one repository, in one of ``WAYS``. ``source`` is the repository of mounts."""

    def __init__(
        self, pusher: Pusher, registry: RegistryUnderTest, repository: str, way: str, source: str
    ) -> None:
        self.repository = repository if way != "mount" else f"{repository}-mounted"
        self._pusher, self._registry = pusher, registry
        self._way, self._source = way, source

    def send_blobs(self, blobs: Sequence[Blob]) -> None:
        """Do what the client does before it puts the manifest."""
        if self._way == "head":
            self._upload_missing(blobs)
        elif self._way == "upload":
            self._registry.upload(self.repository, *blobs)
        elif self._way == "mount":
            for blob in blobs:
                self._mount(blob)

    async def put(self, image: Image, tag: str) -> int:
        """Put the manifest once. Return the status."""
        return (await self._pusher.put(self.repository, tag, image.manifest)).status_code

    async def push(self, image: Image, tag: str) -> int:
        """Push, and push again after a refusal, until it succeeds. Return the first status.

        A client that pushes again asks for each blob first. A blob that it finds can be deleted
        right after that, as long as the sweep goes on.
        """
        self.send_blobs(image.blobs)
        statuses = [await self.put(image, tag)]
        while statuses[-1] != 201:
            assert statuses[-1] in (400, 503), "a client must get an error that a retry resolves"
            assert len(statuses) < _TRIES, "the retries do not succeed"
            self._upload_missing(image.blobs)
            statuses.append(await self.put(image, tag))
        return statuses[0]

    def _upload_missing(self, blobs: Sequence[Blob]) -> None:
        for blob in blobs:
            if self._registry.blob_status(self.repository, blob.digest) == 404:
                self._registry.upload(self.repository, blob)

    def _mount(self, blob: Blob) -> None:
        with self._registry.client(self.repository, "alice") as http:
            http.headers["Authorization"] = self._registry.authorization(
                self.repository, self._source
            )
            answer = http.post(
                f"/v2/{self.repository}/blobs/uploads/",
                params={"mount": blob.digest, "from": self._source},
            ).raise_for_status()
            if answer.status_code == 202:
                complete(http, answer, blob)


def complete(http: httpx.Client, opened: httpx.Response, blob: Blob) -> None:
    """Complete an upload that the registry has opened."""
    location = httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": blob.digest})
    http.put(
        location, content=blob.content, headers={"Content-Type": "application/octet-stream"}
    ).raise_for_status()


def assert_pullable(registry: RegistryUnderTest, repository: str, tag: str, image: Image) -> None:
    """Pull the image by its tag, and compare each byte."""
    with registry.client(repository) as http:
        accept = {"Accept": image.manifest.media_type}
        manifest = http.get(f"/v2/{repository}/manifests/{tag}", headers=accept)
        assert (manifest.status_code, manifest.content) == (200, image.manifest.content)
        for blob in image.blobs:
            answer = http.get(f"/v2/{repository}/blobs/{blob.digest}")
            assert answer.status_code == 200, f"{repository}:{tag} has lost {blob.digest}"
            assert "sha256:" + hashlib.sha256(answer.content).hexdigest() == blob.digest


class Crowd:
    """Clients that push in each of ``WAYS``, each another image. Nothing needs its blobs yet."""

    def __init__(self, pusher: Pusher, registry: RegistryUnderTest, repository: str) -> None:
        self.images = {way: make_image() for way in WAYS}
        self.clients = {way: Client(pusher, registry, repository, way, repository) for way in WAYS}
        self._registry = registry
        self._tag = uuid.uuid4().hex[:8]
        for image in self.images.values():
            pusher.upload(repository, *image.blobs)

    async def push(self) -> set[int]:
        """Push all images at once. Return the first statuses."""
        pushes = [
            self.clients[way].push(image, f"{way}-{self._tag}")
            for way, image in self.images.items()
        ]
        return set(await asyncio.gather(*pushes))

    def assert_pullable(self) -> None:
        """Pull all images."""
        for way, image in self.images.items():
            repository = self.clients[way].repository
            assert_pullable(self._registry, repository, f"{way}-{self._tag}", image)


def change_of(repository: str, image: Image, *tags: str) -> Change:
    """Return the intent of a push, for a test that opens it without the app."""
    return Change(
        kind=Kind.PUT_MANIFEST,
        namespace=repository.partition("/")[0],
        repository=repository,
        digest=image.manifest.digest,
        tags=tags,
        needs=frozenset({image.manifest.digest, *(blob.digest for blob in image.blobs)}),
        manifest=Fetched(image.manifest.media_type, image.manifest.content),
        requester=Requester(docker_user="alice"),
    )
