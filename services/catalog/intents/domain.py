"""Intents: changes of images that the catalog has decided and the registry has not confirmed.

An intent is a row. It orders pushes and deletions of the same image: of two that conflict, the
later one waits until the earlier one is resolved (spec 14).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from libs.common.registry.client import Fetched
from libs.common.web.errors import Unavailable

LEASE = timedelta(seconds=15)
"""How long the process that works on an intent owns it; then another process takes over."""
LONGEST_LEASE = timedelta(minutes=1)
"""An intent that fails again and again is repeated more rarely, but at least once in this time."""
GIVE_UP_AFTER = timedelta(hours=1)
"""After this time, a push that the registry answers with an error of its own is not repeated."""
WAIT_SECONDS = 20.0
"""How long a change waits for a conflicting one, and how long a call of the registry is repeated.

A client that waits longer than this believes that the connection is dead.
"""
DELETION_WAIT_SECONDS = 3.0
"""How long a person waits for the registry to carry out a deletion or a restore.

Then the worker goes on.
"""
KEPT_FOR = timedelta(minutes=15)
"""How long a resolved intent is kept. A comparison that began before sees what changed since."""


class Kind(StrEnum):
    """What an intent does in the registry.

    DELETE_BLOB unlinks a blob from the repository. RESTORE_TAG sets a tag back that was changed
    without admission. RESTORE puts a manifest of the trash. EMPTY_REPOSITORY deletes manifests,
    tags, and links of blobs of a deleted repository. REMOVE_FOLDER removes the folder of an empty
    repository from the storage; it conflicts with each other change of the repository. COPY puts a
    manifest that another repository has.
    """

    PUT_MANIFEST = "put_manifest"
    DELETE_TAG = "delete_tag"
    DELETE_MANIFEST = "delete_manifest"
    DELETE_BLOB = "delete_blob"
    RESTORE_TAG = "restore_tag"
    RESTORE = "restore"
    EMPTY_REPOSITORY = "empty_repository"
    REMOVE_FOLDER = "remove_folder"
    COPY = "copy"


class RegistryUnreachable(Unavailable):
    """The registry does not answer."""

    code, title = "registry_unavailable", "The registry does not respond; try again later"


class ChangeInProgress(Unavailable):
    """A conflicting change of the same image is not resolved."""

    code = "change_in_progress"
    title = "Another change of the same image is not finished; try again in a moment"


@dataclass(frozen=True, slots=True)
class Requester:
    """Who requested a change, for the audit trail (``libs.common.db.audit.AuditEntry``).

    All is None for the operator. If ``docker_user`` requested it with a Docker client, only
    ``client_address`` is set too.
    """

    account_id: int | None = None
    account: str | None = None
    client_address: str | None = None
    via: str | None = None
    api_key_id: uuid.UUID | None = None
    docker_user: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one repository.

    ``tags`` are the tags that it sets or deletes. ``needs`` are the digests that must exist when
    the registry carries it out, and ``removes`` the digests of manifests, or of links to blobs,
    that it deletes. ``manifest`` is the one to put; if a tag is deleted, its placeholder.
    ``docker_user`` is the pusher.

    ``namespace`` is empty if the change cannot create the repository, whatever happens. Of a
    REMOVE_FOLDER, ``digest`` is the name of its sweep in the storage.
    """

    kind: Kind
    namespace: str
    repository: str
    digest: str
    tags: tuple[str, ...] = ()
    needs: frozenset[str] = frozenset()
    removes: frozenset[str] = frozenset()
    manifest: Fetched | None = None
    requester: Requester = Requester()


@dataclass(frozen=True, slots=True)
class Intent:
    """An unresolved change. The lease of this process on it ends at ``leased_until``."""

    id: int
    change: Change
    started_at: datetime
    leased_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Touched:
    """The tags and digests of one repository that intents have changed, or may be changing."""

    tags: frozenset[str]
    digests: frozenset[str]


UNTOUCHED = Touched(frozenset(), frozenset())
