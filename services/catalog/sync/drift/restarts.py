"""Compares recently written repositories when the registry comes back.

A registry that crashes does not report its last pushes and deletions. The daily comparison would
find them too late.
"""

import asyncio
import socket
from urllib.parse import urlsplit

import structlog
from prometheus_client import Counter

from libs.common.db.engine import Engine
from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.sync.drift import queries, usecases

CHANNEL = "moorage_registry_restarts"
LOOK_BACK_SECONDS = 600.0
"""The registry reports an event within this time, unless it or the events service is away."""
_POLL_SECONDS = 1.0
_RETRY_SECONDS = 0.5
_CONNECT_SECONDS = 2.0
_KEEPALIVE_SECONDS = 5
_PORTS = {"http": 80, "https": 443}

_restarts = Counter(
    "moorage_catalog_registry_restarts_total",
    "Times that a registry was lost, and recently written repositories were compared",
)
_log = structlog.get_logger()


class Connection:
    """An idle connection to one registry process. It ends when the process ends."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @property
    def is_lost(self) -> bool:
        """Whether the registry has closed the connection, or its machine does not respond."""
        return self._reader.at_eof() or self._reader.exception() is not None

    def close(self) -> None:
        """Close the connection at once."""
        self._writer.transport.abort()


class RestartWatch:
    """Notices that a registry process has ended, even if another one answers at once.

    It keeps an idle connection to each address of the registry. A poll would miss a restart between
    two requests, and with several replicas it would reach another one.
    """

    def __init__(
        self,
        engine: Engine,
        registry: Registry,
        *,
        url: str,
        settle_seconds: float = usecases.SETTLE_SECONDS,
    ) -> None:
        """Watch the registry at ``url``."""
        parts = urlsplit(url)
        self._host = parts.hostname or "localhost"
        self._port = parts.port or _PORTS[parts.scheme]
        self._engine = engine
        self._registry = registry
        self._settle_seconds = settle_seconds
        self._connections: dict[str, Connection] = {}
        self._is_due = True
        """True at the start: the registry may have crashed while no catalog watched it."""

    async def step(self) -> float:
        """Compare and repair if a registry was lost. Return the seconds until the next step."""
        for address in [a for a, connection in self._connections.items() if connection.is_lost]:
            self._connections.pop(address).close()
            self._is_due = True
            _log.warning("the registry closed its connection", address=address)
        try:
            await self._connect()
            if self._is_due:
                await self._registry.check()
                await self._compare_and_repair()
        except (OSError, TimeoutError, RegistryUnavailable) as error:
            self._is_due = True
            _log.warning("the registry is away", reason=str(error) or type(error).__name__)
            return _RETRY_SECONDS
        self._is_due = False
        return _POLL_SECONDS

    def close(self) -> None:
        """Close all connections."""
        while self._connections:
            self._connections.popitem()[1].close()

    async def _connect(self) -> None:
        """Connect to each address of the registry that has no connection."""
        async with asyncio.timeout(_CONNECT_SECONDS):
            found = await asyncio.get_running_loop().getaddrinfo(
                self._host, self._port, type=socket.SOCK_STREAM
            )
            addresses = {str(entry[4][0]) for entry in found}
            failed: OSError | None = None
            for address in sorted(addresses - self._connections.keys()):
                try:
                    self._connections[address] = await _open(address, self._port)
                except OSError as error:  # such as the IPv6 address of a registry without IPv6
                    failed = error
            for address in self._connections.keys() - addresses:
                self._connections.pop(address).close()
        if failed is not None and not self._connections:
            raise failed

    async def _compare_and_repair(self) -> None:
        async with self._engine.connect() as tx:
            paths = await queries.list_recently_written(tx, seconds=LOOK_BACK_SECONDS)
        comparison = await usecases.compare_repositories(
            engine=self._engine,
            registry=self._registry,
            paths=paths,
            settle_seconds=self._settle_seconds,
        )
        left = await usecases.repair(
            engine=self._engine, registry=self._registry, found=comparison.differences
        )
        _restarts.inc()
        _log.info(
            "recently written repositories compared after the registry came back",
            repositories=len(paths),
            found=len(comparison.differences),
            left=len(left) + len(comparison.failures),
        )


async def _open(address: str, port: int) -> Connection:
    reader, writer = await asyncio.open_connection(address, port)
    found: socket.socket = writer.get_extra_info("socket")
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
        found.setsockopt(socket.IPPROTO_TCP, option, _KEEPALIVE_SECONDS)
    return Connection(reader, writer)
