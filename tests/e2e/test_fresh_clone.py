"""From a fresh clone with nothing prepared, `make run` leads to a login, and stopping it leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
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
    mirrors = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_CERT", "REQUESTS_CA"))}
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(home), "MOORAGE_PORT": str(port), **mirrors}


@pytest.mark.timeout(400)
@pytest.mark.skipif(shutil.which("git") is None or shutil.which("make") is None, reason="needs git and make")
def test_make_run_from_a_fresh_clone(folder: Path) -> None:
    place = folder / "fresh"
    place.mkdir()
    clone = _clone(place)
    home = folder / "nobodys-home"
    with reserve() as reserved:
        port = reserved.number
    output = folder / "fresh.log"
    with output.open("wb") as stream:
        make = subprocess.Popen(
            ["make", "run"],
            cwd=clone,
            env=_bare_environment(home, port),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        )
    try:
        eventually(
            lambda: make.poll() is not None or f"moorage: ready http://localhost:{port}" in output.read_text(),
            within=READY_SECONDS,
            every=0.2,
            what="the line that says that it is ready",
        )
        assert make.poll() is None, output.read_text()
        challenge = httpx.get(f"http://127.0.0.1:{port}/v2/", trust_env=False)
        assert challenge.status_code == httpx.codes.UNAUTHORIZED
        assert len((clone / ".moorage" / "admin-password").read_text().strip()) >= 16
        running = parts(clone / ".moorage")
        assert set(running) == {"postgres", "registry", "auth", "catalog", "events", "gateway"}
    finally:
        if make.poll() is None:
            os.killpg(make.pid, signal.SIGINT)  # Ctrl-C on a terminal reaches the whole group
            make.wait(60)
    assert not parts(clone / ".moorage")
    assert "Traceback" not in output.read_text()
    assert not home.exists()
