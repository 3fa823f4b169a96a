"""Metrics of logins with a password (spec 13)."""

from itertools import product

from prometheus_client import Gauge
from prometheus_client.core import CounterMetricFamily

from libs.common.counters import LoopCounter
from libs.common.security.fair_queue import FairQueue
from services.auth.credentials.domain import Kind

_logins = LoopCounter(
    CounterMetricFamily(
        "moorage_auth_logins_total",
        "Logins with a password, by kind of user and outcome. Concurrent logins of one user from "
        "one source with the same password are one",
        labels=["kind", "outcome"],
    ),
    known=product(
        ("docker_user", "account"), ("cached", "verified", "refused", "throttled", "busy")
    ),
)
_waiting = Gauge(
    "moorage_auth_password_checks_waiting",
    "Passwords that wait to be hashed because they are not cached",
)


def count_login(kind: Kind, outcome: str) -> None:
    """Count a login."""
    _logins.counts[kind, outcome] += 1


def show_waiting(queue: FairQueue) -> None:
    """Export how many callers wait in ``queue``."""
    _waiting.set_function(lambda: queue.waiting)
