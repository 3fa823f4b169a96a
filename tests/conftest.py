"""Settings of pytest, hypothesis, and structlog, and the fixtures for all tests."""

from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.scheduling import GroupScheduling, group_of, rank

pytest_plugins = ["tests.kit.database"]

# Examples have no deadline: a busy machine makes them slow, not the code.
settings.register_profile("moorage", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("moorage")

# The default renders tracebacks with the values of all variables, which takes seconds.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the groups of tests in the order in which they start."""
    items.sort(key=lambda item: rank(group_of(item.nodeid.partition("::")[0])))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> GroupScheduling:
    """Distribute the groups of tests to the workers."""
    return GroupScheduling(config, log)
