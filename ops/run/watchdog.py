"""The parent process of a service in a container: it ends a service that hangs.

Container engines report that a container is unhealthy, but do not restart it. They do restart a
container that ends.
"""

import asyncio
import os
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

import typer

from ops.run.health import HealthCheck, Watch

_POLL_SECONDS = 0.1
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
_HUNG_STATUS = 1


def run_watched(name: str, check: HealthCheck) -> None:
    """Return in a child process, which runs the service. The parent watches it, and never returns.

    The parent passes signals on, and ends with the child's status. If the child does not answer
    ``check`` three times in a row, the parent kills it and ends with status 1.
    """
    child = os.fork()
    if child == 0:
        return
    _watch(child, name, check)


def _watch(child: int, name: str, check: HealthCheck) -> NoReturn:
    stopping = False

    def pass_on(number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True
        os.kill(child, number)

    for number in _FORWARDED:
        signal.signal(number, pass_on)
    watch = Watch(check)
    next_check = time.monotonic()
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            sys.exit(_exit_status(status, stopping=stopping))
        if not stopping and time.monotonic() >= next_check:
            if asyncio.run(watch.hangs()):
                typer.echo(f"moorage: {name} does not answer: killing it", err=True)
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                sys.exit(_HUNG_STATUS)
            next_check = time.monotonic() + watch.pause
        time.sleep(_POLL_SECONDS)


def _exit_status(status: int, *, stopping: bool) -> int:
    """Return the exit status of the parent. A service that was asked to stop ends by that signal.

    A shell reports the end by signal n as 128 + n.
    """
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return code
    return 0 if stopping and -code in _FORWARDED else 128 - code
