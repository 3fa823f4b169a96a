"""The console is built while everything else starts: what it takes, nobody waits for twice, and what it lacks stops nothing."""

import asyncio
import re
import subprocess
from types import TracebackType

from ops.host.command import moorage_command
from ops.host.files import write_private
from ops.host.privileges import RunUser, die_with_parent
from ops.install.console import is_current, publish_console
from ops.layout import Layout

_END_SECONDS = 5.0


class ConsoleBuild:
    """A `moorage console` of its own process, if there is something to build; it ends with the block at the latest."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "ConsoleBuild":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()

    def start(self) -> bool:
        """Begin unless the console is built already; return whether there is a build. To be called in the main thread."""
        if is_current():
            return False
        self._process = subprocess.Popen(
            die_with_parent(moorage_command("console")),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C on the terminal reaches us alone
        )
        return True

    async def deliver(self, layout: Layout, user: RunUser) -> str | None:
        """Wait for its end and give its files to the gateway; return a line for the user when there is no new console."""
        if self._process is None:
            return None
        _, said = await asyncio.to_thread(self._process.communicate)
        log = layout.logs / "console.log"
        try:
            write_private(log, said, user)
            there = await asyncio.to_thread(publish_console, layout.run / "console", user)
        except OSError as error:
            return f"the console cannot be served: {error.filename}: {error.strerror}"
        if self._process.returncode == 0:
            return None
        effect = "what is served is the one before" if there else "the registry runs without it"
        return f"the console could not be built, {effect}: {_reason(said)} (more in {log}); the next start tries again"

    def end(self) -> None:
        """End it, if it still runs; a `finished` that waits for it returns."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _reason(said: str) -> str:
    """Return the line of the builder's output that tells most: of npm, of Vite, of anyone."""
    lines = [
        line.strip() for line in said.splitlines() if line.strip() and "complete log" not in line
    ]
    for telling in (r"reason: ", r"^\[[A-Z_]+\] ", r"^npm error ", r"rror"):
        if (found := next((line for line in lines if re.search(telling, line)), None)) is not None:
            return found
    return lines[-1] if lines else "it was ended"
