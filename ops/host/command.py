"""The command line of `moorage` itself, for children that run another command of it."""

import sys


def moorage_command(*arguments: str) -> list[str]:
    """Return the command line of `moorage` with `arguments`, run by this Python interpreter."""
    # -P keeps the current folder out of the import path.
    return [sys.executable, "-P", "-m", "ops", *arguments]
