"""Pushes and deletions while a catalog or the registry is stopped or killed."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from ops.host.privileges import run_user
from tests.e2e.test_faults import drift, kill
from tests.kit.clients.skopeo import Skopeo
from tests.kit.http.accounts import unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import Blob, make_image
from tests.kit.install import PROJECT, nginx_program
from tests.kit.servers.gateway import Gateway, running_gateway
from tests.kit.servers.name_server import running_name_server
from tests.kit.stack.intents import await_resolved, open_intents
from tests.kit.stack.processes import parent, part, parts
from tests.kit.stack.run import MOORAGE, RESTARTING_AT_ONCE, Stack, running_stack
from tests.kit.waiting import eventually

pytestmark = pytest.mark.registry_versions

BACK_SECONDS = 60.0
SECOND_ADDRESS = "127.0.0.2"
KILLS, PUSHES_PER_KILL, AT_ONCE = 6, 25, 8


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """A Moorage for this module, which restarts killed processes at once."""
    place = folder / "push-faults"
    place.mkdir()
    with running_stack(place, command=RESTARTING_AT_ONCE) as running:
        yield running


@contextlib.contextmanager
def no_catalog(stack: Stack) -> Iterator[None]:
    """Kill the catalog; at the end, let `moorage run` restart it."""
    catalog = part(stack.data, "catalog")
    supervisor = parent(catalog)
    os.kill(supervisor, signal.SIGSTOP)
    os.kill(catalog, signal.SIGKILL)
    try:
        eventually(lambda: "catalog" not in parts(stack.data), within=5, what="no catalog")
        yield
    finally:
        os.kill(supervisor, signal.SIGCONT)


class Pushes:
    """Pushes images to one repository as docker does: it never repeats a manifest."""

    def __init__(self, registry: Registry, repository: str) -> None:
        self.registry = registry
        self.repository = repository
        self.token = registry.token(f"repository:{repository}:pull,push")

    def uploaded(self) -> Blob:
        """Upload the blobs of a new image, and return its manifest."""
        image = make_image()
        self.registry.upload(image, self.repository, token=self.token)
        return image.manifest

    def put(self, manifest: Blob, tag: str, **options: float) -> httpx.Response:
        """Put the manifest once."""
        return self.registry.http.put(
            f"/v2/{self.repository}/manifests/{tag}",
            content=manifest.content,
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": manifest.media_type},
            **options,  # type: ignore[arg-type]
        )

    def in_registry(self, reference: str) -> int:
        """Return the status of a GET of the manifest."""
        return self.registry.manifest(self.repository, reference, token=self.token).status_code


def assert_refused_for_now(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Docker-Distribution-Api-Version"] == "registry/2.0"
    (error,) = answer.json()["errors"]
    assert error["code"] == "UNAVAILABLE"
    assert error["message"] == (
        "The catalog does not respond, so nothing can be pushed, deleted, or listed. "
        "Pulls go on. Try again in 2 seconds."
    )


def assert_pulls_go_on(registry: Registry, repository: str) -> None:
    token = registry.token(f"repository:{repository}:pull")
    manifest = registry.manifest(repository, "v1", token=token)
    assert manifest.status_code == 200
    for blob in (manifest.json()["config"], *manifest.json()["layers"]):
        assert registry.blob(repository, blob["digest"], token=token).status_code == 200


def test_without_the_catalog_pulls_go_on_and_pushes_get_503(
    stack: Stack,
    shared_tenant: Tenant,
    shared_registry: Registry,
    repository: str,
    skopeo: Skopeo,
) -> None:
    skopeo.logged_in(stack.registry, shared_tenant.granted)
    pushes = Pushes(shared_registry, repository)
    image, reference = make_image(), f"{stack.registry}/{repository}:skopeo"
    with no_catalog(stack):
        assert_pulls_go_on(shared_registry, repository)
        by_sha512 = shared_registry.manifest(repository, f"sha512:{'0' * 128}")
        assert by_sha512.status_code == 503
        assert int(by_sha512.headers["Retry-After"]) > 0
        assert by_sha512.json()["errors"][0]["message"] == (
            "The catalog does not respond, so no image can be pulled by a sha512 digest. "
            "Pull it by its tag or its sha256 digest, or try again in 2 seconds."
        )
        manifest = pushes.uploaded()
        assert_refused_for_now(pushes.put(manifest, "v2"))
        assert_refused_for_now(
            shared_registry.http.delete(
                f"/v2/{repository}/manifests/v1",
                headers={"Authorization": f"Bearer {pushes.token}"},
            )
        )
        refused = skopeo.push(image, reference)
        assert not refused.ok
        assert "503" in refused.output
        assert skopeo.pull(f"{stack.registry}/{repository}:v1").ok
    eventually(
        lambda: pushes.put(manifest, "v2").status_code,
        lambda status: status == 201,
        within=BACK_SECONDS,
        what="a push",
    )
    skopeo.push(image, reference).checked()
    tags = shared_tenant.account.tags(repository)
    assert tags["v2"]["digest"] == manifest.digest
    assert tags["skopeo"]["digest"] == image.manifest.digest


def test_while_the_catalog_hangs_pulls_go_on_and_pushes_get_503_when_it_is_killed(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry, repository: str
) -> None:
    pushes = Pushes(shared_registry, repository)
    manifest = pushes.uploaded()
    os.kill(part(stack.data, "catalog"), signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(pushes.put, manifest, "v2", timeout=BACK_SECONDS)
        assert_pulls_go_on(shared_registry, repository)
        assert not waiting.done()
        assert_refused_for_now(waiting.result())
    eventually(
        lambda: pushes.put(manifest, "v2").status_code,
        lambda status: status == 201,
        within=BACK_SECONDS,
        what="a push",
    )
    assert shared_tenant.account.tags(repository)["v2"]["digest"] == manifest.digest


class SecondCatalog:
    """A catalog on another address, which a test kills and starts again."""

    def __init__(self, stack: Stack, port: int, log: Path) -> None:
        self._log = log
        self.url = f"http://{SECOND_ADDRESS}:{port}"
        secrets = stack.data / "secrets" / "catalog"
        registry = re.search(r"moorage_registry \{\s*server (\S+);", nginx_configuration(stack))
        assert registry is not None
        self._environment = {
            "PATH": os.environ["PATH"],
            "SECRETS_DIR": str(secrets),
            "CATALOG_REGISTRY_URL": f"http://{registry[1]}",
            "CATALOG_STORAGE_PATH": str(stack.data / "registry"),
        }
        self._command = [
            *(*MOORAGE, "serve", "catalog"),
            *("--host", SECOND_ADDRESS, "--port", str(port)),
        ]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it is ready."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=PROJECT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(self._is_ready, within=BACK_SECONDS, what="the second catalog")

    def kill(self) -> None:
        """Kill it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _is_ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz", trust_env=False).is_success
        return False


