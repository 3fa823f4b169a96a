"""One Moorage, one Docker engine, and one folder per session. Tests use unique names."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.e2e.console_content import Content, made_content
from tests.kit.browser import CONSOLE, running_browser
from tests.kit.clients import private_mounts
from tests.kit.clients.addresses import HOSTS, SECURE_ADDRESS, SECURE_NAME
from tests.kit.clients.base import NewClient
from tests.kit.clients.certificates import ServerCertificate, make_certificate
from tests.kit.clients.docker import Ctr, Docker
from tests.kit.clients.engine import Engine, running_engine
from tests.kit.clients.podman import Podman
from tests.kit.clients.skopeo import Skopeo
from tests.kit.folders import remove
from tests.kit.http.accounts import Account, new_password, unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant, new_tenant
from tests.kit.images import make_image
from tests.kit.install import Toolbox, toolbox
from tests.kit.pulls.counts import PullCounts
from tests.kit.stack.run import Stack, running_stack

_running: list[Stack] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the end of each log of the running stacks to a failure report."""
    report = yield
    if report.failed:
        for stack in _running:
            report.sections += [
                (f"{stack.registry} {name}", text) for name, text in stack.log_tails()
            ]
    return report


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """The folder of the session, removed at its end. Its path is short enough for sockets."""
    # podman uses a path as an image name, and rejects some names of tempfile for their underscores.
    made = Path(tempfile.gettempdir()) / f"moorage-e2e-{secrets.token_hex(4)}"
    made.mkdir(mode=0o700)
    yield made
    remove(made)


@contextlib.contextmanager
def _watched_stack(folder: Path, **settings: str) -> Iterator[Stack]:
    folder.mkdir()
    # All tests share a few addresses, and many of them send wrong passwords.
    settings.setdefault("AUTH_ADDRESS_LOGIN_FAILURES", "1000")
    with running_stack(folder, **settings) as stack:
        _running.append(stack)
        try:
            yield stack
        finally:
            _running.remove(stack)


@pytest.fixture(scope="session")
def stack(folder: Path) -> Iterator[Stack]:
    """A Moorage on plain http.

    A module whose tests kill programs overrides it with a stack of its own.
    """
    with _watched_stack(folder / "stack") as running:
        yield running


@pytest.fixture(scope="session")
def certificate(folder: Path) -> ServerCertificate:
    """The certificate of the https stack."""
    place = folder / "certificate"
    place.mkdir()
    return make_certificate(
        place, names=[SECURE_NAME, "localhost"], addresses=[SECURE_ADDRESS, "127.0.0.1"]
    )


@pytest.fixture(scope="session")
def secure_stack(folder: Path, certificate: ServerCertificate) -> Iterator[Stack]:
    """A second Moorage, on https, with a fixed list of host names."""
    with _watched_stack(
        folder / "secure",
        MOORAGE_TLS_CERT=str(certificate.certificate),
        MOORAGE_TLS_KEY=str(certificate.key),
        MOORAGE_HOSTS=f"{SECURE_NAME},{SECURE_ADDRESS},127.0.0.1",
    ) as running:
        yield running


@pytest.fixture(scope="module")
def admin(stack: Stack) -> Iterator[Account]:
    """The administrator of ``stack``."""
    with Account(stack.url, "admin", stack.admin_password) as account:
        yield account


