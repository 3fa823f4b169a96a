"""Which tests of ``make test`` run on the same of its two workers, and in which order.

Tests of one group share a stack, a database, or a browser, so they run on one worker. The groups
start in the order of ``ORDER``, the long ones first, so that both workers end at the same time.

xdist has marks for groups, but with pytest 9.2 it silently ignores them.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

PROJECT = Path(__file__).parents[1]
ORDER = ("stack", "console")
"""The groups that take longest. The others follow as they are collected."""
BY_FILE = "integration/catalog"
"""Its files share only what each worker has anyway, so each file is a group alone."""


@functools.cache
def group_of(path: str) -> str:
    """Return the group of the tests in the file ``path``, which is relative to the project.

    An end-to-end test whose module starts a stack of its own is a group alone.
    """
    _, kind, *rest = Path(path).parts
    if "/".join((kind, *rest[:1])) == BY_FILE:
        return path
    if kind != "e2e":
        return f"{kind}/{rest[0]}" if len(rest) > 1 else kind
    if rest[0].startswith("test_console"):
        return "console"
    text = (PROJECT / path).read_text() if (PROJECT / path).is_file() else ""
    return rest[0] if "def stack(" in text else "stack"


def rank(group: str) -> int:
    """Return the place of a group in the order of their starts."""
    return ORDER.index(group) if group in ORDER else len(ORDER)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Sends each group of tests to the worker that is first at its end."""

    def __init__(self, config: pytest.Config, log: Any = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # the tests are collected in the right order

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])
