"""Which writes a pause refuses."""

import base64
import json
import re
from dataclasses import dataclass

_UPLOADS = re.compile(r"/v2/(?P<repository>[a-z0-9._/-]+)/blobs/uploads/?")
NEW_UPLOADS_RETRY_SECONDS = 15
ALL_WRITES_RETRY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Pause:
    """What is refused while disk space is given back.

    Either every write, or new uploads: those to a repository that is not being pushed to, or with a token that was issued after
    ``started_at`` (seconds since 1970). ``ends_at`` is a monotonic time.
    """

    all_writes: bool
    active_uploads: frozenset[str]
    started_at: float
    ends_at: float


def retry_after(
    pause: Pause, *, method: str, uri: str, authorization: str, now: float
) -> int | None:
    """In how many seconds a write that is refused may be tried again; None: it may be sent on. ``now`` is a monotonic time."""
    if now >= pause.ends_at:
        return None
    if pause.all_writes:
        return ALL_WRITES_RETRY_SECONDS
    if method != "POST":
        return None  # of an upload that was opened before
    place = _UPLOADS.fullmatch(uri.partition("?")[0])
    begun_before = (
        place is not None
        and place["repository"] in pause.active_uploads
        and issued_at(authorization) <= pause.started_at
    )
    return None if begun_before else NEW_UPLOADS_RETRY_SECONDS


def issued_at(authorization: str) -> float:
    """When a registry token says that it was issued; infinity when it says nothing. The registry is who verifies it."""
    try:
        payload = authorization.split(".")[1]
        return float(
            json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["iat"]
        )
    except (IndexError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return float("inf")
