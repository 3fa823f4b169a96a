"""The containers of registry and gateway end a server that hangs, so that the engine restarts it.

The tests run the scripts of deploy/compose.yaml with the real programs, without containers.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
import yaml  # type: ignore[import-untyped]

from ops.host.environment import child_environment
from ops.host.ports import reserve
from ops.install.debian import Tool
from ops.layout import PROJECT
from tests.kit.install import nginx_program, registry_program
from tests.kit.stack.processes import workers
from tests.kit.waiting import eventually

COMPOSE = yaml.safe_load((PROJECT / "deploy" / "compose.yaml").read_text())
END_SECONDS = 30.0
REGISTRY = """
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}/storage}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
    uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
    server {{ listen 127.0.0.1:{port}; location = /healthz {{ return 200 "ok"; }} }}
}}
"""
SCRIPTS = {
    "registry": (
        registry_program,
        REGISTRY,
        "5000",
        "registry serve /var/lib/moorage/secrets/registry/config.yml",
        "{program} serve {folder}/config",
        "/",
    ),
    "gateway": (
        nginx_program,
        NGINX,
        "8080",
        "nginx -e stderr -c /var/lib/moorage/gateway/nginx.conf",
        "{program} -p {folder} -e stderr -c {folder}/config",
        "/healthz",
    ),
}


@contextmanager
def script_of(service: str, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Run the script of a service; yield its process and the process id of the server."""
    find, configuration, container_port, command, ours, path = SCRIPTS[service]
    tool: Tool = find()
    with reserve() as reserved:
        port = reserved.number
    (folder / "config").write_text(configuration.format(folder=folder, port=port))
    (script,) = COMPOSE["services"][service]["command"]
    script = script.replace("$$", "$").replace(
        command, ours.format(program=tool.path, folder=folder)
    )
    script = script.replace(f"127.0.0.1:{container_port}/", f"127.0.0.1:{port}/")
    script = script.replace("sleep 5", "sleep 0.5")
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [*COMPOSE["services"][service]["entrypoint"], script],
            env=child_environment(**tool.environment),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        eventually(lambda: _answers(port, path), within=20, what=service)
        time.sleep(2)  # Until `watch` has seen an answer.
        yield process, _server(process.pid, tool)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(port: int, path: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", trust_env=False).is_success
    except httpx.TransportError:
        return False


def _server(shell: int, tool: Tool) -> int:
    (found,) = (
        pid
        for pid in workers(shell)
        if tool.path.name in Path(f"/proc/{pid}/cmdline").read_text().partition("\0")[0]
        or "nginx: master" in Path(f"/proc/{pid}/cmdline").read_text()
    )
    return found


@pytest.mark.parametrize("service", SCRIPTS)
def test_server_that_hangs_ends_with_its_container(service: str, tmp_path: Path) -> None:
    with script_of(service, tmp_path) as (process, server):
        for pid in (*workers(server), server):
            os.kill(pid, signal.SIGSTOP)
        assert process.wait(END_SECONDS) == 128 + signal.SIGKILL
        assert f"the {service} does not answer: killing it" in (tmp_path / "output").read_text()


def test_gateway_stops_in_order(tmp_path: Path) -> None:
    with script_of("gateway", tmp_path) as (process, server):
        process.send_signal(signal.SIGQUIT)
        assert process.wait(END_SECONDS) == 0
        assert not Path(f"/proc/{server}").exists()
