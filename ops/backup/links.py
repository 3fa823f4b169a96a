"""The links of repositories and tags, as a backup lists them and as Distribution stores them."""

from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

from libs.common.storage.layout import layer_link, repository_folder
from ops.backup.archive import Counts
from ops.backup.dump import Snapshot
from ops.backup.transport.files import Files, read_whole

_HEX = 64


class Link(NamedTuple):
    """A file of a repository. ``kind`` is `revision`, `layer`, or `tag`.

    ``name`` is the digest of the link, or the tag. ``target`` is the sha256 digest to which it
    leads.
    """

    kind: str
    repository: str
    name: str
    target: str

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and content of Distribution's files."""
        content, value = self.target.encode(), self.target.removeprefix("sha256:")
        folder = f"{repository_folder(self.repository)}/_manifests"
        if self.kind == "layer":
            yield layer_link(self.repository, self.name), content
        elif self.kind == "revision":
            yield f"{folder}/revisions/sha256/{value}/link", content
        else:
            yield f"{folder}/tags/{self.name}/index/sha256/{value}/link", content
            # Last: Distribution reads the tag from this file.
            yield f"{folder}/tags/{self.name}/current/link", content


async def list_links(snapshot: Snapshot, storage: Files, counts: Counts) -> AsyncIterator[Link]:
    """Yield the links of all images, and count them.

    A link by another algorithm than sha256, and one that no image is sure to have, is read from
    the storage.
    """
    repositories: set[str] = set()
    async for repository, digest in snapshot.list_revisions():
        counts.manifests += 1
        repositories.add(repository)
        yield Link("revision", repository, digest, digest)
    async for repository, digest in snapshot.list_layers():
        if digest.startswith("sha256:"):
            yield Link("layer", repository, digest, digest)
        elif (link := await _find(storage, repository, digest)) is not None:
            yield link
    async for repository, digest in snapshot.list_possible_layers():
        if (link := await _find(storage, repository, digest)) is not None:
            yield link
    async for repository, name, digest in snapshot.list_tags():
        counts.tags += 1
        yield Link("tag", repository, name, digest)
    counts.repositories = len(repositories)


async def _find(storage: Files, repository: str, digest: str) -> Link | None:
    try:
        path = layer_link(repository, digest)
    except ValueError:
        return None
    content = await read_whole(storage, path)
    if content is None:
        return None
    target = content.decode(errors="replace")
    is_digest = target.startswith("sha256:") and len(target) == len("sha256:") + _HEX
    return Link("layer", repository, digest, target) if is_digest else None
