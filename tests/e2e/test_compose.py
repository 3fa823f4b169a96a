"""Moorage in containers: a new user's path with real clients, isolation, and recovery.

Runs on the machine's Docker engine (`DOCKER_HOST`). Without one, or without the base images, the
tests are skipped.
"""

from __future__ import annotations

import json
import operator
import os
import re
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.e2e.test_new_user import MakeContent, assert_denied, make_content, native
from tests.kit.clients.base import NewClient
from tests.kit.http.accounts import Account, DockerUser
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant, make_tenant
from tests.kit.images import Image, make_image
from tests.kit.install import PROJECT, Toolbox, toolbox
from tests.kit.process import run
from tests.kit.stack.compose import FILE, Compose, running_compose, unavailable
from tests.kit.waiting import eventually

__all__ = ["make_content"]  # a fixture

pytestmark = pytest.mark.timeout(900)

SERVICES = ("auth", "catalog", "events")
LONG_RUNNING = (*SERVICES, "registry", "gateway", "postgres")
ADMIN_PASSWORD = "/var/lib/moorage/admin-password"
SHOWN_WITHIN_SECONDS = 2.0
BACK_SECONDS = 60.0


@pytest.fixture(scope="module")
def compose() -> Iterator[Compose]:
    tools: Toolbox = toolbox()
    reason = unavailable(tools)
    if reason is not None:
        pytest.skip(reason)
    with running_compose(tools) as running:
        yield running


@pytest.fixture(scope="module")
def admin_password(compose: Compose) -> str:
    """The first password, read with the command in the documentation."""
    shown = compose("run", "--rm", "--no-deps", "--entrypoint", "cat", "migrate", ADMIN_PASSWORD)
    return shown.checked().stdout.strip()


@pytest.fixture(scope="module")
def composed(compose: Compose, admin_password: str) -> Iterator[Tenant]:
    with Account(compose.url, "admin", admin_password) as admin, admin.make_account() as account:
        yield make_tenant(account)


def handbook_commands() -> list[str]:
    """Return what the handbook lets the container of the catalog run, without the prompts."""
    pages = sorted((PROJECT / "docs").rglob("*.md"))
    beginning = "docker compose -f deploy/compose.yaml exec catalog "
    lines = {
        line.strip().removeprefix(beginning)
        for page in pages
        for line in page.read_text().splitlines()
        if line.startswith(f"    {beginning}") or line.startswith(f"       {beginning}")
    }
    return sorted(line for line in lines if " create " not in line and "password" not in line)


def pull_is_possible(compose: Compose, user: DockerUser, repository: str) -> bool:
    try:
        with Registry(compose.url, (user.username, user.password)) as registry:
            return registry.manifest(repository, "v1").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def tags(account: Account, repository: str) -> set[str]:
    """Return the tags that the API lists, or none while a service does not respond."""
    try:
        return set(account.tags(repository))
    except httpx.HTTPError:
        return set()


def test_new_user_pushes_and_pulls_and_another_user_is_denied(
    composed: Tenant, new_client: NewClient, make_content: MakeContent, compose: Compose
) -> None:
    content, repository = make_content(), f"{composed.private}/{os.urandom(4).hex()}/app"
    reference = f"{compose.registry}/{repository}:v1"
    assert_denied(new_client(), "pull", reference)
    new_client().logged_in(compose.registry, composed.granted).push(content, reference).checked()
    puller = new_client().logged_in(compose.registry, composed.granted)
    puller.pull(reference).checked()
    assert puller.pulled_config(reference) == native(content).config.digest
    other = new_client().logged_in(compose.registry, composed.other)
    assert_denied(other, "pull", reference)
    assert_denied(other, "push", make_image(), reference)
    # `docker manifest` itself pulls the single images, under other tags.
    shown = eventually(
        lambda: composed.account.tags(repository).get("v1"),
        lambda entry: entry is not None and entry["pull_count"] >= 1,
        within=SHOWN_WITHIN_SECONDS,
        what="the pull in the list",
    )
    assert shown is not None
    assert shown["pull_count"] == 1


@pytest.mark.parametrize("command", handbook_commands())
def test_command_of_the_handbook_works_in_the_catalogs_container(
    compose: Compose, composed: Tenant, command: str
) -> None:
    with Registry(compose.url, (composed.granted.username, composed.granted.password)) as registry:
        registry.push(make_image(), f"{composed.private}/handbook", os.urandom(4).hex())
    done = compose("exec", "--no-TTY", "catalog", *command.split())
    assert done.ok, done.output


