"""The settings of the catalog service.

They come from environment variables ``CATALOG_…``, and secrets from files in ``SECRETS_DIR``.
"""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, DirectoryPath, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.common import settings
from libs.common.registry.client import RegistryAddress
from libs.common.registry.foreign_urls import DEFAULT_FOREIGN_LAYER_URLS, ForeignPrefix
from libs.common.storage.settings import StorageSettings, check_storage


def _is_postgresql(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith("postgresql://"):
        raise ValueError("must start with postgresql://")
    return url


def parse_foreign_prefixes(text: str) -> tuple[ForeignPrefix, ...]:
    """Return the prefixes in ``text``, which separates them by commas. Raises ValueError."""
    return tuple(ForeignPrefix.parse(part) for part in re.split(r"[,\s]+", text) if part)


def _are_foreign_prefixes(text: str) -> str:
    parse_foreign_prefixes(text)
    return text


class Settings(settings.ServiceSettings, StorageSettings):
    """The settings of the catalog service and of its storage, checked when it starts."""

    model_config = SettingsConfigDict(env_prefix="CATALOG_")

    secrets_dir: DirectoryPath = Field(
        validation_alias="SECRETS_DIR",
        description=(
            "Folder of the service's secrets, with `token-keys/`, `session-public-keys/`, and "
            "`token_ca.pem`."
        ),
    )
    database_url: Annotated[SecretStr, AfterValidator(_is_postgresql)] = Field(
        description="Secret. URL of the database, with the role of this service."
    )
    registry_url: AnyHttpUrl = Field(
        description="URL at which this service reaches Distribution. Clients never see it."
    )
    registry_service: str = Field(
        default="moorage",
        min_length=1,
        description="Name of the registry in registry tokens (`aud`).",
    )
    issuer: str = Field(
        default="moorage", min_length=1, description="Issuer of registry tokens (`iss`)."
    )
    storage_path: DirectoryPath | None = Field(
        default=None,
        description=(
            "Folder of Distribution's storage on this machine, with `MOORAGE_STORAGE=local`. The "
            "service reads it to check the blobs of a manifest, and garbage collection works in "
            "it. Without a value, the service requests each blob from the registry, which takes "
            "longer, and there is no garbage collection."
        ),
    )
    min_free_bytes: int | None = Field(
        default=None,
        ge=0,
        validation_alias="MIN_FREE_BYTES",
        description=(
            "Free bytes on the disk of the images or of the database below which pushes of "
            "manifests get 503. The same setting limits uploads (auth)."
        ),
    )
    database_folder: DirectoryPath | None = Field(
        default=None,
        description=(
            "Folder on the disk of the database, whose free space is checked. `make run` and "
            "Compose set it. Without a value, that disk is not checked."
        ),
    )
    foreign_layer_urls: Annotated[str, AfterValidator(_are_foreign_prefixes)] = Field(
        default=",".join(DEFAULT_FOREIGN_LAYER_URLS),
        validation_alias="MOORAGE_FOREIGN_LAYER_URLS",
        description=(
            "Addresses, separated by commas, from which clients may download a layer that a "
            "manifest names by URL. `make run` and Compose pass the setting on."
        ),
    )
    name_reservation_seconds: int = Field(
        default=1860,
        ge=0,
        description=(
            "How long the name of a deleted Docker user, namespace, or repository stays "
            "reserved, in seconds. Without a value: 60 s more than the longest lifetime of a "
            "registry token."
        ),
    )
    trash_days: int = Field(
        default=7,
        ge=0,
        le=30,
        validation_alias="TRASH_DAYS",
        description=(
            "Days for which a deleted tag, image, repository, or namespace can be restored. 0 "
            "turns the trash off. `make run` and Compose pass the setting on."
        ),
    )
    drift_hours: int = Field(
        default=24,
        ge=0,
        le=8760,
        description=(
            "Hours between two comparisons of catalog and registry. Each one repairs the "
            "catalog. 0 turns them off."
        ),
    )

    gc_untagged_days: int = Field(
        default=7,
        ge=0,
        le=36500,
        validation_alias="GC_UNTAGGED_DAYS",
        description="Days without a tag after which garbage collection deletes a manifest.",
    )
    gc_keep_pulled: bool = Field(
        default=True,
        validation_alias="GC_KEEP_PULLED",
        description=(
            "Whether garbage collection keeps a manifest without a tag that was pulled within "
            "GC_UNTAGGED_DAYS."
        ),
    )
    gc_grace_minutes: int = Field(
        default=1440,
        ge=0,
        le=525600,
        validation_alias="GC_GRACE_MINUTES",
        description=(
            "Minutes between the mark of a blob that nothing needs and its deletion. Keep it above "
            "the lifetime of a push token. With a smaller value, a client that found a blob in the "
            "registry may have to repeat its push."
        ),
    )
    gc_schedule_hours: int = Field(
        default=168,
        ge=0,
        le=87600,
        validation_alias="GC_SCHEDULE_HOURS",
        description="Hours between two garbage collections. 0 turns the schedule off.",
    )
    gc_blobs_per_second: int = Field(
        default=0,
        ge=0,
        validation_alias="GC_BLOBS_PER_SECOND",
        description="The most blobs that garbage collection deletes in a second. 0 sets no limit.",
    )
    max_namespaces: int = Field(
        default=1000, ge=1, description="How many namespaces an account can have."
    )
    max_docker_users: int = Field(
        default=1000, ge=1, description="How many Docker users an account can have."
    )
    max_repositories: int = Field(
        default=10_000,
        ge=1,
        description="How many repositories an account can have, in all its namespaces together.",
    )

    default_quota_bytes: int | None = Field(
        default=None,
        ge=0,
        le=2**62,
        description=(
            "Storage quota of a new account, in bytes. Administrators change it for each account. "
            "Without a value, a new account has no quota."
        ),
    )

    @property
    def images_folder(self) -> Path | None:
        """The folder of the images, or None if they are elsewhere."""
        return None if self.is_s3 else self.storage_path

    @property
    def disks(self) -> dict[str, Path]:
        """The folders whose free space is checked, by the name of their disk."""
        named = {"images": self.images_folder, "database": self.database_folder}
        return {name: folder for name, folder in named.items() if folder is not None}

    @property
    def foreign_prefixes(self) -> tuple[ForeignPrefix, ...]:
        """The parsed value of ``foreign_layer_urls``."""
        return parse_foreign_prefixes(self.foreign_layer_urls)

    @property
    def registry(self) -> RegistryAddress:
        """The address of Distribution, and what signs this service's tokens for it."""
        return RegistryAddress(
            url=str(self.registry_url),
            keys=self.secrets_dir / "token-keys",
            service=self.registry_service,
            issuer=self.issuer,
        )

    @property
    def token_ca(self) -> Path:
        """The certificate of the CA whose keys sign the registry tokens of clients."""
        return self.secrets_dir / "token_ca.pem"

    @property
    def session_public_keys(self) -> Path:
        """The folder of the public keys that verify session access tokens of the JSON API."""
        return self.secrets_dir / "session-public-keys"


def load_settings() -> Settings:
    """Read the settings from the environment and the secret files.

    Raises:
        SettingsError: a setting is missing or wrong (``libs.common.settings``).
    """
    loaded = settings.load(Settings)
    check_storage(loaded)
    return loaded
