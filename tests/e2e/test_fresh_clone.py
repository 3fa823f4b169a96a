"""`make run` in a fresh clone starts the registry and the console, and leaves no process behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from ops.host.ports import reserve
from tests.kit.install import PROJECT
from tests.kit.stack.processes import parts
from tests.kit.waiting import eventually

READY_SECONDS = 280.0

pytestmark = [
    pytest.mark.timeout(500),
    pytest.mark.skipif(
        shutil.which("git") is None or shutil.which("make") is None, reason="needs git and make"
    ),
]


def _clone(folder: Path) -> Path:
    """Copy the project, without ignored files, into ``folder``, which only its owner can enter."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        source, target = PROJECT / name, folder / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    folder.chmod(0o700)
    return folder


def _bare_environment(home: Path, port: int) -> dict[str, str]:
    """Return the environment of a new login, with this machine's settings of package registries."""
    passed_on = ("PIP_", "NPM_CONFIG_", "SSL_CERT", "REQUESTS_CA")
    mirrors = {
        name: value for name, value in os.environ.items() if name.upper().startswith(passed_on)
    }
    return {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(home),
        "MOORAGE_PORT": str(port),
        **mirrors,
    }


def _processes_in(folder: Path) -> list[str]:
    """Return the names of the processes whose current folder is ``folder`` or below it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # the process has ended
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append((process / "comm").read_text())
    return found


@contextmanager
def _make_run(
    clone: Path, output: Path, environment: dict[str, str], message: str = "ready http://localhost:"
) -> Iterator[str]:
    """Run `make run` as a terminal does, until the block ends, and yield its URL.

    The block starts after `make run` has printed ``message``.
    """
    with output.open("wb") as stream:
        make = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        eventually(
            lambda: make.poll() is not None or f"moorage: {message}" in output.read_text(),
            within=READY_SECONDS,
            every=0.2,
            what=f"the line `{message}`",
        )
        assert make.poll() is None, output.read_text()
        yield f"http://127.0.0.1:{environment['MOORAGE_PORT']}"
    finally:
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGINT)  # Ctrl-C on a terminal reaches the whole group
            make.wait(60)
    assert not parts(clone / ".moorage")
    eventually(
        lambda: _processes_in(clone),
        lambda left: not left,
        within=10,
        what="the end of all processes in the clone",
    )
    assert "Traceback" not in output.read_text()


def _status(url: str) -> int | None:
    try:
        return httpx.get(url, trust_env=False).status_code
    except httpx.TransportError:
        return None


@dataclass(frozen=True, slots=True)
class Clone:
    """A fresh clone, and the environment of its `make run`."""

    place: Path
    output: Path
    environment: dict[str, str]

    def run(
        self, message: str = "ready http://localhost:", **settings: str
    ) -> AbstractContextManager[str]:
        return _make_run(self.place, self.output, self.environment | settings, message)

    def remove_the_console(self) -> None:
        """Remove the console's dependencies and its build."""
        for name in ("node_modules", "dist"):
            shutil.rmtree(self.place / "console" / name, ignore_errors=True)


@pytest.fixture(scope="module")
def clone(folder: Path) -> Iterator[Clone]:
    place, home = folder / "fresh", folder / "home-that-must-not-appear"
    place.mkdir()
    with reserve() as reserved:
        environment = _bare_environment(home, reserved.number)
    yield Clone(_clone(place), folder / "fresh.log", environment)
    assert not home.exists()


def test_make_run_starts_everything_from_a_fresh_clone(clone: Clone) -> None:
    with clone.run() as url:
        assert _status(f"{url}/v2/") == httpx.codes.UNAUTHORIZED
        assert len((clone.place / ".moorage" / "admin-password").read_text().strip()) >= 16
        assert set(parts(clone.place / ".moorage")) == {
            "postgres",
            "registry",
            "auth",
            "catalog",
            "events",
            "gateway",
        }
        page = httpx.get(url, trust_env=False)
        assert (page.status_code, '<div id="root">' in page.text) == (httpx.codes.OK, True), (
            clone.output.read_text()
        )
        script = re.search(r'src="(/assets/[^"]+)"', page.text)
        assert script is not None
        assert _status(url + script[1]) == httpx.codes.OK
    assert "building the console" in clone.output.read_text()
    with clone.run() as url:
        assert httpx.get(url, trust_env=False).text == page.text
    assert "console" not in clone.output.read_text(), "the second run must not build it again"


def test_make_run_continues_without_the_console_if_the_npm_registry_is_unreachable(
    clone: Clone,
) -> None:
    clone.remove_the_console()
    with reserve() as unused:
        registry = f"http://127.0.0.1:{unused.number}/"
        with clone.run(NPM_CONFIG_REGISTRY=registry, NPM_CONFIG_FETCH_RETRIES="0") as url:
            assert _status(f"{url}/v2/") == httpx.codes.UNAUTHORIZED
            missing = httpx.get(url, trust_env=False)
    assert (missing.status_code, "The console is not built" in missing.text) == (
        httpx.codes.SERVICE_UNAVAILABLE,
        True,
    )
    (warning,) = [
        line for line in clone.output.read_text().splitlines() if "could not be built" in line
    ]
    assert "ECONNREFUSED" in warning


def test_slow_console_build_shows_a_notice_and_ends_with_make_run(clone: Clone) -> None:
    clone.remove_the_console()
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        clone.run(
            message="building the console",
            NPM_CONFIG_REGISTRY=f"http://127.0.0.1:{silent.getsockname()[1]}/",
        ) as url,
    ):
        eventually(
            lambda: _status(f"{url}/v2/"),
            lambda status: status == httpx.codes.UNAUTHORIZED,
            within=60,
            what="a registry",
        )
        assert "The console is being built" in httpx.get(url, trust_env=False).text
