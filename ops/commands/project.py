"""`moorage console`, `config`, and `docs`: the files of this project, and its settings."""

import os
from typing import Annotated

import typer

from ops.commands.errors import one_line_errors
from ops.commands.installation import current_layout, read_project_env_file
from ops.commands.options import Json


@one_line_errors
def console(
    check: Annotated[
        bool,
        typer.Option(
            "--check", help="check its types and style and run its unit tests, as `make lint` does"
        ),
    ] = False,
    development: Annotated[
        bool, typer.Option("--dev", help="also install the packages of its checks and tests")
    ] = False,
) -> None:
    """Build the web console in console/dist if its sources changed.

    `make run` and `make test` build it too.

    Example: moorage console --check
    """
    from ops.install.console import build_console, check_console, install_development_packages

    if check:
        check_console()
        return
    if development:
        install_development_packages()
    if build_console():
        typer.echo("moorage: the console was built")


@one_line_errors
def config(json: Json = False) -> None:
    """List every setting with its value and its source. Secrets are masked.

    The sources are the environment and the project's `.env`, as for `make run`.

    Example: moorage config --json
    """
    from ops.docs.config_table import print_settings
    from ops.settings import load_run_settings

    given = read_project_env_file()
    for name, value in given.items():
        os.environ.setdefault(name, value)
    from_file = {name for name, value in given.items() if os.environ[name] == value}
    settings = load_run_settings().model_copy(update={"data": current_layout().root})
    print_settings(settings, is_json=json, from_file=from_file)


@one_line_errors
def docs() -> None:
    """Generate docs/settings.md, docs/errors.md, docs/openapi/, and the README of the chart.

    It also writes the links between the documents and their Chinese translations.

    Example: moorage docs
    """
    from ops.docs import chart_page, errors_page, settings_page, translations
    from ops.docs.openapi import write_documents

    settings_page.PAGE.write_text(settings_page.page())
    errors_page.PAGE.write_text(errors_page.page())
    chart_page.SCHEMA.write_text(chart_page.schema())
    chart_page.PAGE.write_text(chart_page.page())
    chart_page.copy_monitoring()
    write_documents()
    translations.write_links()
