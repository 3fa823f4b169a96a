"""Two replicas of every part but the gateway, on one database and one storage, as processes.

The replicas of a part have one port and the addresses 127.0.1.1, 127.0.1.2 … A DNS server resolves
the name of the part to the replicas that run, as a container engine does. Each registry sends its
events to the events service of its own number; each catalog and events service uses the registry of
its own number.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from ops.db import postgres
from ops.db.admin import ensure_admin
from ops.db.migrate import migrate
from ops.db.roles import Role, ensure_owner, service_roles
from ops.host import render
from ops.host.environment import child_environment
from ops.host.files import private_dir, write_private
from ops.host.ports import reserve
from ops.host.privileges import RunUser, die_with_parent, run_user
from ops.layout import PROJECT, SERVICES, Layout
from ops.secrets.store import Owners, ensure_database_urls, ensure_secrets
from tests.kit.install import nginx_program, registry_program
from tests.kit.servers.gateway import Gateway, running_gateway
from tests.kit.servers.name_server import running_name_server
from tests.kit.waiting import eventually

START_SECONDS = 90.0
STOP_SECONDS = 100.0
ADMIN_PASSWORD = "admin-of-the-tests"
SCRIPT = PROJECT / "deploy" / "containers" / "run.sh"


@dataclass
class Replica:
    """One replica of a part. ``code`` is the folder of the code that a service runs."""

    part: str
    host: str
    port: int
    command: list[str]
    environment: dict[str, str]
    log: Path
    running: list[str]
    code: Path = PROJECT
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it, wait until it is ready, and let its name resolve to it."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                die_with_parent(self.command),
                cwd=self.code,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        eventually(self._is_ready, within=START_SECONDS, what=f"{self.part} on {self.host}")
        self.running.append(self.host)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal, wait for the end, and only then take its address from its name.

        SIGKILL ends the whole container at once.
        """
        assert self.process is not None
        if number == signal.SIGKILL:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        self.process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        if self.host in self.running:
            self.running.remove(self.host)

    def _is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        path = "/" if self.part == "registry" else "/readyz"
        try:
            url = f"http://{self.host}:{self.port}{path}"
            return httpx.get(url, trust_env=False, timeout=5, verify=False).is_success
        except httpx.TransportError:
            return False


@dataclass(frozen=True)
class Cluster:
    """A running installation with several replicas of its parts."""

    layout: Layout
    gateway: Gateway
    replicas: dict[str, list[Replica]]
    owner_url: str

    @property
    def url(self) -> str:
        """The URL of the gateway."""
        return self.gateway.url

    @property
    def registry(self) -> str:
        """The registry's part of an image name."""
        return f"localhost:{self.gateway.port}"


@contextmanager
def running_cluster(
    folder: Path, *, count: int = 2, code: Path = PROJECT, **settings: str
) -> Iterator[Cluster]:
    """Run everything until the context ends. ``settings`` are variables of the services.

    ``code`` migrates the database and runs the services.
    """
    with ExitStack() as stack:
        server = stack.enter_context(postgres.start_embedded(folder / "postgres"))
        layout = Layout(folder / "data")
        user = run_user([folder], data=folder)
        owners = Owners.all(user)
        private_dir(layout.root, user)
        ensure_secrets(layout, owners)
        owner = Role("moorage", "owner-of-the-tests", may_create_roles=True)
        asyncio.run(ensure_owner(server.superuser_url, owner, "moorage"))
        owner_url = postgres.url(
            user=owner.name, password=owner.password, port=server.port, database="moorage"
        )
        ensure_database_urls(layout, owner_url, owners)
        if code == PROJECT:
            asyncio.run(migrate(owner_url, service_roles(layout)))
        else:
            migrate_with(code, layout)
        asyncio.run(ensure_admin(owner_url, layout, user, given=ADMIN_PASSWORD))
        private_dir(layout.registry, user)
        parts = ("registry", *SERVICES)
        ports = {part: stack.enter_context(reserve()).number for part in (*parts, "debug")}
        names: dict[str, list[str]] = {part: [] for part in parts}
        replicas = {
            part: [
                _replica(part, f"127.0.1.{number + 1}", ports, layout, user, names[part], code)
                for number in range(count)
            ]
            for part in parts
        }
        for part, group in replicas.items():
            for replica in group:
                if part != "registry":
                    replica.environment |= settings
                stack.callback(_end, replica)
                replica.start()
        resolver = stack.enter_context(running_name_server(names))
        nginx = nginx_program()
        gateway = stack.enter_context(
            running_gateway(
                nginx,
                run_user([nginx.path, folder]),
                folder / "gateway",
                resolver=resolver,
                blob_root=str(layout.registry),
                **{f"{part}_address": f"{part}.test:{ports[part]}" for part in parts},
            )
        )
        yield Cluster(layout, gateway, replicas, owner_url)


