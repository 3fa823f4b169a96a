"""The settings of `make run`, and the errors that name them."""

from pathlib import Path

import pytest

from ops.errors import SettingError
from ops.secrets.keys import new_authority, new_token_key
from ops.settings import load_run_settings

WRONG = [
    ({"MOORAGE_PORT": "eighty"}, "MOORAGE_PORT: Input should be a valid integer"),
    ({"MOORAGE_PORT": "0"}, "MOORAGE_PORT: "),
    ({"MOORAGE_PORT": "65536"}, "MOORAGE_PORT: "),
    ({"MOORAGE_DATA": "/etc/passwd"}, "MOORAGE_DATA: /etc/passwd is not a folder"),
    ({"MOORAGE_DATA": "a;b"}, "MOORAGE_DATA: the path must not contain quotes"),
    ({"MOORAGE_HOSTS": "a.example, https://b"}, "MOORAGE_HOSTS: 'https://b' is not a host name"),
    ({"MOORAGE_HOSTS": "a.example:8080"}, "MOORAGE_HOSTS: "),
    ({"MOORAGE_TRUSTED_PROXIES": "10.0.0.1/8"}, "MOORAGE_TRUSTED_PROXIES: "),
    ({"MOORAGE_TRUSTED_PROXIES": "proxy"}, "MOORAGE_TRUSTED_PROXIES: "),
    (
        {"MOORAGE_TLS_CERT": "/nowhere/cert.pem"},
        "MOORAGE_TLS_CERT: there is no file /nowhere/cert.pem",
    ),
    ({"MOORAGE_TLS_CERT": "/etc/passwd"}, "MOORAGE_TLS_KEY: missing"),
    ({"MOORAGE_TLS_KEY": "/etc/passwd"}, "MOORAGE_TLS_CERT: missing"),
    (
        {"MOORAGE_ADMIN_PASSWORD": "short"},
        "MOORAGE_ADMIN_PASSWORD: the password must have 8 to 128 characters",
    ),
    ({"REGISTRY_BIN": "/nowhere/registry"}, "REGISTRY_BIN: there is no program"),
    ({"REGISTRY_BIN": "/etc/passwd"}, "REGISTRY_BIN: there is no program"),
    ({"DATABASE_URL": "mysql://a:b@c/d"}, "DATABASE_URL: must look like"),
    ({"DATABASE_URL": "postgresql://host/db"}, "DATABASE_URL: must look like"),
    ({"MOORAGE_PROT": "1"}, "MOORAGE_PROT: there is no such setting; did you mean MOORAGE_PORT?"),
]


@pytest.mark.parametrize(("environment", "line"), WRONG)
def test_the_error_names_the_wrong_setting(environment: dict[str, str], line: str) -> None:
    with pytest.raises(SettingError) as caught:
        load_run_settings(environment)
    message = str(caught.value)
    assert message.startswith(line)
    assert "\n" not in message
    assert caught.value.exit_code == 2


def test_the_error_of_a_wrong_secret_does_not_contain_it() -> None:
    for name, value in (
        ("MOORAGE_ADMIN_PASSWORD", "geheim"),
        ("DATABASE_URL", "postgresql://:geheim@/"),
    ):
        with pytest.raises(SettingError) as caught:
            load_run_settings({name: value})
        assert "geheim" not in str(caught.value)


def test_the_defaults() -> None:
    settings = load_run_settings({"PATH": "/bin", "MOORAGE_HOSTS": ""})
    assert settings.port == 8080
    assert settings.data == Path.cwd() / ".moorage"
    assert settings.hosts == ()
    assert settings.trusted_proxies == ()
    assert settings.url == "http://localhost:8080"


def test_lists_are_split_at_commas_and_spaces() -> None:
    settings = load_run_settings(
        {
            "MOORAGE_HOSTS": "*.Example.com, hub.example.com [::1]",
            "MOORAGE_TRUSTED_PROXIES": "10.0.0.0/8,::1",
        }
    )
    assert settings.hosts == ("*.example.com", "hub.example.com", "[::1]")
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]
    assert settings.url == "http://hub.example.com:8080"


def test_the_key_of_another_certificate_is_an_error(tmp_path: Path) -> None:
    authority = new_authority()
    for name in ("a", "b"):
        (tmp_path / f"{name}.pem").write_bytes(new_token_key(authority, name))
    good = {"MOORAGE_TLS_CERT": str(tmp_path / "a.pem"), "MOORAGE_TLS_KEY": str(tmp_path / "a.pem")}
    assert load_run_settings(good | {"MOORAGE_PORT": "443"}).url == "https://localhost"
    with pytest.raises(
        SettingError, match=r"^MOORAGE_TLS_KEY: the certificate and its key cannot be loaded"
    ):
        load_run_settings(good | {"MOORAGE_TLS_KEY": str(tmp_path / "b.pem")})
    with pytest.raises(SettingError, match=r"^MOORAGE_TLS_CERT: "):
        load_run_settings(good | {"MOORAGE_TLS_CERT": "/etc/passwd"})


def test_the_error_suggests_the_name_of_a_misspelled_service_setting() -> None:
    with pytest.raises(SettingError, match=r"AUTH_PULL_TOKEN: .*AUTH_PULL_TOKEN_SECONDS"):
        load_run_settings({"AUTH_PULL_TOKEN": "5"})
    load_run_settings({"AUTH_TOKEN": "of another program", "AUTH_PULL_TOKEN_SECONDS": "300"})
