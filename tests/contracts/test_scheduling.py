"""Which tests of ``make test`` share a worker, with its stack and its database."""

import itertools
from pathlib import Path

import pytest

from tests.scheduling import ORDER, PROJECT, group_of

TESTS = sorted(
    path.relative_to(PROJECT).as_posix() for path in Path(PROJECT / "tests").rglob("test_*.py")
)


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("tests/e2e/test_docker_login.py", "stack"),
        ("tests/e2e/test_faults.py", "test_faults.py"),
        ("tests/e2e/test_console_pages.py", "console"),
        ("tests/integration/catalog/test_feed.py", "tests/integration/catalog/test_feed.py"),
        ("tests/integration/test_migrations.py", "integration"),
        ("tests/unit/common/test_disk.py", "unit/common"),
        ("tests/contracts/test_docs.py", "contracts"),
    ],
)
def test_tests_that_share_a_stack_or_a_database_are_one_group(path: str, group: str) -> None:
    assert path in TESTS
    assert group_of(path) == group


def test_scheduler_distributes_whole_groups(request: pytest.FixtureRequest) -> None:
    hooks = request.config.pluginmanager.get_plugins()
    scheduler = next(
        hook.GroupScheduling
        for hook in hooks
        if hasattr(hook, "pytest_xdist_make_scheduler") and hasattr(hook, "GroupScheduling")
    )
    scopes = {scheduler._split_scope(None, f"{path}::test_name[a::b@c]") for path in TESTS}
    assert scopes == {group_of(path) for path in TESTS}
    assert scopes > set(ORDER)


def test_groups_are_collected_one_after_the_other(request: pytest.FixtureRequest) -> None:
    groups = [group_of(item.nodeid.partition("::")[0]) for item in request.session.items]
    in_order = [group for group, _ in itertools.groupby(groups)]
    assert len(in_order) == len(set(in_order))
