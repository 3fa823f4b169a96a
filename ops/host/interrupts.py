"""Runs a command so that being told to end lets it clean up behind itself."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from typing import Any


def run_until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end; SIGINT and SIGTERM cancel it, and then this exits with 130 or 143 once it has cleaned up."""
    told: list[signal.Signals] = []

    async def main() -> None:
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def stop(number: signal.Signals) -> None:
            told.append(number)
            assert task is not None
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop, number)
        await work

    try:
        asyncio.run(main())
    except asyncio.CancelledError:
        if not told:
            raise
    if told:
        sys.exit(128 + told[0])
