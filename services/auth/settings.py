"""The settings of the auth service, read from ``AUTH_*`` variables and from the files of ``SECRETS_DIR``."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.common.settings import ServiceSettings, load


class Settings(ServiceSettings):
    """Every setting of the auth service."""

    model_config = SettingsConfigDict(env_prefix="AUTH_")

    database_url: SecretStr = Field(
        description="secret: address of the database, as the role of this service", min_length=1
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
        default="moorage", min_length=1, description="who issues registry tokens (`iss`)"
    )
    anonymous_pull: bool = Field(
        default=False,
        description="whether anyone may pull from public namespaces without signing in",
    )
    pull_token_seconds: int = Field(
        default=300, ge=60, le=3600, description="how long a pull token is good"
    )
    push_token_seconds: int = Field(
        default=1800, ge=60, le=86400, description="how long a token that includes push is good"
    )
    refresh_token_days: int = Field(
        default=90, ge=1, le=3650, description="how long after its last use a refresh token is good"
    )
    session_days: int = Field(
        default=30, ge=1, le=365, description="how long after its last use a session is good"
    )
    login_failures: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="failed logins per user and address before they are refused",
    )
    login_window_seconds: int = Field(
        default=300,
        ge=1,
        le=86400,
        description="how long failed logins are remembered and then refused",
    )


def load_settings() -> Settings:
    """The checked settings. Raises libs.common.settings.SettingsError with one line that names what is wrong."""
    return load(Settings)
