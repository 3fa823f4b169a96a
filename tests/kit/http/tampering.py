"""A proxy between a client and the gateway that changes requests or responses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

_HOP_BY_HOP = {"connection", "content-length", "transfer-encoding", "keep-alive"}


def _unchanged(_: httpx.Request, response: httpx.Response) -> bytes:
    return response.content


def _nothing(_: httpx.Request) -> bool:
    return False


@dataclass
class Proxy:
    """Forwards requests to the gateway.

    If ``delays`` returns true, the client's connection ends, and the request goes to ``delayed``.
    It can be sent later, as by a network that is slow.

    ``answer`` returns the body of the response; it may wait. ``seen`` has the method, the path, and
    the status of each request.
    """

    gateway: str
    answer: Callable[[httpx.Request, httpx.Response], bytes] = _unchanged
    delays: Callable[[httpx.Request], bool] = _nothing
    delayed: list[httpx.Request] = field(default_factory=list)
    seen: list[tuple[str, str, int]] = field(default_factory=list)
    port: int = 0

    @property
    def registry(self) -> str:
        """The registry's part of an image name."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def running_proxy(gateway: str) -> Iterator[Proxy]:
    """Run a proxy in front of the gateway at the URL ``gateway``."""
    proxy = Proxy(gateway)
    with httpx.Client(base_url=gateway, trust_env=False, timeout=60) as upstream:

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                _forward(self, upstream, proxy)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        proxy.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _forward(handler: BaseHTTPRequestHandler, upstream: httpx.Client, proxy: Proxy) -> None:
    headers = [(name, value) for name, value in handler.headers.items() if _is_kept(name)]
    request = upstream.build_request(
        handler.command, handler.path, headers=headers, content=_body(handler)
    )
    if proxy.delays(request):
        proxy.delayed.append(request)
        handler.close_connection = True
        return
    response = upstream.send(request)
    content = proxy.answer(request, response)
    proxy.seen.append((handler.command, handler.path, response.status_code))
    handler.send_response_only(response.status_code)
    for name, value in response.headers.multi_items():
        if _is_kept(name):
            handler.send_header(name, value)
    length = len(content)
    if handler.command == "HEAD":
        length = int(response.headers.get("content-length", 0))
    if response.status_code != httpx.codes.NO_CONTENT:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()
    handler.wfile.write(content)


def _is_kept(name: str) -> bool:
    return name.lower() not in _HOP_BY_HOP


def _body(handler: BaseHTTPRequestHandler) -> bytes:
    if handler.headers.get("Transfer-Encoding", "").lower() != "chunked":
        return handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
    body = b""
    while size := int(handler.rfile.readline().partition(b";")[0], 16):
        body += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return body