def nginx_configuration(stack: Stack) -> str:
    """Return the configuration of the stack's gateway."""
    return (stack.data / "run" / "nginx.conf").read_text()


@pytest.fixture
def second_catalog(stack: Stack, folder: Path) -> Iterator[SecondCatalog]:
    """A second catalog at the same port as the first one, on another address."""
    port = int(addresses_of(stack)["catalog_address"].rpartition(":")[2])
    second = SecondCatalog(stack, port, folder / "second-catalog.log")
    second.start()
    yield second
    second.kill()


@pytest.fixture
def two_catalogs(stack: Stack, second_catalog: SecondCatalog) -> Iterator[Gateway]:
    """A gateway that resolves the catalog's name to both, as it does in Compose."""
    addresses = addresses_of(stack)
    port = addresses["catalog_address"].rpartition(":")[2]
    nginx = nginx_program()
    user = run_user([nginx.path])
    with (
        running_name_server(["127.0.0.1", SECOND_ADDRESS]) as resolver,
        running_gateway(
            nginx,
            user,
            stack.data.parent / "second-gateway",
            **{**addresses, "catalog_address": f"catalog.test:{port}", "resolver": resolver},
        ) as gateway,
    ):
        yield gateway


def addresses_of(stack: Stack) -> dict[str, str]:
    """Return the addresses of the stack's programs, as variables of the gateway's template."""
    found = re.findall(r"upstream moorage_(\w+) \{\s*server (\S+);", nginx_configuration(stack))
    return {f"{name}_address": address for name, address in found}


