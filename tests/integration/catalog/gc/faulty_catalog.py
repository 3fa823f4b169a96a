"""A catalog in a process of its own, which a signal hits at a chosen step of a run."""

import asyncio
import inspect
import multiprocessing
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from signal import SIGKILL, Signals, pthread_kill
from types import ModuleType
from typing import Any

from pydantic import AnyHttpUrl, SecretStr

from libs.common.storage import local, local_repositories
from services.catalog.app import create_app
from services.catalog.deletion.tags import queries as tag_deletions
from services.catalog.gc.blobs import queries as blobs
from services.catalog.gc.manifests import queries as manifests
from services.catalog.gc.runs import queries as runs
from services.catalog.gc.sweeps import queries as sweeps
from services.catalog.settings import Settings
from tests.kit.waiting import soon

# The fork server imports this module once, so that a process starts within milliseconds.
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])


@dataclass(frozen=True, slots=True)
class Hit:
    """A signal, and the step at which it comes.

    ``step`` is "before" or "after" and the name of a call: of a method of the storage, of a query,
    or of a function that moves or removes files. A query has run then, but is not committed.
    ``nth`` is the number of the occurrence.
    """

    step: str
    signal: Signals = SIGKILL
    nth: int = 1


@dataclass
class _Steps:
    """Counts the occurrences of the step, and sends the signal to this process."""

    hit: Hit
    seen: int = field(default=0)

    def come_to(self, step: str) -> None:
        if step == self.hit.step:
            self.seen += 1
            if self.seen == self.hit.nth:
                # A signal to the process can come to another thread, while this one goes on.
                pthread_kill(threading.get_ident(), self.hit.signal)

    def instrument(self, owner: ModuleType | type, names: list[str]) -> None:
        for name in names:
            setattr(owner, name, self._wrapped(name, getattr(owner, name)))

    def _wrapped(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(function):

            async def call(*arguments: Any, **named: Any) -> Any:
                self.come_to(f"before {name}")
                result = await function(*arguments, **named)
                self.come_to(f"after {name}")
                return result

        elif inspect.isasyncgenfunction(function):

            async def call(*arguments: Any, **named: Any) -> Any:  # type: ignore[misc]
                self.come_to(f"before {name}")
                async for one in function(*arguments, **named):
                    yield one
                self.come_to(f"after {name}")

        else:

            def call(*arguments: Any, **named: Any) -> Any:  # type: ignore[misc]
                self.come_to(f"before {name}")
                result = function(*arguments, **named)
                self.come_to(f"after {name}")
                return result

        return call


def _serve(
    secrets_dir: str, database_url: str, registry_url: str, storage: str, hit: Hit | None
) -> None:
    settings = Settings(
        SECRETS_DIR=Path(secrets_dir),
        database_url=SecretStr(database_url),
        registry_url=AnyHttpUrl(registry_url),
        storage_path=Path(storage),
    )
    if hit is not None:
        steps = _Steps(hit)
        for module in (blobs, manifests, runs, sweeps, tag_deletions):
            steps.instrument(
                module,
                [name for name, one in vars(module).items() if inspect.iscoroutinefunction(one)],
            )
        methods = [name for name in vars(local.LocalStorage) if not name.startswith("_")]
        steps.instrument(local.LocalStorage, methods)
        steps.instrument(local, ["move_blobs", "remove_moved"])
        steps.instrument(local_repositories, ["move"])

    async def run() -> None:
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            await asyncio.Event().wait()

    asyncio.run(run())


@dataclass
class FaultyCatalog:
    """Starts one process after the other. All of them are killed at the end."""

    arguments: tuple[str, str, str, str]
    started: list[ForkServerProcess] = field(default_factory=list)

    def start(self, hit: Hit | None = None) -> ForkServerProcess:
        """Start a process, and do not wait until it works."""
        process = _processes.Process(target=_serve, args=(*self.arguments, hit))
        process.start()
        self.started.append(process)
        return process

    def kill(self) -> None:
        """Kill all processes, the stopped ones too."""
        for process in self.started:
            process.kill()
            process.join()


async def dead(process: ForkServerProcess, *, within: float = 60) -> None:
    """Wait until the process was killed."""
    await soon(_awaitable(process.is_alive), lambda is_alive: not is_alive, within=within)


async def stopped(process: ForkServerProcess, *, within: float = 60) -> None:
    """Wait until the process is stopped by SIGSTOP."""

    def state() -> str:
        return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]

    await soon(_awaitable(state), lambda seen: seen == "T", within=within)


def _awaitable(function: Callable[[], Any]) -> Callable[[], Awaitable[Any]]:
    async def call() -> Any:
        return function()

    return call
