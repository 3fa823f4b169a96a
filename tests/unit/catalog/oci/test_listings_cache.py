"""The cache of encoded lists of tags."""

import uuid

from services.catalog.oci.listings.cache import CachedTags, TagCache
from services.catalog.oci.listings.domain import ListPage, PageRequest

_FIRST = PageRequest(100, "")


def _tags(length: int) -> CachedTags:
    return CachedTags(uuid.uuid4(), ListPage(b"x" * length, last=None))


def test_pages_of_a_repository_are_cached_apart() -> None:
    cache = TagCache()
    first, second = _tags(1), _tags(1)
    cache.put("team/app", _FIRST, first)
    cache.put("team/app", PageRequest(100, "v1"), second)
    assert cache.get("team/app", _FIRST) == first
    assert cache.get("team/app", PageRequest(100, "v1")) == second
    assert cache.get("team/app", PageRequest(99, "")) is None
    assert cache.get("team/other", _FIRST) is None


def test_page_that_was_not_requested_for_the_longest_time_is_dropped() -> None:
    cache = TagCache(max_bytes=5_000)
    for name in ("a", "b"):
        cache.put(name, _FIRST, _tags(1_500))
    assert cache.get("a", _FIRST) is not None
    cache.put("c", _FIRST, _tags(1_500))
    assert cache.get("b", _FIRST) is None
    assert cache.get("a", _FIRST) is not None
    assert cache.get("c", _FIRST) is not None


def test_replaced_page_frees_its_space() -> None:
    cache = TagCache(max_bytes=5_000)
    cache.put("a", _FIRST, _tags(1_500))
    for _ in range(10):
        cache.put("b", _FIRST, _tags(1_500))
    assert cache.get("a", _FIRST) is not None


def test_page_that_is_too_large_is_not_kept() -> None:
    cache = TagCache(max_bytes=5_000)
    cache.put("a", _FIRST, _tags(6_000))
    assert cache.get("a", _FIRST) is None
