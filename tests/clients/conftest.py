"""The clients, the stack that they share, and the table of what each of them can do.

`make test-clients` runs these tests; `make test` does not. Each test is a command, and its
parameter is the client that runs it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.clients.table import Table
from tests.e2e.conftest import admin as admin
from tests.e2e.conftest import engine as engine
from tests.e2e.conftest import folder as folder
from tests.e2e.conftest import home as home
from tests.e2e.conftest import pull_counts as pull_counts
from tests.e2e.conftest import pytest_runtest_makereport as pytest_runtest_makereport
from tests.e2e.conftest import shared_registry as shared_registry
from tests.e2e.conftest import shared_tenant as shared_tenant
from tests.e2e.conftest import stack as stack
from tests.e2e.conftest import tools as tools
from tests.kit.clients.addresses import HOSTS
from tests.kit.clients.cosign import Cosign
from tests.kit.clients.crane import Crane
from tests.kit.clients.docker import Ctr, Docker
from tests.kit.clients.go_client import GoClient
from tests.kit.clients.helm import Helm
from tests.kit.clients.oras import Oras
from tests.kit.clients.podman import Buildah, Podman
from tests.kit.clients.regctl import Regctl
from tests.kit.clients.skopeo import Skopeo
from tests.kit.http.accounts import DockerUser, unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import Image, make_image
from tests.kit.install import Toolbox
from tests.kit.stack.run import Stack

_PROGRAMS: dict[str, type[Podman] | type[Buildah] | type[Skopeo]] = {
    "podman": Podman,
    "buildah": Buildah,
    "skopeo": Skopeo,
}
_BUILT: dict[str, type[GoClient]] = {
    "crane": Crane,
    "oras": Oras,
    "regctl": Regctl,
    "helm": Helm,
    "cosign": Cosign,
}
_table = Table()
AnyClient = TypeVar("AnyClient", bound=GoClient)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Record the result for the table."""
    _table.add(report)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table of clients and commands."""
    for line in _table.lines():
        terminalreporter.write_line(line)


@dataclass(frozen=True, slots=True)
class Place:
    """A stack and a repository in it. ``name`` has the namespace, but not the address."""

    stack: Stack
    name: str

    @property
    def repository(self) -> str:
        """The repository with the address of the registry."""
        return f"{self.stack.registry}/{self.name}"

    def tagged(self, tag: str) -> str:
        """Return the reference of a tag."""
        return f"{self.repository}:{tag}"

    def at(self, digest: str) -> str:
        """Return the reference of a digest."""
        return f"{self.repository}@{digest}"

    def beside(self) -> Place:
        """Return another repository of the same namespace."""
        return Place(self.stack, f"{self.name}-{unique('copy')}")


@pytest.fixture
def place(stack: Stack, shared_tenant: Tenant) -> Place:
    """A repository that does not exist yet."""
    return Place(stack, f"{shared_tenant.private}/{unique('app')}")


@pytest.fixture
def image(place: Place, shared_registry: Registry) -> Image:
    """An image that ``place`` has under the tag v1."""
    pushed = make_image()
    shared_registry.push(pushed, place.name, "v1")
    return pushed


@pytest.fixture(scope="module")
def deleter(shared_tenant: Tenant) -> DockerUser:
    """A Docker user that can delete in the private namespace."""
    user = shared_tenant.account.make_docker_user()
    shared_tenant.account.grant(shared_tenant.private, user, "delete")
    return user


@dataclass(frozen=True, slots=True)
class Clients:
    """Makes new, logged-out clients."""

    request: pytest.FixtureRequest
    tools: Toolbox
    home: Callable[[], Path]

    def __call__(self, kind: type[AnyClient]) -> AnyClient:
        """Return a client that Go builds."""
        if not kind.program.path(self.tools.root).is_file():
            pytest.skip(f"not built: {kind.program.name}; run `make test-clients`")
        return kind(self.tools, self.home())

    def named(self, name: str) -> Any:
        """Return the client ``name``, which has the commands that its class has."""
        if name in _BUILT:
            return self(_BUILT[name])
        needed = {"docker": "dockerd", "ctr": "containerd"}.get(name, name)
        for program in {needed, name}:
            if self.tools.find(program) is None:
                pytest.skip(
                    f"not on this machine: {program}; run `python -m tests.kit.install`, or "
                    "`apt-get install docker.io iptables podman buildah skopeo` as root"
                )
        if name == "docker":
            return Docker(
                self.tools, self.home(), self.request.getfixturevalue("engine"), hosts=HOSTS
            )
        if name == "ctr":
            return _LoggedInCtr(
                Ctr(self.tools, self.home(), self.request.getfixturevalue("engine"))
            )
        return _PROGRAMS[name](self.tools, self.home(), hosts=HOSTS)


@pytest.fixture
def clients(request: pytest.FixtureRequest, tools: Toolbox, home: Callable[[], Path]) -> Clients:
    """Makes clients of each kind, each with an empty home."""
    return Clients(request, tools, home)


@pytest.fixture
def client(request: pytest.FixtureRequest, clients: Clients) -> Any:
    """The client that the parameter names, logged out."""
    return clients.named(request.param)


@pytest.fixture
def pusher(client: Any, stack: Stack, shared_tenant: Tenant) -> Any:
    """The client, logged in as the Docker user with a push grant."""
    return client.logged_in(stack.registry, shared_tenant.granted)


@pytest.fixture
def remover(client: Any, stack: Stack, deleter: DockerUser) -> Any:
    """The client, logged in as the Docker user with a delete grant."""
    return client.logged_in(stack.registry, deleter)


class _LoggedInCtr:
    """ctr with the credentials of one Docker user. ctr itself stores none."""

    def __init__(self, ctr: Ctr) -> None:
        self._ctr = ctr
        self._as: dict[str, str] = {}

    def logged_in(self, _registry: str, user: DockerUser) -> _LoggedInCtr:
        self._as = {"username": user.username, "password": user.password}
        return self

    def push(self, content: Image, reference: str) -> Any:
        return self._ctr.push(content, reference, **self._as)

    def pull(self, reference: str) -> Any:
        return self._ctr.pull(reference, **self._as)

    def copy(self, source: str, target: str) -> Any:
        return self._ctr.copy(source, target, **self._as)

    def pulled_digest(self, reference: str) -> str:
        return self._ctr.pulled_digest(reference)
