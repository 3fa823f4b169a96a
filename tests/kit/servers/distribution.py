"""A real Distribution with the project's own configuration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml  # type: ignore[import-untyped]

from ops.host.environment import child_environment
from ops.host.ports import reserve
from ops.host.privileges import RunUser
from ops.host.render import REGISTRY, render
from ops.install.debian import Tool
from tests.kit.servers.object_storage import ObjectStorage
from tests.kit.servers.program import running_server

_PREFIX = "registry"


@dataclass(frozen=True, slots=True)
class Distribution:
    """A running Distribution."""

    address: str
    storage: Path
    log: Path


@contextmanager
def running_bare_distribution(
    program: Tool, user: RunUser, folder: Path, *, storage: dict[str, object] | None = None
) -> Iterator[Distribution]:
    """Run Distribution without authentication. It logs each request that it receives.

    All else is the project's own configuration. ``storage`` replaces the storage driver
    `filesystem`: it is the name of the driver with its settings.
    """
    with reserve() as port:
        registry = Distribution(port.address, folder / "storage", folder / "registry.log")
    for made in (folder, registry.storage):
        made.mkdir()
        user.own(made)
    settings = yaml.safe_load(
        _configuration(registry, ca=folder, webhook="http://127.0.0.1:9/", secret="none")
    )
    del settings["auth"], settings["notifications"]
    settings["log"] |= {"accesslog": {"disabled": False}}
    if storage is not None:
        del settings["storage"]["filesystem"]
        settings["storage"] |= storage
    config = folder / "config.yml"
    config.write_text(yaml.safe_dump(settings))
    environment = child_environment(OTEL_TRACES_EXPORTER="none", **program.environment)
    with running_server(
        user,
        [program.path, "serve", config],
        registry.log,
        f"http://{registry.address}/",
        environment,
    ):
        yield registry


@contextmanager
def running_distribution(
    program: Tool,
    user: RunUser,
    folder: Path,
    *,
    ca: Path,
    webhook: str,
    secret: str,
    s3: ObjectStorage | None = None,
) -> Iterator[Distribution]:
    """Run Distribution with the project's own configuration, with its images on disk or in ``s3``.

    ``storage`` is the folder of the images in both cases.
    """
    folder.mkdir(exist_ok=True)
    storage = folder / "storage" if s3 is None else s3.files / _PREFIX
    with reserve() as port:
        registry = Distribution(port.address, storage, folder / "registry.log")
    if s3 is None:
        registry.storage.mkdir()
        user.own(registry.storage)
    config = folder / "config.yml"
    config.write_text(_configuration(registry, ca=ca, webhook=webhook, secret=secret, s3=s3))
    environment = child_environment(OTEL_TRACES_EXPORTER="none", **program.environment)
    with running_server(
        user,
        [program.path, "serve", config],
        registry.log,
        f"http://{registry.address}/",
        environment,
    ):
        yield registry


def _configuration(
    registry: Distribution,
    *,
    ca: Path,
    webhook: str,
    secret: str,
    s3: ObjectStorage | None = None,
) -> str:
    return render(
        REGISTRY,
        listen_address=registry.address,
        debug_address=None,
        storage_root=str(registry.storage),
        s3=None
        if s3 is None
        else {
            "bucket": s3.bucket,
            "region": s3.region,
            "prefix": f"/{_PREFIX}",
            "endpoint": s3.endpoint,
            "access_key": s3.access_key[0],
            "secret_key": s3.access_key[1],
        },
        http_secret="upload-state-secret",
        token_realm="http://gateway.invalid/token",
        token_service="moorage",
        token_issuer="moorage",
        token_ca_path=str(ca),
        webhook_url=webhook,
        webhook_secret=secret,
    )
