"""`moorage run`: it restarts killed programs, stops everything, and finds its data again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ops.host.ports import reserve
from tests.kit.http.accounts import Account, RefusedByApi, unique
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant, make_tenant
from tests.kit.images import make_image
from tests.kit.install import PROJECT
from tests.kit.stack.processes import open_for_writing, parent, part, parts, workers
from tests.kit.stack.run import MOORAGE, Stack, StackBroken, running_stack
from tests.kit.waiting import eventually

PARTS = ("postgres", "registry", "auth", "catalog", "events", "gateway")
RESTART_SECONDS = 30.0


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Stack]:
    """A stack for this module only, because its tests kill programs."""
    own_folder = folder / "run"
    own_folder.mkdir()
    with running_stack(own_folder) as running:
        yield running


def push_and_pull(stack: Stack, tenant: Tenant, repository: str) -> bool:
    """Return whether a client can push a new image and pull its manifest."""
    credentials = tenant.granted.credentials
    try:
        with Registry(stack.url, credentials) as registry:
            registry.push(make_image(), repository, "v1")
            return registry.manifest(repository, "v1").is_success
    except (httpx.HTTPError, AssertionError, KeyError, ValueError):
        return False


@pytest.mark.parametrize("name", PARTS)
def test_a_killed_process_is_restarted_and_clients_can_push_and_pull(
    stack: Stack, shared_tenant: Tenant, name: str
) -> None:
    before = part(stack.data, name)
    os.kill(before, signal.SIGKILL)
    eventually(
        lambda: parts(stack.data).get(name, before),
        until=lambda pid: pid != before,
        within=RESTART_SECONDS,
        what=f"a new process of {name}",
    )
    repository = f"{shared_tenant.private}/after-{name}"
    eventually(
        lambda: push_and_pull(stack, shared_tenant, repository),
        within=RESTART_SECONDS,
        what=f"a push and a pull after the end of {name}",
    )
    eventually(
        lambda: is_listed(shared_tenant.account, repository),
        within=RESTART_SECONDS,
        what="the repository in the catalog",
    )


def test_every_worker_of_a_killed_gateway_ends(stack: Stack) -> None:
    master = part(stack.data, "gateway")
    old = workers(master)
    assert old
    os.kill(master, signal.SIGKILL)
    eventually(
        lambda: old & running_processes(old),
        until=lambda left: not left,
        within=RESTART_SECONDS,
        what="the end of old workers",
    )
    eventually(
        lambda: responds(stack), within=RESTART_SECONDS, what="a response of the new gateway"
    )


@pytest.mark.parametrize("name", ["gateway", "postgres"])
def test_clients_can_push_and_pull_after_a_worker_is_killed(
    stack: Stack, shared_tenant: Tenant, name: str
) -> None:
    """If one backend process is killed, PostgreSQL ends all connections; services reconnect."""
    newest = max(workers(part(stack.data, name)))
    os.kill(newest, signal.SIGKILL)
    eventually(
        lambda: running_processes({newest}),
        until=lambda left: not left,
        within=RESTART_SECONDS,
        what="the end of a worker",
    )
    repository = f"{shared_tenant.private}/after-a-worker-of-{name}"
    eventually(
        lambda: push_and_pull(stack, shared_tenant, repository),
        within=RESTART_SECONDS,
        what="a push and a pull",
    )
    eventually(
        lambda: is_listed(shared_tenant.account, repository),
        within=RESTART_SECONDS,
        what="the repository in the catalog",
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_during_the_start_leaves_no_process(folder: Path, number: signal.Signals) -> None:
    data = folder / f"starting-{number.name}"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("MOORAGE_")
    }
    with reserve() as free:
        environment |= {"MOORAGE_PORT": str(free.number), "MOORAGE_DATA": str(data)}
    starting = subprocess.Popen(
        [*MOORAGE, "run"], cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True
    )
    eventually(lambda: parts(data), within=60, what="the first part")
    starting.send_signal(number)
    output, _ = starting.communicate(timeout=60)
    assert starting.returncode == 0
    assert output == "moorage: stopped\n"
    assert not parts(data)


def test_two_installations_run_from_one_checkout(stack: Stack, folder: Path) -> None:
    own_folder = folder / "beside"
    own_folder.mkdir()
    with running_stack(own_folder) as other:
        assert responds(other)
        assert responds(stack)
        assert not set(parts(other.data).values()) & set(parts(stack.data).values())


def test_a_second_start_has_the_accounts_images_and_counts_of_the_first(folder: Path) -> None:
    own_folder = folder / "again"
    own_folder.mkdir()
    with running_stack(own_folder) as first:
        password = first.admin_password
        with Account(first.url, "admin", password) as admin:
            tenant = make_tenant(admin)
        repository = f"{tenant.private}/kept"
        assert push_and_pull(first, tenant, repository)
        # The stop follows the last response at once, and must not lose queued events.
    with running_stack(own_folder) as second, Account(second.url, "admin", password) as admin:
        assert second.admin_password == password
        eventually(lambda: is_listed(admin, repository), within=10, what="the last pushed image")
        credentials = tenant.granted.credentials
        with Registry(second.url, credentials) as registry:
            assert registry.manifest(repository, "v1").is_success
        with Account(second.url, "admin", password) as signed_in:
            eventually(
                lambda: (signed_in.repository(repository) or {}).get("pull_count"),
                until=lambda count: count == 2,
                within=10,
                what="the pulls before and after the stop",
            )


def test_a_run_writes_only_to_its_data_folder(stack: Stack) -> None:
    kernel = ("/dev/null", "/dev/shm/PostgreSQL.", "/proc/", "/sys/")
    for name, pid in parts(stack.data).items():
        for process in {pid} | workers(pid):
            elsewhere = [
                file
                for file in open_for_writing(process)
                if not file.startswith((str(stack.data), str(stack.output), *kernel))
            ]
            assert not elsewhere, name


def test_a_run_leaves_nothing_in_the_home_folder(folder: Path) -> None:
    own_folder = folder / "homeless"
    home = own_folder / "home"
    home.mkdir(parents=True)
    with running_stack(own_folder, HOME=str(home)) as running:
        assert responds(running)
    assert list(home.iterdir()) == []


def test_only_the_gateway_listens_beyond_loopback(stack: Stack) -> None:
    pids = {pid for main in parts(stack.data).values() for pid in {main} | workers(main)}
    assert ports_on_other_addresses(pids) == {stack.port}


def test_no_command_line_and_no_log_contains_a_secret(stack: Stack) -> None:
    secrets = {
        file.read_text().strip()
        for file in (stack.data / "secrets").rglob("*")
        if file.is_file() and file.suffix != ".pem" and "url" not in file.name
    } | {stack.admin_password}
    texts = [
        text.read_text(errors="replace")
        for text in [stack.output, *(stack.data / "logs").iterdir()]
    ]
    texts += [Path(f"/proc/{pid}/cmdline").read_text() for pid in parts(stack.data).values()]
    assert len(secrets) >= 5
    for text in texts:
        assert not [secret for secret in secrets if secret in text]


def test_registry_log_contains_no_query_and_no_long_line(stack: Stack) -> None:
    marker = unique("repository")
    headers = {"User-Agent": "<" * 60_000, "Referer": "&" * 60_000}
    query = f"secret-in-the-query={'&' * 3000}"
    with httpx.Client(base_url=stack.url, headers=headers, trust_env=False) as http:
        for path in ("/v2/", f"/v2/team/{marker}/manifests/v1"):
            assert http.get(f"{path}?{query}").status_code == 401
    log = stack.data / "logs" / "registry.log"
    text = eventually(
        log.read_text, lambda text: marker in text, within=5, what="the request in the log"
    )
    assert "secret-in-the-query" not in text
    assert max(map(len, text.splitlines())) <= 4096
    (line,) = (line for line in text.splitlines() if marker in line)
    assert json.loads(line)["http.request.uri"] == f"/v2/team/{marker}/manifests/v1"


def test_every_process_ends_when_the_supervisor_is_killed(folder: Path) -> None:
    own_folder = folder / "killed"
    own_folder.mkdir()

    def kill_the_supervisor() -> None:
        with running_stack(own_folder) as running:
            alive = set(parts(running.data).values())
            os.kill(parent(part(running.data, "postgres")), signal.SIGKILL)
            eventually(
                lambda: running_processes(alive),
                until=lambda left: not left,
                within=20,
                what="the end of all parts",
            )

    with pytest.raises(StackBroken, match="ended during the tests"):
        kill_the_supervisor()


def is_listed(account: Account, repository: str) -> bool:
    try:
        return (account.repository(repository) or {}).get("status") == "active"
    except (RefusedByApi, httpx.HTTPError):  # The service that answers is restarting.
        return False


def responds(stack: Stack) -> bool:
    try:
        return (
            httpx.get(f"{stack.url}/v2/", trust_env=False).status_code == httpx.codes.UNAUTHORIZED
        )
    except httpx.HTTPError:
        return False


def running_processes(pids: set[int]) -> set[int]:
    def alive(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    return {pid for pid in pids if alive(pid)}


def ports_on_other_addresses(pids: set[int]) -> set[int]:
    listed = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    lines = [line for line in listed.splitlines() if any(f"pid={pid}," in line for pid in pids)]
    assert lines
    addresses = [line.split()[3] for line in lines]
    return {
        int(address.rpartition(":")[2])
        for address in addresses
        if not address.startswith(("127.", "[::1]"))
    }
