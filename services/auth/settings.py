"""The settings of the auth service, from ``AUTH_*`` variables and the files of ``SECRETS_DIR``."""

import shutil
from pathlib import Path
from typing import Literal

from pydantic import DirectoryPath, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.common.settings import ServiceSettings, SettingsError, load


class Settings(ServiceSettings):
    """Every setting of the auth service."""

    model_config = SettingsConfigDict(env_prefix="AUTH_")

    database_url: SecretStr = Field(
        description="Secret. URL of the database, with the role of this service.", min_length=1
    )
    secrets_dir: Path = Field(
        validation_alias="SECRETS_DIR",
        description=(
            "Folder of the service's secrets, with `token-keys/`, `session-keys/`, and "
            "`token_ca.pem`."
        ),
    )
    service: str = Field(
        default="moorage",
        min_length=1,
        description="Name of the registry in registry tokens (`service`, `aud`).",
    )
    issuer: str = Field(
        default="moorage", min_length=1, description="Issuer of registry tokens (`iss`)."
    )
    anonymous_pull: bool = Field(
        default=False,
        description="If true, clients can pull from public namespaces without a login.",
    )
    pull_token_seconds: int = Field(
        default=300, ge=60, le=3600, description="Lifetime of a pull token, in seconds."
    )
    push_token_seconds: int = Field(
        default=1800,
        ge=60,
        le=86400,
        description="Lifetime of a token that includes push or delete, in seconds.",
    )
    refresh_token_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="Lifetime of a refresh token after its last use, in days.",
    )
    session_days: int = Field(
        default=30, ge=1, le=365, description="Lifetime of a session after its last use, in days."
    )
    max_access_tokens: int = Field(
        default=200, ge=1, description="How many access tokens a Docker user can have."
    )
    max_api_keys: int = Field(
        default=100, ge=1, description="How many API keys an account can have."
    )
    max_sessions: int = Field(
        default=100,
        ge=1,
        description=(
            "How many sessions an account can have. A further sign-in ends the session that was "
            "not used for the longest time; if all were used within ten minutes, it is refused."
        ),
    )
    login_failures: int = Field(
        default=10,
        ge=1,
        le=1000,
        description=(
            "Number of failed logins per user and client address after which further logins are "
            "refused."
        ),
    )
    address_login_failures: int = Field(
        default=30,
        ge=1,
        le=100_000,
        description=(
            "Number of failed logins per client address (IPv6: per /64 network), of all users "
            "together, after which further logins are refused. Cached passwords, access tokens, "
            "and refresh tokens continue to work."
        ),
    )
    login_window_seconds: int = Field(
        default=300,
        ge=1,
        le=86400,
        description="How long a failed login counts, in seconds.",
    )

    min_free_bytes: int | None = Field(
        default=None,
        ge=0,
        validation_alias="MIN_FREE_BYTES",
        description=(
            "Free bytes on the disk of the images or of the database below which pushes get 503. "
            "Pulls, logins, and deletions go on. Without a value: 1 GiB, or 2 % of the disk if "
            "that is less. 0 turns the check off."
        ),
    )
    storage: Literal["local", "s3"] = Field(
        default="local",
        validation_alias="MOORAGE_STORAGE",
        description="Where the images are. With `s3`, no disk of images is checked.",
    )
    images_folder: DirectoryPath | None = Field(
        default=None,
        description=(
            "Folder on the disk of the images, whose free space is checked. `make run` and Compose "
            "set it. Without a value, that disk is not checked."
        ),
    )
    database_folder: DirectoryPath | None = Field(
        default=None,
        description=(
            "Folder on the disk of the database, whose free space is checked. `make run` and "
            "Compose set it. Without a value, that disk is not checked."
        ),
    )

    @property
    def token_ca(self) -> Path:
        """PEM file with the CA that signs the keys of registry tokens."""
        return self.secrets_dir / "token_ca.pem"

    @property
    def disks(self) -> dict[str, Path]:
        """The folders whose free space is checked, by the name of their disk."""
        images = None if self.storage == "s3" else self.images_folder
        named = {"images": images, "database": self.database_folder}
        return {name: folder for name, folder in named.items() if folder is not None}


def load_settings() -> Settings:
    """Read and validate the settings.

    Raises:
        libs.common.settings.SettingsError: a setting is missing or invalid; the message names it.
    """
    settings = load(Settings)
    _check_min_free_bytes(settings)
    return settings


def _check_min_free_bytes(settings: Settings) -> None:
    """Raise SettingsError if a disk can never have that much space, so that all pushes fail."""
    for name, folder in settings.disks.items():
        total = shutil.disk_usage(folder).total
        if settings.min_free_bytes is not None and settings.min_free_bytes >= total:
            raise SettingsError(
                f"MIN_FREE_BYTES: the disk of the {name} has only {total} bytes;"
                " set a smaller value"
            )
