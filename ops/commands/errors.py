"""How every command of `moorage` reports an error."""

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer

from ops.errors import OpsError

P = ParamSpec("P")
R = TypeVar("R")


def one_line_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Make `command` print an OpsError or OSError as `moorage: …` and exit with a status.

    The line goes to standard error. The status is the error's exit code, or 1 for an OSError.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except OpsError as error:
            typer.echo(f"moorage: {error}", err=True)
            sys.exit(error.exit_code)
        except OSError as error:
            where, problem = error.filename or "system", error.strerror or error
            typer.echo(f"moorage: {where}: {problem}", err=True)
            sys.exit(1)

    return run
