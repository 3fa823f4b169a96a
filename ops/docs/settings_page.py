"""Generates docs/settings.md from the settings classes."""

import importlib
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from ops.layout import PROJECT, SERVICES
from ops.settings import RunSettings

PAGE = PROJECT / "docs" / "settings.md"

_HEAD = """\
# Settings

`moorage docs` generates this page from the code. A test fails if it is out of date. Every setting
is checked at the start. A wrong or missing setting is one line that names it, and exit status 2. An
empty variable counts as not set.

## `make run`

Set these as environment variables, or as lines of a file `.env` in the project's folder. `make run`
passes the settings of the services on to them.

| variable | default | meaning |
| --- | --- | --- |
"""
_SERVICE_HEAD = """
## The {service} service

| variable | default | meaning |
| --- | --- | --- |
"""
_SECRETS = """
## Secrets

A secret has no default and is not an environment variable. A service reads each secret from a file
in the folder `SECRETS_DIR`. The name of the file is the name of the variable in lower case. The
first `moorage init` or `make run` creates the secrets below `$MOORAGE_DATA/secrets`, with mode 0600
and one folder for each part.
"""


def page() -> str:
    """Return the text of docs/settings.md."""
    parts = [_HEAD, *_rows(RunSettings, "")]
    for service in SERVICES:
        module = importlib.import_module(f"services.{service}.settings")
        parts.append(_SERVICE_HEAD.format(service=service))
        parts += _rows(module.Settings, f"{service.upper()}_")
    return "".join([*parts, _SECRETS])


def _rows(model: Any, prefix: str) -> Iterator[str]:
    for name, field in sorted(model.model_fields.items(), key=lambda item: _sort_key(item[1])):
        variable = variable_of(name, field, prefix)
        yield f"| `{variable}` | {default_of(field)} | {field.description} |\n"


def variable_of(name: str, field: FieldInfo, prefix: str) -> str:
    """Return the environment variable of a setting."""
    return str(field.validation_alias or field.alias or f"{prefix}{name}".upper())


def _sort_key(field: FieldInfo) -> bool:
    """Sort required settings first."""
    return not field.is_required()


def default_of(field: FieldInfo) -> str:
    """Return the default of a setting as the page shows it."""
    if field.is_required() or field.default is PydanticUndefined:
        return "required"
    if field.default in (None, (), ""):
        return "none"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default}`"
