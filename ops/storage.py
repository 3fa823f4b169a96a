"""The storage of an installation: its settings, and what registry and gateway get of them."""

import ipaddress
import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from libs.common.settings import SettingsError
from libs.common.storage.settings import StorageSettings, load_storage_settings, variables
from ops.errors import SettingError
from ops.settings import RunSettings

ROLE_VARIABLES = (
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
)
"""With these, Amazon's services give the role of the machine to a program."""
SYSTEM_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
"""The CAs of Debian, and of the images that are based on it."""
_HOSTS = Path("/etc/hosts")
_RESOLV_CONF = Path("/etc/resolv.conf")
_MIB = 1024**2
_FEWEST_FREE_BYTES = 256 * _MIB


def installation_storage(run: RunSettings | None = None) -> StorageSettings:
    """Read the settings of the storage, and compare them with those of the gateway.

    Raises:
        SettingError: a setting is wrong, or two contradict each other.
    """
    try:
        storage = load_storage_settings()
        if run is not None and storage.is_s3 and storage.s3_redirect:
            _check_redirect(storage, is_https=run.tls_cert is not None)
    except SettingsError as error:
        name, _, problem = str(error).partition(": ")
        raise SettingError(name, problem) from None
    return storage


def _check_redirect(storage: StorageSettings, *, is_https: bool) -> None:
    if is_https and not storage.s3.is_tls:
        raise SettingsError(
            "S3_REDIRECT: the gateway serves https, so clients refuse a redirect to"
            f" {storage.s3.url}; set an S3_ENDPOINT with https, or S3_REDIRECT=false"
        )


def service_variables(storage: StorageSettings, ca_file: Path | None) -> dict[str, str]:
    """Return the environment of a process that opens the storage.

    Files of secrets are read here, because the process can run as a user that cannot.
    """
    given = {
        name: os.environ[name]
        for name in variables()
        if os.environ.get(name) and not name.endswith("_FILE")
    }
    if not storage.is_s3:
        return {"MOORAGE_STORAGE": "local"}
    given["MOORAGE_STORAGE"] = "s3"
    access_key = storage.s3.access_key
    if access_key is not None:
        given["S3_ACCESS_KEY_ID"], given["S3_SECRET_ACCESS_KEY"] = access_key
    if ca_file is not None:
        given["S3_CA_FILE"] = str(ca_file)
    return given | role_variables(storage)


def role_variables(storage: StorageSettings) -> dict[str, str]:
    """Return the variables by which a process gets the role of the machine."""
    if not storage.is_s3 or storage.s3.access_key is not None:
        return {}
    return {name: os.environ[name] for name in ROLE_VARIABLES if os.environ.get(name)}


def registry_s3(storage: StorageSettings) -> dict[str, str | None] | None:
    """Return the variable `s3` of the template of the registry's configuration."""
    if not storage.is_s3:
        return None
    location = storage.s3
    key, secret = location.access_key or (None, None)
    return {
        "bucket": location.bucket,
        "region": location.region,
        "prefix": f"/{location.prefix}",
        "endpoint": location.endpoint,
        "access_key": key,
        "secret_key": secret,
    }


@dataclass(frozen=True, slots=True)
class GatewayCache:
    """The variable `blob_cache` of the template of the gateway's configuration."""

    folder: str
    """Where nginx keeps the blobs."""
    bytes: int
    """How much it keeps."""
    min_free_bytes: int
    """It keeps less if the disk has less free space than this."""
    keys_mib: int
    """The memory for the keys of the cached slices."""
    server: str | None
    """host:port of S3 if its address is fixed. None: nginx resolves the name repeatedly."""
    resolver: str | None
    """DNS servers for the name."""
    certificates: str
    """PEM file with the CAs of S3."""


def gateway_cache(
    storage: StorageSettings, folder: Path, *, certificates: str, resolver: str | None = None
) -> GatewayCache | None:
    """Return what the gateway's template needs for its cache, or None without a cache.

    Args:
        storage: checked settings.
        folder: where nginx keeps the blobs.
        certificates: the CAs that can have issued the certificate of S3.
        resolver: the DNS server. None: those of this machine.
    """
    if not storage.is_s3 or storage.s3_redirect:
        return None
    parts = urlsplit(storage.s3.url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    server = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    servers = resolver or " ".join(_name_servers())
    # nginx's resolver reads no hosts file.
    is_fixed = resolver is None and (not servers or _is_address(host) or host in _local_names())
    return GatewayCache(
        folder=str(folder),
        bytes=storage.blob_cache_bytes,
        min_free_bytes=_FEWEST_FREE_BYTES,
        # 1 MiB is for 8,000 slices. Most blobs are smaller than 1 MiB.
        keys_mib=max(16, min(512, storage.blob_cache_bytes // (256 * _MIB))),
        server=server if is_fixed or _is_address(host) else None,
        resolver=servers or None,
        certificates=certificates,
    )


def system_certificates() -> str:
    """Return the file with the CAs of this machine."""
    return ssl.get_default_verify_paths().cafile or SYSTEM_CERTIFICATES


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _local_names() -> set[str]:
    names = {"localhost"}
    if _HOSTS.is_file():
        for line in _HOSTS.read_text(errors="replace").splitlines():
            names.update(line.partition("#")[0].split()[1:])
    return names


def _name_servers() -> list[str]:
    if not _RESOLV_CONF.is_file():
        return []
    lines = (line.split() for line in _RESOLV_CONF.read_text(errors="replace").splitlines())
    servers = [words[1] for words in lines if len(words) > 1 and words[0] == "nameserver"]
    addresses = [server for server in servers if _is_address(server)]
    return [f"[{one}]" if ":" in one else one for one in addresses]
