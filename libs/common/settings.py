"""The settings of a service: environment variables, and files in ``SECRETS_DIR`` for secrets."""

import os
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, FilePath, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from libs.common.database_url import with_options


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
    database_sslmode: (
        Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] | None
    ) = Field(
        default=None,
        validation_alias="DATABASE_SSLMODE",
        description=(
            "TLS to PostgreSQL, as libpq's `sslmode`: `disable`, `allow`, `prefer`, `require`, "
            "`verify-ca`, or `verify-full`. Without a value, the URL of the database decides."
        ),
    )
    database_ca_file: FilePath | None = Field(
        default=None,
        validation_alias="DATABASE_CA_FILE",
        description=(
            "PEM file of the CA that has issued PostgreSQL's certificate, for `verify-ca` and "
            "`verify-full`."
        ),
    )

    @field_validator("database_url", mode="after", check_fields=False)
    @classmethod
    def _complete_url(cls, url: SecretStr, info: ValidationInfo) -> SecretStr:
        ca_file = info.data.get("database_ca_file")
        completed = with_options(
            url.get_secret_value(),
            sslmode=info.data.get("database_sslmode"),
            ca_file=None if ca_file is None else str(ca_file),
        )
        return SecretStr(completed)


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
