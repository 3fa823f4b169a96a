"""Repositories with active uploads, by the files and times of the storage."""

import os
import time
from pathlib import Path

import pytest

from ops.maintenance.active_uploads import (
    IDLE_SECONDS,
    QUIET_SECONDS,
    active_uploads,
    read_activity,
    repository_root,
)

ABANDONED = IDLE_SECONDS + 5


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    repository_root(tmp_path).mkdir(parents=True)
    return tmp_path


def write(storage: Path, path: str, *, ago: float) -> None:
    """Write a file of a repository. It and its parents changed ``ago`` seconds ago."""
    root = repository_root(storage)
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x")
    at = time.time() - ago
    for changed in (file, *file.relative_to(root).parents):
        os.utime(root / changed, (at, at))


def find_active(storage: Path, **last_pushes: float) -> set[str]:
    """Return the repositories with active uploads.

    ``last_pushes`` gives the seconds since the last manifest of a repository. "__" is a slash.
    """
    now = time.time()
    pushed = {name.replace("__", "/"): int((now - ago) * 1e9) for name, ago in last_pushes.items()}
    return active_uploads(read_activity(storage, now=now), pushed, now=now)


def test_an_empty_storage_has_no_active_uploads(tmp_path: Path) -> None:
    assert find_active(tmp_path) == set()


def test_a_growing_upload_is_active_and_an_abandoned_one_is_not(storage: Path) -> None:
    write(storage, "team/app/_uploads/one/data", ago=1)
    write(storage, "team/charts/web/_uploads/two/data", ago=1)
    write(storage, "team/old/_uploads/three/data", ago=ABANDONED)
    assert find_active(storage) == {"team/app", "team/charts/web"}


def test_a_push_is_active_from_its_blob_until_a_manifest_follows(storage: Path) -> None:
    write(storage, "team/app/_layers/sha256/aa/link", ago=5)
    assert find_active(storage) == {"team/app"}
    assert find_active(storage, team__app=10) == {"team/app"}
    assert find_active(storage, team__app=3) == set()


def test_a_blob_without_a_manifest_is_abandoned_after_a_while(storage: Path) -> None:
    write(storage, "team/app/_layers/sha256/aa/link", ago=ABANDONED)
    assert find_active(storage) == set()


def test_a_blob_that_is_uploaded_again_is_active_although_its_link_exists(storage: Path) -> None:
    write(storage, "team/app/_layers/sha256/aa/link", ago=ABANDONED)
    repository = repository_root(storage) / "team/app"
    # The registry writes the link again, which changes the time of no folder.
    os.utime(repository / "_layers/sha256/aa/link")
    assert find_active(storage) == set()
    # The finished upload changes the time of its folder.
    (repository / "_uploads").mkdir()
    assert find_active(storage) == {"team/app"}


def test_a_push_stays_active_for_a_moment_after_a_manifest(storage: Path) -> None:
    assert find_active(storage, team__app=QUIET_SECONDS / 2) == {"team/app"}
    assert find_active(storage, team__app=QUIET_SECONDS * 2) == set()
