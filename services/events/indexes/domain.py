"""The reference to a manifest that is looked up, and the limits of lookups."""

from datetime import timedelta
from typing import NamedTuple

MAX_CHILDREN = 1000
"""Further children of an index are ignored: no image has as many platforms.

The catalog keeps as many children of a deleted index (``catalog.store_deleted_indexes``).
"""

GIVE_UP_AFTER = timedelta(minutes=5)
"""After this time, a pull that waits for the children of an index is counted without them."""


class ManifestRef(NamedTuple):
    """A manifest, by the path of its repository and its digest."""

    repository: str
    digest: str
