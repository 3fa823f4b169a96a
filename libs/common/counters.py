"""Counters for code that must not notice them, such as the token path.

A counter of ``prometheus_client`` takes a lock, which costs a token request a hundredth of its
time. These have none: only the event loop may count.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector


class LoopCounter(Collector):
    """A Prometheus counter for the event loop.

    ``counts`` has the number by the values of the labels. To count, add 1 to one of them.
    """

    def __init__(
        self,
        family: CounterMetricFamily,
        *,
        known: Iterable[tuple[str, ...]] = (),
    ) -> None:
        """Export the counts of ``family``. Those of ``known`` labels are exported from 0 on."""
        self._family = family
        self.counts: defaultdict[tuple[str, ...], int] = defaultdict(int)
        for labels in known:
            self.counts[labels] = 0
        REGISTRY.register(self)

    def collect(self) -> Sequence[Metric]:
        """Return the family with the current counts."""
        self._family.samples.clear()
        for labels, number in list(self.counts.items()):
            self._family.add_metric(labels, number)
        return (self._family,)
