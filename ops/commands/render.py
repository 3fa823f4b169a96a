"""`moorage render`: the configuration of the gateway or the registry, for one pod."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ops.commands.errors import one_line_errors


class Part(StrEnum):
    """The parts whose configuration is a template."""

    GATEWAY = "gateway"
    REGISTRY = "registry"


def _address(part: str) -> typer.models.OptionInfo:
    info: typer.models.OptionInfo = typer.Option(help=f"host:port of {part}")
    return info


@one_line_errors
def render(
    part: Annotated[Part, typer.Argument(help="gateway | registry")],
    folder: Annotated[Path, typer.Argument(help="folder that the files are written to")],
    auth: Annotated[str, _address("auth")] = "auth:8000",
    catalog: Annotated[str, _address("catalog")] = "catalog:8000",
    events: Annotated[str, _address("events")] = "events:8000",
    registry: Annotated[str, _address("the registry")] = "registry:5000",
) -> None:
    """Write the configuration of the gateway or the registry to a folder (deploy/helm).

    The settings come from the environment, and the registry's secrets from files in SECRETS_DIR.

    Example: moorage render gateway /etc/moorage --registry registry.example.svc:5000
    """
    from ops.errors import OpsError
    from ops.host.files import private_dir
    from ops.host.name_servers import name_servers
    from ops.host.privileges import RunUser
    from ops.install import container
    from ops.settings import load_run_settings
    from ops.storage import installation_storage

    settings = load_run_settings()
    storage = installation_storage(settings)
    resolver = " ".join(name_servers())
    if not resolver:
        raise OpsError("/etc/resolv.conf names no DNS server")
    network = container.Network(
        auth=auth,
        catalog=catalog,
        events=events,
        registry=registry,
        resolver=resolver,
        # Prometheus reads it too. In Kubernetes, a NetworkPolicy refuses everyone else.
        debug_address=":5001",
    )
    user = RunUser(os.getuid(), os.getgid())
    if not folder.is_dir():
        private_dir(folder, user)
    if part == Part.GATEWAY:
        container.render_gateway(folder, settings, storage, network, user=user)
    else:
        secrets = Path(os.environ.get("SECRETS_DIR") or settings.data / "secrets" / "registry")
        container.render_registry(folder, settings, storage, network, secrets=secrets, user=user)
