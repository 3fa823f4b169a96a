"""The storage that an account uses, its quota, and the refusal of what exceeds it (spec 11)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from libs.common.registry.error_format import Denied
from libs.common.registry.manifests import own_sizes

MAX_QUOTA_BYTES = 2**62
WARNING_PERCENT = 80
CRITICAL_PERCENT = 95
_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB", "EiB")

StorageState = Literal["ok", "warning", "critical", "exceeded"]
"""How full a quota is: from 80 % on "warning", from 95 % "critical", from 100 % "exceeded"."""
STORAGE_STATES: tuple[StorageState, ...] = ("ok", "warning", "critical", "exceeded")


@dataclass(frozen=True, slots=True)
class StorageUse:
    """The bytes of an account: each blob and each manifest once.

    ``image_bytes`` are those of images, ``trash_bytes`` those that only the trash has, and
    ``upload_bytes`` those of uploads that no manifest has named yet.
    """

    image_bytes: int = 0
    trash_bytes: int = 0
    upload_bytes: int = 0

    @property
    def used_bytes(self) -> int:
        """All bytes that count against the quota."""
        return self.image_bytes + self.trash_bytes + self.upload_bytes


NO_STORAGE = StorageUse()


@dataclass(frozen=True, slots=True)
class Charge:
    """A blob that a manifest charges. ``size`` is in bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class RebuiltAccount:
    """An account whose storage was computed again.

    ``differences`` is the number of blobs whose references were wrong before.
    """

    username: str
    differences: int
    use: StorageUse


def storage_state(used_bytes: int, quota_bytes: int | None) -> StorageState:
    """Return how full the quota is. Without a quota, there is always room."""
    if quota_bytes is None:
        return "ok"
    if used_bytes >= quota_bytes:
        return "exceeded"
    if used_bytes * 100 >= quota_bytes * CRITICAL_PERCENT:
        return "critical"
    return "warning" if used_bytes * 100 >= quota_bytes * WARNING_PERCENT else "ok"


def stored_charges(content: bytes, *, digest: str) -> tuple[Charge, ...]:
    """Return what a stored manifest charges, by the sizes that it states.

    These are itself, its config, its layers, and its children. A subject and foreign layers are not
    charged.
    """
    return charges_of({**own_sizes(content), digest: len(content)})


def charges_of(sizes: Mapping[str, int]) -> tuple[Charge, ...]:
    """Return the charges of blobs, by digest and size, in the order of their digests."""
    return tuple(Charge(digest, size) for digest, size in sorted(sizes.items()))


class QuotaExceeded(Denied):
    """A manifest would exceed the quota of the account that owns the repository."""

    def __init__(self, refusal: Mapping[str, Any]) -> None:
        quota, used = int(refusal["quota_bytes"]), int(refusal["used_bytes"])
        needed, trash = int(refusal["needed_bytes"]), int(refusal["trash_bytes"])
        uploads = int(refusal["upload_bytes"])
        others = ((trash, "in the trash"), (uploads, "uploads that no image uses"))
        parts = [f"{shown_bytes(size)} are {what}" for size, what in others if size]
        of_which = f", of which {' and '.join(parts)}" if parts else ""
        super().__init__(
            f"the image needs {shown_bytes(needed)}, and the account that owns the repository uses "
            f"{shown_bytes(used)} of its storage quota of {shown_bytes(quota)}{of_which}; "
            "delete images and empty the trash, or ask an administrator for more",
            detail={
                "quota_bytes": quota,
                "used_bytes": used,
                "needed_bytes": needed,
                "trash_bytes": trash,
                "upload_bytes": uploads,
            },
        )


def shown_bytes(size: int) -> str:
    """Return a size as people read it, such as `1.5 GiB`."""
    if size < 1024:
        return f"{size} B"
    power = min((size.bit_length() - 1) // 10, len(_UNITS))
    return f"{size / 1024**power:.1f} {_UNITS[power - 1]}"
