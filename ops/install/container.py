"""`moorage init` and `moorage render`: secrets and configuration for containers.

Each part has its own address and user there. The templates and the layout of the secrets are those
of `make run`. `init` prepares the volumes of Compose; `render` prepares a folder of one pod.
"""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from libs.common.storage.settings import StorageSettings
from ops.db.postgres import SUPERUSER
from ops.errors import OpsError
from ops.host import render
from ops.host.files import private_dir, write_private
from ops.host.privileges import RunUser
from ops.install.api_page import publish_api_page
from ops.install.console import publish_console
from ops.layout import Layout
from ops.secrets.store import Owners, ensure_database_urls, ensure_secrets
from ops.settings import RunSettings
from ops.storage import SYSTEM_CERTIFICATES, gateway_cache, installation_storage, registry_s3

DATABASE = "moorage"
# The host name of deploy/compose.yaml.
_POSTGRES = "postgres:5432"
_REGISTRY_PORT = 5000
_GATEWAY_PORT = 8080
_STORAGE = "/var/lib/registry"
_SCRIPT = "containers/run.sh"
_BLOB_CACHE = Path("/var/cache/moorage")


@dataclass(frozen=True, slots=True)
class Network:
    """How the containers reach each other.

    Args:
        auth, catalog, events, registry: host:port of each part.
        resolver: The DNS servers that resolve these names again while the gateway runs, because a
            container that restarts can have another address.
        debug_address: host:port of the registry's private port.
    """

    auth: str
    catalog: str
    events: str
    registry: str
    resolver: str
    debug_address: str


COMPOSE = Network(
    auth="auth:8000",
    catalog="catalog:8000",
    events="events:8000",
    registry=f"registry:{_REGISTRY_PORT}",
    # Docker's DNS server.
    resolver="127.0.0.11",
    # Only the container itself reads it: its stop waits until the queue of events is empty.
    debug_address="127.0.0.1:5001",
)
"""The host names of deploy/compose.yaml."""


def init_containers(layout: Layout, settings: RunSettings, owners: Owners) -> None:
    """Create missing secrets and folders, and render the configuration of registry and gateway.

    Beside each configuration is the script that runs and stops the server.

    Run it as root, before any other container starts.

    Raises:
        SettingError: a setting of the storage is wrong.
    """
    storage = installation_storage(settings)
    private_dir(layout.root, owners.services)
    ensure_secrets(layout, owners)
    ensure_database_urls(layout, _owner_url(layout, settings), owners)
    private_dir(layout.registry, owners.registry)
    secrets = layout.secrets_of("registry")
    render_registry(secrets, settings, storage, COMPOSE, secrets=secrets, user=owners.registry)
    private_dir(layout.gateway, owners.registry)
    render_gateway(layout.gateway, settings, storage, COMPOSE, user=owners.registry)


def render_registry(
    folder: Path,
    settings: RunSettings,
    storage: StorageSettings,
    network: Network,
    *,
    secrets: Path,
    user: RunUser,
) -> None:
    """Write the registry's `config.yml`, and the script that runs it, to `folder`.

    The registry reads the token CA in `secrets` under the same path.

    Raises:
        OpsError: A file of `secrets` is missing.
    """
    rendered = render.render(
        render.REGISTRY,
        listen_address=f":{_REGISTRY_PORT}",
        debug_address=network.debug_address,
        storage_root=_STORAGE,
        s3=registry_s3(storage),
        http_secret=_secret(secrets / "http_secret"),
        token_realm=f"{settings.url}/token",
        token_service="moorage",  # noqa: S106 - a name
        token_issuer="moorage",  # noqa: S106 - a name
        token_ca_path=str(secrets / "token_ca.pem"),
        webhook_url=f"http://{network.events}/registry-events",
        webhook_secret=_secret(secrets / "webhook_secret"),
    )
    write_private(folder / "config.yml", rendered, user)
    _write_script(folder, user)


def render_gateway(
    folder: Path,
    settings: RunSettings,
    storage: StorageSettings,
    network: Network,
    *,
    user: RunUser,
) -> None:
    """Write `nginx.conf`, its script, and the files of console and API page to `folder`."""
    certificates = str(storage.s3_ca_file) if storage.s3_ca_file else SYSTEM_CERTIFICATES
    docs = publish_api_page(folder / "docs", user)
    publish_console(folder / "console", user)
    rendered = render.render(
        render.GATEWAY,
        listen_port=_GATEWAY_PORT,
        listen_ipv6=False,
        tls_cert=str(settings.tls_cert) if settings.tls_cert else None,
        tls_key=str(settings.tls_key) if settings.tls_key else None,
        hosts=list(settings.hosts),
        trusted_proxies=[str(proxy) for proxy in settings.trusted_proxies],
        connections_per_address=settings.connections_per_address,
        auth_address=network.auth,
        catalog_address=network.catalog,
        events_address=network.events,
        registry_address=network.registry,
        docs_root=str(docs),
        console_root=str(folder / "console"),
        blob_root=None if storage.is_s3 else _STORAGE,
        blob_cache=gateway_cache(
            storage, _BLOB_CACHE, certificates=certificates, resolver=network.resolver
        ),
        resolver=network.resolver,
        workers="auto",
        pid_path="/tmp/nginx.pid",  # noqa: S108 - the container's own
        temp_dir="/tmp",  # noqa: S108
        error_log="stderr",
        access_log="/dev/stdout",
    )
    write_private(folder / "nginx.conf", rendered, user)
    _write_script(folder, user)


def _write_script(folder: Path, user: RunUser) -> None:
    write_private(folder / "run.sh", (render.TEMPLATES / _SCRIPT).read_text(), user)


def _secret(file: Path) -> str:
    if not file.is_file():
        raise OpsError(f"{file} is missing: SECRETS_DIR must name the folder of the secrets")
    return file.read_text()


def _owner_url(layout: Layout, settings: RunSettings) -> str:
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    password = layout.superuser_password.read_text().strip()
    return f"postgresql://{SUPERUSER}:{quote(password, safe='')}@{_POSTGRES}/{DATABASE}"
