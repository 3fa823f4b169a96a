"""What registry and gateway get of the settings of the storage."""

from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]

from libs.common.storage.settings import load_storage_settings, variables
from ops.errors import SettingError
from ops.host.render import REGISTRY, render
from ops.settings import RunSettings, load_run_settings
from ops.storage import gateway_cache, installation_storage, registry_s3, service_variables

CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


@pytest.fixture(autouse=True)
def s3(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOORAGE_STORAGE", "s3")
    monkeypatch.setenv("S3_BUCKET", "images")


def test_registry_gets_the_bucket_and_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_ENDPOINT", "https://s3.example.com")
    monkeypatch.setenv("S3_PREFIX", "moorage")
    names = "listen_address storage_root http_secret token_realm token_service token_issuer"
    values = dict.fromkeys(f"{names} token_ca_path webhook_url webhook_secret".split(), "value")
    s3 = registry_s3(load_storage_settings())
    storage = yaml.safe_load(render(REGISTRY, debug_address=None, s3=s3, **values))["storage"]
    assert "filesystem" not in storage
    assert storage["s3"] == {
        "bucket": "images",
        "region": "us-east-1",
        "rootdirectory": "/moorage",
        "regionendpoint": "https://s3.example.com",
        "forcepathstyle": True,
        "secure": True,
    }


def test_gateway_resolves_a_name_again_and_an_address_never(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cache = gateway_cache(
        load_storage_settings(), tmp_path, certificates=CERTIFICATES, resolver="127.0.0.11"
    )
    assert cache is not None
    assert (cache.server, cache.resolver) == (None, "127.0.0.11")
    monkeypatch.setenv("S3_ENDPOINT", "http://127.0.0.1:9000")
    cache = gateway_cache(load_storage_settings(), tmp_path, certificates=CERTIFICATES)
    assert cache is not None
    assert cache.server == "127.0.0.1:9000"


def test_redirect_has_no_cache_and_needs_https_if_the_gateway_serves_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("S3_REDIRECT", "true")
    monkeypatch.setenv("S3_ENDPOINT", "http://s3.example.com")
    storage = installation_storage(load_run_settings({}))
    assert gateway_cache(storage, tmp_path, certificates=CERTIFICATES) is None
    secure = RunSettings.model_construct(tls_cert=tmp_path / "cert.pem")
    with pytest.raises(SettingError, match=r"^S3_REDIRECT: the gateway serves https"):
        installation_storage(secure)


def test_service_gets_the_secret_and_not_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY"):
        (tmp_path / name).write_text(f"value-of-{name}\n")
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))
    given = service_variables(load_storage_settings(), None)
    assert given["S3_SECRET_ACCESS_KEY"] == "value-of-S3_SECRET_ACCESS_KEY"
    assert not [name for name in given if name.endswith("_FILE")]
