"""How `moorage run` reads the file of `--env-file`."""

import os
from pathlib import Path

import pytest

from ops.commands.run import run
from ops.run import main
from ops.settings import RunSettings


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[RunSettings]:
    """The settings of each run that the test starts. The runs are replaced by this list."""
    started: list[RunSettings] = []
    monkeypatch.setattr(os, "environ", {"PARENT": "/srv"})
    monkeypatch.setattr(main, "run", started.append)
    return started


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    """The path of a settings file, which the test writes."""
    return tmp_path / ".env"


@pytest.mark.parametrize(
    ("content", "line", "rule"),
    [
        (b'MOORAGE_PORT="9090\n', 1, "quote"),
        (b"MOORAGE_DATA='/srv/moorage\nMOORAGE_PORT=9090\n", 1, "quote"),
        (b'# Settings\n\nexport MOORAGE_PORT = "9090\n', 3, "quote"),
        (b'MOORAGE_ADMIN_PASSWORD="a long one\nMOORAGE_PORT="9090"\n', 1, "quote"),
        (b'MOORAGE_ADMIN_PASSWORD="a long one\nMOORAGE_PORT="\n', 1, "quote"),
        (b'MOORAGE_DATA="/srv" + "/moorage"\n', 1, "NAME=value"),
        (b"MOORAGE_DATA=/srv\r\n\r\n  MOORAGE_PORT 9090\r\n", 3, "NAME=value"),
        (b"MOORAGE_DATA=/srv\n\n=9090\n", 3, "NAME=value"),
        (b"AUTH_ANONYMOUS_PULL\n", 1, "NAME=value"),
        (b"MOORAGE_DATA=/srv\nMOORAGE_ADMIN_PASSWORD=caf\xe9-\xe9\xe9\xe9\n", 2, "UTF-8"),
        (b"MOORAGE_PORT=9090\nMOORAGE_DATA=/srv\0\n", 2, "NUL"),
    ],
)
def test_a_line_that_cannot_be_read_ends_the_command(
    env_file: Path,
    started: list[RunSettings],
    capsys: pytest.CaptureFixture[str],
    content: bytes,
    line: int,
    rule: str,
) -> None:
    env_file.write_bytes(content)
    with pytest.raises(SystemExit) as ended:
        run(env_file)
    assert (ended.value.code, started) == (2, [])
    assert "MOORAGE_DATA" not in os.environ
    output, error = capsys.readouterr()
    assert output == ""
    assert error.startswith(f"moorage: {env_file}:{line}: ")
    assert error.count("\n") == 1
    assert rule in error
    assert "a long one" not in error


def test_a_file_with_all_kinds_of_lines_is_read(env_file: Path, started: list[RunSettings]) -> None:
    env_file.write_text(
        "\ufeff# Settings\n\n"
        "MOORAGE_PORT=9090 # a comment\n"
        'export MOORAGE_DATA = "${PARENT}/moorage"\r\n'
        "MOORAGE_HOSTS='registry.example.com'\n"
        'MOORAGE_ADMIN_PASSWORD=it"s a password\n'
        "REGISTRY_BIN=\n"
        '#MOORAGE_TOOLS="\n'
    )
    run(env_file)
    (settings,) = started
    assert (settings.port, settings.data) == (9090, Path("/srv/moorage"))
    assert settings.hosts == ("registry.example.com",)
    assert settings.admin_password
    assert settings.admin_password.get_secret_value() == 'it"s a password'
    assert (settings.registry_bin, settings.tools) == (None, None)
