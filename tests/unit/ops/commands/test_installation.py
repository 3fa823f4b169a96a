"""Each command finds the data of the installation by itself."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ops.commands import installation
from ops.commands.installation import current_layout
from ops.errors import SettingError
from ops.layout import PROJECT

HOLD = (
    "import sys; from pathlib import Path; from ops.host.lock import only_run;"
    "from ops.layout import Layout\n"
    "with only_run(Layout(Path(sys.argv[2]))): print('locked', flush=True); sys.stdin.read()"
)
"""Locks a data folder as `moorage run` does."""


@contextmanager
def running(data: Path, program: str, *, folder: Path = PROJECT) -> Iterator[None]:
    """Lock ``data`` in a process whose command line looks like that of `moorage run`."""
    data.mkdir()
    with subprocess.Popen(
        [program, "-c", HOLD, "run", str(data)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        yield
        process.kill()


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project's folder that no other installation uses. The tests run elsewhere."""
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.delenv("MOORAGE_DATA", raising=False)
    monkeypatch.setattr(installation, "ENV_FILE", project / ".env")
    monkeypatch.setattr(installation, "DEFAULT_DATA", project / ".moorage")
    own = tmp_path / "bin" / "python"
    own.parent.mkdir()
    own.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(own))
    return project


def test_running_installation_is_found_without_a_variable(tmp_path: Path) -> None:
    with running(tmp_path / "data", sys.executable):
        assert current_layout().root == tmp_path / "data"


def test_installation_that_was_started_by_a_relative_path_is_found(tmp_path: Path) -> None:
    with running(tmp_path / "data", "bin/python", folder=tmp_path):
        assert current_layout().root == tmp_path / "data"


def test_variable_takes_precedence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOORAGE_DATA", str(tmp_path / "other"))
    with running(tmp_path / "data", sys.executable):
        assert current_layout().root == tmp_path / "other"


def test_two_running_installations_need_the_variable(tmp_path: Path) -> None:
    with ExitStack() as stack:
        for name in ("a", "b"):
            stack.enter_context(running(tmp_path / name, sys.executable))
        with pytest.raises(SettingError) as caught:
            current_layout()
    assert str(caught.value) == (
        f"MOORAGE_DATA: several installations run: {tmp_path / 'a'}, {tmp_path / 'b'};"
        " set it to the one that you mean"
    )


def test_installation_of_another_project_is_not_taken(tmp_path: Path, project: Path) -> None:
    other = tmp_path / "other" / "python"
    other.parent.mkdir()
    other.symlink_to(sys.executable)
    with running(tmp_path / "data", str(other)):
        assert current_layout().root == project / ".moorage"


def test_stopped_installation_is_that_of_the_env_file(project: Path) -> None:
    (project / ".env").write_text("MOORAGE_DATA=data/of/hub\n")
    assert current_layout().root == project / "data/of/hub"


def test_stopped_installation_is_in_the_projects_folder_by_default(project: Path) -> None:
    assert current_layout().root == project / ".moorage"


def test_data_in_the_current_folder_comes_before_that_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / ".moorage").mkdir()
    assert current_layout().root == tmp_path / "elsewhere" / ".moorage"


def test_settings_of_the_env_file_hold_for_every_command(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a command reaches a database that needs TLS, as `make run` does."""
    environment = {"DATABASE_CA_FILE": "/own.pem"}
    monkeypatch.setattr(os, "environ", environment)
    (project / ".env").write_text("DATABASE_SSLMODE=verify-full\nDATABASE_CA_FILE=/file.pem\n")
    current_layout()
    assert environment == {"DATABASE_SSLMODE": "verify-full", "DATABASE_CA_FILE": "/own.pem"}
