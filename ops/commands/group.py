"""The group of all commands. It reports wrong arguments and unexpected errors in one line."""

import os
import sys
from collections.abc import Sequence
from typing import Any

import typer
from typer._click.exceptions import ClickException, NoArgsIsHelpError, UsageError
from typer.core import TyperGroup


class OneLineGroup(TyperGroup):
    """Prints `moorage: …` on standard error if a command fails, instead of a box or a traceback.

    With LOG_LEVEL=debug, an unexpected error keeps its traceback.
    """

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command, and end the process with its status."""
        try:
            status = super().main(
                args, prog_name, complete_var, False, windows_expand_args, **extra
            )
        except NoArgsIsHelpError as error:
            error.show()
            sys.exit(error.exit_code)
        except ClickException as error:
            _fail(_line(error), error.exit_code)
        except typer.Abort:
            _fail("stopped; nothing was changed", 1)
        except Exception as error:
            if os.environ.get("LOG_LEVEL") == "debug":
                raise
            first_line = next(iter(str(error).splitlines()), "")
            _fail(
                f"unexpected error: {type(error).__name__}: {first_line};"
                " set LOG_LEVEL=debug to see where",
                1,
            )
        sys.exit(status if isinstance(status, int) else 0)


def _line(error: ClickException) -> str:
    message = " ".join(error.format_message().split()).removesuffix(".")
    if isinstance(error, UsageError) and error.ctx is not None:
        return f"{message}; see `{error.ctx.command_path} --help`"
    return message


def _fail(line: str, status: int) -> None:
    typer.echo(f"moorage: {line}", err=True)
    sys.exit(status)
