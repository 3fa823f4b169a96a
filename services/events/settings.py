"""The settings of the events service: ``EVENTS_*`` variables, and files in ``SECRETS_DIR``."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.common.settings import ServiceSettings, load


class Settings(ServiceSettings):
    """The settings of the events service."""

    model_config = SettingsConfigDict(env_prefix="EVENTS_")

    database_url: SecretStr = Field(
        description="secret: address of the database, with the role of this service", min_length=1
    )
    webhook_secret: SecretStr = Field(
        description="secret: bearer token that the registry sends with its events",
        min_length=16,
        max_length=512,
    )
    secrets_dir: Path = Field(
        validation_alias="SECRETS_DIR",
        description="directory with `token-keys/` and `session-public-keys/`",
    )
    registry_url: str = Field(
        description="address of the registry, to look up the children of indexes",
        pattern=r"^https?://[^/?#]+/?$",
    )
    registry_service: str = Field(
        default="moorage", min_length=1, description="name of the registry in tokens (`aud`)"
    )
    issuer: str = Field(
        default="moorage", min_length=1, description="issuer of registry tokens (`iss`)"
    )
    workers: int = Field(default=1, ge=1, le=8, description="counting workers in this process")
    pull_retention_hours: int = Field(
        default=48,
        ge=6,
        le=8760,
        description="hours to keep counted pull events, so that late events can correct them",
    )
    feed_retention_days: int = Field(
        default=7,
        ge=1,
        le=365,
        description=(
            "minimum days to keep pushes and deletions; they are always kept until the catalog"
            " has read them"
        ),
    )


def load_settings() -> Settings:
    """Return the validated settings.

    Raises libs.common.settings.SettingsError with one line that names each invalid setting.
    """
    return load(Settings)
