"""A storage under test, the files behind it, and a Distribution that writes to it."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from libs.common.storage.layout import blob_data, blob_folder
from libs.common.storage.s3 import S3Storage
from libs.common.storage.store import BlobEntry, RepositoryListing, Storage
from tests.kit.images import Blob, Image
from tests.kit.servers.object_storage import ObjectStorage

LONG_AGO = datetime.now(UTC) - timedelta(days=3)
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Place:
    """A storage, and the folder whose files are its objects."""

    storage: Storage
    root: Path
    registry: str

    def http(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://{self.registry}", trust_env=False, timeout=30)

    def push(self, repository: str, image: Image, tag: str) -> None:
        """Push an image through Distribution."""
        with self.http() as http:
            for blob in image.blobs:
                self.complete(http, repository, blob)
            answer = http.put(
                f"/v2/{repository}/manifests/{tag}",
                content=image.manifest.content,
                headers={"Content-Type": image.manifest.media_type},
            )
            assert answer.status_code == 201, answer.text

    def complete(self, http: httpx.Client, repository: str, blob: Blob) -> None:
        """Upload a blob through Distribution."""
        opened = http.post(f"/v2/{repository}/blobs/uploads/").raise_for_status()
        place = httpx.URL(opened.headers["Location"]).copy_merge_params({"digest": blob.digest})
        http.put(place, content=blob.content).raise_for_status()

    def begin_upload(self, repository: str) -> str:
        """Begin an upload, send a part of it, and return its id."""
        with self.http() as http:
            opened = http.post(f"/v2/{repository}/blobs/uploads/").raise_for_status()
            http.patch(opened.headers["Location"], content=b"part").raise_for_status()
            return opened.headers["Docker-Upload-UUID"]

    def put_blob(self, content: bytes | None = None) -> str:
        """Write a blob, and return its digest."""
        content = secrets.token_bytes(1000) if content is None else content
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        file = self.root / blob_data(digest)
        file.parent.mkdir(parents=True, exist_ok=True)
        # Distribution runs as another user, and may write a blob with the same first digits.
        file.parent.parent.chmod(0o777)
        file.write_bytes(content)
        return digest

    def has_blob(self, digest: str) -> bool:
        return (self.root / blob_data(digest)).exists()

    def has_folder(self, digest: str) -> bool:
        return (self.root / blob_folder(digest)).exists()

    def repository(self, name: str) -> Path:
        return self.root / "docker/registry/v2/repositories" / name

    async def list_blobs(self) -> dict[str, BlobEntry]:
        return {one.digest: one async for batch in self.storage.list_blobs() for one in batch}

    async def list_repositories(self) -> dict[str, RepositoryListing]:
        listings = [listing async for listing in self.storage.list_repositories()]
        found = {listing.repository: listing for listing in listings}
        assert len(found) == len(listings)
        return found


def open_s3(server: ObjectStorage, prefix: str) -> S3Storage:
    """Return a storage of its own, as each process has it."""
    return S3Storage(
        server.bucket,
        region=server.region,
        prefix=prefix,
        endpoint=server.endpoint,
        access_key=server.access_key,
        path_style=True,
    )


def new_name(prefix: str = "team") -> str:
    """Return a repository that no other test uses."""
    return f"{prefix}/app-{secrets.token_hex(4)}"


def set_age(folder: Path, modified_at: datetime) -> None:
    """Set the modification time of all files in a folder."""
    for file in files_of(folder):
        os.utime(file, (modified_at.timestamp(),) * 2)


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def allow() -> None:
    """A check that finds that the lease is valid."""


def names(listing: RepositoryListing, kind: str) -> set[str]:
    return {entry.name for entry in listing.entries if entry.kind == kind}


def digests(blobs: Iterable[Blob]) -> set[str]:
    return {blob.digest for blob in blobs}
