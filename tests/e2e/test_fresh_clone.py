"""From a fresh clone with nothing prepared, `make run` leads to a login and the console, and stopping it leaves nothing."""

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
    """The project as it is now, without what is ignored, in a folder that is closed to others."""
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
    """What a fresh login has, and how this machine reaches its package registries."""
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


def _at_work_in(folder: Path) -> list[str]:
    """The processes whose current folder is `folder` or below it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append((process / "comm").read_text())
    return found


@contextmanager
def _made_to_run(
    clone: Path, output: Path, environment: dict[str, str], said: str = "ready http://localhost:"
) -> Iterator[str]:
    """`make run` from when it `said` so until the block ends, as on a terminal; gives its address."""
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
            lambda: make.poll() is not None or f"moorage: {said}" in output.read_text(),
            within=READY_SECONDS,
            every=0.2,
            what=f"the line `{said}`",
        )
        assert make.poll() is None, output.read_text()
        yield f"http://127.0.0.1:{environment['MOORAGE_PORT']}"
    finally:
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGINT)  # Ctrl-C on a terminal reaches the whole group
            make.wait(60)
    assert not parts(clone / ".moorage")
    eventually(
        lambda: _at_work_in(clone),
        lambda left: not left,
        within=10,
        what="the end of all that worked in the clone",
    )
    assert "Traceback" not in output.read_text()


def _status(url: str) -> int | None:
    try:
        return httpx.get(url, trust_env=False).status_code
    except httpx.TransportError:
        return None


@dataclass(frozen=True, slots=True)
class Clone:
    """A clone in which only `make run` has been called, with what is in its environment."""

    place: Path
    output: Path
    environment: dict[str, str]

    def run(
        self, said: str = "ready http://localhost:", **settings: str
    ) -> AbstractContextManager[str]:
        return _made_to_run(self.place, self.output, self.environment | settings, said)

    def forget_the_console(self) -> None:
        """Remove what was installed and built for it."""
        for made in ("node_modules", "dist"):
            shutil.rmtree(self.place / "console" / made, ignore_errors=True)


@pytest.fixture(scope="module")
def clone(folder: Path) -> Iterator[Clone]:
    place, home = folder / "fresh", folder / "nobodys-home"
    place.mkdir()
    with reserve() as reserved:
        environment = _bare_environment(home, reserved.number)
    yield Clone(_clone(place), folder / "fresh.log", environment)
    assert not home.exists()


def test_make_run_from_a_fresh_clone(clone: Clone) -> None:
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
    assert "console" not in clone.output.read_text(), "it was built again"


def test_make_run_goes_on_without_the_console_where_npms_registry_is_out_of_reach(
    clone: Clone,
) -> None:
    clone.forget_the_console()
    with reserve() as nobody:
        registry = f"http://127.0.0.1:{nobody.number}/"
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


def test_a_console_that_takes_long_is_told_and_stopped_with_the_rest(clone: Clone) -> None:
    clone.forget_the_console()
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        clone.run(
            said="building the console",
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
