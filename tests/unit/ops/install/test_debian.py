"""Where nginx and Distribution come from."""

import shutil
from pathlib import Path

import pytest

from ops.errors import OpsError, SettingError
from ops.install import debian
from ops.install.debian import (
    Tool,
    find_nginx,
    find_registry,
    nginx_version,
)


def _fake(folder: Path, name: str, prints: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{prints}' >&2\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(debian, "search_path", lambda: str(folder))
    return folder


def test_the_machines_own_is_used(only: Path, tmp_path: Path) -> None:
    modules = "nginx version: nginx/1.28.0 " + " ".join(debian._NEEDED_MODULES)
    nginx = _fake(only, "nginx", modules)
    registry = _fake(only, "registry", "registry github.com/distribution/distribution/v3 3.1.1")
    assert find_nginx(tmp_path / "tools") == Tool(nginx)
    assert nginx_version(Tool(nginx)) == (1, 28, 0)
    assert find_registry(tmp_path / "tools", None) == Tool(registry)


def test_registry_bin_goes_before_the_machines(only: Path, tmp_path: Path) -> None:
    _fake(only, "registry", "registry github.com/distribution/distribution/v3 3.1.1")
    chosen = _fake(tmp_path, "mine", "registry github.com/distribution/distribution/v3 3.0.0")
    assert find_registry(tmp_path / "tools", chosen) == Tool(chosen)


def test_a_registry_bin_that_is_something_else_is_named(only: Path, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"REGISTRY_BIN: .* is not a Docker Distribution"):
        find_registry(tmp_path / "tools", _fake(tmp_path, "mine", "hello"))


def test_another_program_of_that_name_and_an_nginx_without_modules_are_passed_over(
    only: Path, tmp_path: Path
) -> None:
    _fake(only, "registry", "npm registry mirror 1.0")
    _fake(only, "nginx", "nginx version: nginx/1.28.0")
    with pytest.raises(OpsError, match="docker-registry is missing and so is apt-get"):
        find_registry(tmp_path / "tools", None)
    with pytest.raises(
        OpsError, match="nginx is missing and so is apt-get to fetch it with: install nginx"
    ):
        find_nginx(tmp_path / "tools")


def test_a_refusal_of_apt_is_told_in_one_line(tmp_path: Path, only: Path) -> None:
    for name in ("dpkg", "dpkg-deb"):
        _fake(only, name, "")
    refusing = only / "apt-get"
    refusing.write_text("#!/bin/sh\necho 'E: Unable to locate package' >&2\nexit 100\n")
    refusing.chmod(0o755)
    with pytest.raises(
        OpsError, match=r"cannot be fetched from Debian's packages \(Unable to locate package\)$"
    ) as caught:
        find_nginx(tmp_path / "tools")
    assert "\n" not in str(caught.value)
    assert [entry.name for entry in (tmp_path / "tools").iterdir()] == [".lock"]


def test_debians_packages_are_unpacked_once_and_run_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against Debian's real packages, with lists of our own where the machine's are empty."""
    real = shutil.which
    absent = ("nginx", "docker-registry", "registry")
    monkeypatch.setattr(
        shutil, "which", lambda name, path=None: None if name in absent else real(name, path=path)
    )
    nginx = find_nginx(tmp_path / "tools")
    registry = find_registry(tmp_path / "tools", None)
    assert nginx.path.is_relative_to(tmp_path)
    assert nginx_version(nginx) >= (1, 18)
    assert "distribution" in registry.output("--version")
    monkeypatch.setattr(debian, "_download", lambda *arguments: pytest.fail("fetched again"))
    assert find_nginx(tmp_path / "tools") == nginx
