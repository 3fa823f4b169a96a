"""The `moorage` command: it runs, prepares, and maintains an installation.

A module of `ops.commands` holds the commands of one group. Each parses its options, calls one
function, and imports the code that it needs when it runs, so that a service loads no other
service's code.
"""

import typer

from ops.commands import admin, backup, catalog, database, keys, project, run, storage_copy

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Run and maintain Moorage.",
)
for command in (
    run.run,
    run.init,
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
app.add_typer(storage_copy.app, name="storage")
app.add_typer(keys.app, name="keys")
