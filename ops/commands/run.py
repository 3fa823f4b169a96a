"""`moorage run`, `init`, and `serve`: start an installation, or one part of it."""

import os
from pathlib import Path
from typing import Annotated

import typer

from ops.commands.errors import one_line_errors
from ops.host.privileges import RunUser
from ops.layout import SERVICES, Layout


@one_line_errors
def run(
    env_file: Annotated[
        Path | None,
        typer.Option(help="file with settings; variables of the environment override it"),
    ] = None,
) -> None:
    """Run PostgreSQL, the registry, the services, and the gateway in the foreground.

    docs/settings.md lists the settings. Ctrl-C stops everything.

    Example: moorage run --env-file .env
    """
    from ops.run.contradictions import check_file_names
    from ops.run.env_file import read_env_file
    from ops.run.main import run as run_everything
    from ops.settings import load_run_settings

    if env_file is not None:
        given = read_env_file(env_file)
        check_file_names(given)
        for name, value in given.items():
            os.environ.setdefault(name, value)
    run_everything(load_run_settings())


@one_line_errors
def init(
    owner: Annotated[
        str, typer.Option(help="uid:gid that the services, the registry, and the gateway run as")
    ],
    postgres_owner: Annotated[str, typer.Option(help="uid:gid that PostgreSQL runs as")],
) -> None:
    """Create secrets and configuration for containers in MOORAGE_DATA (deploy/compose.yaml).

    `moorage run` needs no `init`.

    Example: moorage init --owner 1000:1000 --postgres-owner 70:70
    """
    from ops.install.container import init_containers
    from ops.secrets.store import Owners
    from ops.settings import load_run_settings

    settings = load_run_settings()
    services = _parse_user(owner, "--owner")
    postgres = _parse_user(postgres_owner, "--postgres-owner")
    owners = Owners(services=services, registry=services, postgres=postgres)
    init_containers(Layout(settings.data), settings, owners)


@one_line_errors
def serve(
    service: Annotated[str, typer.Argument(help=" | ".join(SERVICES))],
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on", min=1, max=65535)] = 8000,
    watchdog: Annotated[
        bool, typer.Option("--watchdog", help="end the service if it hangs; for containers")
    ] = False,
    drain_seconds: Annotated[
        float,
        typer.Option(help="seconds to serve on after SIGTERM while /readyz answers 503", min=0),
    ] = 0.0,
) -> None:
    """Run one service.

    Its settings come from the environment and from the secret files in SECRETS_DIR.

    Example: moorage serve auth --port 8001
    """
    if service not in SERVICES:
        raise typer.BadParameter(
            f"there is no service {service!r}; choose one of {', '.join(SERVICES)}"
        )
    if watchdog:
        # Before the imports of the service, so that the parent process stays small.
        from ops.run.health import HealthCheck
        from ops.run.watchdog import run_watched

        run_watched(service, HealthCheck(port))
    from ops.run.serve import serve as serve_one

    serve_one(service, host=host, port=port, drain_seconds=drain_seconds)


def _parse_user(value: str, option: str) -> RunUser:
    uid, _, gid = value.partition(":")
    if not (uid.isdecimal() and gid.isdecimal()):
        raise typer.BadParameter("write uid:gid, two numbers", param_hint=option)
    return RunUser(uid=int(uid), gid=int(gid), drops_root=os.geteuid() == 0)
