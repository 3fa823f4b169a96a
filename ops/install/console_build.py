"""Builds the console in another process while everything else starts.

If the build fails, the registry runs without the console.
"""

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
    """A process of `moorage console`, if the sources changed. It ends with the `with` block."""

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
        """Start the build if the sources changed, and return whether they did.

        Call this from the main thread, because the process ends with the thread that starts it.
        """
        if is_current():
            return False
        self._process = subprocess.Popen(
            die_with_parent(moorage_command("console")),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C on the terminal does not reach it.
        )
        return True

    async def deliver(self, layout: Layout, user: RunUser) -> str | None:
        """Wait for the build and copy the console to the gateway's folder.

        Returns:
            A line for the user if the console could not be built or copied.
        """
        if self._process is None:
            return None
        _, output = await asyncio.to_thread(self._process.communicate)
        log = layout.logs / "console.log"
        try:
            write_private(log, output, user)
            is_published = await asyncio.to_thread(publish_console, layout.run / "console", user)
        except OSError as error:
            return f"the console cannot be served: {error.filename}: {error.strerror}"
        if self._process.returncode == 0:
            return None
        effect = "the last build is served" if is_published else "the registry runs without it"
        return (
            f"the console could not be built, {effect}: {find_reason(output)} (more in {log});"
            " the next start retries"
        )

    def end(self) -> None:
        """Stop the build if it is running. A `deliver` in progress then returns."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def find_reason(output: str) -> str:
    """Return the line of the output of npm or Vite that best explains a failure."""
    lines = [
        line.strip() for line in output.splitlines() if line.strip() and "complete log" not in line
    ]
    for pattern in (r"reason: ", r"^\[[A-Z_]+\] ", r"^npm error ", r"rror"):
        if (found := next((line for line in lines if re.search(pattern, line)), None)) is not None:
            return found
    return lines[-1] if lines else "no output"
