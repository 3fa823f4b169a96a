"""Generates docs/settings.md from the settings classes."""

import importlib
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from libs.common.storage.settings import StorageSettings
from ops.layout import PROJECT, SERVICES
from ops.settings import RunSettings

PAGE = PROJECT / "docs" / "settings.md"

_HEAD = """\
# Settings

`moorage docs` generates this page from the code that reads the settings. Moorage checks every
setting at startup. If one is wrong or missing, it prints one line that names it and exits with
status 2. An empty variable counts as not set.

## `make run`

`make run` reads environment variables and the file `.env` in the project's folder. The environment
takes precedence. `make run` also reads the settings of the services, below, and passes them on.

| variable | default | meaning |
| --- | --- | --- |
"""
_STORAGE_HEAD = """
## Storage

`make run`, Compose, the catalog, and the commands on the storage read these settings.

| variable | default | meaning |
| --- | --- | --- |
"""
_BACKUP_HEAD = """
## Backups

`moorage backup`, `backup verify`, and `restore` read these settings. If no `BACKUP_S3_…` is set, a
backup in S3 uses the `S3_…` settings above.

| variable | default | meaning |
| --- | --- | --- |
| `BACKUP_RETENTION_DAYS` | `30` | How many days no blob is deleted after a backup with \
`--database-only`. |
"""
_BACKUP_SETTINGS = (
    "s3_region",
    "s3_endpoint",
    "s3_access_key_id",
    "s3_secret_access_key",
    "s3_access_key_id_file",
    "s3_secret_access_key_file",
    "s3_ca_file",
)
_SERVICE_HEAD = """
## The {service} service

| variable | default | meaning |
| --- | --- | --- |
"""
_SECRETS = """
## Secrets

Settings marked "Secret" have no default. A service reads each one from a file in the folder
`SECRETS_DIR`. The file has the name of the variable in lower case. `make run` and `moorage init`
generate these files at the first start, with mode 0600, below `$MOORAGE_DATA/secrets`, in one
folder per part.
"""


def page() -> str:
    """Return the text of docs/settings.md."""
    parts = [_HEAD, *_rows(RunSettings, ""), _STORAGE_HEAD, *_rows(StorageSettings, "")]
    parts += [_BACKUP_HEAD, *_backup_rows()]
    for service in SERVICES:
        module = importlib.import_module(f"services.{service}.settings")
        parts.append(_SERVICE_HEAD.format(service=service))
        parts += _rows(module.Settings, f"{service.upper()}_")
    return "".join([*parts, _SECRETS])


def _rows(model: Any, prefix: str) -> Iterator[str]:
    for name, field in sorted(model.model_fields.items(), key=lambda item: _sort_key(item[1])):
        variable = variable_of(name, field, prefix)
        if prefix and name in StorageSettings.model_fields:
            continue  # has a table of its own
        yield f"| `{variable}` | {default_of(field)} | {field.description} |\n"


def _backup_rows() -> Iterator[str]:
    for name in _BACKUP_SETTINGS:
        field = StorageSettings.model_fields[name]
        variable = f"BACKUP_{variable_of(name, field, '')}"
        own = variable_of(name, field, "")
        yield f"| `{variable}` | {default_of(field)} | The same as `{own}`, for the backup. |\n"


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
