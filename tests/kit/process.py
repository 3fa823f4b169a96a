"""Run a program with a time limit, and check its status and output."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TIME_LIMIT_SECONDS = 90.0
"""A client that takes longer hangs: the tests push and pull a few kilobytes."""


class CommandFailed(AssertionError):
    """A program that must succeed failed. The message has its command line and output."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that has ended: arguments, exit status, and output. Its input is not kept."""

    arguments: tuple[str, ...]
    status: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether the exit status is 0."""
        return self.status == 0

    @property
    def output(self) -> str:
        """Standard output and standard error."""
        return self.stdout + self.stderr

    def checked(self) -> Finished:
        """Return this result if the program succeeded.

        Raises:
            CommandFailed: the exit status is not 0.
        """
        if not self.ok:
            raise CommandFailed(
                f"{shlex.join(self.arguments)}\nexit status {self.status}\n{self.output}"
            )
        return self


def run(
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    stdin: str | bytes = b"",
    seconds: float = TIME_LIMIT_SECONDS,
    directory: Path | None = None,
) -> Finished:
    """Run a program and wait for its end.

    Args:
        arguments: the program and its arguments.
        environment: the whole environment. The program inherits no variable of the developer's
            shell, such as `REGISTRY_AUTH_FILE` or `DOCKER_CONFIG`.
        stdin: the input. Pass secrets here.
        seconds: the time limit. The program is killed after it.
        directory: the working directory.

    Raises:
        CommandFailed: the program did not end in time.
    """
    words = tuple(str(word) for word in arguments)
    given = stdin.encode() if isinstance(stdin, str) else stdin
    try:
        done = subprocess.run(
            words,
            env=dict(environment),
            input=given,
            capture_output=True,
            timeout=seconds,
            cwd=directory,
            check=False,
        )
    except subprocess.TimeoutExpired as hung:
        output = ((hung.stdout or b"") + (hung.stderr or b"")).decode(errors="replace")
        raise CommandFailed(
            f"{shlex.join(words)}\nnot finished after {seconds} s\n{output}"
        ) from hung
    return Finished(
        words,
        done.returncode,
        done.stdout.decode(errors="replace"),
        done.stderr.decode(errors="replace"),
    )
