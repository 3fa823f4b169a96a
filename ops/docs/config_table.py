"""`moorage config`: a table of all settings. It shows only whether a secret exists."""

import importlib
import os
import re
from collections.abc import Iterator
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Column, Table

from libs.common.storage.settings import StorageSettings
from ops.docs.settings_page import default_of, variable_of
from ops.layout import SERVICES, Layout
from ops.settings import RunSettings

MASK = "********"
_SECRET = re.compile(r"DATABASE_URL|PASSWORD|SECRET$")


def print_settings(settings: RunSettings) -> None:
    """Print the settings of `make run` and of each service."""
    table = Table(
        Column("setting", no_wrap=True), Column("value", overflow="fold"), "from", box=None
    )
    layout = Layout(settings.data)
    for row in (*_run_rows(settings), *_storage_rows(), *_service_rows(layout)):
        table.add_row(*row)
    Console().print(table)


def _run_rows(settings: RunSettings) -> Iterator[tuple[str, str, str]]:
    for name, field in RunSettings.model_fields.items():
        variable = variable_of(name, field, "")
        yield (
            variable,
            _format_value(getattr(settings, name)),
            "environment" if os.environ.get(variable) else "default",
        )


def _storage_rows() -> Iterator[tuple[str, str, str]]:
    for name, field in StorageSettings.model_fields.items():
        variable = variable_of(name, field, "")
        given = os.environ.get(variable)
        if given:
            is_secret = field.annotation == SecretStr | None
            yield variable, MASK if is_secret else given, "environment"
        else:
            yield variable, default_of(field).strip("`"), "default"


def _service_rows(layout: Layout) -> Iterator[tuple[str, str, str]]:
    for service in SERVICES:
        model = importlib.import_module(f"services.{service}.settings").Settings
        for name, field in model.model_fields.items():
            variable = variable_of(name, field, f"{service.upper()}_")
            if name in StorageSettings.model_fields:
                continue  # has a row of its own
            if _SECRET.search(variable):
                exists = (layout.secrets_of(service) / variable.lower()).is_file()
                yield (
                    variable,
                    MASK if exists else "-",
                    "file" if exists else "created at the first start",
                )
            elif os.environ.get(variable):
                yield variable, os.environ[variable], "environment"
            else:
                yield (
                    variable,
                    default_of(field).strip("`"),
                    "set by make run" if field.is_required() else "default",
                )


def _format_value(value: Any) -> str:
    if isinstance(value, SecretStr):
        return MASK
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value) or "-"
    return "-" if value is None else str(value)
