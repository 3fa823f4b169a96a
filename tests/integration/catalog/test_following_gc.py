"""`moorage gc` follows a run of the catalog, and stops it.

The tests write the rows that the catalog writes, because they decide when it does what.
"""

from __future__ import annotations

import asyncio
import io
import operator
import os
import pty
import signal
from collections.abc import Callable
from contextlib import closing

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.gc.runs import queries
from services.catalog.gc.runs.domain import STOPPED, Phase, Report
from tests.integration.catalog.collecting import START_SECONDS, Catalog, Command, end_of
from tests.kit.database import Database
from tests.kit.waiting import soon


async def test_a_catalog_that_does_not_begin_is_an_error_and_the_request_is_withdrawn(
    command: Command, emptied: Database
) -> None:
    done = await command.finished()
    assert (done.status, done.stdout, done.stderr) == (
        1,
        "",
        "moorage: the catalog did not begin the garbage collection within 15 s; is it running?\n",
    )
    assert await emptied.fetch("SELECT FROM catalog.garbage_runs") == []


async def test_ctrl_c_stops_following_and_the_run_continues(
    command: Command, catalog: Catalog, engine: AsyncEngine
) -> None:
    with command.running() as process:
        run = await catalog.request()
        await catalog.begin(run)
        process.send_signal(signal.SIGINT)
        done = await end_of(process)
    assert (done.status, done.stdout, done.stderr) == (
        130,
        "",
        "moorage: the garbage collection continues in the catalog;"
        " stop it with `moorage gc --stop`\n",
    )
    async with engine.connect() as tx:
        left = await queries.find_run(tx, id=run.id)
    assert left is not None
    assert (left.finished_at, left.stop_requested) == (None, False)


async def test_stop_ends_the_run_and_waits_for_its_end(
    command: Command, catalog: Catalog, engine: AsyncEngine
) -> None:
    with command.running() as following:
        run = await catalog.request()
        await catalog.begin(run)
        with command.running("--stop") as stopping:

            async def is_to_go_on() -> bool:
                return await catalog.progress(run, Phase.LISTING, 1, None)

            await soon(
                is_to_go_on, until=operator.not_, within=START_SECONDS, what="a stop request"
            )
            assert stopping.poll() is None
            await catalog.finish(run, Report(), STOPPED)
            stopped, followed = await end_of(stopping), await end_of(following)
    assert (stopped.status, stopped.stdout) == (0, "The garbage collection was stopped.\n")
    assert followed.status == 1
    assert followed.stderr == "moorage: the garbage collection was stopped by the operator\n"


async def test_stop_withdraws_a_request_that_no_catalog_begins(
    command: Command, engine: AsyncEngine, emptied: Database
) -> None:
    async with engine.begin() as tx:
        await queries.request_run(tx)
    done = (await command.finished("--stop")).checked()
    assert done.stdout == "The garbage collection was stopped.\n"
    assert await emptied.fetch("SELECT FROM catalog.garbage_runs") == []


async def test_stop_without_a_run_changes_nothing(command: Command) -> None:
    assert (await command.finished("--stop")).checked().stdout == (
        "No garbage collection is running.\n"
    )


async def test_stop_takes_no_other_option(command: Command) -> None:
    done = await command.finished("--stop", "--dry-run")
    assert (done.status, done.stderr) == (
        2,
        "moorage: --stop takes no option of a new garbage collection; remove --dry-run\n",
    )


async def test_a_terminal_shows_each_phase_with_its_progress(
    command: Command, catalog: Catalog
) -> None:
    parent, child = pty.openpty()
    with closing(os.fdopen(parent, "rb", buffering=0)) as terminal:
        shown: list[bytes] = []
        with command.running(stderr=child) as process:
            os.close(child)
            reading = asyncio.create_task(asyncio.to_thread(_read_all, terminal, shown.append))

            def text() -> str:
                return b"".join(shown).decode(errors="replace")

            async def shows(*words: str) -> None:
                await soon(lambda: _has(text(), words), within=START_SECONDS, what=str(words))

            run = await catalog.request()
            await shows("Waiting for the catalog")
            await catalog.begin(run)
            await catalog.progress(run, Phase.LISTING, 1200, None)
            await shows("Listing the storage", "1,200")
            await catalog.progress(run, Phase.SWEEPING, 300, 4000)
            await shows("Deleting blobs", "300/4,000")
            await catalog.progress(run, Phase.SWEEPING, 900, 4000)
            await shows("900/4,000", "/s")
            await catalog.finish(run, Report())
            done = await end_of(process)
            await reading
    assert done.checked().stdout.startswith("Deleted: 0 untagged manifests")


async def _has(text: str, words: tuple[str, ...]) -> bool:
    return all(word in text for word in words)


def _read_all(terminal: io.RawIOBase, keep: Callable[[bytes], None]) -> None:
    """Read until the last program with the terminal has ended, which is an error on Linux."""
    while True:
        try:
            part = terminal.read(4096)
        except OSError:
            return
        if not part:
            return
        keep(part)
