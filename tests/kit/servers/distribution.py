"""A real Distribution with the project's own configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.host.environment import child_environment
from ops.host.ports import reserve
from ops.host.privileges import RunUser
from ops.host.render import REGISTRY, render
from ops.install.debian import Tool
from tests.kit.servers.program import running_server


@dataclass(frozen=True, slots=True)
class Distribution:
    """A running Distribution."""

    address: str
    storage: Path
    log: Path


@contextmanager
def running_distribution(
    program: Tool, user: RunUser, folder: Path, *, ca: Path, webhook: str, secret: str
) -> Iterator[Distribution]:
    """Run Distribution with the project's own configuration."""
    with reserve() as port:
        registry = Distribution(port.address, folder / "storage", folder / "registry.log")
    registry.storage.mkdir()
    user.own(registry.storage)
    config = folder / "config.yml"
    config.write_text(
        render(
            REGISTRY,
            listen_address=registry.address,
            debug_address=None,
            storage_root=str(registry.storage),
            http_secret="upload-state-secret",
            token_realm="http://gateway.invalid/token",
            token_service="moorage",
            token_issuer="moorage",
            token_ca_path=str(ca),
            webhook_url=webhook,
            webhook_secret=secret,
        )
    )
    environment = child_environment(OTEL_TRACES_EXPORTER="none", **program.environment)
    with running_server(
        user,
        [program.path, "serve", config],
        registry.log,
        f"http://{registry.address}/",
        environment,
    ):
        yield registry