def test_administrator_with_a_lost_password_gets_a_new_one(compose: Compose) -> None:
    """The container of the catalog has the role of the catalog only."""
    moorage = ("docker", "compose", "-p", compose.project, "-f", str(FILE))
    admin = (*moorage, "exec", "--no-TTY", "catalog", "moorage", "admin")
    for command in ("create", "reset-password"):
        typed = os.urandom(8).hex()
        run(
            [*admin, command, "lost"], environment=compose.environment, stdin=f"{typed}\n".encode()
        ).checked()
        with Account(compose.url, "lost", typed) as account:
            account.http.get("/accounts").raise_for_status()
    listed = run([*admin, "list", "--json"], environment=compose.environment).checked()
    names = [one["username"] for one in json.loads(listed.stdout)["accounts"]]
    assert names == ["admin", "lost"]


def test_only_the_gateways_port_is_published(compose: Compose) -> None:
    published = {
        name: container["NetworkSettings"]["Ports"]
        for name, container in compose.containers().items()
    }
    open_ports = {
        name: {port for port, binding in ports.items() if binding}
        for name, ports in published.items()
    }
    assert {name: ports for name, ports in open_ports.items() if ports} == {"gateway": {"8080/tcp"}}


def test_internal_path_is_not_reachable(compose: Compose) -> None:
    with httpx.Client(base_url=compose.url, trust_env=False) as http:
        for path in ("/registry-events", "/metrics", "/readyz", "/debug/vars"):
            assert http.get(path).status_code == httpx.codes.NOT_FOUND


def test_gateway_serves_the_console(compose: Compose) -> None:
    with httpx.Client(base_url=compose.url, trust_env=False) as http:
        page = http.get("/")
        assert (page.status_code, page.headers["content-type"]) == (
            httpx.codes.OK,
            "text/html; charset=utf-8",
        )
        script = re.search(r'src="(/assets/[^"]+)"', page.text)
        assert script is not None
        asset = http.get(script[1])
        assert (asset.status_code, asset.headers["content-encoding"]) == (httpx.codes.OK, "gzip")


def test_containers_run_unprivileged_and_read_only(compose: Compose) -> None:
    containers = compose.containers()
    for name in ("init", "migrate", *SERVICES, "registry", "gateway"):
        container = containers[name]
        assert container["Config"]["User"] == "10001:10001", name
        assert container["HostConfig"]["ReadonlyRootfs"], name
        assert container["HostConfig"]["CapDrop"] == ["ALL"], name
        assert container["HostConfig"]["CapAdd"] in (None, []), name
        assert "no-new-privileges:true" in container["HostConfig"]["SecurityOpt"], name
    for name in LONG_RUNNING:
        status = Path(f"/proc/{containers[name]['State']['Pid']}/status").read_text()
        uid = next(line.split()[1] for line in status.splitlines() if line.startswith("Uid:"))
        assert uid != "0", f"{name} runs as root"


def test_each_container_mounts_only_its_own_secrets(compose: Compose) -> None:
    for name, container in compose.containers().items():
        mounted = {mount["Destination"] for mount in container["Mounts"]}
        secret = {
            path.removeprefix("/var/lib/moorage/secrets/")
            for path in mounted
            if path.startswith("/var/lib/moorage/secrets/")
        }
        allowed = {
            "migrate": {"owner", *SERVICES},
            "init": {"ca", "owner", "postgres", "registry", *SERVICES},
        }
        assert secret <= allowed.get(name, {name}), name


def test_logs_environments_and_command_lines_contain_no_secret(
    compose: Compose, admin_password: str
) -> None:
    urls = compose.shell(
        "cd /var/lib/moorage/secrets && tail -n +1 -q registry/webhook_secret registry/http_secret"
        " postgres/superuser_password */*database_url"
    )
    secrets = {
        part.rpartition("@")[0].rpartition(":")[2] or part
        for part in urls.replace("postgresql", "\npostgresql").split()
        if part
    }
    shown = compose("logs", "--no-color").checked().output + str(compose.containers())
    processes = "".join(compose("top", name).checked().stdout for name in LONG_RUNNING)
    for secret in {*secrets, admin_password}:
        assert len(secret) > 16
        assert secret not in shown + processes


