"""Where Distribution stores its data: the settings ``MOORAGE_STORAGE``, ``S3_…``.

The catalog, `moorage run`, and the commands of the operator read them.
"""

import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from libs.common.settings import SettingsError, load
from libs.common.storage.local import LocalStorage
from libs.common.storage.s3 import S3Storage
from libs.common.storage.store import Storage

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,253}[A-Za-z0-9]")
_REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}")
_PREFIX_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_HOST = re.compile(r"[A-Za-z0-9.-]+|[0-9A-Fa-f:.]+")
_UNSAFE_IN_PATH = re.compile(r"[\"'$;{}\\\x00-\x1f\x7f]")
_GIB = 1024**3


def _bucket(value: str) -> str:
    if not _BUCKET.fullmatch(value):
        raise ValueError("write the name of the bucket, without `s3://` and without a path")
    return value


def _region(value: str) -> str:
    if not _REGION.fullmatch(value):
        raise ValueError("write the name of the region, such as eu-central-1")
    return value


def _endpoint(value: str) -> str:
    try:
        parts = urlsplit(value)
        _ = parts.port
        is_complete = parts.scheme in ("http", "https") and bool(
            _HOST.fullmatch(parts.hostname or "")
        )
    except ValueError:
        is_complete = False
    if not is_complete or "@" in parts.netloc or parts.path not in ("", "/"):
        raise ValueError("must be a URL without a path, such as https://s3.example.com:9000")
    if parts.query or parts.fragment:
        raise ValueError("must be a URL without a query, such as https://s3.example.com:9000")
    return f"{parts.scheme}://{parts.netloc}"


def _prefix(value: str) -> str:
    prefix = value.strip("/")
    if prefix and not all(_PREFIX_PART.fullmatch(part) for part in prefix.split("/")):
        raise ValueError(
            "write names of letters, digits, `.`, `_`, and `-`, separated by `/`; "
            "a name must not begin with a dot"
        )
    return prefix


def _certificates(value: Path) -> Path:
    path = value.expanduser().absolute()
    if _UNSAFE_IN_PATH.search(str(path)):
        raise ValueError(
            "the path must not contain quotes, $, ;, braces, backslashes, or control characters"
        )
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"{path} cannot be read as PEM certificates: {error}") from None
    return path


@dataclass(frozen=True, slots=True)
class S3Location:
    """The bucket and how to reach it. All values are checked."""

    bucket: str
    region: str
    prefix: str
    endpoint: str | None
    """None for Amazon's."""
    access_key: tuple[str, str] | None
    """The access key and its secret, or None for the role of the machine."""
    ca_file: Path | None

    @property
    def path_style(self) -> bool:
        """Whether the bucket is in the path of a URL, and not in its host name.

        Distribution 2.8 does the same with an endpoint.
        """
        return self.endpoint is not None

    @property
    def url(self) -> str:
        """The URL of the server. Requests to Amazon have the bucket in the host name."""
        return self.endpoint or f"https://{self.bucket}.s3.{self.region}.amazonaws.com"

    @property
    def is_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.url.startswith("https://")

    def open(self) -> S3Storage:
        """Return the storage. Nothing connects before its first use. Close it at the end."""
        return S3Storage(
            self.bucket,
            region=self.region,
            prefix=self.prefix,
            endpoint=self.endpoint,
            access_key=self.access_key,
            path_style=self.path_style,
            ca_file=self.ca_file,
        )


