"""`moorage serve`: runs one service in this process."""

import asyncio
import contextlib
import gc
import importlib
import ipaddress
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from itertools import chain, repeat
from types import FrameType

import uvicorn

from libs.common.db.startup import UnusableDatabase, is_reached
from libs.common.settings import SettingsError
from libs.common.web import logging
from ops.errors import OpsError
from ops.run.contradictions import check_name_reservation, shortest_reservation

_NOT_STARTED = 3
_GRACEFUL_SECONDS = 5
"""A stop closes idle connections and waits this long for requests."""
_DATABASE_RETRY_SECONDS = (1.0, 2.0, 5.0, 10.0)
"""The pauses between checks of an unreachable database; the last one repeats."""

CheckDatabase = Callable[[], Awaitable[bool]]
"""Checks the database, and returns whether it was reached. Raises UnusableDatabase."""


class Server(uvicorn.Server):
    """A server whose app is not ready from the first signal to stop on.

    It then serves for ``drain_seconds``, so that whoever asks for ``/readyz`` sends it no more
    requests, and stops. A second signal stops it at once. It does not run with a database that
    ``check_database`` refuses; ``refusal`` then says why.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        drain_seconds: float = 0.0,
        check_database: CheckDatabase | None = None,
    ) -> None:
        super().__init__(config)
        self.refusal: str | None = None
        self._drain_seconds = drain_seconds
        self._stop_at: float | None = None
        self._check_database = check_database
        self._later_check: asyncio.Task[None] | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain, then stop."""
        self.config.app.state.readiness.drain()  # type: ignore[union-attr]
        if self._stop_at is None and self._drain_seconds:
            self._stop_at = time.monotonic() + self._drain_seconds
        else:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop. uvicorn calls it ten times per second."""
        if self._stop_at is not None and time.monotonic() >= self._stop_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Check the database, then start the app. Check an unreachable database later."""
        if self._check_database is not None and not await self._is_checked():
            self._later_check = asyncio.create_task(self._check_until_reached())
        if not self.should_exit:
            await super().startup(sockets)

    async def _is_checked(self) -> bool:
        assert self._check_database is not None
        try:
            return await self._check_database()
        except UnusableDatabase as error:
            self.refusal = str(error)
            self.should_exit = True
            return True

    async def _check_until_reached(self) -> None:
        for pause in chain(_DATABASE_RETRY_SECONDS, repeat(_DATABASE_RETRY_SECONDS[-1])):
            await asyncio.sleep(pause)
            if await self._is_checked():
                return


class ServiceSettingError(OpsError):
    """A setting of the service is missing or wrong, or names an unusable database."""

    exit_code = 2


def serve(service: str, *, host: str, port: int, drain_seconds: float = 0.0) -> None:
    """Run `service` until a signal ends it, and `drain_seconds` longer.

    Raises:
        ServiceSettingError: A setting is missing or wrong, or the database cannot be used.
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
    check_database = partial(
        is_reached,
        settings.database_url.get_secret_value(),
        application_name=f"moorage {service}",
        connections=app.state.connections,
    )
    server = Server(config, drain_seconds=drain_seconds, check_database=check_database)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if server.refusal is not None:
        raise ServiceSettingError(f"{service.upper()}_DATABASE_URL: {server.refusal}")
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
