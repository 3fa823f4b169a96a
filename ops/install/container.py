"""`moorage init`: creates secrets and renders configuration for containers.

Each part has its own address and user there. The templates and the layout of the secrets are those
of `make run`.
"""

from pathlib import Path
from urllib.parse import quote

from libs.common.storage.settings import StorageSettings
from ops.db.postgres import SUPERUSER
from ops.host import render
from ops.host.files import private_dir, write_private
from ops.install.api_page import publish_api_page
from ops.install.console import publish_console
from ops.layout import SERVICES, Layout
from ops.secrets.store import Owners, ensure_database_urls, ensure_secrets
from ops.settings import RunSettings
from ops.storage import SYSTEM_CERTIFICATES, gateway_cache, installation_storage, registry_s3

DATABASE = "moorage"
# The host names of deploy/compose.yaml.
_POSTGRES = "postgres:5432"
_REGISTRY = "registry:5000"
_SERVICE_PORT = 8000
_GATEWAY_PORT = 8080
_STORAGE = "/var/lib/registry"
_SCRIPT = "containers/run.sh"
_BLOB_CACHE = Path("/var/cache/moorage")
# Docker's DNS server. A restarted container can have another address.
_RESOLVER = "127.0.0.11"


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
    write_private(
        layout.secrets_of("registry") / "config.yml",
        _registry(layout, settings, storage),
        owners.registry,
    )
    script = (render.TEMPLATES / _SCRIPT).read_text()
    write_private(layout.secrets_of("registry") / "run.sh", script, owners.registry)
    private_dir(layout.gateway, owners.registry)
    write_private(layout.gateway / "run.sh", script, owners.registry)
    docs = publish_api_page(layout.gateway / "docs", owners.registry)
    publish_console(layout.gateway / "console", owners.registry)
    write_private(
        layout.gateway / "nginx.conf",
        _gateway(settings, storage, docs, layout.gateway / "console"),
        owners.registry,
    )


def _owner_url(layout: Layout, settings: RunSettings) -> str:
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    password = layout.superuser_password.read_text().strip()
    return f"postgresql://{SUPERUSER}:{quote(password, safe='')}@{_POSTGRES}/{DATABASE}"


def _registry(layout: Layout, settings: RunSettings, storage: StorageSettings) -> str:
    secrets = layout.secrets_of("registry")
    return render.render(
        render.REGISTRY,
        listen_address=f":{_REGISTRY.partition(':')[2]}",
        # Only the container itself reads it: its stop waits until the queue of events is empty.
        debug_address="127.0.0.1:5001",
        storage_root=_STORAGE,
        s3=registry_s3(storage),
        http_secret=(secrets / "http_secret").read_text(),
        token_realm=f"{settings.url}/token",
        token_service="moorage",  # noqa: S106 - a name
        token_issuer="moorage",  # noqa: S106 - a name
        token_ca_path=str(secrets / "token_ca.pem"),
        webhook_url=f"http://events:{_SERVICE_PORT}/registry-events",
        webhook_secret=(secrets / "webhook_secret").read_text(),
    )


def _gateway(settings: RunSettings, storage: StorageSettings, docs: Path, console: Path) -> str:
    certificates = str(storage.s3_ca_file) if storage.s3_ca_file else SYSTEM_CERTIFICATES
    return render.render(
        render.GATEWAY,
        listen_port=_GATEWAY_PORT,
        listen_ipv6=False,
        tls_cert=str(settings.tls_cert) if settings.tls_cert else None,
        tls_key=str(settings.tls_key) if settings.tls_key else None,
        hosts=list(settings.hosts),
        trusted_proxies=[str(network) for network in settings.trusted_proxies],
        connections_per_address=settings.connections_per_address,
        **{f"{service}_address": f"{service}:{_SERVICE_PORT}" for service in SERVICES},
        registry_address=_REGISTRY,
        docs_root=str(docs),
        console_root=str(console),
        blob_root=None if storage.is_s3 else _STORAGE,
        blob_cache=gateway_cache(
            storage, _BLOB_CACHE, certificates=certificates, resolver=_RESOLVER
        ),
        resolver=_RESOLVER,
        workers="auto",
        pid_path="/tmp/nginx.pid",  # noqa: S108 - the container's own
        temp_dir="/tmp",  # noqa: S108
        error_log="stderr",
        access_log="/dev/stdout",
    )
