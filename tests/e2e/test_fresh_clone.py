"""From a fresh clone with nothing prepared, `make run` leads to a login, and stopping it leaves nothing."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from ops.ports import reserve
from tests.support.install import PROJECT
from tests.support.processes import parts
from tests.support.waiting import eventually

READY_SECONDS = 280.0


def _clone(folder: Path) -> Path:
    """The project as it is now, without what is ignored, in a folder that is closed to others."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=PROJECT, capture_output=True, check=True
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
    mirrors = {name: value for name, value in os.environ.items() if name.upper().startswith(passed_on)}
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home), "MOORAGE_PORT": str(port), **mirrors}


@contextmanager
def _made_to_run(clone: Path, output: Path, environment: dict[str, str]) -> Iterator[str]:
    """`make run` until the block ends, as on a terminal; gives the address that it said it is ready at."""
    with output.open("wb") as stream:
        make = subprocess.Popen(
            ["make", "run"], cwd=clone, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
        )
    url = f"http://localhost:{environment['MOORAGE_PORT']}"
    try:
        eventually(
            lambda: make.poll() is not None or f"moorage: ready {url}" in output.read_text(),
            within=READY_SECONDS,
            every=0.2,
            what="the line that says that it is ready",
        )
        assert make.poll() is None, output.read_text()
        yield url.replace("localhost", "127.0.0.1")
    finally:
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGINT)  # Ctrl-C on a terminal reaches the whole group
            make.wait(60)
    assert not parts(clone / ".moorage")
    assert "Traceback" not in output.read_text()


@pytest.mark.timeout(500)
@pytest.mark.skipif(shutil.which("git") is None or shutil.which("make") is None, reason="needs git and make")
def test_make_run_from_a_fresh_clone(folder: Path) -> None:
    place = folder / "fresh"
    place.mkdir()
    clone = _clone(place)
    home = folder / "nobodys-home"
    with reserve() as reserved:
        environment = _bare_environment(home, reserved.number)

    first = folder / "fresh.log"
    with _made_to_run(clone, first, environment) as url:
        challenge = httpx.get(f"{url}/v2/", trust_env=False)
        assert challenge.status_code == httpx.codes.UNAUTHORIZED
        assert len((clone / ".moorage" / "admin-password").read_text().strip()) >= 16
        running = parts(clone / ".moorage")
        assert set(running) == {"postgres", "registry", "auth", "catalog", "events", "gateway"}
        page = httpx.get(url, trust_env=False)
        assert (page.status_code, '<div id="root">' in page.text) == (httpx.codes.OK, True), first.read_text()
        script = re.search(r'src="(/assets/[^"]+)"', page.text)
        assert script is not None
        assert httpx.get(url + script[1], trust_env=False).status_code == httpx.codes.OK
    assert "building the console" in first.read_text()

    second = folder / "second.log"
    with _made_to_run(clone, second, environment) as url:
        assert httpx.get(url, trust_env=False).text == page.text
    assert "console" not in second.read_text()

    for made in ("node_modules", "dist"):
        shutil.rmtree(clone / "console" / made)
    third = folder / "third.log"
    with reserve() as nobody:
        unreachable = {"NPM_CONFIG_REGISTRY": f"http://127.0.0.1:{nobody.number}/", "NPM_CONFIG_FETCH_RETRIES": "0"}
        with _made_to_run(clone, third, environment | unreachable) as url:
            assert httpx.get(f"{url}/v2/", trust_env=False).status_code == httpx.codes.UNAUTHORIZED
            missing = httpx.get(url, trust_env=False)
            assert (missing.status_code, "The console is not built" in missing.text) == (httpx.codes.SERVICE_UNAVAILABLE, True)
    (warning,) = [line for line in third.read_text().splitlines() if "could not be built" in line]
    assert "ECONNREFUSED" in warning
    assert not home.exists()
