"""The stack under measurement: `moorage run` with data of its own, and where its parts are."""

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.names import PASSWORD
from tests.kit.stack.run import Stack, running_stack

SERVICES = ("auth", "catalog", "events")


@dataclass(frozen=True, slots=True)
class Installation:
    """A running stack; ``ports`` has the private port of each part."""

    stack: Stack
    ports: dict[str, int]

    def address(self, part: str) -> str:
        """`http://…` of a part on its own port, past the gateway."""
        return f"http://127.0.0.1:{self.ports[part]}"

    @staticmethod
    def await_ready(url: str, process: subprocess.Popen[bytes]) -> None:
        """Until ``url`` of a service that was just started answers. Raises RuntimeError when it does not."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            try:
                httpx.get(url, trust_env=False).raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise RuntimeError(f"{url} does not answer")

    @property
    def secrets(self) -> Path:
        return self.stack.data / "secrets"

    def database_url(self, part: str = "owner") -> str:
        """As the owner of the schemas, or as the role of a service."""
        name = "database_url" if part == "owner" else f"{part}_database_url"
        return (self.secrets / part / name).read_text().strip()

    @property
    def superuser_url(self) -> str:
        """PostgreSQL's superuser, in the database of the stack."""
        password = (self.secrets / "postgres" / "superuser_password").read_text().strip()
        return re.sub(r"//[^@]*@", f"//postgres:{password}@", self.database_url())


@contextmanager
def running(folder: Path) -> Iterator[Installation]:
    """Run it until the block ends."""
    with running_stack(folder, MOORAGE_ADMIN_PASSWORD=PASSWORD, LOG_LEVEL="info") as stack:
        gateway = (stack.data / "run" / "nginx.conf").read_text()
        found = re.findall(r"upstream moorage_(\w+) { server 127\.0\.0\.1:(\d+);", gateway)
        yield Installation(stack, {name: int(port) for name, port in found})
