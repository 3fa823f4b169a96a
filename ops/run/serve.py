"""`moorage serve`: runs one service in this process."""

import contextlib
import gc
import importlib
import ipaddress
import os
import sys
from types import FrameType

import uvicorn

from libs.common.settings import SettingsError
from libs.common.web import logging
from ops.errors import OpsError
from ops.run.contradictions import check_name_reservation, shortest_reservation

_NOT_STARTED = 3
_GRACEFUL_SECONDS = 5
"""A stop closes idle connections and waits this long for requests."""


class Server(uvicorn.Server):
    """A server whose app is not ready from the first signal to stop on."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain, then stop."""
        self.config.app.state.readiness.drain()  # type: ignore[union-attr]
        super().handle_exit(sig, frame)


class ServiceSettingError(OpsError):
    """A setting of the service is missing or wrong."""

    exit_code = 2


def serve(service: str, *, host: str, port: int) -> None:
    """Run `service` until a signal ends it.

    Raises:
        ServiceSettingError: A setting is missing or wrong.
    """
    settings_module = importlib.import_module(f"services.{service}.settings")
    app_module = importlib.import_module(f"services.{service}.app")
    if service == "catalog" and not os.environ.get("CATALOG_NAME_RESERVATION_SECONDS"):
        # A name must stay reserved until the last token for it has expired.
        os.environ["CATALOG_NAME_RESERVATION_SECONDS"] = str(shortest_reservation(os.environ))
    if service == "catalog":
        check_name_reservation(os.environ)
    try:
        settings = settings_module.load_settings()
    except SettingsError as error:
        raise ServiceSettingError(str(error)) from None
    logging.configure(service, settings.log_level)
    app = app_module.create_app(settings)
    _tune_garbage_collection()
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,  # libs.common.web.logging configures it
        access_log=False,  # the app logs each request with its id
        proxy_headers=True,
        forwarded_allow_ips=_trusted_proxies(host),
        server_header=False,
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
    )
    server = Server(config)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(_NOT_STARTED)


def _tune_garbage_collection() -> None:
    """Keep Python's garbage collection from stopping all requests for 100 ms (measured).

    A full collection looks at every object. A body of 21,000 empty lists is enough to start one. So
    the objects that exist now, which stay until the process ends, are exempt, and collections of
    the caches are rare. Almost all other objects are freed by their reference count.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def _trusted_proxies(host: str) -> str:
    """Return the addresses whose X-Forwarded headers the service trusts.

    On a loopback address, only the gateway of the same machine reaches the service. On another
    address, the gateway's address is unknown, and the network must let only the gateway reach the
    service.
    """
    try:
        return "127.0.0.1" if ipaddress.ip_address(host).is_loopback else "*"
    except ValueError:
        return "*"
