"""The user that child processes run as."""

import os
import subprocess
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.host.environment import child_environment
from ops.host.privileges import RunUser, readable_by, run_user

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to drop")
NOBODY = 65534


def test_a_user_cannot_read_below_a_folder_of_another_user(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    closed = tmp_path / "closed"
    (closed / "inside").mkdir(parents=True)
    closed.chmod(0o700)
    assert not readable_by(closed / "inside", NOBODY, NOBODY)
    closed.chmod(0o711)
    assert readable_by(closed / "inside", NOBODY, NOBODY) == readable_by(tmp_path, NOBODY, NOBODY)


def test_children_of_another_user_than_root_run_as_that_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    monkeypatch.setattr(os, "getegid", lambda: 1234)
    user = run_user([tmp_path])
    assert user == RunUser(uid=1234, gid=1234)
    assert not any("reuid" in part for part in user.command(["true"]))


@as_root
def test_children_of_root_run_as_nobody_without_new_privileges(tmp_path: Path) -> None:
    shown = subprocess.run(
        run_user([tmp_path]).command(["cat", "/proc/self/status"]),
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    status = dict(line.split(":\t", 1) for line in shown.splitlines() if ":\t" in line)
    assert status["Uid"].split() == [str(NOBODY)] * 4
    assert status["NoNewPrivs"] == "1"
    # At most the capability to read folders (bit 2).
    assert int(status["CapEff"], 16) in (0, 1 << 2)


@as_root
def test_children_of_root_run_as_the_owner_of_the_data(tmp_path: Path) -> None:
    os.chown(tmp_path, 12345, 12346)
    user = run_user([tmp_path], data=tmp_path)
    assert (user.uid, user.gid, user.drops_root) == (12345, 12346, True)
    os.chown(tmp_path, 0, 0)
    assert run_user([tmp_path], data=tmp_path).uid == NOBODY


@as_root
def test_nobody_can_read_a_clone_in_a_private_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "file").write_text("reached")
    user = run_user([home])
    assert user.capability == "dac_read_search"
    # initdb finds postgres with access(2), as `test -r` does.
    subprocess.run(
        user.command(["test", "-r", str(home / "file")]), env=child_environment(), check=True
    )
    argv = user.command(["cat", str(home / "file")])
    assert (
        subprocess.run(argv, env=child_environment(), capture_output=True, check=True).stdout
        == b"reached"
    )


@as_root
def test_the_error_names_a_folder_that_root_cannot_make_readable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(Path, "read_text", lambda self: "CapPrm:\t0000000000000000\n")
    with pytest.raises(OpsError, match="`nobody`, which runs PostgreSQL, cannot read"):
        run_user([closed])
