"""scripts/bootstrap: what is missing is one clear line, and what is there is not made again."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
COMMANDS = ("sh", "dirname", "cat", "sha256sum", "grep", "mkdir", "rm", "chmod", "flock", "tail")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with an empty lock, and a folder `bin` with the few programs that every machine has."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(PROJECT / "scripts" / "bootstrap", tmp_path / "scripts")
    for name in ("requirements.lock", "requirements-dev.lock"):
        (tmp_path / name).write_text("")
    (tmp_path / "bin").mkdir()
    for command in COMMANDS:
        found = shutil.which(command)
        assert found is not None
        (tmp_path / "bin" / command).symlink_to(found)
    return tmp_path


def _bootstrap(
    project: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / "scripts" / "bootstrap", *arguments],
        env={"PATH": str(project / "bin"), **environment},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def _program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_no_python_is_one_clear_line(project: Path) -> None:
    done = _bootstrap(project, "run")
    assert done.returncode == 1
    assert (
        done.stderr
        == "moorage: Python 3.11 or newer is needed; there is no python3; install it, or set PYTHON to it\n"
    )


def test_an_old_python_is_named_with_its_version(project: Path) -> None:
    old = project / "bin" / "python3"
    _program(old, 'case "$2" in *version_info\\[:2\\]*) echo 3.9 ;; *) exit 1 ;; esac')
    done = _bootstrap(project, "run")
    assert done.returncode == 1
    assert (
        done.stderr
        == f"moorage: Python 3.11 or newer is needed; {old} is 3.9; install it, or set PYTHON to it\n"
    )
    assert not (project / ".venv").exists()


def test_a_python_without_pip_and_a_machine_without_apt_say_so(project: Path) -> None:
    """As Debian's python3 is without python3-venv."""
    without = 'case "$*" in "-c import ensurepip"|"-c import pip") exit 1 ;; esac'
    made = 'cp "$0" "$4/bin/python"'
    _program(
        project / "bin" / "python3",
        f'{without}\ncase "$*" in -m\\ venv*) /bin/mkdir -p "$4/bin"; /bin/{made} ;; *print*) echo 3.11 ;; esac',
    )
    done = _bootstrap(project, "run")
    assert done.returncode == 1
    assert (
        done.stderr
        == "moorage: this Python has no ensurepip and there is no apt-get: install python3-venv or pip\n"
    )


def test_what_is_there_is_not_made_again(project: Path) -> None:
    """Quick, and without a network: neither pip nor Python's venv is called."""
    _program(project / ".venv" / "bin" / "python", 'test "$*" = "-c "')
    lock = hashlib.sha256(b"").hexdigest()
    (project / ".venv" / ".installed-run").write_text(f"{project.resolve()} {lock}  -\n")
    done = _bootstrap(project, "run")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (project / "requirements.lock").write_text("changed")
    assert _bootstrap(project, "run").returncode == 1


def test_an_unknown_kind_is_refused(project: Path) -> None:
    assert _bootstrap(project, "walk").returncode == 2
