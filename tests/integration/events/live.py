"""A real Distribution that delivers to a real process of the events service."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx

from libs.common.security.jwt import SigningKey, load_signing_keys
from ops.host.environment import child_environment
from ops.host.ports import ReservedPort, reserve
from ops.host.privileges import run_user
from ops.secrets import keys
from tests.integration.events.conftest import WEBHOOK_SECRET
from tests.kit.http.registry import DirectRegistry
from tests.kit.http.tokens import sign_registry_token
from tests.kit.install import registry_program
from tests.kit.servers.distribution import running_distribution
from tests.kit.waiting import eventually

ROOT = Path(__file__).parents[3]


@dataclass
class EventsProcess:
    """The events service as `moorage serve` runs it, on a reserved port. Tests can kill it."""

    database_url: str
    registry_url: str
    folder: Path
    port: ReservedPort
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and wait until it responds."""
        environment = child_environment(
            SECRETS_DIR=str(self.folder),
            EVENTS_REGISTRY_URL=self.registry_url,
            EVENTS_WORKERS="2",
            LOG_LEVEL="warning",
        )
        argv = [
            sys.executable,
            "-m",
            "ops",
            "serve",
            "events",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port.number),
        ]
        with (self.folder / "events.log").open("ab") as log:
            self.process = subprocess.Popen(
                argv, cwd=ROOT, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        eventually(self._is_up, within=30, what="the events service")

    def kill(self) -> None:
        """Kill the process with SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _is_up(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "events.log").read_text()
        try:
            return (
                httpx.get(f"http://{self.port.address}/healthz", trust_env=False).status_code == 200
            )
        except httpx.TransportError:
            return False


@dataclass(frozen=True, slots=True)
class Live:
    """The registry and the service, wired as in an installation."""

    url: str
    key: SigningKey
    events: EventsProcess
    clients: list[DirectRegistry] = field(default_factory=list)

    def client(self, user: str = "alice") -> DirectRegistry:
        """A client of the registry that is signed in as ``user``."""
        found = DirectRegistry(self.url, partial(sign_registry_token, self.key, user))
        self.clients.append(found)
        return found


@contextmanager
def live(database_url: str) -> Iterator[Live]:
    """Run the registry and the service while the context is open."""
    distribution = registry_program()
    with tempfile.TemporaryDirectory(prefix="moorage-events-") as made, reserve() as port:
        folder = Path(made)
        folder.chmod(0o755)  # the registry can run as another user
        secrets = folder / "secrets"
        for directory in ("token-keys", "session-public-keys"):
            (secrets / directory).mkdir(parents=True)
        authority = keys.new_authority()
        (folder / "ca.pem").write_bytes(authority.certificate)
        (secrets / "token-keys" / "1.pem").write_bytes(keys.new_token_key(authority, "events"))
        (secrets / "events_database_url").write_text(database_url)
        (secrets / "events_webhook_secret").write_text(WEBHOOK_SECRET)
        webhook = f"http://{port.address}/registry-events"
        user = run_user([distribution.path])
        with running_distribution(
            distribution, user, folder, ca=folder / "ca.pem", webhook=webhook, secret=WEBHOOK_SECRET
        ) as registry:
            url = f"http://{registry.address}"
            service = EventsProcess(database_url, url, secrets, port)
            service.start()
            running = Live(url, load_signing_keys(secrets / "token-keys")[0], service)
            try:
                yield running
            finally:
                service.kill()
                for client in running.clients:
                    client.http.close()
