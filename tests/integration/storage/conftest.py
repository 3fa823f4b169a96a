"""Distribution's storage on a local disk, written by a real Distribution."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from libs.common.storage.local import LocalStorage
from ops.host.privileges import RunUser, run_user
from ops.install.debian import Tool
from tests.integration.storage.place import Place
from tests.kit.install import registry_program
from tests.kit.servers.distribution import running_bare_distribution


@pytest.fixture(scope="session")
def distribution() -> Tool:
    """`REGISTRY_BIN`, the machine's own registry, or Debian's package."""
    return registry_program()


@pytest.fixture(scope="session")
def user(distribution: Tool) -> RunUser:
    """The user that Distribution runs as: `nobody` if the tests run as root."""
    return run_user([distribution.path])


@pytest.fixture(scope="session")
def folder(user: RunUser) -> Iterator[Path]:
    """A folder that ``user`` can enter. Other users cannot enter the folders of pytest."""
    made = Path(tempfile.mkdtemp(prefix="moorage-storage-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def local(distribution: Tool, user: RunUser, folder: Path) -> Iterator[Place]:
    with running_bare_distribution(distribution, user, folder / "local") as running:
        yield Place(LocalStorage(running.storage), running.storage, running.address)


@pytest.fixture(params=["local"])
def place(request: pytest.FixtureRequest) -> Place:
    """Each of the storages."""
    found: Place = request.getfixturevalue(request.param)
    return found
