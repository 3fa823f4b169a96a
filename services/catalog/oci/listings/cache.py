"""A cache of encoded lists of tags. Each request confirms its entry in the database."""

import uuid
from collections import OrderedDict
from dataclasses import dataclass

from services.catalog.oci.listings.domain import ListPage, PageRequest

MAX_BYTES = 8 * 1024 * 1024
_ENTRY_BYTES = 512
"""About what an entry takes beside its list."""
_Key = tuple[str, PageRequest]


@dataclass(frozen=True, slots=True)
class CachedTags:
    """A page of tags, and the version of the set of tags of which it is a page."""

    version: uuid.UUID
    page: ListPage


class TagCache:
    """Holds the pages that were requested last, in at most ``max_bytes``."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._pages: OrderedDict[_Key, CachedTags] = OrderedDict()

    def get(self, repository: str, page: PageRequest) -> CachedTags | None:
        """Return the cached page of the repository, or None."""
        found = self._pages.get((repository, page))
        if found is not None:
            self._pages.move_to_end((repository, page))
        return found

    def put(self, repository: str, page: PageRequest, found: CachedTags) -> None:
        """Cache ``found``, and drop the pages that were not requested for the longest time."""
        before = self._pages.pop((repository, page), None)
        if before is not None:
            self._bytes -= _size(repository, page, before)
        self._pages[repository, page] = found
        self._bytes += _size(repository, page, found)
        while self._bytes > self._max_bytes:
            (path, requested), dropped = self._pages.popitem(last=False)
            self._bytes -= _size(path, requested, dropped)


def _size(repository: str, page: PageRequest, found: CachedTags) -> int:
    return _ENTRY_BYTES + len(repository) + 4 * len(page.last) + len(found.page.encoded)
