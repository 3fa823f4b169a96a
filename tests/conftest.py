"""The fixtures that every kind of test may ask for."""

import pytest
import structlog
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.kit.database"]

# A busy machine makes every example slow, and says nothing about the code.
settings.register_profile("moorage", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("moorage")

# The default draws each traceback with the values of all variables, which takes seconds.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two workers can share the tests: one has the whole installations, the other the parts, each with a stack or database of its own, and
    the one that is first at its end the console and the fresh clone, which take long and compute little."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    if "e2e" not in item.path.parts:
        return "parts"
    return "console" if item.path.name.startswith(("test_console", "test_fresh")) else "whole"
