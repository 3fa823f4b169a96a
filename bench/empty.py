"""A bare FastAPI route that returns a small dict, on the server and settings of the services.

The figures of `/token` are ratios to it.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from ops.host.environment import child_environment
from ops.host.ports import reserve

app = FastAPI()


@app.get("/empty")
async def empty() -> dict[str, str]:
    """Return a small dict."""
    return {"status": "up"}


@contextmanager
def running() -> Iterator[tuple[str, int]]:
    """Serve the route in a process of its own, and yield its URL and its process id."""
    with reserve() as port:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "bench.empty", str(port.number)], env=child_environment()
        )
        try:
            url = f"http://{port.address}/empty"
            _wait(url, process)
            yield url, process.pid
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(url, trust_env=False).raise_for_status()
            return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise RuntimeError("the empty route did not start within 20 s")


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
    )
