"""Metrics of HTTP requests, as every service counts them (spec 13).

A request costs one lookup and one addition per counter. The classes of ``prometheus_client`` would
take a lock for each of them, which a token request notices (docs/adr/0013).
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from prometheus_client import REGISTRY, Gauge
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import Scope

VERSION = "0.1.0"
"""The version of Moorage, as in pyproject.toml."""

QUIET_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths of supervisors and of monitoring. They are neither logged nor counted."""

ROUTE = "moorage.route"
"""The key in a scope under which an app in front of the framework writes its route."""

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the buckets of durations, in seconds."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNMATCHED = "unmatched"
_CLASSES = ("aborted", "1xx", "2xx", "3xx", "4xx", "5xx")
"""The classes of statuses. The client of an aborted request has left before a response began."""


_build = Gauge(
    "moorage_build_info",
    "1, with the version and the oldest schema revision that the code works with",
    ["service", "version", "schema_revision"],
)


def show_build(service: str, *, schema_revision: str) -> None:
    """Export the version of ``service``."""
    _build.labels(service, VERSION, schema_revision).set(1)


class HttpMetrics(Collector):
    """Counts requests by method, route, and class of the status, and measures how long they take.

    It has no lock, because only the event loop counts.
    """

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, int], list[float]] = {}

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Count the request of ``scope``. ``status`` is 0 if no response began."""
        key = (scope["method"], route_of(scope), status // 100)
        series = self._series.get(key)
        if series is None:
            series = self._add(key)
        series[bisect_left(BUCKETS, seconds)] += 1
        series[-1] += seconds

    def collect(self) -> Iterable[Metric]:
        """Yield ``http_requests_total`` and ``http_request_duration_seconds``."""
        requests = CounterMetricFamily(
            "http_requests_total",
            "Answered requests, by method, route, and class of the status",
            labels=["method", "route", "status"],
        )
        durations = HistogramMetricFamily(
            "http_request_duration_seconds",
            "Time from the request to the end of its response, by method and route",
            labels=["method", "route"],
        )
        by_route: dict[tuple[str, str], list[float]] = {}
        for (method, route, status), series in list(self._series.items()):
            requests.add_metric([method, route, _CLASSES[status]], sum(series[:-1]))
            total = by_route.setdefault((method, route), [0.0] * len(series))
            by_route[method, route] = [a + b for a, b in zip(total, series, strict=True)]
        for (method, route), series in by_route.items():
            durations.add_metric([method, route], _cumulative(series), series[-1])
        return (requests, durations)

    def _add(self, key: tuple[str, str, int]) -> list[float]:
        """Return the series of a method, which a client can invent, a route, and a status."""
        method, route, status = key
        key = (
            method if method in _METHODS else "other",
            route,
            status if status < len(_CLASSES) else 5,
        )
        return self._series.setdefault(key, [0.0] * (len(BUCKETS) + 2))


def _cumulative(series: list[float]) -> list[tuple[str, float]]:
    buckets, below = [], 0.0
    for bound, number in zip([*map(str, BUCKETS), "+Inf"], series, strict=False):
        below += number
        buckets.append((bound, below))
    return buckets


def route_of(scope: Scope) -> str:
    """Return the template of the route, such as ``/api/v1/namespaces/{namespace}``."""
    route = scope.get(ROUTE)
    if route is not None:
        return str(route)
    # FastAPI gives the path with the prefixes of the routers only here.
    context: Any = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    return getattr(context, "path", _UNMATCHED)


HTTP = HttpMetrics()
"""The requests of this process."""
REGISTRY.register(HTTP)
