"""`python -m tests.clients` builds the clients and runs their tests on both registries.

Arguments go to pytest. A client that is missing is printed, and its tests are skipped. If
REGISTRY_BIN is set, the tests run on that Distribution only.
"""

from __future__ import annotations

import os
import subprocess
import sys

from tests.kit.clients.go_client import PROGRAMS
from tests.kit.distribution3 import DISTRIBUTION
from tests.kit.go import GoProgram, NotBuilt
from tests.kit.install import registry_program, toolbox

_NO_TESTS = 5
"""pytest's exit status if the arguments select no test."""


def main() -> int:
    """Return 0 if the tests succeed on each registry."""
    for program in PROGRAMS:
        _built(program)
    registries = [os.environ.get("REGISTRY_BIN") or str(registry_program().path)]
    if "REGISTRY_BIN" not in os.environ and (newer := _built(DISTRIBUTION)):
        registries.append(newer)
    return max([_run(registry) for registry in registries])


def _built(program: GoProgram) -> str | None:
    try:
        path = str(program.built(toolbox().root))
    except NotBuilt as reason:
        print(f"{program.folder:22} {reason}: its tests are skipped", flush=True)
        return None
    print(f"{program.folder:22} {path}", flush=True)
    return path


def _run(registry: str) -> int:
    version = subprocess.run([registry, "--version"], capture_output=True, text=True, check=True)
    print(f"on {version.stdout.strip()}", flush=True)
    command = [sys.executable, "-m", "pytest", "tests/clients", *sys.argv[1:]]
    status = subprocess.run(command, env=os.environ | {"REGISTRY_BIN": registry}, check=False)
    return 0 if status.returncode == _NO_TESTS else status.returncode


if __name__ == "__main__":
    sys.exit(main())
