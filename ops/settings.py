"""The settings of `make run`: MOORAGE_*, REGISTRY_BIN, and DATABASE_URL."""

import difflib
import importlib
import ipaddress
import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from libs.common.registry.foreign_urls import DEFAULT_FOREIGN_LAYER_URLS, ForeignPrefix
from ops.errors import SettingError
from ops.layout import SERVICES

# A setting of deploy/compose.yaml, which can share a file .env with `make run`.
COMPOSE_ONLY = ("MOORAGE_IMAGE",)
_STORAGE = "MOORAGE_STORAGE"
"""Read by `libs.common.storage.settings`, with the settings of S3."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LABEL = r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?"
_HOST = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*|\[[0-9A-Fa-f:.]+\]")
# Characters that end a quoted string or start a variable in the gateway's configuration.
_UNSAFE_IN_PATH = re.compile(r"[\"'$;{}\\\x00-\x1f\x7f]")


def _split(value: Any) -> Any:
    return (
        [part for part in re.split(r"[,\s]+", value) if part] if isinstance(value, str) else value
    )


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise ValueError(
            f"{value!r} is not a host name: write a name or address without scheme and port"
        )
    return value.lower()


def _folder(value: Path) -> Path:
    # Path.resolve would replace symbolic links that the user wrote.
    path = Path(os.path.abspath(value.expanduser()))  # noqa: PTH100
    if _UNSAFE_IN_PATH.search(str(path)):
        raise ValueError(
            "the path must not contain quotes, $, ;, braces, backslashes, or control characters"
        )
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is not a folder")
    return path


def _readable_file(value: Path) -> Path:
    path = value.expanduser().absolute()
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    if not os.access(path, os.R_OK):
        raise ValueError(f"the file {path} is not readable")
    return path


def _program(value: Path) -> Path:
    path = value.expanduser().absolute()
    if not path.is_file() or not os.access(path, os.X_OK):
        raise ValueError(f"there is no program {path}")
    return path


def _foreign_layer_url(value: str) -> str:
    ForeignPrefix.parse(value)
    return value


def _password(value: SecretStr) -> SecretStr:
    if not 8 <= len(value.get_secret_value()) <= 128:
        raise ValueError("the password must have 8 to 128 characters")
    return value


def _postgres_url(value: SecretStr) -> SecretStr:
    try:
        parts = urlsplit(value.get_secret_value())
        # A URL can list several hosts, each with its own port.
        hosts = [urlsplit(f"//{host}") for host in parts.netloc.rpartition("@")[2].split(",")]
        complete = bool(parts.username and parts.path.strip("/"))
        complete = complete and all(host.hostname and host.port != 0 for host in hosts)
    except ValueError:
        complete = False
    if not complete or parts.scheme not in ("postgresql", "postgres"):
        raise ValueError("must look like postgresql://role:password@host:port/database")
    # SQLAlchemy accepts only the long form.
    return SecretStr("postgresql" + value.get_secret_value()[len(parts.scheme) :])


class RunSettings(BaseModel):
    """The settings that `make run` reads from its environment."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    port: int = Field(
        8080,
        ge=1,
        le=65535,
        alias="MOORAGE_PORT",
        description=(
            "Port of the gateway, on all addresses. Other machines can reach only this port."
        ),
    )
    data: Annotated[Path, AfterValidator(_folder)] = Field(
        Path(".moorage"),
        validate_default=True,
        alias="MOORAGE_DATA",
        description="Folder of all data: images, database, secrets, logs.",
    )
    hosts: Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], BeforeValidator(_split)] = (
        Field(
            (),
            alias="MOORAGE_HOSTS",
            description=(
                "Host names that the gateway answers to, separated by commas. A name can start "
                "with `*.`. Without a value, it answers to any name."
            ),
        )
    )
    tls_cert: Annotated[Path, AfterValidator(_readable_file)] | None = Field(
        None,
        alias="MOORAGE_TLS_CERT",
        description=(
            "PEM file with the certificate and its chain. With it, the gateway serves https. "
            "Requires `MOORAGE_TLS_KEY`."
        ),
    )
    tls_key: Annotated[Path, AfterValidator(_readable_file)] | None = Field(
        None,
        alias="MOORAGE_TLS_KEY",
        description="PEM file with the private key of the certificate, without a passphrase.",
    )
    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(_split)] = Field(
        (),
        alias="MOORAGE_TRUSTED_PROXIES",
        description=(
            "Addresses or networks of proxies, separated by commas. The gateway accepts the "
            "`X-Forwarded-*` headers of these proxies and of nobody else."
        ),
    )
    connections_per_address: int = Field(
        256,
        ge=0,
        le=100_000,
        alias="MOORAGE_CONNECTIONS_PER_ADDRESS",
        description=(
            "Number of requests that the gateway processes at once for one client address (IPv6: "
            "/64 network). A further one gets a 429. Raise it if many machines share one address; "
            "0 turns the limit off."
        ),
    )
    admin_password: Annotated[SecretStr, AfterValidator(_password)] | None = Field(
        None,
        alias="MOORAGE_ADMIN_PASSWORD",
        description=(
            "Password of the first account, `admin`. It is used only when the account is "
            "created. Without a value, a password is generated and written to "
            "`$MOORAGE_DATA/admin-password`."
        ),
    )
    tools: Annotated[Path, AfterValidator(_folder)] | None = Field(
        None,
        alias="MOORAGE_TOOLS",
        description=(
            "Folder into which nginx and Distribution are unpacked if the machine does not have "
            "them. Without a value: `$MOORAGE_DATA/tools`."
        ),
    )
    registry_bin: Annotated[Path, AfterValidator(_program)] | None = Field(
        None,
        alias="REGISTRY_BIN",
        description=(
            "Path of the Distribution program. Without a value: the program that is installed on "
            "the machine, or else the one unpacked from Debian's package."
        ),
    )
    registry_metrics: bool = Field(
        False,
        alias="MOORAGE_REGISTRY_METRICS",
        description=(
            "Whether the registry's debug port is open on 127.0.0.1, for Prometheus. Users of this "
            "machine can then read the secret of the webhook there."
        ),
    )
    database_url: Annotated[SecretStr, AfterValidator(_postgres_url)] | None = Field(
        None,
        alias="DATABASE_URL",
        description=(
            "URL of an external PostgreSQL, version 15 or newer, with a role that can create "
            "roles. Without a value, the embedded PostgreSQL runs."
        ),
    )

    foreign_layer_urls: Annotated[
        tuple[Annotated[str, AfterValidator(_foreign_layer_url)], ...], BeforeValidator(_split)
    ] = Field(
        DEFAULT_FOREIGN_LAYER_URLS,
        alias="MOORAGE_FOREIGN_LAYER_URLS",
        description=(
            "Addresses, separated by commas, from which clients may download a layer that a "
            "manifest names by URL: https, with a path that ends in a slash. All other URLs are "
            "refused. The default is for the base layers of Windows images."
        ),
    )

    @property
    def url(self) -> str:
        """The URL of the gateway, with the first host name that has no wildcard, or localhost."""
        name = next((host for host in self.hosts if not host.startswith("*.")), "localhost")
        scheme, default_port = ("https", 443) if self.tls_cert else ("http", 80)
        return f"{scheme}://{name}" + ("" if self.port == default_port else f":{self.port}")


