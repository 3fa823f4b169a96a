"""Runs a program with a time limit and keeps what it said."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TIME_LIMIT_SECONDS = 90.0
"""A client that takes longer than this hangs: pulls and pushes in the tests are a few kilobytes."""


class CommandFailed(AssertionError):
    """A program that had to succeed did not; the message holds its command line and everything it said."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that has ended: what it was called with (never its input), its exit status and its output."""

    arguments: tuple[str, ...]
    status: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        return self.status == 0

    @property
    def output(self) -> str:
        """Both streams, for searching an error message in."""
        return self.stdout + self.stderr

    def checked(self) -> Finished:
        """The same, when the program succeeded.

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
    """Runs a program to its end.

    Args:
        environment: the whole environment of the program; nothing is inherited, so that a variable of the
            developer's shell (`REGISTRY_AUTH_FILE`, `DOCKER_CONFIG`) can neither reach a client nor be changed by one.
        stdin: where a secret belongs.
        seconds: it is killed after this long.

    Raises:
        CommandFailed: it did not end in time.
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
        said = (hung.stdout or b"") + (hung.stderr or b"")
        raise CommandFailed(
            f"{shlex.join(words)}\nnot finished after {seconds} s\n{said.decode(errors='replace')}"
        ) from hung
    return Finished(
        words,
        done.returncode,
        done.stdout.decode(errors="replace"),
        done.stderr.decode(errors="replace"),
    )