def migrate_with(code: Path, layout: Layout) -> None:
    """Run `moorage migrate` of another version's code."""
    subprocess.run(
        [sys.executable, "-m", "ops", "migrate"],
        cwd=code,
        env=child_environment(MOORAGE_DATA=str(layout.root)),
        check=True,
    )


def _end(replica: Replica) -> None:
    if replica.process is not None and replica.process.poll() is None:
        replica.stop(signal.SIGKILL)


def _replica(
    part: str,
    host: str,
    ports: dict[str, int],
    layout: Layout,
    user: RunUser,
    running: list[str],
    code: Path,
) -> Replica:
    log = layout.root / f"{part}-{host}.log"
    if part == "registry":
        command, environment = _registry(host, ports, layout, user)
    else:
        command = [
            *(sys.executable, "-m", "ops", "serve", part),
            *("--host", host, "--port", str(ports[part])),
        ]
        environment = child_environment(
            SECRETS_DIR=str(layout.secrets_of(part)), PYTHONUNBUFFERED="1"
        )
        if part != "auth":
            registry = f"http://{host}:{ports['registry']}"
            environment[f"{part.upper()}_REGISTRY_URL"] = registry
        if part == "auth":
            environment["AUTH_IMAGES_FOLDER"] = str(layout.registry)
            environment["AUTH_ADDRESS_LOGIN_FAILURES"] = "1000"
        if part == "catalog":
            environment["CATALOG_STORAGE_PATH"] = str(layout.registry)
    return Replica(part, host, ports[part], command, environment, log, running, code)


def _registry(
    host: str, ports: dict[str, int], layout: Layout, user: RunUser
) -> tuple[list[str], dict[str, str]]:
    secrets = layout.secrets_of("registry")
    configuration = layout.root / f"registry-{host}.yml"
    rendered = render.render(
        render.REGISTRY,
        listen_address=f"{host}:{ports['registry']}",
        debug_address=f"{host}:{ports['debug']}",
        storage_root=str(layout.registry),
        s3=None,
        http_secret=(secrets / "http_secret").read_text(),
        token_realm="http://localhost/token",
        token_service="moorage",
        token_issuer="moorage",
        token_ca_path=str(secrets / "token_ca.pem"),
        webhook_url=f"http://{host}:{ports['events']}/registry-events",
        webhook_secret=(secrets / "webhook_secret").read_text(),
    )
    write_private(configuration, rendered, user)
    program = registry_program()
    programs = private_dir(layout.root / "bin", user)
    with suppress(FileExistsError):
        (programs / "registry").symlink_to(program.path)
    environment = child_environment(OTEL_TRACES_EXPORTER="none", **program.environment)
    environment |= {
        "PATH": f"{programs}:{environment['PATH']}",
        "HOST": host,
        "PORT": str(ports["registry"]),
        "DEBUG_PORT": str(ports["debug"]),
    }
    return ["sh", str(SCRIPT), "registry", str(configuration)], environment
