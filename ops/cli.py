"""The `moorage` command: it runs, prepares, and maintains an installation.

A module of `ops.commands` holds the commands of one group. Each parses its options, calls one
function, and imports the code that it needs when it runs, so that a service loads no other
service's code.
"""

import typer

from ops.commands import (
    admin,
    backup,
    catalog,
    database,
    keys,
    kubernetes,
    project,
    render,
    run,
    storage,
)
from ops.commands.group import OneLineGroup

app = typer.Typer(
    cls=OneLineGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Run and maintain Moorage.",
)
for command in (
    run.run,
    run.init,
    render.render,
    run.serve,
    database.migrate,
    catalog.drift,
    catalog.usage,
    catalog.deletions,
    catalog.gc,
    backup.restore,
    backup.restored,
    project.console,
    database.schema_check,
    project.config,
    project.docs,
):
    app.command()(command)
app.add_typer(admin.app, name="admin")
app.add_typer(backup.app, name="backup")
app.add_typer(keys.app, name="keys")
app.add_typer(kubernetes.app, name="kubernetes")
app.add_typer(storage.app, name="storage")
