"""A Docker engine and a containerd for one test session, with all their files in one folder."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.kit.clients.private_mounts import in_private_mounts, write_hosts
from tests.kit.folders import remove
from tests.kit.install import Toolbox
from tests.kit.process import run
from tests.kit.waiting import eventually

START_SECONDS = 30.0
STOP_SECONDS = 20.0
LAST_ENGINE_WITH_TRUST_KEY = 24


@dataclass(frozen=True, slots=True)
class Engine:
    """The sockets of both daemons."""

    folder: Path
    docker_socket: Path
    containerd_socket: Path


@contextmanager
def running_engine(tools: Toolbox, folder: Path, *, hosts: Mapping[str, str]) -> Iterator[Engine]:
    """Run containerd and dockerd until the context ends.

    Args:
        tools: where the programs are installed.
        folder: the folder of their files. Its path must be short enough for sockets.
        hosts: host names, with their addresses, that only the engine resolves. Docker accepts
            plain http only for names that resolve to 127.0.0.0/8.

    Raises:
        NeverHappened: a daemon did not respond in time. Its log is in the folder.
    """
    engine = Engine(folder, folder / "docker.sock", folder / "containerd.sock")
    environment = tools.environment(folder)
    binds = {folder / "run": Path("/run"), write_hosts(folder / "hosts", hosts): Path("/etc/hosts")}
    (folder / "run").mkdir()
    _write_containerd_config(engine)
    _write_dockerd_config(tools, engine)
    containerd = ["containerd", "--config", str(folder / "containerd.toml")]
    dockerd = ["dockerd", "--config-file", str(folder / "daemon.json")]
    ping_containerd = ["ctr", "--address", str(engine.containerd_socket), "version"]
    ping_dockerd = ["docker", "--host", f"unix://{engine.docker_socket}", "version"]
    try:
        with (
            _daemon(
                [*in_private_mounts(binds), *containerd],
                environment,
                folder / "containerd.log",
                ping_containerd,
            ),
            _daemon(
                [*in_private_mounts(binds), *dockerd],
                environment,
                folder / "dockerd.log",
                ping_dockerd,
            ),
        ):
            yield engine
    finally:
        remove(folder)


@contextmanager
def _daemon(
    command: list[str], environment: Mapping[str, str], log: Path, ping: list[str]
) -> Iterator[None]:
    with log.open("wb") as output:
        # Without CAP_NET_ADMIN: an engine without a bridge deletes docker0, which the machine's own
        # engine needs.
        wrapped = [
            "setpriv",
            "--pdeathsig",
            "TERM",
            "--inh-caps",
            "-net_admin",
            "--bounding-set",
            "-net_admin",
            *command,
        ]
        process = subprocess.Popen(
            wrapped, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        responded = eventually(
            lambda: process.poll() is not None or run(ping, environment=environment).ok,
            within=START_SECONDS,
            what=f"{log.stem}",
        )
        if not responded or process.poll() is not None:
            raise RuntimeError(
                f"{log.stem} ended at once:\n{log.read_text(errors='replace')[-2000:]}"
            )
        yield
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _write_dockerd_config(tools: Toolbox, engine: Engine) -> None:
    """Configure no bridge, no packet filter, and no mounts: this engine runs no container."""
    config = {
        "hosts": [f"unix://{engine.docker_socket}"],
        "containerd": str(engine.containerd_socket),
        "data-root": str(engine.folder / "docker"),
        "exec-root": str(engine.folder / "docker-exec"),
        "pidfile": str(engine.folder / "docker.pid"),
        "storage-driver": "vfs",
        "bridge": "none",
        "iptables": False,
        "ip6tables": False,
        "ip-forward": False,
        "userland-proxy": False,
        "log-level": "warn",
    }
    version = (
        run(["dockerd", "--version"], environment=tools.environment(engine.folder)).checked().stdout
    )
    release = re.search(r"version (\d+)", version)
    if release and int(release[1]) <= LAST_ENGINE_WITH_TRUST_KEY:
        config["deprecated-key-path"] = str(engine.folder / "trust-key.json")
    (engine.folder / "daemon.json").write_text(json.dumps(config))


def _write_containerd_config(engine: Engine) -> None:
    (engine.folder / "containerd.toml").write_text(
        f"""
version = 2
root = "{engine.folder}/containerd"
state = "{engine.folder}/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{engine.containerd_socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{engine.folder}/opt"
"""
    )
