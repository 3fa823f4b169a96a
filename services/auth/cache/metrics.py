"""Metrics of the caches (spec 13)."""

from collections.abc import Iterable
from typing import Protocol
from weakref import WeakKeyDictionary

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector


class Counting(Protocol):
    """A cache that counts its hits and misses. Plain integers cost a token request nothing."""

    hits: int
    misses: int


class CacheMetrics(Collector):
    """Reads the hits and misses of each cache when it is scraped."""

    def __init__(self) -> None:
        self._caches: WeakKeyDictionary[Counting, str] = WeakKeyDictionary()

    def watch(self, cache: Counting, *, name: str) -> None:
        """Export ``cache`` under ``name`` until it is deleted."""
        self._caches[cache] = name

    def collect(self) -> Iterable[Metric]:
        """Yield the counter. Caches of one name are one cache."""
        requests = CounterMetricFamily(
            "moorage_auth_cache_requests_total",
            "Entries that requests looked up in a cache, by cache and result: hit or miss",
            labels=["cache", "result"],
        )
        totals: dict[str, tuple[int, int]] = {}
        for cache, name in list(self._caches.items()):
            hits, misses = totals.get(name, (0, 0))
            totals[name] = hits + cache.hits, misses + cache.misses
        for name, (hits, misses) in sorted(totals.items()):
            requests.add_metric([name, "hit"], hits)
            requests.add_metric([name, "miss"], misses)
        return (requests,)


CACHES = CacheMetrics()
"""The caches of this process."""
REGISTRY.register(CACHES)
