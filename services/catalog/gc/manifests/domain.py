"""Manifests that nothing needs any more (spec 7)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class UntaggedManifest:
    """A manifest that has no tag since ``since``. No live manifest and no index needs it."""

    namespace: str
    repository: str
    digest: str
    since: datetime
    size_bytes: int
