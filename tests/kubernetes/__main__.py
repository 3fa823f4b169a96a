"""`make test-kubernetes`: builds the images, hands them to the nodes, and runs the tests.

KUBECONFIG names the cluster, and KUBE_LOAD is a command that hands images of the Docker engine to
its nodes: `kind load docker-image`, for example. It gets the names of the images as arguments.
"""

from __future__ import annotations

import os
import shutil
import sys

import pytest

from tests.kit.clients.helm_program import HELM
from tests.kit.go import NotBuilt
from tests.kit.install import toolbox


def main() -> int:
    """Return the exit status of pytest, or 2 with one line if something is missing."""
    missing = [name for name in ("KUBECONFIG", "KUBE_LOAD") if not os.environ.get(name)]
    missing += [program for program in ("kubectl", "docker") if shutil.which(program) is None]
    if missing:
        print(f"make test-kubernetes needs {', '.join(missing)}", file=sys.stderr)
        return 2
    try:
        HELM.built(toolbox().root)
    except NotBuilt as reason:
        print(f"make test-kubernetes needs helm: {reason}", file=sys.stderr)
        return 2
    return pytest.main(["tests/kubernetes", "-o", "timeout=5400", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
