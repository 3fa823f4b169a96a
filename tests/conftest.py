"""Settings of pytest, hypothesis, and structlog, and the fixtures for all tests."""

import pytest
import structlog
from hypothesis import HealthCheck, settings

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
    """Group the tests for two xdist workers.

    One worker runs whole installations, the other runs parts; each has its own stack or database.
    The worker that finishes first runs the console and the fresh clone, which take long but use
    little CPU.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    if "e2e" not in item.path.parts:
        return "parts"
    return "console" if item.path.name.startswith(("test_console", "test_fresh")) else "whole"
