"""Runs `moorage gc`, and plays the catalog's part in a garbage collection."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.gc.runs import queries
from services.catalog.gc.runs.domain import Phase, Report, Run
from tests.kit.process import Finished
from tests.kit.waiting import soon

START_SECONDS = 20.0
"""The longest time that the command may take to start on a busy machine."""


@dataclass(frozen=True, slots=True)
class Command:
    """The environment in which a test runs `moorage gc`."""

    environment: dict[str, str]

    @contextmanager
    def running(
        self, *options: str, stderr: int = subprocess.PIPE
    ) -> Iterator[subprocess.Popen[str]]:
        """Run `moorage gc` until the context ends."""
        process = subprocess.Popen(
            [sys.executable, "-m", "ops", "gc", *options],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()

    async def finished(self, *options: str) -> Finished:
        """Run `moorage gc` and wait for its end."""
        with self.running(*options) as process:
            return await end_of(process)


async def end_of(process: subprocess.Popen[str]) -> Finished:
    """Wait for the end of a command."""
    output, errors = await asyncio.to_thread(process.communicate, timeout=60)
    return Finished(("moorage", "gc"), process.returncode, output, errors)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Does what the catalog does with a run."""

    engine: AsyncEngine

    async def request(self) -> Run:
        """Wait until a run is requested."""
        run = await soon(self._open_run, within=START_SECONDS, what="a requested run")
        assert run is not None
        return run

    async def _open_run(self) -> Run | None:
        async with self.engine.connect() as tx:
            return await queries.find_open_run(tx)

    async def begin(self, run: Run) -> None:
        """Begin with a run."""
        async with self.engine.begin() as tx:
            await queries.begin(tx, id=run.id)

    async def progress(self, run: Run, phase: Phase, done: int, total: int | None) -> bool:
        """Record the progress of a run, and return whether it is to go on."""
        async with self.engine.begin() as tx:
            return await queries.record_progress(
                tx, id=run.id, phase=phase, done=done, total=total, report=Report()
            )

    async def finish(self, run: Run, report: Report, error: str | None = None) -> None:
        """End a run."""
        async with self.engine.begin() as tx:
            await queries.finish(tx, id=run.id, report=report, error=error)
