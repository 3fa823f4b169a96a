"""Damaged manifests in the registry's storage.

The registry's garbage collector ends at the first manifest that it cannot read. So each link to a
manifest is checked before: a damaged link is rewritten, because its path has the digest too. A
manifest whose content is gone, or that the catalog does not have, is hidden while the garbage
collector runs.
"""

import hashlib
import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.maintenance.active_uploads import blob_root, repository_root

_HEX = re.compile(r"[a-f0-9]{64}")
_LINK = "link"
_HIDDEN = "link.unreadable"
_MAX_BYTES = 16 * 1024 * 1024
"""No manifest is larger; Distribution accepts at most 4 MiB."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A manifest of a repository: `file` links it."""

    repository: str
    digest: str
    file: Path


def find_damage(storage: Path) -> list[Revision]:
    """Return the manifests whose link or content is damaged."""
    return [
        revision
        for revision in _revisions(storage)
        if _read(revision.file) != revision.digest.encode()
        or not _is_readable(storage, revision.digest)
    ]


@contextmanager
def without_damage(
    storage: Path, damaged: Collection[Revision], *, known: Collection[tuple[str, str]]
) -> Iterator[list[Revision]]:
    """Rewrite damaged links, and hide manifests without content until the context ends.

    Only links of the manifests (repository, digest) in `known` are rewritten, and all other ones
    are hidden too: an image that was deleted must not come back.

    Return the hidden manifests. If the process is killed meanwhile, `find_damage` shows them again.
    """
    hidden: list[Revision] = []
    try:
        for revision in damaged:
            if (revision.repository, revision.digest) in known and _is_readable(
                storage, revision.digest
            ):
                _rewrite(revision)
            else:
                revision.file.rename(revision.file.with_name(_HIDDEN))
                hidden.append(revision)
        yield hidden
    finally:
        for revision in hidden:
            revision.file.with_name(_HIDDEN).rename(revision.file)


def stored_manifest(storage: Path, digest: str) -> bytes | None:
    """Return the bytes of a manifest from the storage, or None."""
    algorithm, _, value = digest.partition(":")
    if algorithm != "sha256" or not _HEX.fullmatch(value):
        return None
    file = blob_root(storage) / "sha256" / value[:2] / value / "data"
    try:
        if file.stat().st_size > _MAX_BYTES:
            return None
        return file.read_bytes()
    except OSError:
        return None


def _revisions(storage: Path) -> Iterator[Revision]:
    """Yield the links to manifests; show those again that an earlier run has left hidden."""
    root = repository_root(storage)
    for folder, folders, _ in os.walk(root):
        if not folder.endswith("/_manifests/revisions"):
            folders[:] = [name for name in folders if name not in ("_layers", "_uploads", "tags")]
            continue
        folders[:] = []
        repository = str(Path(folder).parents[1].relative_to(root))
        for found in Path(folder, "sha256").glob("*"):
            link = found / _LINK
            if (found / _HIDDEN).is_file() and not link.is_file():
                (found / _HIDDEN).rename(link)
            if link.is_file() and _HEX.fullmatch(found.name):
                yield Revision(repository, f"sha256:{found.name}", link)


def _is_readable(storage: Path, digest: str) -> bool:
    content = stored_manifest(storage, digest)
    return content is not None and "sha256:" + hashlib.sha256(content).hexdigest() == digest


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


def _rewrite(revision: Revision) -> None:
    """Replace the link in one step, with the owner and the mode of the damaged one."""
    status = revision.file.stat()
    new = revision.file.with_name(f"{_LINK}.new")
    new.write_text(revision.digest)
    os.chown(new, status.st_uid, status.st_gid)
    new.chmod(status.st_mode & 0o777)
    new.replace(revision.file)