def variables() -> dict[str, str]:
    """Return the variable of each field of RunSettings."""
    return {name: str(field.alias) for name, field in RunSettings.model_fields.items()}


def load_run_settings(environment: Mapping[str, str] | None = None) -> RunSettings:
    """Read and check the settings of `environment`, or of the process.

    Raises:
        SettingError: A setting is wrong, missing, or unknown. The message names the first.
    """
    environment = os.environ if environment is None else environment
    known = variables()
    moorage = (*known.values(), *COMPOSE_ONLY, _STORAGE)
    for name in sorted(environment):
        if name.startswith("MOORAGE_") and name not in moorage:
            near = difflib.get_close_matches(name, moorage, n=1)
            raise SettingError(
                name, "there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
            )
    _check_service_variables(environment)
    # An empty variable counts as not set.
    given = {name: environment[name] for name in known.values() if environment.get(name)}
    try:
        settings = RunSettings.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingError(
            str(first["loc"][0]), first["msg"].removeprefix("Value error, ")
        ) from None
    _check_tls(settings)
    return settings


def _check_service_variables(environment: Mapping[str, str]) -> None:
    """Reject a variable that is a misspelled setting of a service.

    Other variables with the prefix of a service can belong to other programs.
    """
    for service in SERVICES:
        prefix = f"{service.upper()}_"
        model = importlib.import_module(f"services.{service}.settings").Settings
        known = {f"{prefix}{name}".upper() for name in model.model_fields}
        for name in sorted(environment):
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.75)
            if name.startswith(prefix) and name not in known and near:
                raise SettingError(name, f"there is no such setting; did you mean {near[0]}?")


def _check_tls(settings: RunSettings) -> None:
    if settings.tls_cert is None and settings.tls_key is None:
        return
    if settings.tls_cert is None:
        raise SettingError("MOORAGE_TLS_CERT", "missing, but MOORAGE_TLS_KEY is set")
    if settings.tls_key is None:
        raise SettingError("MOORAGE_TLS_KEY", "missing, but MOORAGE_TLS_CERT is set")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # Without a passphrase, OpenSSL prompts on the terminal.
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except (ssl.SSLError, OSError) as error:
        wrong = "MOORAGE_TLS_KEY" if "KEY" in str(error) else "MOORAGE_TLS_CERT"
        raise SettingError(
            wrong, f"the certificate and its key cannot be loaded: {error}"
        ) from None
