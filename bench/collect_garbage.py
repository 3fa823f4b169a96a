"""Measures `moorage gc` with 10,000 blobs, and the write gate.

    python -m bench.collect_garbage

It starts a stack of its own, fills it through the gateway, and collects half of the blobs. It
prints for how long `moorage gc` refused writes, and what the check before each write costs.
"""

import re
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

REPOSITORIES, TAGS = 34, 50  # pushed twice, with manifest, config, and layer: 10,200 blobs
REQUESTS = 500


def main() -> None:
    """Measure, and print the figures."""
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder)) as stack:
        with Account(stack.url, "admin", stack.admin_password) as admin:
            tenant = make_tenant(admin)
            _fill(stack, tenant.granted, tenant.private)
            _measure_gate(stack, tenant.granted, tenant.private)
            _await_catalog(tenant.account, tenant.private)
        storage = stack.data / "registry"
        before, blobs = disk_usage(storage), _blobs(storage)
        started = time.monotonic()
        done = gc(stack, days=0, seconds=900).checked()
        seconds = time.monotonic() - started
        typer.echo(
            f"{blobs} blobs, {before / 2**20:.0f} MiB on disk;"
            f" garbage collection took {seconds:.1f} s"
        )
        typer.echo(done.stdout.strip().splitlines()[-1])
        reclaimed = before - disk_usage(storage)
        typer.echo(
            f"reclaimed {reclaimed} bytes of disk space; reported "
            f"{freed_bytes(done.stdout) / reclaimed:.4f} of them; {_blobs(storage)} blobs are left"
        )


def _fill(stack: Stack, user: DockerUser, namespace: str) -> None:
    def fill(number: int) -> None:
        with Registry(stack.url, (user.username, user.password)) as registry:
            for tag in range(2 * TAGS):
                registry.push(make_image(), f"{namespace}/app-{number}", f"v{tag % TAGS}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fill, range(REPOSITORIES)))


def _await_catalog(account: Account, namespace: str) -> None:
    """Wait until the catalog has recorded every tag."""
    while (
        sum(item["tag_count"] for item in account.repositories(namespace=namespace).values())
        < REPOSITORIES * TAGS
    ):
        time.sleep(0.5)
    time.sleep(5)


def _blobs(storage: Path) -> int:
    return sum(1 for _ in (storage / "docker/registry/v2/blobs").glob("*/*/*/data"))


def _measure_gate(stack: Stack, user: DockerUser, namespace: str) -> None:
    """Print the time of a cheap write and read, with and without the gateway, and of the check."""
    configuration = (stack.data / "run/nginx.conf").read_text()
    address = dict(re.findall(r"upstream moorage_(\w+) {\s*server ([\d.:]+);", configuration))
    part(stack.data, "registry")  # raises KeyError if it does not run
    with Registry(stack.url, (user.username, user.password)) as registry:
        headers = {
            "Authorization": f"Bearer {registry.token(f'repository:{namespace}/app-0:pull,push')}"
        }
        # the registry refuses such a long tag at once
        path = f"/v2/{namespace}/app-0/manifests/{'x' * 200}"
        with httpx.Client(trust_env=False, headers=headers) as http:
            requests = {
                "PUT through the gateway": lambda: registry.http.put(
                    path, content=b"{}", headers=headers
                ),
                "PUT to the registry itself": lambda: http.put(
                    f"http://{address['registry']}{path}", content=b"{}"
                ),
                "GET through the gateway, which makes no check": lambda: registry.http.get(
                    path, headers=headers
                ),
                "GET to the registry itself": lambda: http.get(
                    f"http://{address['registry']}{path}"
                ),
                "the check itself": lambda: http.get(
                    f"http://{address['auth']}/internal/gate",
                    headers={"X-Original-Method": "PUT"},
                ),
            }
            for name, send in requests.items():
                typer.echo(f"{name}: median {statistics.median(_times(send)) * 1000:.2f} ms")


def _times(send: Callable[[], httpx.Response]) -> list[float]:
    times = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        send()
        times.append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    main()
