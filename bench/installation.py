"""The stack that is measured: `moorage run` with data of its own."""

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
    """A running stack. ``ports`` contains the private port of each part."""

    stack: Stack
    ports: dict[str, int]

    def address(self, part: str) -> str:
        """Return the `http://…` address of a part, without the gateway."""
        return f"http://127.0.0.1:{self.ports[part]}"

    @staticmethod
    def await_ready(url: str, process: subprocess.Popen[bytes]) -> None:
        """Wait until ``url`` of the service that runs as ``process`` responds.

        Raises:
            RuntimeError: the process ended, or there is no response within 30 s.
        """
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            try:
                httpx.get(url, trust_env=False).raise_for_status()
                return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise RuntimeError(f"{url} does not respond")

    @property
    def secrets(self) -> Path:
        """The folder of the secrets."""
        return self.stack.data / "secrets"

    def database_url(self, part: str = "owner") -> str:
        """Return the database URL of the owner of the schemas, or of the role of a service."""
        name = "database_url" if part == "owner" else f"{part}_database_url"
        return (self.secrets / part / name).read_text().strip()

    @property
    def superuser_url(self) -> str:
        """The URL of the stack's database for PostgreSQL's superuser."""
        password = (self.secrets / "postgres" / "superuser_password").read_text().strip()
        return re.sub(r"//[^@]*@", f"//postgres:{password}@", self.database_url())


@contextmanager
def running(folder: Path) -> Iterator[Installation]:
    """Run a stack until the block ends."""
    settings = {
        "MOORAGE_ADMIN_PASSWORD": PASSWORD,
        "LOG_LEVEL": "info",
        # One account has all that is measured.
        "CATALOG_MAX_NAMESPACES": "1000000",
        "CATALOG_MAX_REPOSITORIES": "1000000",
        "MOORAGE_CONNECTIONS_PER_ADDRESS": "0",
        # The seeded accounts are old, so that a collection would be due. A comparison would delete
        # the seeded images, because the registry does not have them.
        "GC_SCHEDULE_HOURS": "0",
        "CATALOG_DRIFT_HOURS": "0",
    }
    with running_stack(folder, **settings) as stack:
        gateway = (stack.data / "run" / "nginx.conf").read_text()
        found = re.findall(r"upstream moorage_(\w+) {\s*server 127\.0\.0\.1:(\d+);", gateway)
        yield Installation(stack, {name: int(port) for name, port in found})
