"""How long writes are refused by `moorage gc` among 10,000 blobs, and what asking before each write costs.

    python -m bench.collect_garbage

Starts a Moorage of its own, fills it through the gateway, collects half of it, and prints the figures.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import typer

from tests.kit.http.accounts import Account, DockerUser
from tests.kit.http.registry import Registry
from tests.kit.http.tenant import make_tenant
from tests.kit.images import make_image
from tests.kit.stack.gc import disk_usage, freed_bytes, gc
from tests.kit.stack.processes import part
from tests.kit.stack.run import Stack, running_stack

REPOSITORIES, TAGS = 34, 50  # pushed twice, three blobs each (manifest, config, layer): 10,200
ASKED = 500


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
        with Account(stack.url, "admin", stack.admin_password) as admin:
            tenant = make_tenant(admin)
            _fill(stack, tenant.granted, tenant.private)
            _measure_gate(stack, tenant.granted, tenant.private)
            _until_read(tenant.account, tenant.private)
        storage = stack.data / "registry"
        before, blobs = disk_usage(storage), _blobs(storage)
        started = time.monotonic()
        done = gc(stack, days=0, seconds=900).checked()
        typer.echo(
            f"{blobs} blobs, {before / 2**20:.0f} MiB on disk; the collection took {time.monotonic() - started:.1f} s in all"
        )
        typer.echo(done.stdout.strip().splitlines()[-1])
        fallen = before - disk_usage(storage)
        typer.echo(
            f"disk usage fell by {fallen} bytes, {freed_bytes(done.stdout) / fallen:.4f} of it reported; {_blobs(storage)} blobs are left"
        )


def _fill(stack: Stack, user: DockerUser, namespace: str) -> None:
    def fill(number: int) -> None:
        with Registry(stack.url, (user.username, user.password)) as registry:
            for tag in range(2 * TAGS):
                registry.push(make_image(), f"{namespace}/app-{number}", f"v{tag % TAGS}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fill, range(REPOSITORIES)))


def _until_read(account: Account, namespace: str) -> None:
    """Wait until the catalog has read all of it."""
    while (
        sum(item["tag_count"] for item in account.repositories(namespace=namespace).values())
        < REPOSITORIES * TAGS
    ):
        time.sleep(0.5)
    time.sleep(5)


def _blobs(storage: Path) -> int:
    return sum(1 for _ in (storage / "docker/registry/v2/blobs").glob("*/*/*/data"))


def _measure_gate(stack: Stack, user: DockerUser, namespace: str) -> None:
    """A write of little work, through the gateway and straight at the registry, and the question alone."""
    configuration = (stack.data / "run/nginx.conf").read_text()
    address = {
        name: configuration.split(f"moorage_{name} {{ server ")[1].split(";")[0]
        for name in ("auth", "registry")
    }
    part(stack.data, "registry")  # it runs
    with Registry(stack.url, (user.username, user.password)) as registry:
        headers = {
            "Authorization": f"Bearer {registry.token(f'repository:{namespace}/app-0:pull,push')}"
        }
        path = f"/v2/{namespace}/app-0/manifests/{'x' * 200}"  # refused by the registry at once: the name is too long
        with httpx.Client(trust_env=False, headers=headers) as http:
            asked = {
                "PUT through the gateway": lambda: registry.http.put(
                    path, content=b"{}", headers=headers
                ),
                "PUT straight at the registry": lambda: http.put(
                    f"http://{address['registry']}{path}", content=b"{}"
                ),
                "GET through the gateway, which asks nobody": lambda: registry.http.get(
                    path, headers=headers
                ),
                "GET straight at the registry": lambda: http.get(
                    f"http://{address['registry']}{path}"
                ),
                "the question alone": lambda: http.get(
                    f"http://{address['auth']}/internal/writes",
                    headers={"X-Original-Method": "PUT"},
                ),
            }
            for name, ask in asked.items():
                typer.echo(f"{name}: median {statistics.median(_times(ask)) * 1000:.2f} ms")


def _times(ask: Callable[[], httpx.Response]) -> list[float]:
    times = []
    for _ in range(ASKED):
        started = time.perf_counter()
        ask()
        times.append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    main()
