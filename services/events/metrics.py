"""What ``/metrics`` tells of the events service."""

from prometheus_client import Counter, Gauge

received = Counter(
    "moorage_events_received_total", "Events of the registry that were stored or found stored"
)
duplicates = Counter("moorage_events_duplicate_total", "Events that had been stored before")
ignored = Counter(
    "moorage_events_ignored_total",
    "Events from which nothing follows: blobs, mounts, pulls by our own services",
)
refused = Counter(
    "moorage_events_dead_letters_total",
    "Deliveries or events that were not understood and kept aside",
)
unauthenticated = Counter(
    "moorage_events_unauthenticated_total", "Deliveries without the webhook's secret"
)
unavailable = Counter(
    "moorage_events_unavailable_total", "Deliveries answered 503, to be tried again by the registry"
)
counted = Counter("moorage_events_counted_total", "Pull events that were counted")
lag = Gauge("moorage_events_lag_seconds", "Age of the oldest pull event that is not counted yet")
