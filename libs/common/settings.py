"""How a service reads its settings: environment for what is open, one file per secret in the directory that ``SECRETS_DIR`` names."""

import os
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting is missing or wrong; the message is one line that names it and never shows a secret's value."""


class ServiceSettings(BaseSettings):
    """Settings that every service has. Subclasses set ``env_prefix``; a secret is a field read from a file named like its variable."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        validation_alias="LOG_LEVEL",
        description="least severe log line that is written",
    )


S = TypeVar("S", bound=ServiceSettings)


def load(cls: type[S], **overrides: Any) -> S:
    """Read and check ``cls`` from environment and secret files.

    Raises SettingsError with one line naming each wrong setting by its variable.
    """
    directory = os.environ.get("SECRETS_DIR")
    if directory is not None and not Path(directory).is_dir():
        raise SettingsError(f"SECRETS_DIR: no such directory: {directory}")
    try:
        return cls(_secrets_dir=directory, **overrides)
    except ValidationError as error:
        prefix = cls.model_config.get("env_prefix", "")
        raise SettingsError("; ".join(_explain(prefix, item) for item in error.errors())) from None


def _explain(prefix: str, item: Any) -> str:
    name = str(item["loc"][0]) if item["loc"] else "settings"
    # A field with an alias is known by that variable, whatever the prefix.
    variable = (
        name.upper()
        if name.isupper() or name.upper().startswith(prefix)
        else f"{prefix}{name}".upper()
    )
    if item["type"] == "missing":
        return f"{variable}: missing (set the variable, or for a secret write the file {variable.lower()} in SECRETS_DIR)"
    return f"{variable}: {item['msg']}"