class StorageSettings(BaseSettings):
    """The settings of Distribution's storage. Call ``check_storage`` after reading them."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    storage: Literal["local", "s3"] = Field(
        default="local",
        validation_alias="MOORAGE_STORAGE",
        description=(
            "Where the images are: `local` (on a disk of this machine) or `s3` (in a bucket of "
            "Amazon S3 or of a compatible server)."
        ),
    )
    s3_bucket: Annotated[str, AfterValidator(_bucket)] | None = Field(
        default=None,
        validation_alias="S3_BUCKET",
        description="Name of the bucket. Required with `MOORAGE_STORAGE=s3`.",
    )
    s3_region: Annotated[str, AfterValidator(_region)] = Field(
        default="us-east-1", validation_alias="S3_REGION", description="Region of the bucket."
    )
    s3_endpoint: Annotated[str, AfterValidator(_endpoint)] | None = Field(
        default=None,
        validation_alias="S3_ENDPOINT",
        description=(
            "URL of a server that is compatible with S3, such as `https://s3.example.com:9000`. "
            "The bucket is then in the path of each request. Without a value: Amazon S3."
        ),
    )
    s3_prefix: Annotated[str, AfterValidator(_prefix)] = Field(
        default="",
        validation_alias="S3_PREFIX",
        description=(
            "Folder in the bucket, such as `moorage/production`. Several installations can share a "
            "bucket if their folders differ and none is in another one."
        ),
    )
    s3_access_key_id: SecretStr | None = Field(
        default=None,
        validation_alias="S3_ACCESS_KEY_ID",
        description=(
            "Access key. Without an access key, the role of the machine is used (EC2, ECS, EKS)."
        ),
    )
    s3_secret_access_key: SecretStr | None = Field(
        default=None,
        validation_alias="S3_SECRET_ACCESS_KEY",
        description="Secret of the access key.",
    )
    s3_access_key_id_file: Path | None = Field(
        default=None,
        validation_alias="S3_ACCESS_KEY_ID_FILE",
        description="File with the access key, instead of `S3_ACCESS_KEY_ID`.",
    )
    s3_secret_access_key_file: Path | None = Field(
        default=None,
        validation_alias="S3_SECRET_ACCESS_KEY_FILE",
        description="File with the secret, instead of `S3_SECRET_ACCESS_KEY`.",
    )
    s3_ca_file: Annotated[Path, AfterValidator(_certificates)] | None = Field(
        default=None,
        validation_alias="S3_CA_FILE",
        description=(
            "PEM file with the CA that has issued the certificate of `S3_ENDPOINT`. Without a "
            "value: the CAs of the machine. The certificate is always verified."
        ),
    )
    s3_redirect: bool = Field(
        default=False,
        validation_alias="S3_REDIRECT",
        description=(
            "If true, clients download blobs from S3 itself, and the gateway keeps no cache. "
            "Clients must reach `S3_ENDPOINT`, over https if Moorage serves https."
        ),
    )
    blob_cache_bytes: int = Field(
        default=10 * _GIB,
        ge=_GIB // 16,
        le=2**60,
        validation_alias="BLOB_CACHE_BYTES",
        description=(
            "Size of the gateway's cache of blobs from S3, in bytes. Its disk needs 1.3 times as "
            "much, because nginx removes the oldest blobs a little later."
        ),
    )

    @property
    def is_s3(self) -> bool:
        """Whether the images are in a bucket."""
        return self.storage == "s3"

    @property
    def s3(self) -> S3Location:
        """The bucket, also if the images are on a disk and the bucket is only described.

        Raises:
            SettingsError: a setting is missing, contradicts another one, or its file is wrong.
        """
        if self.s3_bucket is None:
            raise SettingsError("S3_BUCKET: missing, but MOORAGE_STORAGE is s3")
        return S3Location(
            bucket=self.s3_bucket,
            region=self.s3_region,
            prefix=self.s3_prefix,
            endpoint=self.s3_endpoint,
            access_key=self._access_key(),
            ca_file=self.s3_ca_file,
        )

    def _access_key(self) -> tuple[str, str] | None:
        key = _secret("S3_ACCESS_KEY_ID", self.s3_access_key_id, self.s3_access_key_id_file)
        secret = _secret(
            "S3_SECRET_ACCESS_KEY", self.s3_secret_access_key, self.s3_secret_access_key_file
        )
        if key is None and secret is None:
            return None
        if key is None:
            raise SettingsError("S3_ACCESS_KEY_ID: missing, but S3_SECRET_ACCESS_KEY is set")
        if secret is None:
            raise SettingsError("S3_SECRET_ACCESS_KEY: missing, but S3_ACCESS_KEY_ID is set")
        return key, secret


def variables() -> list[str]:
    """Return the variable of each setting of the storage."""
    return [str(field.validation_alias) for field in StorageSettings.model_fields.values()]


def load_storage_settings() -> StorageSettings:
    """Read the settings of the storage from the environment and the secret files.

    Raises:
        SettingsError: a setting is wrong, or two contradict each other.
    """
    settings = load(StorageSettings)
    check_storage(settings)
    return settings


def check_storage(settings: StorageSettings) -> None:
    """Check that the settings fit together.

    Raises:
        SettingsError: they do not. The message is one line that names the setting.
    """
    if not settings.is_s3:
        if settings.s3_bucket is not None and "storage" not in settings.model_fields_set:
            raise SettingsError(
                "S3_BUCKET: MOORAGE_STORAGE is not set; set it to s3, or to local if the images"
                " stay on the disk"
            )
        return
    location = settings.s3
    if settings.s3_ca_file is not None and not location.is_tls:
        raise SettingsError("S3_CA_FILE: S3_ENDPOINT does not begin with https://")


@asynccontextmanager
async def opened_storage(
    settings: StorageSettings, *, local: Path | None
) -> AsyncIterator[Storage | None]:
    """Open the storage of the settings until the context ends.

    Args:
        settings: checked settings.
        local: the folder of the images if they are on a disk. None: this process cannot read them.

    Yields:
        The storage, or None if the images are on a disk that this process cannot read.
    """
    if not settings.is_s3:
        yield None if local is None else LocalStorage(local)
        return
    storage = settings.s3.open()
    try:
        yield storage
    finally:
        await storage.close()


def _secret(name: str, value: SecretStr | None, file: Path | None) -> str | None:
    if file is not None:
        if value is not None:
            raise SettingsError(f"{name}_FILE: {name} is set too; remove one of them")
        try:
            text = file.expanduser().read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise SettingsError(f"{name}_FILE: {file} cannot be read: {reason}") from None
    elif value is not None:
        text = value.get_secret_value().strip()
    else:
        return None
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        raise SettingsError(f"{name}: must be one word of ASCII characters")
    return text
