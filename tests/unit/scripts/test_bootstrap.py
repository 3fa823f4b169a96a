"""scripts/bootstrap: its errors are one line, and it installs nothing twice."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from ops.layout import PROJECT

COMMANDS = ("sh", "dirname", "cat", "sha256sum", "grep", "mkdir", "rm", "chmod", "flock", "tail")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with empty lock files, and a folder `bin` with programs of every machine."""
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


def bootstrap(
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


def write_program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_missing_python_is_one_line(project: Path) -> None:
    done = bootstrap(project, "run")
    assert done.returncode == 1
    assert done.stderr == (
        "moorage: Python 3.11 or newer is needed; there is no python3;"
        " install it, or set PYTHON to it\n"
    )


def test_the_error_of_an_old_python_has_its_path_and_version(project: Path) -> None:
    old = project / "bin" / "python3"
    write_program(old, 'case "$2" in *version_info\\[:2\\]*) echo 3.9 ;; *) exit 1 ;; esac')
    done = bootstrap(project, "run")
    assert done.returncode == 1
    assert done.stderr == (
        f"moorage: Python 3.11 or newer is needed; {old} is 3.9; install it, or set PYTHON to it\n"
    )
    assert not (project / ".venv").exists()


def test_a_python_without_pip_on_a_machine_without_apt_is_an_error(project: Path) -> None:
    """Debian's python3 without python3-venv has no ensurepip."""
    write_program(
        project / "bin" / "python3",
        """
        case "$*" in
          "-c import ensurepip"|"-c import pip") exit 1 ;;
          -m\\ venv*) /bin/mkdir -p "$4/bin"; /bin/cp "$0" "$4/bin/python" ;;
          *print*) echo 3.11 ;;
        esac
        """,
    )
    done = bootstrap(project, "run")
    assert done.returncode == 1
    assert done.stderr == (
        "moorage: this Python has no ensurepip and there is no apt-get:"
        " install python3-venv or pip\n"
    )


def test_a_second_run_installs_nothing(project: Path) -> None:
    """The second run calls neither pip nor venv, so it needs no network."""
    write_program(project / ".venv" / "bin" / "python", 'test "$*" = "-c "')
    lock = hashlib.sha256(b"").hexdigest()
    (project / ".venv" / ".installed-run").write_text(f"{project.resolve()} {lock}  -\n")
    done = bootstrap(project, "run")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (project / "requirements.lock").write_text("changed")
    assert bootstrap(project, "run").returncode == 1


def test_an_unknown_kind_is_an_error(project: Path) -> None:
    assert bootstrap(project, "walk").returncode == 2