@pytest.mark.parametrize("name", LONG_RUNNING)
def test_killed_container_restarts_and_pulls_and_pushes_work_again(
    compose: Compose, composed: Tenant, name: str
) -> None:
    repository = f"{composed.private}/killed"
    with Registry(compose.url, (composed.granted.username, composed.granted.password)) as registry:
        registry.push(make_image(), repository, "v1")
    died = compose.containers()[name]["State"]["Pid"]
    os.kill(died, signal.SIGKILL)
    eventually(
        lambda: compose.containers()[name]["State"]["Pid"] not in (0, died),
        within=BACK_SECONDS,
        every=0.3,
        what=f"{name} again",
    )
    eventually(
        lambda: pull_is_possible(compose, composed.granted, repository),
        within=BACK_SECONDS,
        every=0.3,
        what="a pull",
    )
    image = make_image()
    with Registry(compose.url, (composed.granted.username, composed.granted.password)) as registry:
        eventually(
            lambda: _is_pushed(registry, image, repository, f"after-{name}"),
            within=BACK_SECONDS,
            every=0.3,
            what="a push",
        )
    eventually(
        lambda: f"after-{name}" in tags(composed.account, repository),
        within=BACK_SECONDS,
        every=0.3,
        what="the push in the list",
    )


def _is_pushed(registry: Registry, image: Image, repository: str, tag: str) -> bool:
    """Push, and return False if a service is still starting."""
    try:
        registry.push(image, repository, tag)
    except httpx.HTTPStatusError as refused:
        if refused.response.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            raise
        return False
    return True


def test_changed_setting_is_applied_and_data_is_kept(
    compose: Compose, composed: Tenant, admin_password: str
) -> None:
    repository = f"{composed.private}/kept"
    with Registry(compose.url, (composed.granted.username, composed.granted.password)) as registry:
        registry.push(make_image(), repository, "v1")
    eventually(
        lambda: "v1" in composed.account.tags(repository),
        within=SHOWN_WITHIN_SECONDS,
        what="the push in the list",
    )
    compose("down", "--timeout", "30").checked()
    compose.up(MOORAGE_HOSTS="localhost,127.0.0.1")
    assert compose.file(ADMIN_PASSWORD).strip() == admin_password
    assert pull_is_possible(compose, composed.granted, repository)
    assert "v1" in composed.account.tags(repository)
    compose.up(MOORAGE_HOSTS="hub.example")
    with httpx.Client(base_url=compose.url, trust_env=False) as http:
        assert http.get("/v2/").status_code == httpx.codes.MISDIRECTED_REQUEST
        assert (
            http.get("/v2/", headers={"Host": "hub.example"}).status_code
            == httpx.codes.UNAUTHORIZED
        )
    compose.up()


def test_push_just_before_a_registry_restart_reaches_the_catalog(
    compose: Compose, composed: Tenant
) -> None:
    """The registry keeps its events in memory. Its container stops after it has sent them all."""
    repository = f"{composed.private}/restarted"
    with Registry(compose.url, (composed.granted.username, composed.granted.password)) as registry:
        for number in range(20):
            registry.push(make_image(), repository, f"v{number}")
    compose("restart", "registry").checked()
    eventually(
        lambda: composed.account.tags(repository),
        lambda tags: len(tags) == 20,
        within=BACK_SECONDS,
        every=0.3,
        what="20 tags",
    )


def test_gc_reclaims_disk_space_while_the_registry_runs(compose: Compose, composed: Tenant) -> None:
    old, new = make_image(), make_image()
    repository = f"{composed.private}/collected"
    with Registry(compose.url, (composed.granted.username, composed.granted.password)) as registry:
        for image in (old, new):
            registry.push(image, repository, "v1")
            eventually(
                lambda: composed.account.tags(repository).get("v1", {}).get("digest"),
                until=partial(operator.eq, image.manifest.digest),
                within=10,
                what="the push in the catalog",
            )
        collect = ("exec", "--no-TTY", "catalog", "moorage", "gc")
        done = compose(*collect, "--untagged-days", "0", "--grace-minutes", "0").checked()
        # other tests leave untagged manifests, too
        assert re.search(r"Deleted: [1-9]\d* untagged manifests?", done.stdout)
        assert registry.manifest(repository, "v1").content == new.manifest.content
        assert registry.manifest(repository, old.manifest.digest).status_code == 404
        registry.push(old, repository, "again")
        assert registry.manifest(repository, "again").is_success
