"""Runs a command so that it cleans up when a signal ends it."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any


def run_until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` until it returns, or until SIGINT or SIGTERM cancels it.

    After a signal, exit with 130 (SIGINT) or 143 (SIGTERM) when `work` has cleaned up.
    """
    received: list[signal.Signals] = []

    async def main() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop(number: signal.Signals) -> None:
            received.append(number)
            assert task is not None
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop, number)
        await work

    try:
        asyncio.run(main())
    except asyncio.CancelledError:
        if not received:
            raise
    if received:
        sys.exit(128 + received[0])
