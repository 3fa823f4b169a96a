"""`moorage kubernetes`: what the chart (deploy/helm/moorage) runs, and a Secret for GitOps."""

import asyncio
import base64
from pathlib import Path
from typing import Annotated

import typer

from ops.commands.errors import one_line_errors
from ops.settings import RunSettings

app = typer.Typer(no_args_is_help=True, help="Prepare and check an installation in Kubernetes.")


@app.command()
@one_line_errors
def prepare(
    name: Annotated[str, typer.Argument(help="name of the Secret")],
    given: Annotated[
        Path | None,
        typer.Option(help="folder where the Secret is mounted, which is then only read"),
    ] = None,
    wait: Annotated[float, typer.Option(help="seconds to wait until the database answers")] = 60.0,
) -> None:
    """Create the Secret if it is absent, migrate the database, and create the first account.

    The chart runs this command before an installation and an upgrade. DATABASE_URL is the URL of
    the database, as the role that owns the schemas.

    Example: moorage kubernetes prepare moorage-secrets
    """
    from ops.db import admin
    from ops.db.migrate import migrate
    from ops.db.roles import service_roles
    from ops.host.privileges import run_user
    from ops.kubernetes.api import Cluster, Secrets
    from ops.kubernetes.installation import ensure_secret, use_given
    from ops.layout import Layout
    from ops.settings import load_run_settings

    settings = load_run_settings()
    layout, owner_url = Layout(settings.data), _owner_url(settings)
    if given is not None:
        use_given(given, name, owner_url, layout)
        typer.echo(f"the Secret {name} is complete")
    else:
        with Secrets(Cluster.of_this_pod()) as api:
            ensure_secret(api, name, owner_url, layout)
        typer.echo(f"the Secret {name} exists")
    asyncio.run(migrate(owner_url, service_roles(layout), patience=wait))
    typer.echo("the database has the newest schema")
    user = run_user([layout.root], data=layout.root)
    if asyncio.run(admin.ensure_admin(owner_url, layout, user, given=None)):
        typer.echo(f"created the account admin; its password is in the Secret {name}")


@app.command()
@one_line_errors
def secret(
    name: Annotated[str, typer.Argument(help="name of the Secret")],
) -> None:
    """Print a new Secret for `existingSecret`, to encrypt and keep with your other manifests.

    DATABASE_URL is the URL of the database, as the role that owns the schemas.

    Example: DATABASE_URL=postgresql://owner:secret@db/moorage moorage kubernetes secret registry
    """
    from ops.kubernetes.installation import new_data
    from ops.settings import load_run_settings

    data = new_data(_owner_url(load_run_settings()))
    lines = (f"  {key}: {base64.b64encode(value).decode()}" for key, value in sorted(data.items()))
    head = ("apiVersion: v1", "kind: Secret", "metadata:", f"  name: {name}", "type: Opaque")
    typer.echo("\n".join([*head, "data:", *lines]))


@app.command()
@one_line_errors
def check(
    url: Annotated[str, typer.Argument(help="URL of the gateway")],
    host: Annotated[
        str | None, typer.Option(help="host name that the gateway answers to, if not that of URL")
    ] = None,
) -> None:
    """Check that each part answers through the gateway. `helm test` runs this command.

    Example: moorage kubernetes check http://moorage-gateway:80
    """
    from ops.kubernetes.check import check as check_parts

    for line in check_parts(url, host):
        typer.echo(f"ok  {line}")


def _owner_url(settings: RunSettings) -> str:
    from ops.errors import SettingError

    if settings.database_url is None:
        raise SettingError("DATABASE_URL", "missing: give the URL of the database")
    return settings.database_url.get_secret_value()
