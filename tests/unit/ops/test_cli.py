"""The commands of `moorage`: their names, their help, and what they load."""

import re
import subprocess
import sys

import pytest
import typer
from typer.core import TyperGroup

from ops.cli import app
from ops.layout import PROJECT

COMMANDS = {
    "admin create",
    "admin ensure",
    "admin list",
    "admin reset-password",
    "backup create",
    "backup verify",
    "config",
    "console",
    "deletions",
    "docs",
    "drift",
    "gc",
    "init",
    "keys rotate",
    "kubernetes check",
    "kubernetes prepare",
    "kubernetes secret",
    "migrate",
    "render",
    "restore",
    "restored",
    "run",
    "schema-check",
    "serve",
    "storage check",
    "storage copy",
    "usage",
}


def help_texts() -> dict[str, str]:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    texts: dict[str, str] = {}
    for name, command in root.commands.items():
        below = command.commands if isinstance(command, TyperGroup) else {"": command}
        texts |= {f"{name} {sub}".strip(): below[sub].help or "" for sub in below}
    return texts


def test_the_commands_keep_their_names() -> None:
    assert set(help_texts()) == COMMANDS


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_help_of_each_command_has_an_example(command: str) -> None:
    shown = "backup" if command == "backup create" else command  # `create` can be left out
    example = rf"Example: (?:[A-Z_]+=\S+ )?moorage {shown}\b"
    assert re.search(example, help_texts()[command])


def test_the_command_loads_no_service_before_it_runs() -> None:
    """Each process of `moorage serve` then holds the code of one service only."""
    code = "import sys, ops.cli; print(*[name for name in sys.modules if 'services' in name])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "\n"
