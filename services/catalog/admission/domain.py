"""Which manifests the catalog admits, and the refusals of the others (spec 5)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from libs.common.registry.admission import AdmittedManifest
from libs.common.registry.client import Forwarded
from libs.common.registry.error_format import (
    Denied,
    ManifestBlobUnknown,
    ManifestInvalid,
)
from libs.common.registry.storage import StoredBlob
from services.catalog.intents.domain import Change
from services.catalog.quotas.domain import Charge, QuotaExceeded, charges_of

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a manifest. Distribution and its clients have the same limit."""
UNAVAILABLE_RETRY_SECONDS = 2
LOW_DISK_RETRY_SECONDS = 30
LOW_DISK = (
    "the server's disk is nearly full, so pushes are refused and pulls go on; try again later"
)


def _immutable_tag(refusal: Mapping[str, Any]) -> Denied:
    return Denied(
        f"tag {refusal['tag']} is immutable: it exists, and it cannot be moved to another image; "
        "push another tag"
    )


_REFUSALS: Mapping[str, Callable[[Mapping[str, Any]], Denied]] = {
    "immutable_tag": _immutable_tag,
    "quota": QuotaExceeded,
}
"""The error of each rule for which ``catalog.admit_push`` can refuse a push."""


def charges(
    manifest: AdmittedManifest, *, digest: str, size: int, stored: Mapping[str, StoredBlob]
) -> tuple[Charge, ...]:
    """Return what the manifest with ``size`` bytes charges the account (spec 11).

    These are itself, its config, its layers, and its children, each under the digest by which the
    storage keeps it. The subject and foreign layers are not charged.
    """
    named = (
        stored.get(descriptor.digest)
        for descriptor in manifest.descriptors
        if descriptor is not manifest.subject and not descriptor.is_foreign
    )
    sizes = {blob.canonical: blob.size for blob in named if blob is not None}
    return charges_of({**sizes, digest: size})


@dataclass(frozen=True, slots=True)
class Push:
    """A manifest on its way into the registry. ``reference`` is a tag or a digest."""

    namespace: str
    name: str
    reference: str
    content: bytes
    content_type: str
    docker_user: str
    client_address: str

    @property
    def path(self) -> str:
        """The repository's path."""
        return f"{self.namespace}/{self.name}"

    @property
    def tag(self) -> str | None:
        """The tag to set, or None if the manifest is pushed by its digest."""
        return None if ":" in self.reference else self.reference

    @property
    def has_sha512(self) -> bool:
        """Whether the manifest is pushed by its sha512 digest."""
        return self.reference.startswith("sha512:")


@dataclass(frozen=True, slots=True)
class Admitted:
    """The registry's response to a push, and the digest that the manifest names as its subject."""

    answer: Forwarded
    subject: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A manifest that may be put.

    ``charges`` count against the quota. ``subject`` is the digest that the manifest names as its
    subject, and ``config`` the content of its image config. ``aliases`` maps digests of other
    algorithms to the sha256 digests of the same blobs.
    """

    change: Change
    charges: tuple[Charge, ...]
    subject: str | None
    config: bytes | None
    aliases: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Target:
    """The repository of a push, as the catalog has it. It may not exist before its first push.

    ``reserved_until`` is set while the name belongs to a former owner. ``is_account_full`` is true
    if the repository is new, and the account can have no other one. ``refusal`` is the rule that
    does not allow the push, with the values for its message, or None.
    """

    is_deleting: bool
    reserved_until: datetime | None
    is_account_full: bool
    refusal: Mapping[str, Any] | None = None

    def check(self, repository: str) -> None:
        """Raise Denied if nothing may be pushed to the repository now."""
        if self.is_deleting:
            raise Denied(f"the repository {repository} is being deleted; push to another name")
        if self.reserved_until is not None:
            until = self.reserved_until.strftime("%Y-%m-%d %H:%M:%S UTC")
            raise Denied(
                f"the repository {repository} was deleted, and its name is reserved until {until}; "
                "push to another name, or try again then"
            )
        if self.is_account_full:
            raise Denied(
                f"the repository {repository} cannot be created: the account has as many "
                "repositories as it can have; delete one, or ask an administrator"
            )
        if self.refusal is not None:
            raise self.denial

    @property
    def denial(self) -> Denied:
        """The error of the rule in ``refusal``."""
        assert self.refusal is not None
        return _REFUSALS[self.refusal["rule"]](self.refusal)


def stored_blobs(
    manifest: AdmittedManifest, found: Mapping[str, StoredBlob], aliases: Mapping[str, str]
) -> dict[str, StoredBlob]:
    """Return by the digests in the manifest what the repository has of them.

    ``found`` has them by their own digests or by their sha256 digests in ``aliases``.
    """
    blobs = {
        digest: found.get(aliases.get(digest, digest)) or found.get(digest)
        for digest in manifest.digests
    }
    return {digest: blob for digest, blob in blobs.items() if blob is not None}


def check_blobs(manifest: AdmittedManifest, stored: Mapping[str, StoredBlob]) -> None:
    """Check that the repository has what the manifest names, with the stated sizes.

    The registry refuses a missing blob too. But the blob can arrive after this check, and then
    nobody would check its size. The subject may be missing, and so may foreign layers.

    Raises:
        ManifestBlobUnknown: a blob or a child is missing.
        ManifestInvalid: a descriptor states another size than that of its stored blob.
    """
    for descriptor in manifest.descriptors:
        blob = stored.get(descriptor.digest)
        if blob is None:
            if descriptor is not manifest.subject and not descriptor.is_foreign:
                raise ManifestBlobUnknown(
                    f"{descriptor.field} is {descriptor.digest}, which the repository does not "
                    "have; upload it first",
                    detail={"digest": descriptor.digest},
                )
        elif blob.size != descriptor.size:
            raise ManifestInvalid(
                f"{descriptor.field}.size must be {blob.size}, the size of "
                f"{descriptor.digest}, not {descriptor.size}"
            )


def needed_digests(
    manifest: AdmittedManifest, *, digest: str, stored: Mapping[str, StoredBlob]
) -> frozenset[str]:
    """Return the manifest's own digest, every digest in it, and what they are stored under."""
    return frozenset({digest, *manifest.digests, *_canonical(stored.values())})


def _canonical(stored: Collection[StoredBlob]) -> set[str]:
    return {blob.canonical for blob in stored}
