"""Ends this process when it cannot do its work, so that its supervisor starts a new one."""

import os
import signal
import threading

import structlog

_GRACE_SECONDS = 15.0
"""Requests in progress end within 5 s, and background work after that."""
_log = structlog.get_logger()


def end_process(reason: str, **context: str) -> None:
    """Log ``reason`` with ``context``, and stop this process as SIGTERM does.

    If it still runs after 15 s, it exits with status 1.
    """
    _log.critical(f"{reason}; ending the process", **context)
    last_resort = threading.Timer(_GRACE_SECONDS, os._exit, args=(1,))
    last_resort.daemon = True
    last_resort.start()
    os.kill(os.getpid(), signal.SIGTERM)
