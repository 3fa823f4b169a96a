"""The programs of `moorage run`: command lines, environments, and rendered configuration."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from libs.common.storage.settings import StorageSettings, variables
from ops import storage
from ops.db import postgres
from ops.errors import OpsError
from ops.host import render
from ops.host.command import moorage_command
from ops.host.environment import REGISTRY_ENVIRONMENT, TOKEN_LIFETIMES, child_environment
from ops.host.files import private_dir, write_private
from ops.host.ports import ReservedPort
from ops.host.privileges import RunUser
from ops.install.api_page import publish_api_page
from ops.install.console import is_current, publish_console
from ops.install.debian import Tool, nginx_version
from ops.layout import SERVICES, Layout
from ops.run.health import HealthCheck
from ops.run.line_filter import without_queries
from ops.run.supervisor import Program, last_line
from ops.settings import RunSettings

PARTS = ("postgres", "registry", *SERVICES)
"""The parts with a private port."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The facts of a run that are fixed before its first program starts."""

    settings: RunSettings
    storage: StorageSettings
    layout: Layout
    user: RunUser
    nginx: Tool
    registry: Tool
    ports: Mapping[str, ReservedPort]
    ipv6: bool

    def log(self, name: str) -> Path:
        """Return the log file of a part."""
        return self.layout.logs / f"{name}.log"

    @property
    def token_service(self) -> str:
        """The registry's name in tokens: the same for auth, registry, catalog, and events."""
        return os.environ.get("AUTH_SERVICE") or "moorage"

    @property
    def token_issuer(self) -> str:
        """The issuer of tokens: the same for auth, registry, catalog, and events."""
        return os.environ.get("AUTH_ISSUER") or "moorage"


def postgres_program(installation: Installation) -> Program:
    """Return the program of the embedded PostgreSQL."""
    return Program(
        name="postgres",
        argv=postgres.server_command(
            installation.layout.postgres, installation.ports["postgres"].number, durable=True
        ),
        environment=child_environment(),
        log=installation.log("postgres"),
        stop_signal=signal.SIGINT,  # Fast shutdown: close sessions, write data.
        hurry_signal=signal.SIGQUIT,  # Immediate shutdown: free shared memory, recover later.
        stop_seconds=30,
        death_signal="INT",
    )


_COMMON_SETTINGS = ("LOG_LEVEL", "AUDIT_DAYS")
"""Settings that every service has (``libs.common.settings``)."""
_GARBAGE_PREFIX = "GC_"
"""Prefix of the settings of garbage collection, which the catalog does."""


def service_environment(installation: Installation, service: str) -> dict[str, str]:
    """Return the environment of `service`: the user's settings and, over them, those of the run."""
    secrets = installation.layout.secrets_of(service)
    chosen = {
        name: value
        for name, value in os.environ.items()
        # A variable would override the file of a secret.
        if (name in _COMMON_SETTINGS or name.startswith(f"{service.upper()}_"))
        and not (secrets / name.lower()).exists()
    }
    fixed = {"SECRETS_DIR": str(secrets), "PYTHONUNBUFFERED": "1"}
    if service == "auth":
        fixed |= {
            "AUTH_SERVICE": installation.token_service,
            "AUTH_ISSUER": installation.token_issuer,
            "AUTH_IMAGES_FOLDER": str(installation.layout.registry),
            "MOORAGE_STORAGE": installation.storage.storage,
        }
    else:
        prefix = service.upper()
        fixed |= {
            f"{prefix}_REGISTRY_URL": f"http://{installation.ports['registry'].address}",
            f"{prefix}_REGISTRY_SERVICE": installation.token_service,
            f"{prefix}_ISSUER": installation.token_issuer,
        }
    if service == "catalog":
        fixed["CATALOG_STORAGE_PATH"] = str(installation.layout.registry)
        fixed |= storage.service_variables(installation.storage, s3_certificates(installation))
        fixed["MOORAGE_FOREIGN_LAYER_URLS"] = ",".join(installation.settings.foreign_layer_urls)
        chosen |= {
            name: value
            for name, value in os.environ.items()
            if name in (*TOKEN_LIFETIMES, "TRASH_DAYS") or name.startswith(_GARBAGE_PREFIX)
        }
    if service in ("auth", "catalog"):
        if os.environ.get("MIN_FREE_BYTES"):
            chosen["MIN_FREE_BYTES"] = os.environ["MIN_FREE_BYTES"]
        if installation.settings.database_url is None:
            fixed[f"{service.upper()}_DATABASE_FOLDER"] = str(installation.layout.postgres)
    return child_environment(**(chosen | fixed))


def service_program(installation: Installation, service: str) -> Program:
    """Return the program of a service."""
    port = str(installation.ports[service].number)
    environment = service_environment(installation, service)
    if service == "catalog":
        settings = {
            name: value
            for name, value in environment.items()
            if name in ("SECRETS_DIR", *TOKEN_LIFETIMES, *variables(), *storage.ROLE_VARIABLES)
            or name.startswith(("CATALOG_", _GARBAGE_PREFIX))
        }
        write_private(
            installation.layout.catalog_environment, json.dumps(settings), installation.user
        )
    return Program(
        name=service,
        argv=moorage_command("serve", service, "--host", "127.0.0.1", "--port", port),
        environment=environment,
        log=installation.log(service),
        health_check=HealthCheck(installation.ports[service].number),
    )


