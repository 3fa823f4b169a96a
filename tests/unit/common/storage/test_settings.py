"""The settings of the storage: each mistake and each contradiction is one clear line."""

from pathlib import Path

import pytest

from libs.common.settings import SettingsError
from libs.common.storage.local import LocalStorage
from libs.common.storage.s3 import S3Storage
from libs.common.storage.settings import load_storage_settings, opened_storage, variables

SECRET = "secret-of-the-test"


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*variables(), "SECRETS_DIR"):
        monkeypatch.delenv(name, raising=False)


def set_all(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def use_s3(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    set_all(monkeypatch, MOORAGE_STORAGE="s3", S3_BUCKET="images", **values)


async def test_the_images_are_on_the_disk_by_default(tmp_path: Path) -> None:
    settings = load_storage_settings()
    async with opened_storage(settings, local=tmp_path) as storage:
        assert isinstance(storage, LocalStorage)
    async with opened_storage(settings, local=None) as storage:
        assert storage is None


async def test_the_images_are_in_a_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    use_s3(
        monkeypatch,
        S3_ENDPOINT="https://s3.example.com:9000/",
        S3_PREFIX="/moorage/production/",
        S3_ACCESS_KEY_ID="key",
        S3_SECRET_ACCESS_KEY=SECRET,
    )
    settings = load_storage_settings()
    assert SECRET not in repr(settings)
    location = settings.s3
    assert (location.bucket, location.region) == ("images", "us-east-1")
    assert location.endpoint == location.url == "https://s3.example.com:9000"
    assert location.prefix == "moorage/production"
    assert location.access_key == ("key", SECRET)
    assert location.path_style
    async with opened_storage(settings, local=None) as storage:
        assert isinstance(storage, S3Storage)


def test_the_access_key_comes_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("key\n")
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    use_s3(
        monkeypatch,
        S3_ACCESS_KEY_ID_FILE=str(tmp_path / "key"),
        S3_SECRET_ACCESS_KEY_FILE=str(tmp_path / "secret"),
    )
    assert load_storage_settings().s3.access_key == ("key", SECRET)


def test_without_an_access_key_the_role_of_the_machine_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_s3(monkeypatch, S3_REGION="eu-central-1")
    location = load_storage_settings().s3
    assert location.access_key is None
    assert location.url == "https://images.s3.eu-central-1.amazonaws.com"
    assert not location.path_style


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"MOORAGE_STORAGE": "gcs"}, "MOORAGE_STORAGE: Input should be 'local' or 's3'"),
        ({"S3_BUCKET": ""}, "S3_BUCKET: missing, but MOORAGE_STORAGE is s3"),
        ({"S3_BUCKET": "s3://images"}, "S3_BUCKET: write the name of the bucket"),
        ({"S3_REGION": "eu central"}, "S3_REGION: write the name of the region"),
        ({"S3_ENDPOINT": "s3.example.com"}, "S3_ENDPOINT: must be a URL without a path"),
        ({"S3_ENDPOINT": "https://s3.example.com/x"}, "S3_ENDPOINT: must be a URL without a path"),
        ({"S3_ENDPOINT": f"https://k:{SECRET}@s3.example.com"}, "S3_ENDPOINT: must be a URL with"),
        ({"S3_ENDPOINT": "https://s3.example.com:x"}, "S3_ENDPOINT: must be a URL without a path"),
        ({"S3_PREFIX": "a/../b"}, "S3_PREFIX: write names"),
        ({"S3_PREFIX": "a//b"}, "S3_PREFIX: write names"),
        ({"S3_ACCESS_KEY_ID": "key"}, "S3_SECRET_ACCESS_KEY: missing, but S3_ACCESS_KEY_ID is set"),
        (
            {"S3_SECRET_ACCESS_KEY": SECRET},
            "S3_ACCESS_KEY_ID: missing, but S3_SECRET_ACCESS_KEY is set",
        ),
        (
            {"S3_ACCESS_KEY_ID": "key", "S3_SECRET_ACCESS_KEY": f"{SECRET} {SECRET}"},
            "S3_SECRET_ACCESS_KEY: must be one word",
        ),
        (
            {"S3_ACCESS_KEY_ID": "key", "S3_ACCESS_KEY_ID_FILE": "/key"},
            "S3_ACCESS_KEY_ID_FILE: S3_ACCESS_KEY_ID is set too",
        ),
        (
            {"S3_ACCESS_KEY_ID_FILE": "/no/such/file"},
            "S3_ACCESS_KEY_ID_FILE: /no/such/file cannot be read: No such file",
        ),
        ({"S3_CA_FILE": "/no/such/file"}, "S3_CA_FILE: /no/such/file cannot be read"),
        ({"BLOB_CACHE_BYTES": "1000"}, "BLOB_CACHE_BYTES: Input should be greater"),
        ({"S3_REDIRECT": "perhaps"}, "S3_REDIRECT: Input should be a valid boolean"),
    ],
)
def test_the_error_is_one_line_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], line: str
) -> None:
    use_s3(monkeypatch)
    set_all(monkeypatch, **values)
    with pytest.raises(SettingsError) as caught:
        load_storage_settings()
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_ca_for_an_endpoint_without_tls_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    use_s3(
        monkeypatch,
        S3_ENDPOINT="http://127.0.0.1:9000",
        S3_CA_FILE="/etc/ssl/certs/ca-certificates.crt",
    )
    with pytest.raises(SettingsError, match=r"^S3_CA_FILE: S3_ENDPOINT does not begin with https"):
        load_storage_settings()


def test_a_bucket_without_a_storage_is_an_error_unless_the_disk_is_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("S3_BUCKET", "images")
    with pytest.raises(SettingsError, match=r"^S3_BUCKET: MOORAGE_STORAGE is not set"):
        load_storage_settings()
    # `moorage storage copy` needs both while the images are still on the disk.
    monkeypatch.setenv("MOORAGE_STORAGE", "local")
    settings = load_storage_settings()
    assert not settings.is_s3
    assert settings.s3.bucket == "images"
