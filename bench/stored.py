"""Writes images and garbage straight into the storage and the catalog, faster than pushes would."""

import asyncio
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from bench.installation import Installation
from bench.names import namespace
from libs.common.storage.layout import blob_data, layer_link, repository_folder
from tests.kit.images import MEDIA_TYPES, Blob

LAYERS = 98
"""The layers of an image. With its config and its manifest, it has 100 blobs."""
PREFIX = f"{namespace(0)}/gc-"
"""The beginning of the names of the repositories."""
REPOSITORIES = 50
_UNTAGGED = 20
"""Each of the first repositories gets an untagged manifest."""
_UNTAGGED_SINCE = timedelta(days=30)
_TYPES = MEDIA_TYPES["oci"]
_Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """A blob that a repository links."""

    repository: str
    blob: Blob


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag and the image to which it points."""

    repository: str
    name: str
    manifest: str


@dataclass(slots=True)
class Stored:
    """What is in the storage: the tags, layers of their images, and layers that nothing needs."""

    tags: list[Tag] = field(default_factory=list)
    live: list[Layer] = field(default_factory=list)
    garbage: list[Layer] = field(default_factory=list)


class Filler:
    """Fills the repositories ``PREFIX``… of an installation."""

    def __init__(self, installation: Installation) -> None:
        self._url = installation.superuser_url
        self._root = installation.stack.data / "registry"
        found = self._root.stat()
        self._owner = found.st_uid, found.st_gid
        self._folders: set[Path] = set()
        self._ids: dict[str, int] = {}

    def fill(self, *, live: int, garbage: int) -> Stored:
        """Write ``live`` blobs of tagged images, and ``garbage`` blobs. Both are full hundreds.

        Most of the garbage is blobs whose manifest is gone already. The rest belongs to manifests
        that have had no tag for a month.
        """
        stored = Stored()
        names = [f"{PREFIX}{number:02}" for number in range(REPOSITORIES)]
        asyncio.run(self._insert_repositories(names))
        manifests: list[_Row] = []
        blobs: list[_Row] = []
        tags: list[_Row] = []
        hundreds = live // (LAYERS + 2)
        for number in range(hundreds + _UNTAGGED):
            is_live = number < hundreds
            repository = names[(number if is_live else number - hundreds) % REPOSITORIES]
            layers = [_new_blob(_TYPES["layer"]) for _ in range(LAYERS)]
            config = _new_blob(_TYPES["config"])
            manifest = _manifest(config, layers)
            id_ = self._ids[repository]
            size = sum(len(blob.content) for blob in (config, *layers))
            now = datetime.now(UTC)
            since = None if is_live else now - _UNTAGGED_SINCE
            manifests.append((id_, manifest.digest, manifest.media_type, size, now, since))
            for blob in (config, *layers):
                self._write_blob(blob, repository)
                blobs.append((id_, manifest.digest, blob.digest, len(blob.content)))
            self._write_blob(manifest, None)
            self._write_manifest(manifest, repository, f"v{number}" if is_live else None)
            linked = [Layer(repository, layer) for layer in layers]
            if is_live:
                tags.append((id_, f"v{number}", manifest.digest, now))
                stored.tags.append(Tag(repository, f"v{number}", manifest.digest))
                stored.live += linked
        for number in range(garbage - _UNTAGGED * (LAYERS + 2)):
            layer = Layer(names[number % REPOSITORIES], _new_blob(_TYPES["layer"]))
            self._write_blob(layer.blob, layer.repository)
            stored.garbage.append(layer)
        asyncio.run(self._insert(manifests, blobs, tags))
        return stored

    def _write_blob(self, blob: Blob, repository: str | None) -> None:
        self._write(self._root / blob_data(blob.digest), blob.content)
        if repository is not None:
            self._write(self._root / layer_link(repository, blob.digest), blob.digest.encode())

    def _write_manifest(self, manifest: Blob, repository: str, tag: str | None) -> None:
        folder = self._root / repository_folder(repository) / "_manifests"
        links = [folder / "revisions/sha256" / manifest.hex]
        if tag is not None:
            links += [
                folder / f"tags/{tag}/current",
                folder / f"tags/{tag}/index/sha256" / manifest.hex,
            ]
        for link in links:
            self._write(link / "link", manifest.digest.encode())

    def _write(self, path: Path, content: bytes) -> None:
        self._make_folder(path.parent)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            os.write(descriptor, content)
            os.fchown(descriptor, *self._owner)
        finally:
            os.close(descriptor)

    def _make_folder(self, folder: Path) -> None:
        if folder in self._folders or folder == self._root:
            return
        self._make_folder(folder.parent)
        try:
            folder.mkdir()
            os.chown(folder, *self._owner)
        except FileExistsError:
            pass
        if len(folder.name) < 64:  # the others are never needed again
            self._folders.add(folder)

    async def _insert_repositories(self, paths: Sequence[str]) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            for path in paths:
                space, _, name = path.partition("/")
                self._ids[path] = await connection.fetchval(
                    "INSERT INTO catalog.repositories (namespace_id, name, status)"
                    " SELECT id, $2, 'active' FROM catalog.namespaces WHERE name = $1"
                    " ON CONFLICT (namespace_id, name) DO UPDATE SET status = 'active'"
                    " RETURNING id",
                    space,
                    name,
                )
        finally:
            await connection.close()

    async def _insert(
        self, manifests: Sequence[_Row], blobs: Sequence[_Row], tags: Sequence[_Row]
    ) -> None:
        """Insert rows as the push of each manifest would, but for its audit entry and counts."""
        tables: dict[str, tuple[str, Iterable[_Row]]] = {
            "manifests": (
                "repository_id digest media_type size_bytes pushed_at untagged_since pushed_by"
                " is_scanned",
                ((*row, "bench", True) for row in manifests),
            ),
            "manifest_blobs": ("repository_id manifest_digest blob_digest size_bytes", blobs),
            "tags": (
                "repository_id name digest pushed_at pushed_by",
                ((*row, "bench") for row in tags),
            ),
        }
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute("SET session_replication_role = replica")
            for table, (columns, rows) in tables.items():
                await connection.copy_records_to_table(
                    table, schema_name="catalog", columns=columns.split(), records=rows
                )
            await connection.execute(
                "UPDATE catalog.repositories r SET tag_count = t.tags FROM ("
                " SELECT repository_id, count(*) AS tags FROM catalog.tags GROUP BY 1) AS t"
                " WHERE t.repository_id = r.id AND r.path LIKE $1",
                f"{PREFIX}%",
            )
            await connection.execute("VACUUM (ANALYZE) catalog.manifests, catalog.manifest_blobs")
        finally:
            await connection.close()


def make_manifest(config: Blob, layers: Sequence[Blob]) -> Blob:
    """Return the manifest of an image."""
    return _manifest(config, layers)


def _new_blob(media_type: str) -> Blob:
    return Blob(media_type, secrets.token_bytes(256))


def _manifest(config: Blob, layers: Sequence[Blob]) -> Blob:
    content = {
        "schemaVersion": 2,
        "mediaType": _TYPES["manifest"],
        "config": config.descriptor(),
        "layers": [layer.descriptor() for layer in layers],
    }
    return Blob(_TYPES["manifest"], json.dumps(content).encode())


def digest_of(content: bytes) -> str:
    """Return the sha256 digest of bytes."""
    return "sha256:" + hashlib.sha256(content).hexdigest()