def registry_program(installation: Installation) -> Program:
    """Write the registry's configuration and return its program."""
    layout = installation.layout
    configuration = layout.run / "registry.yml"
    private_dir(layout.registry, installation.user)
    rendered = render.render(
        render.REGISTRY,
        listen_address=installation.ports["registry"].address,
        debug_address=None,
        storage_root=str(layout.registry),
        s3=storage.registry_s3(installation.storage),
        http_secret=(layout.secrets_of("registry") / "http_secret").read_text(),
        token_realm=f"{installation.settings.url}/token",
        token_service=installation.token_service,
        token_issuer=installation.token_issuer,
        token_ca_path=str(layout.secrets_of("registry") / "token_ca.pem"),
        webhook_url=f"http://{installation.ports['events'].address}/registry-events",
        webhook_secret=(layout.secrets_of("registry") / "webhook_secret").read_text(),
    )
    write_private(configuration, rendered, installation.user)
    environment = child_environment(
        **REGISTRY_ENVIRONMENT,
        **installation.registry.environment,
        **storage.role_variables(installation.storage),
    )
    if (certificates := s3_certificates(installation)) is not None:
        environment["SSL_CERT_FILE"] = str(certificates)
    return Program(
        name="registry",
        argv=[str(installation.registry.path), "serve", str(configuration)],
        environment=environment,
        log=installation.log("registry"),
        stop_seconds=5,
        line_filter=without_queries,
        health_check=HealthCheck(installation.ports["registry"].number, path="/"),
    )


def gateway_program(installation: Installation) -> Program:
    """Write and test nginx's configuration, and return its program.

    Raises:
        OpsError: nginx rejects the configuration. The message is nginx's.
    """
    settings, layout, user = installation.settings, installation.layout, installation.user
    configuration = layout.run / "nginx.conf"
    certificate, key = _copy_certificate(installation)
    publish_console(layout.run / "console", user, building=not is_current())
    rendered = render.render(
        render.GATEWAY,
        listen_port=settings.port,
        listen_ipv6=installation.ipv6,
        tls_cert=certificate,
        tls_key=key,
        hosts=list(settings.hosts),
        trusted_proxies=[str(network) for network in settings.trusted_proxies],
        connections_per_address=settings.connections_per_address,
        **{f"{part}_address": installation.ports[part].address for part in ("registry", *SERVICES)},
        docs_root=str(publish_api_page(layout.run / "docs", user)),
        console_root=str(layout.run / "console"),
        blob_root=None if installation.storage.is_s3 else str(layout.registry),
        blob_cache=_blob_cache(installation),
        resolver=None,
        workers="auto",
        pid_path=str(layout.run / "nginx.pid"),
        temp_dir=str(private_dir(layout.run / "nginx-temp", user)),
        error_log=str(installation.log("gateway")),
        access_log=str(installation.log("access")),
    )
    write_private(configuration, rendered, user)
    argv = [str(installation.nginx.path), "-p", str(layout.run), "-c", str(configuration)]
    if nginx_version(installation.nginx) >= (1, 19, 5):
        argv += ["-e", str(installation.log("gateway"))]
    program = Program(
        name="gateway",
        argv=argv,
        environment=child_environment(**installation.nginx.environment),
        log=installation.log("gateway"),
        stop_signal=signal.SIGQUIT,  # Finish requests in progress.
        stop_seconds=5,
        may_bind_low_ports=settings.port < 1024,
        health_check=HealthCheck(settings.port, tls=settings.tls_cert is not None),
    )
    _test_configuration(program, user)
    return program


def _blob_cache(installation: Installation) -> storage.GatewayCache | None:
    layout = installation.layout
    own = s3_certificates(installation)
    cache = storage.gateway_cache(
        installation.storage,
        layout.blob_cache,
        certificates=storage.system_certificates() if own is None else str(own),
    )
    if cache is not None:
        private_dir(layout.blob_cache, installation.user)
    return cache


def s3_certificates(installation: Installation) -> Path | None:
    """Copy S3_CA_FILE for the children's user, and return the copy."""
    source = installation.storage.s3_ca_file
    if source is None or not installation.storage.is_s3:
        return None
    copy = installation.layout.run / "s3-ca.pem"
    if not copy.exists():
        write_private(copy, source.read_bytes(), installation.user)
    return copy


def _test_configuration(program: Program, user: RunUser) -> None:
    done = subprocess.run(
        user.command([*program.argv, "-t", "-q"], may_bind_low_ports=program.may_bind_low_ports),
        env=dict(program.environment),
        capture_output=True,
        text=True,
        cwd="/",
        start_new_session=True,  # Otherwise Ctrl-C ends it, and the configuration looks wrong.
        check=False,
    )
    if done.returncode != 0:
        reason = next(
            (line for line in done.stderr.splitlines() if "[emerg]" in line),
            last_line(program.log),
        )
        raise OpsError(f"nginx rejects its configuration: {reason}")


def _copy_certificate(installation: Installation) -> tuple[str | None, str | None]:
    """Copy the certificate and its key for the children's user: often only root can read a key."""
    settings, layout = installation.settings, installation.layout
    if settings.tls_cert is None or settings.tls_key is None:
        return None, None
    certificate, key = layout.run / "tls.crt", layout.run / "tls.key"
    write_private(certificate, settings.tls_cert.read_bytes(), installation.user)
    write_private(key, settings.tls_key.read_bytes(), installation.user)
    return str(certificate), str(key)


def reset_run_folder(layout: Layout, user: RunUser) -> None:
    """Delete and create the folder of one run, which has files of the last run after a crash."""
    shutil.rmtree(layout.run, ignore_errors=True)
    private_dir(layout.run, user)
