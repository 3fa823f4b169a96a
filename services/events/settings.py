"""The settings of the events service: ``EVENTS_*`` variables, and files in ``SECRETS_DIR``."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.common.settings import ServiceSettings, load


class Settings(ServiceSettings):
    """The settings of the events service."""

    model_config = SettingsConfigDict(env_prefix="EVENTS_")

    database_url: SecretStr = Field(
        description="Secret. URL of the database, with the role of this service.", min_length=1
    )
    webhook_secret: SecretStr = Field(
        description="Secret. Bearer token that the registry sends with its events.",
        min_length=16,
        max_length=512,
    )
    secrets_dir: Path = Field(
        validation_alias="SECRETS_DIR",
        description=(
            "Folder of the service's secrets, with `token-keys/` and `session-public-keys/`."
        ),
    )
    registry_url: str = Field(
        description=(
            "URL at which this service reads from Distribution the children of indexes that the "
            "catalog has not recorded."
        ),
        pattern=r"^https?://[^/?#]+/?$",
    )
    registry_service: str = Field(
        default="moorage",
        min_length=1,
        description="Name of the registry in registry tokens (`aud`).",
    )
    issuer: str = Field(
        default="moorage", min_length=1, description="Issuer of registry tokens (`iss`)."
    )
    workers: int = Field(
        default=1, ge=1, le=8, description="Number of counting workers in this process."
    )
    pull_retention_hours: int = Field(
        default=48,
        ge=6,
        le=8760,
        description=(
            "How long counted pull events are kept, in hours. Later events of the same client "
            "can correct the count."
        ),
    )
    feed_retention_days: int = Field(
        default=7,
        ge=1,
        le=365,
        description=(
            "The shortest time for which push and deletion events are kept, in days. They are "
            "always kept until the catalog has applied them."
        ),
    )


def load_settings() -> Settings:
    """Return the validated settings.

    Raises libs.common.settings.SettingsError with one line that names each invalid setting.
    """
    return load(Settings)
