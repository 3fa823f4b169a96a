"""An index is deleted right after it was pulled, while the events service is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator

import asyncpg
import pytest

from tests.kit.http.registry import Registry
from tests.kit.http.tenant import Tenant
from tests.kit.images import Index, make_index
from tests.kit.pulls.counts import Counts, PullCounts
from tests.kit.stack.processes import part
from tests.kit.stack.run import Stack
from tests.kit.waiting import eventually

pytestmark = pytest.mark.registry_versions


@contextlib.contextmanager
def stopped_events_service(stack: Stack) -> Iterator[None]:
    """Stop the events service with SIGSTOP. At the end, it continues."""
    pid = part(stack.data, "events")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def pull(registry: Registry, repository: str, index: Index) -> None:
    """Pull as skopeo and as containerd, with the requests of tests/kit/pulls/patterns.py."""
    headers = {
        "Authorization": f"Bearer {registry.token(f'repository:{repository}:pull')}",
        "Accept": f"{index.manifest.media_type}, {index.images[0].manifest.media_type}",
    }
    path = f"/v2/{repository}/manifests"
    children = [f"{path}/{image.manifest.digest}" for image in index.images]
    skopeo = [("GET", f"{path}/v1"), ("GET", children[0])]
    containerd = [("HEAD", f"{path}/v1"), ("GET", f"{path}/{index.manifest.digest}")]
    containerd += [("GET", child) for child in children]
    for agent, requests in (("skopeo/1.9.3", skopeo), ("containerd/2.4", containerd)):
        for method, url in requests:
            answer = registry.http.request(method, url, headers=headers | {"User-Agent": agent})
            assert answer.status_code == 200


def counted(stack: Stack, repository: str) -> Counts:
    """Return the counts of all repositories that had the name ``repository``, from the database."""
    url = (stack.data / "secrets" / "owner" / "database_url").read_text().strip()

    async def read() -> Counts:
        connection = await asyncpg.connect(url)
        try:
            rows = await connection.fetch(
                "SELECT tag, sum(pulls)::int AS pulls, sum(checks)::int AS checks"
                " FROM events.pull_hours WHERE repository = $1 GROUP BY tag",
                repository,
            )
        finally:
            await connection.close()
        found = {row["tag"]: (row["pulls"], row["checks"]) for row in rows}
        return {tag: counts for tag, counts in found.items() if counts != (0, 0)}

    return asyncio.run(read())


@pytest.mark.parametrize("deleted", ["image", "repository"])
def test_each_pull_of_an_index_counts_once_although_it_is_deleted_before_the_count(
    stack: Stack,
    shared_tenant: Tenant,
    shared_registry: Registry,
    pull_counts: PullCounts,
    deleted: str,
) -> None:
    repository, index = f"{shared_tenant.private}/deleted-{deleted}", make_index()
    shared_registry.push(index, repository, "v1")
    account = shared_tenant.account
    eventually(
        lambda: account.repository(repository),
        lambda found: found is not None and "v1" in account.tags(repository),
        within=10,
        what="the image in the catalog",
    )
    with stopped_events_service(stack):
        pull(shared_registry, repository, index)
        if deleted == "image":
            account.call("DELETE", f"/images/{repository}@{index.manifest.digest}")
        else:
            account.call("DELETE", f"/repositories/{repository}")
            eventually(
                lambda: account.repository(repository),
                lambda found: found is None,
                within=20,
                what="the deletion of the repository",
            )
    pull_counts.settle()
    assert counted(stack, repository) == {"v1": (2, 1)}
