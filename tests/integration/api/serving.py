"""All services on real sockets, in a thread with its own event loop, for blocking clients."""

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from fastapi import FastAPI

from libs.common.security.jwt import SigningKey
from tests.integration.api.installation import Installation, make_apps
from tests.kit.database import Database

T = TypeVar("T")
_STARTED_WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class Served:
    """The URLs of the services, and the installation that prepares their database."""

    urls: Mapping[str, str]
    installation: Installation
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` in the event loop of the servers and wait for its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)


class _Server(uvicorn.Server):
    """A server that reports when it has started."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(uvicorn.Config(app, log_level="critical", ws="none", access_log=False))
        self.is_up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.is_up.set()


@contextmanager
def serving(database: Database, directory: Path, session_key: SigningKey) -> Iterator[Served]:
    """Serve one replica of each service until the context ends."""
    apps = make_apps(database, directory)
    servers = {name: _Server(app) for name, app in apps.items()}
    with ExitStack() as stack:
        sockets = {name: stack.enter_context(closing(_listening())) for name in servers}
        loop = asyncio.new_event_loop()
        stack.callback(loop.close)

        async def serve_all() -> None:
            await asyncio.gather(
                *(server.serve([sockets[name]]) for name, server in servers.items())
            )

        thread = threading.Thread(
            target=loop.run_until_complete, args=(serve_all(),), name="services"
        )
        thread.start()
        try:
            assert all(server.is_up.wait(_STARTED_WITHIN) for server in servers.values())
            urls = {
                name: f"http://127.0.0.1:{listening.getsockname()[1]}"
                for name, listening in sockets.items()
            }
            yield Served(urls, Installation(database, apps, session_key), loop)
        finally:
            for server in servers.values():
                server.should_exit = True
            thread.join()


def _listening() -> socket.socket:
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    return made
