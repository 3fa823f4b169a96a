"""`moorage run`: what dies comes back, what is stopped is gone, and what was there is found again."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ops.host.ports import reserve
from tests.kit.http.accounts import Account, RefusedByApi
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant, make_tenant
from tests.kit.images import make_image
from tests.kit.install import PROJECT
from tests.kit.stack.processes import open_for_writing, parent, part, parts, workers
from tests.kit.stack.run import MOORAGE, Stack, StackBroken, running_stack
from tests.kit.waiting import eventually

PARTS = ("postgres", "registry", "auth", "catalog", "events", "gateway")
BACK_SECONDS = 30.0


@pytest.fixture(scope="module")
def own_stack(folder: Path) -> Iterator[Stack]:
    """A Moorage of this module's own: the others' tests should not see it falter."""
    place = folder / "run"
    place.mkdir()
    with running_stack(place) as running:
        yield running


@pytest.fixture(scope="module")
def own_tenant(own_stack: Stack) -> Iterator[Tenant]:
    with (
        Account(own_stack.url, "admin", own_stack.admin_password) as admin,
        admin.make_account() as account,
    ):
        yield make_tenant(account)


def _push_and_pull(stack: Stack, tenant: Tenant, repository: str) -> bool:
    """Whether a client gets a new image in and out again."""
    credentials = tenant.granted.credentials
    try:
        with Registry(stack.url, credentials) as registry:
            registry.push(make_image(), repository, "v1")
            return registry.manifest(repository, "v1").is_success
    except (httpx.HTTPError, AssertionError, KeyError, ValueError):
        return False


@pytest.mark.parametrize("name", PARTS)
def test_a_killed_process_comes_back_and_images_go_in_and_out(
    own_stack: Stack, own_tenant: Tenant, name: str
) -> None:
    before = part(own_stack.data, name)
    os.kill(before, signal.SIGKILL)
    eventually(
        lambda: parts(own_stack.data).get(name, before),
        until=lambda pid: pid != before,
        within=BACK_SECONDS,
        what=f"another process for {name}",
    )
    repository = f"{own_tenant.private}/after-{name}"
    eventually(
        lambda: _push_and_pull(own_stack, own_tenant, repository),
        within=BACK_SECONDS,
        what=f"a push and a pull after {name} died",
    )
    eventually(
        lambda: _is_listed(own_tenant.account, repository),
        within=BACK_SECONDS,
        what="it in the catalog",
    )


def test_every_worker_of_a_killed_gateway_is_gone(own_stack: Stack) -> None:
    master = part(own_stack.data, "gateway")
    old = workers(master)
    assert old
    os.kill(master, signal.SIGKILL)
    eventually(
        lambda: old & _living(old),
        until=lambda left: not left,
        within=BACK_SECONDS,
        what="the end of old workers",
    )
    eventually(
        lambda: _answers(own_stack), within=BACK_SECONDS, what="an answer of the new gateway"
    )


@pytest.mark.parametrize("name", ["gateway", "postgres"])
def test_a_killed_worker_is_made_up_for(own_stack: Stack, own_tenant: Tenant, name: str) -> None:
    """PostgreSQL ends all sessions when one is killed, so that every service has to connect anew."""
    newest = max(workers(part(own_stack.data, name)))
    os.kill(newest, signal.SIGKILL)
    eventually(
        lambda: _living({newest}),
        until=lambda left: not left,
        within=BACK_SECONDS,
        what="the end of a worker",
    )
    repository = f"{own_tenant.private}/after-a-worker-of-{name}"
    eventually(
        lambda: _push_and_pull(own_stack, own_tenant, repository),
        within=BACK_SECONDS,
        what="a push and a pull",
    )
    eventually(
        lambda: _is_listed(own_tenant.account, repository),
        within=BACK_SECONDS,
        what="it in the catalog",
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_it_while_it_starts_leaves_nothing(folder: Path, number: signal.Signals) -> None:
    data = folder / f"early-{number.name}"
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
    said, _ = starting.communicate(timeout=60)
    assert starting.returncode == 0
    assert said == "moorage: stopped\n"
    assert not parts(data)


def test_two_copies_run_side_by_side_from_one_checkout(own_stack: Stack, folder: Path) -> None:
    place = folder / "beside"
    place.mkdir()
    with running_stack(place) as other:
        assert _answers(other)
        assert _answers(own_stack)
        assert not set(parts(other.data).values()) & set(parts(own_stack.data).values())


def test_a_second_start_finds_accounts_and_images(folder: Path) -> None:
    place = folder / "again"
    place.mkdir()
    with running_stack(place) as first:
        password = first.admin_password
        with Account(first.url, "admin", password) as admin:
            tenant = make_tenant(admin)
        repository = f"{tenant.private}/kept"
        assert _push_and_pull(first, tenant, repository)
        # Stopped right after the last answer: the registry's queue of events must not be lost with it.
    with running_stack(place) as second, Account(second.url, "admin", password) as admin:
        assert second.admin_password == password
        eventually(
            lambda: _is_listed(admin, repository), within=10, what="the image that was pushed last"
        )
        credentials = tenant.granted.credentials
        with Registry(second.url, credentials) as registry:
            assert registry.manifest(repository, "v1").is_success
        with Account(second.url, "admin", password) as signed_in:
            eventually(
                lambda: (signed_in.repository(repository) or {}).get("pull_count"),
                until=lambda count: count == 2,
                within=10,
                what="both pulls, the one before the stop included",
            )


def test_it_writes_nowhere_but_to_its_data(own_stack: Stack) -> None:
    kernel = ("/dev/null", "/dev/shm/PostgreSQL.", "/proc/", "/sys/")
    for name, pid in parts(own_stack.data).items():
        for process in {pid} | workers(pid):
            elsewhere = [
                file
                for file in open_for_writing(process)
                if not file.startswith((str(own_stack.data), str(own_stack.output), *kernel))
            ]
            assert not elsewhere, name


def test_nothing_is_left_in_home(folder: Path) -> None:
    place = folder / "homeless"
    home = place / "home"
    home.mkdir(parents=True)
    with running_stack(place, HOME=str(home)) as running:
        assert _answers(running)
    assert list(home.iterdir()) == []


def test_only_the_gateway_listens_on_other_addresses(own_stack: Stack) -> None:
    pids = {pid for main in parts(own_stack.data).values() for pid in {main} | workers(main)}
    assert _listening_beyond_loopback(pids) == {own_stack.port}


def test_no_secret_is_in_a_command_line_or_a_log(own_stack: Stack) -> None:
    secrets = {
        file.read_text().strip()
        for file in (own_stack.data / "secrets").rglob("*")
        if file.is_file() and file.suffix != ".pem" and "url" not in file.name
    } | {own_stack.admin_password}
    shown = [
        text.read_text(errors="replace")
        for text in [own_stack.output, *(own_stack.data / "logs").iterdir()]
    ]
    shown += [Path(f"/proc/{pid}/cmdline").read_text() for pid in parts(own_stack.data).values()]
    assert len(secrets) >= 5
    for text in shown:
        assert not [secret for secret in secrets if secret in text]


def test_a_killed_keeper_takes_everything_with_it(folder: Path) -> None:
    place = folder / "killed"
    place.mkdir()

    def kill_it_while_it_runs() -> None:
        with running_stack(place) as running:
            alive = set(parts(running.data).values())
            os.kill(parent(part(running.data, "postgres")), signal.SIGKILL)
            eventually(
                lambda: _living(alive),
                until=lambda left: not left,
                within=20,
                what="the end of all parts",
            )

    with pytest.raises(StackBroken, match="ended during the tests"):
        kill_it_while_it_runs()


def _is_listed(account: Account, repository: str) -> bool:
    try:
        return (account.repository(repository) or {}).get("status") == "active"
    except (RefusedByApi, httpx.HTTPError):  # its service is on its way back
        return False


def _answers(stack: Stack) -> bool:
    try:
        return (
            httpx.get(f"{stack.url}/v2/", trust_env=False).status_code == httpx.codes.UNAUTHORIZED
        )
    except httpx.HTTPError:
        return False


def _living(pids: set[int]) -> set[int]:
    def alive(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    return {pid for pid in pids if alive(pid)}


def _listening_beyond_loopback(pids: set[int]) -> set[int]:
    shown = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    lines = [line for line in shown.splitlines() if any(f"pid={pid}," in line for pid in pids)]
    assert lines
    addresses = [line.split()[3] for line in lines]
    return {
        int(address.rpartition(":")[2])
        for address in addresses
        if not address.startswith(("127.", "[::1]"))
    }
