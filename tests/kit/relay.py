"""A TCP relay between a service and its database, whose connections a test can cut and repair."""

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Relay:
    """Relays 127.0.0.1:``port`` to another port.

    While it is cut, existing connections break and new ones are refused.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self.port = 0

    async def repair(self) -> None:
        """Listen again, on the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Break every connection and refuse new ones."""
        self._flows.set()
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()

    def hang(self) -> None:
        """Stop forwarding bytes, without closing a connection."""
        self._flows.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, far_writer}
        await asyncio.gather(
            _pump(reader, far_writer, self._flows), _pump(far_reader, writer, self._flows)
        )
        self._writers -= {writer, far_writer}


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flows: asyncio.Event
) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(65536):
            await flows.wait()
            writer.write(chunk)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def relay(target: int) -> AsyncIterator[Relay]:
    """Run a relay to 127.0.0.1:``target`` that accepts connections."""
    line = Relay(target)
    await line.repair()
    try:
        yield line
    finally:
        await line.cut()