def test_no_push_fails_while_one_of_two_catalogs_is_killed(
    stack: Stack,
    shared_tenant: Tenant,
    two_catalogs: Gateway,
    second_catalog: SecondCatalog,
    skopeo: Skopeo,
) -> None:
    repository = f"{shared_tenant.private}/{unique('app')}"
    chance = random.Random(1)
    registry = f"127.0.0.1:{two_catalogs.port}"
    skopeo.logged_in(registry, shared_tenant.granted)
    with Registry(two_catalogs.url, shared_tenant.granted.credentials) as client:
        pushes = Pushes(client, repository)

        def push(number: int) -> tuple[str, Blob]:
            if number % PUSHES_PER_KILL == 0:
                image = make_image()
                skopeo.push(image, f"{registry}/{repository}:t{number}").checked()
                return f"t{number}", image.manifest
            manifest = pushes.uploaded()
            answer = pushes.put(manifest, f"t{number}")
            assert answer.status_code == 201, answer.text
            return f"t{number}", manifest

        pushed: dict[str, Blob] = {}
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for round_ in range(KILLS):
                numbers = range(round_ * PUSHES_PER_KILL, (round_ + 1) * PUSHES_PER_KILL)
                futures = [pool.submit(push, number) for number in numbers]
                futures[chance.randrange(1, PUSHES_PER_KILL // 2)].result()
                if round_ % 3 == 2:
                    kill(stack, "catalog")
                else:
                    second_catalog.kill()
                pushed |= dict(future.result() for future in futures)
                if round_ % 3 != 2:
                    second_catalog.start()
                eventually(
                    lambda: shared_tenant.account.http.get("/account").status_code,
                    lambda status: status == 200,
                    within=BACK_SECONDS,
                    what="the first catalog",
                )
        assert len(pushed) == KILLS * PUSHES_PER_KILL
        await_resolved(stack, within=30)
        for tag, manifest in pushed.items():
            shown = shared_tenant.account.call("GET", f"/images/{repository}:{tag}")
            assert shown["digest"] == manifest.digest


def stopped_during(stack: Stack, request: Callable[[], httpx.Response]) -> httpx.Response:
    """Send a request whose call hangs in the registry, kill the registry, return the response."""
    registry = part(stack.data, "registry")
    os.kill(registry, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(request)
        try:
            eventually(lambda: open_intents(stack), within=10, what="an open intent")
        finally:
            os.kill(registry, signal.SIGKILL)
        return waiting.result()


def test_push_whose_registry_is_killed_meanwhile_succeeds(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry, repository: str
) -> None:
    pushes = Pushes(shared_registry, repository)
    manifest = pushes.uploaded()
    answer = stopped_during(stack, lambda: pushes.put(manifest, "v1"))
    assert answer.status_code == 201, answer.text
    assert pushes.in_registry("v1") == 200
    assert shared_tenant.account.tags(repository)["v1"]["digest"] == manifest.digest
    assert open_intents(stack) == []


def test_deletion_whose_registry_is_killed_meanwhile_leaves_no_ghost(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry, repository: str
) -> None:
    pushes = Pushes(shared_registry, repository)
    digest = shared_tenant.account.tags(repository)["v1"]["digest"]
    path = f"/images/{repository}@{digest}"
    answer = stopped_during(stack, lambda: shared_tenant.account.http.delete(path))
    assert answer.status_code in (204, 503), answer.text
    await_resolved(stack, within=30)
    assert shared_tenant.account.http.get(path).status_code == 404
    assert shared_tenant.account.tags(repository) == {}
    assert pushes.in_registry(digest) == pushes.in_registry("v1") == 404


def test_pushes_and_deletions_while_the_registry_is_killed_leave_nothing_behind(
    stack: Stack, shared_tenant: Tenant, shared_registry: Registry
) -> None:
    chance, statuses = random.Random(2), set()
    for _ in range(5):
        repository = f"{shared_tenant.private}/{unique('app')}"
        pushes = Pushes(shared_registry, repository)
        statuses |= _push_and_delete(stack, shared_tenant, pushes, chance.uniform(0, 0.05))
    assert statuses <= {("put", 201), ("delete", 204), ("delete", 503)}
    report = drift(stack)
    assert (report.returncode, report.stderr) == (0, ""), report.stdout


def _push_and_delete(
    stack: Stack, tenant: Tenant, pushes: Pushes, delay: float
) -> set[tuple[str, int]]:
    """Push an image, delete another, and kill the registry after ``delay`` seconds."""
    doomed, pushed = pushes.uploaded(), pushes.uploaded()
    assert pushes.put(doomed, "old").status_code == 201
    path = f"/images/{pushes.repository}@{doomed.digest}"
    killer = threading.Timer(delay, kill, (stack, "registry"))
    with ThreadPoolExecutor(2) as pool:
        put = pool.submit(pushes.put, pushed, "new")
        deleted = pool.submit(tenant.account.http.delete, path)
        killer.start()
        statuses = {("put", put.result().status_code), ("delete", deleted.result().status_code)}
    killer.join()
    eventually(
        lambda: pushes.in_registry("new"),
        lambda status: status == 200,
        within=BACK_SECONDS,
        what="the registry",
    )
    await_resolved(stack, within=30)
    tags = tenant.account.tags(pushes.repository)
    assert {name: tag["digest"] for name, tag in tags.items()} == {"new": pushed.digest}
    assert pushes.in_registry(doomed.digest) == 404
    return statuses
