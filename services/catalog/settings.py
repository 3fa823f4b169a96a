"""The settings of the catalog service: environment variables ``CATALOG_…``, and secrets as files in ``SECRETS_DIR``."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, AnyHttpUrl, DirectoryPath, Field, SecretStr
from pydantic_settings import SettingsConfigDict

from libs.common import settings
from libs.common.registry.client import RegistryAddress


def _is_postgresql(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith("postgresql://"):
        raise ValueError("must start with postgresql://")
    return url


class Settings(settings.ServiceSettings):
    """Checked at start; ``load_settings`` tells what is wrong in one line."""

    model_config = SettingsConfigDict(env_prefix="CATALOG_")

    secrets_dir: DirectoryPath = Field(
        validation_alias="SECRETS_DIR",
        description="folder of the secrets; also holds token-keys/ and session-public-keys/",
    )
    database_url: Annotated[SecretStr, AfterValidator(_is_postgresql)] = Field(
        description="secret: address of the database, as the role of this service"
    )
    registry_url: AnyHttpUrl = Field(
        description="where this service reaches Distribution; never shown to clients"
    )
    registry_service: str = Field(
        default="moorage", min_length=1, description="`aud` of registry tokens"
    )
    issuer: str = Field(default="moorage", min_length=1, description="`iss` of registry tokens")
    name_reservation_seconds: int = Field(
        default=1860,
        ge=0,
        description="how long the name of a deleted Docker user, namespace or repository stays taken: push token lifetime + 60 s",
    )
    drift_hours: int = Field(
        default=24,
        ge=0,
        le=8760,
        description="every how many hours catalog and registry are compared and the catalog is mended; 0: never",
    )

    @property
    def registry(self) -> RegistryAddress:
        """Distribution, as this service reaches it with tokens of its own."""
        return RegistryAddress(
            url=str(self.registry_url),
            keys=self.secrets_dir / "token-keys",
            service=self.registry_service,
            issuer=self.issuer,
        )

    @property
    def session_public_keys(self) -> Path:
        """Public keys of the JSON API's access tokens."""
        return self.secrets_dir / "session-public-keys"


def load_settings() -> Settings:
    """Read the settings from environment and secret files. Raises ``libs.common.settings.SettingsError``."""
    return settings.load(Settings)
