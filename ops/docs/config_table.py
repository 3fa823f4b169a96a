"""`moorage config`: what is configured, as a table; of a secret only whether it is there."""

import importlib
import os
import re
from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Column, Table

from ops.docs.settings_page import default_of, variable_of
from ops.layout import SERVICES, Layout
from ops.settings import RunSettings

MASK = "********"
_SECRET = re.compile(r"DATABASE_URL|PASSWORD|SECRET$")


def print_settings(settings: RunSettings) -> None:
    """Print the settings of `make run` and of each service to standard output."""
    table = Table(
        Column("setting", no_wrap=True), Column("value", overflow="fold"), "from", box=None
    )
    for row in (*_of_run(settings), *_of_services(Layout(settings.data))):
        table.add_row(*row)
    Console().print(table)


def _of_run(settings: RunSettings) -> Iterator[tuple[str, str, str]]:
    for name, field in RunSettings.model_fields.items():
        variable = variable_of(name, field, "")
        yield (
            variable,
            _shown(getattr(settings, name)),
            "environment" if os.environ.get(variable) else "default",
        )


def _of_services(layout: Layout) -> Iterator[tuple[str, str, str]]:
    for service in SERVICES:
        model = importlib.import_module(f"services.{service}.settings").Settings
        for name, field in model.model_fields.items():
            variable = variable_of(name, field, f"{service.upper()}_")
            if _SECRET.search(variable):
                there = (layout.secrets_of(service) / variable.lower()).is_file()
                yield (
                    variable,
                    MASK if there else "-",
                    "file" if there else "made at the first start",
                )
            elif os.environ.get(variable):
                yield variable, os.environ[variable], "environment"
            else:
                yield (
                    variable,
                    default_of(field).strip("`"),
                    "set by make run" if field.is_required() else "default",
                )


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value) or "-"
    return "-" if value is None else str(value)
