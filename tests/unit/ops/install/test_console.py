"""When the console is built again, and how a build is published."""

import os
import shutil
import threading
from pathlib import Path

import pytest

from ops.host.privileges import RunUser
from ops.install import console


@pytest.fixture
def sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sources of a console of three files that was just built."""
    monkeypatch.setattr(console, "CONSOLE", tmp_path)
    monkeypatch.setattr(console, "DIST", tmp_path / "dist")
    monkeypatch.setattr(console, "_STAMP", tmp_path / ".built")
    for name in ("package.json", "src/main.tsx", "dist/index.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / ".built").write_text(console._digest_of(console._sources()))
    return tmp_path


def test_a_build_is_current_until_a_source_changes(sources: Path) -> None:
    assert console.is_current()
    (sources / "node_modules").mkdir()
    (sources / "node_modules" / "installed").write_text("a package is not a source")
    assert console.is_current()
    (sources / "src" / "main.tsx").write_text("changed")
    assert not console.is_current()


@pytest.mark.parametrize("changed", ["renamed", "added", "not built", "never built"])
def test_a_build_is_not_current_after_any_change(sources: Path, changed: str) -> None:
    if changed == "renamed":
        (sources / "src" / "main.tsx").rename(sources / "src" / "other.tsx")
    elif changed == "added":
        (sources / "src" / "more.tsx").write_text("")
    elif changed == "not built":
        (sources / "dist" / "index.html").unlink()
    else:
        (sources / ".built").unlink()
    assert not console.is_current()


def test_without_sources_there_is_nothing_to_build(sources: Path) -> None:
    (sources / "package.json").unlink()
    assert console.is_current()


def test_a_build_that_replaces_the_files_does_not_stop_another_start(tmp_path: Path) -> None:
    dist, stop = tmp_path / "dist", threading.Event()

    def build_repeatedly() -> None:
        number = 0
        while not stop.is_set():
            new = tmp_path / "dist.new"
            new.mkdir()
            for name in (*(f"{number}-{part}.js" for part in range(50)), "index.html"):
                (new / name).write_text(name)
            shutil.rmtree(dist, ignore_errors=True)
            new.rename(dist)
            number += 1

    builder = threading.Thread(target=build_repeatedly)
    builder.start()
    user = RunUser(os.getuid(), os.getgid())
    try:
        for number in range(30):
            console.publish_console(tmp_path / f"run-{number}", user, dist=dist)
    finally:
        stop.set()
        builder.join()
    assert console.publish_console(tmp_path / "run", user, dist=dist)