@pytest.fixture(scope="module")
def http(stack: Stack) -> Iterator[httpx.Client]:
    """An anonymous HTTP client of the gateway."""
    with httpx.Client(base_url=stack.url, timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def content(stack: Stack, admin: Account, http: httpx.Client) -> Iterator[Content]:
    """An account whose objects fill every page of the console."""
    with made_content(stack, admin, http) as content:
        yield content


@pytest.fixture
def tenant(admin: Account) -> Iterator[Tenant]:
    """A tenant for one test."""
    with new_tenant(admin) as tenant:
        yield tenant


@pytest.fixture(scope="module")
def shared_tenant(admin: Account) -> Iterator[Tenant]:
    """A tenant for all tests of a module."""
    with new_tenant(admin) as tenant:
        yield tenant


@pytest.fixture(scope="module")
def shared_registry(stack: Stack, shared_tenant: Tenant) -> Iterator[Registry]:
    """The registry, as the Docker user of ``shared_tenant`` that can push."""
    with Registry(stack.url, shared_tenant.granted.credentials) as registry:
        yield registry


@pytest.fixture(scope="module")
def pull_counts(
    stack: Stack, admin: Account, shared_tenant: Tenant, shared_registry: Registry
) -> PullCounts:
    """The pull counts of ``shared_tenant``."""
    marker = f"{shared_tenant.private}/marker"
    return PullCounts(stack, shared_tenant.account, admin, shared_registry, marker=marker)


@pytest.fixture(scope="session")
def tools() -> Toolbox:
    """The clients. `python -m tests.kit.install` installs them."""
    reason = private_mounts.unavailable()
    if reason is not None:
        pytest.skip(reason)
    return toolbox()


@pytest.fixture(scope="session")
def engine(tools: Toolbox, folder: Path) -> Iterator[Engine]:
    """The Docker engine of the session."""
    _require(tools, "dockerd", "docker", "containerd", "ctr")
    if os.geteuid() != 0:
        pytest.skip("the Docker engine needs root")
    place = folder / "engine"
    place.mkdir()
    with running_engine(tools, place, hosts=HOSTS) as running:
        yield running


@pytest.fixture
def home(folder: Path) -> Iterator[Callable[[], Path]]:
    """Makes empty home folders for clients, removed after the test."""
    top = folder / f"test-{secrets.token_hex(4)}"
    top.mkdir()

    def make() -> Path:
        place = top / secrets.token_hex(4)
        place.mkdir()
        return place

    yield make
    remove(top)


@pytest.fixture(params=["docker", "podman", "skopeo"])
def new_client(
    request: pytest.FixtureRequest, tools: Toolbox, home: Callable[[], Path]
) -> NewClient:
    """Runs the test with each client program. Each call makes a new, logged-out client."""
    kind: str = request.param
    _require(tools, kind)
    if kind == "docker":
        engine: Engine = request.getfixturevalue("engine")
        # The engine sends the requests. It verifies no certificate of 127.0.0.0/8, so no `ca`.
        return lambda ca=None: Docker(tools, home(), engine, hosts=HOSTS)
    program: type[Podman] | type[Skopeo] = Podman if kind == "podman" else Skopeo
    return lambda ca=None: program(tools, home(), hosts=HOSTS, ca=ca)


@pytest.fixture
def skopeo(tools: Toolbox, home: Callable[[], Path]) -> Skopeo:
    """A skopeo that is logged out."""
    _require(tools, "skopeo")
    return Skopeo(tools, home(), hosts=HOSTS)


@pytest.fixture
def podman(tools: Toolbox, home: Callable[[], Path]) -> Podman:
    """A podman that is logged out."""
    _require(tools, "podman")
    return Podman(tools, home(), hosts=HOSTS)


@pytest.fixture
def docker(tools: Toolbox, home: Callable[[], Path], engine: Engine) -> Docker:
    """A docker command line that is logged out."""
    return Docker(tools, home(), engine, hosts=HOSTS)


@pytest.fixture
def ctr(tools: Toolbox, home: Callable[[], Path], engine: Engine) -> Ctr:
    """A ctr with a containerd namespace of its own."""
    return Ctr(tools, home(), engine)


def _require(tools: Toolbox, *programs: str) -> None:
    missing: list[Any] = [program for program in programs if tools.find(program) is None]
    if missing:
        pytest.skip(f"not on this machine: {', '.join(missing)}; run `python -m tests.kit.install`")


@pytest.fixture(scope="module")
def browser(folder: Path) -> Iterator[Browser]:
    """A browser for one module: asyncio tests cannot run while it is open."""
    tools = toolbox()
    program = tools.find_browser()
    if program is None:
        pytest.skip("there is no browser on this machine; run `python -m tests.kit.install`")
    if not (CONSOLE / "dist" / "index.html").is_file():
        pytest.skip("the console is not built; run `moorage console`")
    home = folder / f"browser-{secrets.token_hex(4)}"
    home.mkdir()
    with running_browser(program, tools, home) as running:
        yield running


@pytest.fixture
def person(admin: Account) -> Iterator[Account]:
    """A new account without objects."""
    with admin.make_account(password=new_password()) as account:
        yield account


@pytest.fixture
def repository(shared_tenant: Tenant, shared_registry: Registry) -> str:
    """A repository with an image under the tag v1."""
    name = f"{shared_tenant.private}/{unique('app')}"
    shared_registry.push(make_image(), name, "v1")
    return name
