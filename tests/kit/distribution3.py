"""The command that runs the tests marked `registry_versions` on Distribution 3.1.1.

`python -m tests.kit.distribution3` builds Distribution once, into a folder of the project, and
starts pytest with REGISTRY_BIN. If REGISTRY_BIN is set, it uses that program instead. It removes
Go's caches after the build. If Go is missing or cannot fetch the source, it prints that and
succeeds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.kit.go import GoProgram, NotBuilt
from tests.kit.install import toolbox

VERSION = "v3.1.1"
DISTRIBUTION = GoProgram(
    f"distribution-{VERSION}",
    "registry",
    f"github.com/distribution/distribution/v3/cmd/registry@{VERSION}",
)
MARK = "registry_versions"


def main() -> int:
    """Replace this process by pytest, or return 0 if Distribution 3 cannot be built."""
    given = os.environ.get("REGISTRY_BIN")
    try:
        program = Path(given) if given else DISTRIBUTION.built(toolbox().root)
    except NotBuilt as reason:
        print(f"skipped: the tests on Distribution {VERSION}: {reason}")
        return 0
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    print(f"on {version.stdout.strip()}", flush=True)
    os.execve(
        sys.executable,
        [sys.executable, "-m", "pytest", "-m", MARK, *sys.argv[1:]],
        os.environ | {"REGISTRY_BIN": str(program)},
    )


if __name__ == "__main__":
    sys.exit(main())
