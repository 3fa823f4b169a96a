"""nginx and Distribution of the machine, or of Debian's packages."""

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


def write_program(folder: Path, name: str, prints: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{prints}' >&2\n")
    program.chmod(0o755)
    return program


@pytest.fixture
def search_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of the search path."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(debian, "search_path", lambda: str(folder))
    return folder


def test_the_programs_of_the_machine_are_used(search_folder: Path, tmp_path: Path) -> None:
    modules = "nginx version: nginx/1.28.0 " + " ".join(debian._NEEDED_MODULES)
    nginx = write_program(search_folder, "nginx", modules)
    registry = write_program(
        search_folder, "registry", "registry github.com/distribution/distribution/v3 3.1.1"
    )
    assert find_nginx(tmp_path / "tools") == Tool(nginx)
    assert nginx_version(Tool(nginx)) == (1, 28, 0)
    assert find_registry(tmp_path / "tools", None) == Tool(registry)


def test_registry_bin_overrides_the_registry_of_the_machine(
    search_folder: Path, tmp_path: Path
) -> None:
    write_program(
        search_folder, "registry", "registry github.com/distribution/distribution/v3 3.1.1"
    )
    chosen = write_program(
        tmp_path, "mine", "registry github.com/distribution/distribution/v3 3.0.0"
    )
    assert find_registry(tmp_path / "tools", chosen) == Tool(chosen)


def test_a_registry_bin_that_is_not_distribution_is_an_error(
    search_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(SettingError, match=r"REGISTRY_BIN: .* is not a Docker Distribution"):
        find_registry(tmp_path / "tools", write_program(tmp_path, "mine", "hello"))


def test_another_program_of_the_same_name_and_an_nginx_without_modules_are_ignored(
    search_folder: Path, tmp_path: Path
) -> None:
    write_program(search_folder, "registry", "npm registry mirror 1.0")
    write_program(search_folder, "nginx", "nginx version: nginx/1.28.0")
    with pytest.raises(
        OpsError, match=r"docker-registry is missing, and apt-get, .* is missing too"
    ):
        find_registry(tmp_path / "tools", None)
    with pytest.raises(
        OpsError, match=r"nginx is missing, and apt-get, .* is missing too: install nginx"
    ):
        find_nginx(tmp_path / "tools")


def test_the_error_of_apt_is_one_line(tmp_path: Path, search_folder: Path) -> None:
    for name in ("dpkg", "dpkg-deb"):
        write_program(search_folder, name, "")
    failing = search_folder / "apt-get"
    failing.write_text("#!/bin/sh\necho 'E: Unable to locate package' >&2\nexit 100\n")
    failing.chmod(0o755)
    with pytest.raises(
        OpsError, match=r"cannot be fetched from Debian's packages \(Unable to locate package\)$"
    ) as caught:
        find_nginx(tmp_path / "tools")
    assert "\n" not in str(caught.value)
    assert [entry.name for entry in (tmp_path / "tools").iterdir()] == [".lock"]


def test_packages_of_debian_are_unpacked_once_and_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uses Debian's real packages, and fetches lists if the machine has none."""
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
