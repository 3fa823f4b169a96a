"""Which writes to the registry a pause refuses, and which ones a full disk."""

import base64
import json
import re
from dataclasses import dataclass
from enum import StrEnum

NEW_UPLOADS_RETRY_SECONDS = 15
ALL_WRITES_RETRY_SECONDS = 5
UNREACHABLE_RETRY_SECONDS = 2
LOW_DISK_RETRY_SECONDS = 30
TRUSTED_SECONDS = 1.0
"""How long after the last heartbeat the cached pause is used while the database is unreachable.

`moorage gc` refuses writes for longer than that before it collects.
"""
_UPLOADS_PATH = re.compile(r"/v2/(?P<repository>[a-z0-9._/-]+)/blobs/uploads/?")


_WRITES_BYTES = frozenset({"POST", "PATCH", "PUT"})


class Reason(StrEnum):
    """Why a write is refused. The gateway chooses its message by this value."""

    PAUSED = "paused"
    LOW_DISK = "low-disk"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused write. The client can retry it after ``seconds``."""

    seconds: int
    reason: Reason


def refuse_for_disk(method: str) -> Refusal | None:
    """Return the refusal of a write while a disk is nearly full, or None for a deletion."""
    return Refusal(LOW_DISK_RETRY_SECONDS, Reason.LOW_DISK) if method in _WRITES_BYTES else None


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of writes while the garbage collector runs.

    It refuses either every write or new uploads. An upload is new if its repository is not in
    ``active_uploads``, or if its token was issued after ``started_at`` (seconds since 1970).
    ``ends_at`` is a monotonic time.
    """

    all_writes: bool
    active_uploads: frozenset[str]
    started_at: float
    ends_at: float


def retry_after(
    pause: Pause, *, method: str, uri: str, authorization: str, now: float
) -> int | None:
    """Return the seconds after which a refused write may be retried, or None if it is allowed.

    ``now`` is a monotonic time.
    """
    if now >= pause.ends_at:
        return None
    if pause.all_writes:
        return ALL_WRITES_RETRY_SECONDS
    if method != "POST":
        return None  # only a POST opens an upload
    uploads = _UPLOADS_PATH.fullmatch(uri.partition("?")[0])
    belongs_to_active_upload = (
        uploads is not None
        and uploads["repository"] in pause.active_uploads
        and issued_at(authorization) <= pause.started_at
    )
    return None if belongs_to_active_upload else NEW_UPLOADS_RETRY_SECONDS


def issued_at(authorization: str) -> float:
    """Return the `iat` claim of a registry token, or infinity if it cannot be read.

    The signature is not checked here; the registry verifies the token.
    """
    try:
        payload = authorization.split(".")[1]
        return float(
            json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["iat"]
        )
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return float("inf")
