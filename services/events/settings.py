"""The settings of the events service, read from ``EVENTS_*`` variables and from the files of ``SECRETS_DIR``."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.common.settings import ServiceSettings, load


class Settings(ServiceSettings):
    """Every setting of the events service."""

    model_config = SettingsConfigDict(env_prefix="EVENTS_")

    database_url: SecretStr = Field(
        description="secret: address of the database, as the role of this service", min_length=1
    )
    webhook_secret: SecretStr = Field(
        description="secret: what the registry sends as its bearer token",
        min_length=16,
        max_length=512,
    )
    secrets_dir: Path = Field(
        validation_alias="SECRETS_DIR",
        description="directory with `token-keys/` and `session-public-keys/`",
    )
    registry_url: str = Field(
        description="address of the registry, to look up indexes", pattern=r"^https?://[^/?#]+/?$"
    )
    registry_service: str = Field(
        default="moorage", min_length=1, description="name of the registry in tokens (`aud`)"
    )
    issuer: str = Field(
        default="moorage", min_length=1, description="who issues registry tokens (`iss`)"
    )
    workers: int = Field(default=1, ge=1, le=8, description="counting workers in this process")
    pull_retention_hours: int = Field(
        default=48,
        ge=6,
        le=8760,
        description="how long counted pull events are kept, so that later ones can correct them",
    )
    feed_retention_days: int = Field(
        default=7,
        ge=1,
        le=365,
        description="how long events of pushes and deletes are kept at least; in any case until the catalog has read them",
    )


def load_settings() -> Settings:
    """The checked settings. Raises libs.common.settings.SettingsError with one line that names what is wrong."""
    return load(Settings)
