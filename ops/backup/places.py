"""Where backups are, and where the images of the installation are."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from libs.common.settings import SettingsError
from libs.common.storage.s3_objects import open_store
from libs.common.storage.settings import (
    S3Location,
    StorageSettings,
    load_storage_settings,
    variables,
)
from libs.common.storage.store import StorageUnavailable
from ops.backup.transport.files import Files, LocalFiles, S3Files
from ops.backup.transport.streams import Damaged
from ops.errors import OpsError, SettingError
from ops.layout import Layout

_PREFIX = "BACKUP_"


class _GivenSettings(StorageSettings):
    """The settings of a bucket, from the given values only."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read no variable of the environment."""
        return (init_settings,)


def open_place(place: str, *, must_exist: bool) -> Files:
    """Return the files of a folder, or of an URL such as `s3://bucket/prefix`.

    Raises:
        OpsError: there is no such folder, or a setting of the bucket is wrong.
    """
    if place.startswith("s3://"):
        parts = urlsplit(place)
        return open_bucket(_target_location(parts.netloc, parts.path, os.environ))
    if "://" in place:
        raise OpsError(f"{place} is neither a folder nor an URL of S3: write s3://bucket/prefix")
    folder = Path(place).expanduser().absolute()
    if must_exist and not folder.is_dir():
        raise OpsError(f"there is no folder {folder}")
    if folder.exists() and not folder.is_dir():
        raise OpsError(f"{folder} is not a folder")
    if not must_exist:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return LocalFiles(folder)


def _target_location(bucket: str, path: str, environment: Mapping[str, str]) -> S3Location:
    """Return the bucket of a backup. Its settings are BACKUP_S3_…, or else those of the storage."""
    names = [name for name in variables() if name.startswith("S3_")]
    has_own = any(environment.get(f"{_PREFIX}{name}") for name in names)
    prefix = _PREFIX if has_own else ""
    given = {
        name: environment[f"{prefix}{name}"] for name in names if environment.get(f"{prefix}{name}")
    }
    given |= {"MOORAGE_STORAGE": "s3", "S3_BUCKET": bucket, "S3_PREFIX": path.strip("/")}
    try:
        return _GivenSettings.model_validate(given).s3
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise SettingError(f"{prefix}{name}", first["msg"].removeprefix("Value error, ")) from None
    except SettingsError as error:
        raise OpsError(f"{prefix}{error}") from None


def open_bucket(location: S3Location) -> S3Files:
    """Return the files of a bucket."""
    return S3Files(
        open_store(
            location.bucket,
            region=location.region,
            prefix=location.prefix,
            endpoint=location.endpoint,
            access_key=location.access_key,
            path_style=location.path_style,
            ca_file=location.ca_file,
            is_bulk=True,
        )
    )


def storage_settings(layout: Layout) -> StorageSettings:
    """Return the settings of the storage, as the environment or the running Moorage has them.

    Raises:
        OpsError: a setting is wrong.
    """
    try:
        written: dict[str, str] = json.loads(layout.catalog_environment.read_text())
    except (FileNotFoundError, PermissionError):
        written = {}
    for name in variables():
        # `moorage run` has read the files of secrets.
        if name in written and not os.environ.get(f"{name}_FILE"):
            os.environ.setdefault(name, written[name])
    try:
        return load_storage_settings()
    except SettingsError as error:
        raise OpsError(str(error)) from None


def images_folder(layout: Layout) -> Path:
    """Return the folder of the images on this machine."""
    return Path(os.environ.get("CATALOG_STORAGE_PATH") or layout.registry)


def open_storage(layout: Layout, settings: StorageSettings, *, is_s3: bool) -> Files:
    """Return the files of the registry's storage: of the folder, or of the bucket.

    Raises:
        OpsError: a setting is missing.
    """
    if not is_s3:
        return LocalFiles(images_folder(layout), is_private=False)
    try:
        return open_bucket(settings.s3)
    except SettingsError as error:
        raise OpsError(str(error)) from None


@contextmanager
def one_line() -> Iterator[None]:
    """Turn errors of files into OpsError."""
    try:
        yield
    except (StorageUnavailable, Damaged) as error:
        raise OpsError(str(error)) from None
    except FileNotFoundError as error:
        raise OpsError(f"a file is missing: {error.filename or error}") from None
