"""Which requests the gate answers, and which blob each of them needs.

The gateway sends the path normalized, and the query as the registry gets it. The registry reads
queries as Go's `net/url` does; so does this module.
"""

import re
from dataclasses import dataclass
from enum import Enum, StrEnum
from urllib.parse import unquote_to_bytes

LOW_DISK_RETRY_SECONDS = 30
UNCONFIRMED_RETRY_SECONDS = 2
DELETING_RETRY_SECONDS = 5
UNKNOWN_DIGEST = f"sha256:{'0' * 64}"
"""A digest that no blob has."""

_WRITES_BYTES = frozenset({"POST", "PATCH", "PUT"})
_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")
_BLOB = re.compile(rf"/v2/(.+)/blobs/{_SHA256.pattern}")
_UPLOAD = re.compile(r"/v2/(.+)/blobs/uploads(?:/([A-Za-z0-9._=-]*))?")
_INVALID_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Kind(Enum):
    """What a gated request does."""

    CHECK = "HEAD of a blob"
    MOUNT = "mount of a blob from another repository"
    COMPLETION = "completion of an upload"


Access = tuple[tuple[str, tuple[str, ...]], ...]
"""What a token must grant: actions by repository."""


@dataclass(frozen=True, slots=True)
class GatedRequest:
    """A request that needs the blob with the sha256 ``digest`` (32 bytes).

    ``access`` is what a token must grant for the request: actions by repository.
    """

    kind: Kind
    repository: str
    digest: bytes
    access: Access


class Reason(StrEnum):
    """Why a request is refused. The gateway chooses its message by this value."""

    LOW_DISK = "low-disk"
    UNCONFIRMED = "unconfirmed"
    DELETING = "deleting"
    OVER_QUOTA = "over-quota"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused request. The client can retry it after ``seconds``; None: not before a change.

    ``message`` is for people, if the gateway has none for the reason.
    """

    seconds: int | None
    reason: Reason
    message: str | None = None


@dataclass(frozen=True, slots=True)
class FullQuota:
    """A storage quota of an account that has no room left, in bytes."""

    quota_bytes: int
    used_bytes: int

    @property
    def refusal(self) -> Refusal:
        """The refusal of an upload. The message has no character that JSON escapes."""
        return Refusal(
            None,
            Reason.OVER_QUOTA,
            f"the account that owns the repository uses {self.used_bytes} bytes of its storage "
            f"quota of {self.quota_bytes} bytes, so no upload can begin; empty the trash, delete "
            "images, or ask an administrator for more",
        )


@dataclass(frozen=True, slots=True)
class Detour:
    """The gateway sends the request to the registry with another ``uri``."""

    uri: str


UNCONFIRMED = Refusal(UNCONFIRMED_RETRY_SECONDS, Reason.UNCONFIRMED)
"""This replica does not know which blobs garbage collection deletes."""
DELETING = Refusal(DELETING_RETRY_SECONDS, Reason.DELETING)


def refuse_for_disk(method: str) -> Refusal | None:
    """Return the refusal of a write while a disk is nearly full, or None for other requests."""
    return Refusal(LOW_DISK_RETRY_SECONDS, Reason.LOW_DISK) if method in _WRITES_BYTES else None


def begins_upload(method: str, uri: str) -> str | None:
    """Return the repository to which the request begins an upload or mounts a blob, or None."""
    if method != "POST":
        return None
    upload = _UPLOAD.fullmatch(uri.partition("?")[0])
    return None if upload is None or upload[2] else upload[1]


def find_gated(method: str, uri: str) -> GatedRequest | None:
    """Return which blob the request needs, or None if the gate does not concern it.

    A digest that is not sha256 does not concern it: the registry keeps such a blob under a sha256
    that the request does not name.
    """
    path, _, query = uri.partition("?")
    if method == "HEAD":
        blob = _BLOB.fullmatch(path)
        if blob is None:
            return None
        return GatedRequest(Kind.CHECK, blob[1], bytes.fromhex(blob[2]), ((blob[1], ("pull",)),))
    if method not in ("POST", "PUT"):
        return None
    upload = _UPLOAD.fullmatch(path)
    if upload is None or bool(upload[2]) is (method == "POST"):
        return None
    repository, values = upload[1], _first_values(query)
    access = ((repository, ("pull", "push")),)
    source = values.get("from", "")
    if method == "POST" and source and values.get("mount"):
        return _needing(Kind.MOUNT, repository, values["mount"], (*access, (source, ("pull",))))
    return _needing(Kind.COMPLETION, repository, values.get("digest", ""), access)


def find_detour(method: str, uri: str) -> Detour | None:
    """Return the upload in place of a mount by another digest than sha256, or None.

    Distribution would answer that the blob is mounted, and then not find it under that digest.
    """
    path, _, query = uri.partition("?")
    upload = _UPLOAD.fullmatch(path) if method == "POST" else None
    if upload is None or upload[2]:
        return None
    mount = _first_values(query).get("mount", "")
    if not mount or mount.startswith("sha256:"):
        return None
    return Detour(f"/v2/{upload[1]}/blobs/uploads/")


def answer_to_deleting(request: GatedRequest) -> Detour | None:
    """Return what happens to a request for a blob that is being deleted, or None if it must wait.

    The registry itself answers that it has no such blob. A mount becomes a plain upload.
    """
    if request.kind is Kind.CHECK:
        return Detour(f"/v2/{request.repository}/blobs/{UNKNOWN_DIGEST}")
    if request.kind is Kind.MOUNT:
        return Detour(f"/v2/{request.repository}/blobs/uploads/")
    return None


def _needing(kind: Kind, repository: str, digest: str, access: Access) -> GatedRequest | None:
    match = _SHA256.fullmatch(digest)
    return (
        None if match is None else GatedRequest(kind, repository, bytes.fromhex(match[1]), access)
    )


def _first_values(query: str) -> dict[str, str]:
    """Return the first value of each parameter. Go skips a parameter that it cannot read."""
    values: dict[str, str] = {}
    for parameter in query.split("&"):
        if ";" in parameter or _INVALID_ESCAPE.search(parameter):
            continue
        name, _, value = parameter.partition("=")
        values.setdefault(_unescaped(name), _unescaped(value))
    return values


def _unescaped(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ").encode("latin-1")).decode("latin-1")
