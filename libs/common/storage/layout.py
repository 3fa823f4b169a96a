"""Where Distribution keeps what: paths relative to the root of its storage.

The same for all storage drivers and for versions 2.8 and 3.x. Paths and names are only computed
here; nothing reads the storage.
"""

import re
from typing import NamedTuple

from libs.common.storage.store import EntryKind

BLOBS = "docker/registry/v2/blobs/sha256"
"""The folder of all blobs. Distribution keeps a blob with another digest under its sha256 too."""
REPOSITORIES = "docker/registry/v2/repositories"
REPOSITORY_FOLDERS = ("_layers", "_manifests", "_uploads")
"""A folder is a repository if it has one of these."""
UPLOADS = "_uploads"
SWEEPS = "moorage"
"""Moorage's own folder, beside Distribution's `docker`."""

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_LINKED = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_COMPONENT = re.compile(r"[^._/\x00-\x1f\ud800-\udfff][^/\x00-\x1f\ud800-\udfff]*")
"""A name in the path of a repository, or the id of an upload: more than Distribution's grammar
allows, but nothing that leaves the folder or that PostgreSQL cannot store."""
_SWEEP = re.compile(r"[0-9a-f]{32}")
_BLOB = re.compile(r"([0-9a-f]{2})/(\1[0-9a-f]{62})/data")
_ENTRIES = (
    (EntryKind.LAYER, re.compile(r"_layers/([a-z0-9+._-]+)/([0-9A-Za-z=_-]+)/link")),
    (
        EntryKind.REVISION,
        re.compile(r"_manifests/revisions/([a-z0-9+._-]+)/([0-9A-Za-z=_-]+)/link"),
    ),
    (
        EntryKind.TAG,
        re.compile(r"_manifests/tags/([A-Za-z0-9_][A-Za-z0-9_.-]*)/(?:current/link|index/.+)"),
    ),
    (EntryKind.UPLOAD, re.compile(rf"_uploads/({_COMPONENT.pattern})(?:/.*)?")),
)


class EntryName(NamedTuple):
    """The entry of a repository to which a file belongs."""

    kind: EntryKind
    name: str


def is_component(name: str) -> bool:
    """Return whether a folder of this name can be a part of a repository's path."""
    return _COMPONENT.fullmatch(name) is not None


def blob_folder(digest: str) -> str:
    """Return the folder of a blob.

    Raises:
        ValueError: ``digest`` is not a sha256 digest.
    """
    value = _hex(digest)
    return f"{BLOBS}/{value[:2]}/{value}"


def blob_data(digest: str) -> str:
    """Return the file of a blob. Raises ValueError as `blob_folder` does."""
    return f"{blob_folder(digest)}/data"


def repository_folder(repository: str) -> str:
    """Return the folder of a repository.

    Raises:
        ValueError: ``repository`` is not a path of names.
    """
    if not all(is_component(part) for part in repository.split("/")):
        raise ValueError(f"repository: {repository!r} is not a name of a repository")
    return f"{REPOSITORIES}/{repository}"


def upload_folder(repository: str, upload: str) -> str:
    """Return the folder of an upload. Raises ValueError if a name is not valid."""
    if not is_component(upload):
        raise ValueError(f"upload: {upload!r} is not an id of an upload")
    return f"{repository_folder(repository)}/{UPLOADS}/{upload}"


def layer_link(repository: str, digest: str) -> str:
    """Return the link of a repository to a blob. Raises ValueError if a name is not valid.

    ``digest`` can have another algorithm than sha256.
    """
    if _LINKED.fullmatch(digest) is None:
        raise ValueError(f"digest: {digest!r} is not a digest of a blob")
    return f"{repository_folder(repository)}/_layers/{digest.replace(':', '/')}/link"


def manifest_link(repository: str, digest: str) -> str:
    """Return the link of a repository to a manifest. See `layer_link`."""
    if _LINKED.fullmatch(digest) is None:
        raise ValueError(f"digest: {digest!r} is not a digest of a manifest")
    folder = f"{repository_folder(repository)}/_manifests/revisions"
    return f"{folder}/{digest.replace(':', '/')}/link"


def links(repository: str, digest: str) -> list[str]:
    """Return the files of which one links a blob or manifest. Raises as `layer_link` does.

    A link to a manifest by another digest than sha256 does not say that the repository has it.
    """
    layer = [layer_link(repository, digest)]
    return [*layer, manifest_link(repository, digest)] if digest.startswith("sha256:") else layer


def parse_link(content: bytes) -> str | None:
    """Return the sha256 digest in a link, or None if the link is damaged."""
    text = content.decode("ascii", "replace").strip()
    return text if _DIGEST.fullmatch(text) else None


def check_sweep(sweep: str) -> None:
    """Raise ValueError if ``sweep`` is not a name of a sweep."""
    if not _SWEEP.fullmatch(sweep):
        raise ValueError(f"sweep: {sweep!r} is not a name of a sweep")


def parse_blob(path: str) -> str | None:
    """Return the digest of a blob's file, relative to `BLOBS`, or None for another file."""
    found = _BLOB.fullmatch(path)
    return f"sha256:{found[2]}" if found else None


def split_repository(path: str) -> tuple[str, str] | None:
    """Return the repository of a file, and the file's path in the repository's folder.

    ``path`` is relative to `REPOSITORIES`. None if the file is in no repository.
    """
    parts = path.split("/")
    for place, part in enumerate(parts[:-1]):
        if place and part in REPOSITORY_FOLDERS:
            return "/".join(parts[:place]), "/".join(parts[place:])
        if not is_component(part):
            return None
    return None


def parse_entry(path: str) -> EntryName:
    """Return the entry to which a file belongs. ``path`` is relative to the repository's folder."""
    for kind, pattern in _ENTRIES:
        if found := pattern.fullmatch(path):
            return EntryName(kind, ":".join(found.groups()))
    return EntryName(EntryKind.OTHER, path.encode(errors="backslashreplace").decode())


def _hex(digest: str) -> str:
    found = _DIGEST.fullmatch(digest)
    if found is None:
        raise ValueError(f"digest: {digest!r} is not `sha256:` and 64 hexadecimal digits")
    return found[1]
