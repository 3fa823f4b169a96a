"""Which repositories are being pushed to, by what the storage shows."""

import os
import time
from pathlib import Path

import pytest

from ops.maintenance.active_uploads import (
    IDLE_SECONDS,
    QUIET_SECONDS,
    active_uploads,
    activity,
)

LONG_AGO = IDLE_SECONDS + 5


@pytest.fixture
def storage(tmp_path: Path) -> Path:
    (tmp_path / "docker/registry/v2/repositories").mkdir(parents=True)
    return tmp_path


def _put(storage: Path, path: str, *, ago: float) -> None:
    """A file of a repository, and the folders above it, as old as that."""
    root = storage / "docker/registry/v2/repositories"
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("x")
    at = time.time() - ago
    for place in (file, *file.relative_to(root).parents):
        os.utime(root / place, (at, at))


def _pushing(storage: Path, **last_pushes: float) -> set[str]:
    """`last_pushes`: how many seconds ago the last manifest came."""
    now = time.time()
    given = {name.replace("__", "/"): int((now - ago) * 1e9) for name, ago in last_pushes.items()}
    return active_uploads(activity(storage, now=now), given, now=now)


def test_nobody_pushes_to_an_empty_storage(tmp_path: Path) -> None:
    assert _pushing(tmp_path) == set()


def test_an_upload_that_grows_is_a_push_and_one_that_was_given_up_is_none(storage: Path) -> None:
    _put(storage, "team/app/_uploads/one/data", ago=1)
    _put(storage, "team/charts/web/_uploads/two/data", ago=1)
    _put(storage, "team/old/_uploads/three/data", ago=LONG_AGO)
    assert _pushing(storage) == {"team/app", "team/charts/web"}


def test_a_blob_is_part_of_a_push_until_a_manifest_follows(storage: Path) -> None:
    _put(storage, "team/app/_layers/sha256/aa/link", ago=5)
    assert _pushing(storage) == {"team/app"}
    assert _pushing(storage, team__app=10) == {"team/app"}
    assert _pushing(storage, team__app=3) == set()


def test_a_blob_that_no_manifest_followed_is_given_up(storage: Path) -> None:
    _put(storage, "team/app/_layers/sha256/aa/link", ago=LONG_AGO)
    assert _pushing(storage) == set()


def test_a_blob_that_was_uploaded_again_counts_though_its_link_was_there(storage: Path) -> None:
    _put(storage, "team/app/_layers/sha256/aa/link", ago=LONG_AGO)
    link = storage / "docker/registry/v2/repositories/team/app/_layers/sha256/aa/link"
    os.utime(link)  # written again: the folders do not tell
    assert _pushing(storage) == set()
    (
        storage / "docker/registry/v2/repositories/team/app/_uploads"
    ).mkdir()  # but its upload came and went
    assert _pushing(storage) == {"team/app"}


def test_after_a_manifest_another_may_follow_for_a_moment(storage: Path) -> None:
    assert _pushing(storage, team__app=QUIET_SECONDS / 2) == {"team/app"}
    assert _pushing(storage, team__app=QUIET_SECONDS * 2) == set()
