"""`moorage serve`: one service on one address, in this process."""

import importlib
import ipaddress
import os

import uvicorn

from libs.common.settings import SettingsError
from libs.common.web import logging
from ops.errors import OpsError
from ops.host.environment import longest_token_seconds

# A client that keeps a connection open is told to go; what runs is finished.
_GRACEFUL_SECONDS = 5


class ServiceSettingError(OpsError):
    """A setting of the service is wrong or missing."""

    exit_code = 2


def serve(service: str, *, host: str, port: int) -> None:
    """Run `service` until it is told to end; raises ServiceSettingError with one line that names a wrong setting."""
    settings_module = importlib.import_module(f"services.{service}.settings")
    app_module = importlib.import_module(f"services.{service}.app")
    if service == "catalog" and not os.environ.get("CATALOG_NAME_RESERVATION_SECONDS"):
        # Names stay taken until the last token that names them has ended.
        os.environ["CATALOG_NAME_RESERVATION_SECONDS"] = str(longest_token_seconds(os.environ) + 60)
    try:
        settings = settings_module.load_settings()
    except SettingsError as error:
        raise ServiceSettingError(str(error)) from None
    logging.configure(service, settings.log_level)
    uvicorn.run(
        app_module.create_app(settings),
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,  # libs.common.web.logging has set it up
        access_log=False,  # the app writes its own, with the request id
        proxy_headers=True,
        forwarded_allow_ips=_proxies(host),
        server_header=False,
        timeout_graceful_shutdown=_GRACEFUL_SECONDS,
    )


def _proxies(host: str) -> str:
    """Whose X-Forwarded headers count. On a loopback address only the gateway beside us reaches the service; anywhere
    else that is the business of the network, in which the gateway's address is not known beforehand."""
    try:
        return "127.0.0.1" if ipaddress.ip_address(host).is_loopback else "*"
    except ValueError:
        return "*"
