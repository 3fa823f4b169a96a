"""Distribution's storage on a local disk and on S3, each written by a real Distribution."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from libs.common.storage.local import LocalStorage
from ops.host.privileges import RunUser, run_user
from ops.install.debian import Tool
from tests.integration.storage.place import Place, open_s3
from tests.kit.install import registry_program
from tests.kit.servers.distribution import running_bare_distribution
from tests.kit.servers.object_storage import ObjectStorage, running_object_storage


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


@pytest.fixture(scope="session")
def s3(folder: Path) -> Iterator[ObjectStorage]:
    """An S3 server. Without Go, the tests on S3 are skipped."""
    with running_object_storage(folder / "s3") as running:
        yield running


@pytest.fixture(scope="session")
async def remote(
    distribution: Tool, user: RunUser, folder: Path, s3: ObjectStorage
) -> AsyncIterator[Place]:
    with running_bare_distribution(
        distribution, user, folder / "remote", storage=s3.driver("registry")
    ) as running:
        storage = open_s3(s3, "registry")
        yield Place(storage, s3.files / "registry", running.address)
        await storage.close()


@pytest.fixture(params=["local", "remote"])
def place(request: pytest.FixtureRequest) -> Place:
    """Each of the storages."""
    found: Place = request.getfixturevalue(request.param)
    return found
