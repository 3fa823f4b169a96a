"""`moorage docs`: docs/settings.md, written from the classes that read the settings."""

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

Written by `moorage docs` from the code that reads them; a test keeps it current. Every setting is checked at
start: a wrong or missing one is one line that names it, and exit status 2. A variable that is empty counts as not set.

## `make run`

Environment variables, or lines of a file `.env` in the project's folder. The settings of the services below are handed
on to them.

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

No secret has a default or is an environment variable. A service reads each from a file that is named like the variable in
lower case, in the folder that `SECRETS_DIR` names; `moorage init` and `make run` make them at the first start, mode 0600,
below `$MOORAGE_DATA/secrets`, one folder for each part.
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
    for name, field in sorted(model.model_fields.items(), key=lambda item: _order(item[1])):
        variable = variable_of(name, field, prefix)
        yield f"| `{variable}` | {default_of(field)} | {field.description} |\n"


def variable_of(name: str, field: FieldInfo, prefix: str) -> str:
    """The environment variable of a setting."""
    return str(field.validation_alias or field.alias or f"{prefix}{name}".upper())


def _order(field: FieldInfo) -> bool:
    """What must be given first."""
    return not field.is_required()


def default_of(field: FieldInfo) -> str:
    """What a setting is when nothing is given, as the page shows it."""
    if field.is_required() or field.default is PydanticUndefined:
        return "must be given"
    if field.default in (None, (), ""):
        return "none"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default}`"
