"""The settings of a service: environment variables, and files in ``SECRETS_DIR`` for secrets."""

import os
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A setting is missing or invalid.

    The message is one line that names the setting and never shows the value of a secret.
    """


class ServiceSettings(BaseSettings):
    """Settings that every service has.

    Subclasses set ``env_prefix``. A secret is a field whose value is in a file named like its
    variable.
    """

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info",
        validation_alias="LOG_LEVEL",
        description=(
            "Lowest level of the log lines that are written: `debug`, `info`, `warning`, or "
            "`error`."
        ),
    )
    audit_days: int = Field(
        default=365,
        ge=1,
        le=36500,
        validation_alias="AUDIT_DAYS",
        description="How long entries of the audit trail are kept, in days.",
    )


S = TypeVar("S", bound=BaseSettings)


def load(cls: type[S], **overrides: Any) -> S:
    """Read settings of class ``cls`` from the environment and the secret files.

    Raises:
        SettingsError: settings are missing or invalid. The message is one line that names the
            variable of each.
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
    # If a field has an alias, the alias is the whole name of its variable.
    variable = (
        name.upper()
        if name.isupper() or name.upper().startswith(prefix)
        else f"{prefix}{name}".upper()
    )
    if item["type"] == "missing":
        return (
            f"{variable}: missing (set the variable, or for a secret write the file"
            f" {variable.lower()} in SECRETS_DIR)"
        )
    return f"{variable}: {item['msg'].removeprefix('Value error, ')}"
