"""The settings of the auth service, from ``AUTH_*`` variables and the files of ``SECRETS_DIR``."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.common.settings import ServiceSettings, load


class Settings(ServiceSettings):
    """Every setting of the auth service."""

    model_config = SettingsConfigDict(env_prefix="AUTH_")

    database_url: SecretStr = Field(
        description="secret: URL of the database, with the role of this service", min_length=1
    )
    secrets_dir: Path = Field(
        validation_alias="SECRETS_DIR",
        description="directory with `token-keys/` and `session-keys/`",
    )
    service: str = Field(
        default="moorage",
        min_length=1,
        description="name of the registry in tokens (`service`, `aud`)",
    )
    issuer: str = Field(
        default="moorage", min_length=1, description="issuer of registry tokens (`iss`)"
    )
    anonymous_pull: bool = Field(
        default=False,
        description="allow anonymous clients to pull from public namespaces",
    )
    pull_token_seconds: int = Field(
        default=300, ge=60, le=3600, description="lifetime of a pull token, in seconds"
    )
    push_token_seconds: int = Field(
        default=1800, ge=60, le=86400, description="lifetime of a push token, in seconds"
    )
    refresh_token_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="lifetime of a refresh token after its last use, in days",
    )
    session_days: int = Field(
        default=30, ge=1, le=365, description="lifetime of a session after its last use, in days"
    )
    login_failures: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="failed logins per user and address before further ones are refused",
    )
    login_window_seconds: int = Field(
        default=300,
        ge=1,
        le=86400,
        description="window in which failed logins are counted, in seconds",
    )


def load_settings() -> Settings:
    """Read and validate the settings.

    Raises:
        libs.common.settings.SettingsError: a setting is missing or invalid; the message names it.
    """
    return load(Settings)
