"""Running the registry's garbage collector, with a script in place of the registry."""

import os
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.host.environment import child_environment
from ops.host.privileges import RunUser
from ops.maintenance.active_uploads import blob_root, repository_root
from ops.maintenance.garbage_collector import GarbageCollector

RETRIES = """
echo run >> {log}
test "$(wc -l < {log})" -gt 2 || {{ echo 'manifest unknown' >&2; exit 1; }}
"""


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    storage = tmp_path / "storage"
    repository_root(storage).mkdir(parents=True)
    return storage


def garbage_collector(storage: Path, script: str) -> GarbageCollector:
    program = storage.parent / "registry"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    user = RunUser(os.geteuid(), os.getegid())
    return GarbageCollector(program, child_environment(), storage, user)


async def find_known(keys: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return what the catalog has: everything."""
    return set(keys)


async def test_each_deleted_blob_is_reported(storage: Path) -> None:
    script = "echo 'blob eligible for deletion: sha256:a'; echo other; echo 'x' >&2"
    found: list[str] = []
    await garbage_collector(storage, script).collect(found.append, find_known=find_known)
    assert found == ["sha256:a"]


async def test_a_dry_run_is_passed_on_with_a_configuration_of_the_storage_only(
    storage: Path,
) -> None:
    log = storage.parent / "log"
    script = f'echo "$1 $2" > {log}; cat "$3" >> {log}'
    await garbage_collector(storage, script).collect(
        lambda digest: None, dry_run=True, find_known=find_known
    )
    arguments, *configuration = log.read_text().splitlines()
    assert arguments == "garbage-collect --dry-run"
    assert configuration[-1].strip() == f'rootdirectory: "{storage}"'


async def test_a_failed_collection_runs_again(storage: Path) -> None:
    log = storage.parent / "log"
    await garbage_collector(storage, RETRIES.format(log=log)).collect(
        lambda digest: None, find_known=find_known
    )
    assert log.read_text() == "run\n" * 3


async def test_the_error_of_a_collection_that_always_fails_has_its_last_line(storage: Path) -> None:
    failing = garbage_collector(storage, "echo 'first' >&2; echo 'the reason' >&2; exit 3")
    with pytest.raises(OpsError, match=r"garbage-collect ended with status 3: the reason$"):
        await failing.collect(lambda digest: None, find_known=find_known)


async def test_an_empty_storage_needs_no_collection(tmp_path: Path) -> None:
    await garbage_collector(tmp_path / "empty", "exit 1").collect(
        lambda digest: None, find_known=find_known
    )


def test_the_size_of_a_blob_is_that_of_its_content(storage: Path) -> None:
    data = blob_root(storage) / "sha256/ab/abcd/data"
    data.parent.mkdir(parents=True)
    data.write_bytes(b"12345")
    program = garbage_collector(storage, "exit 1")
    assert program.blob_size("sha256:abcd") == 5
    assert program.blob_size("sha256:ffff") == 0
