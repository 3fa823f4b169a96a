"""Delete repositories and namespaces over the API, on a real registry (spec 7 and 2.9)."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from tests.integration.catalog.pump import delivering
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image, make_index
from tests.kit.waiting import soon, soon_json

pytestmark = pytest.mark.registry_versions


@pytest.fixture
async def space(
    acme: httpx.AsyncClient, emptied: Database, registry: RegistryUnderTest, team: str
) -> AsyncIterator[str]:
    """A namespace of `acme`. The events of the registry are delivered automatically."""
    assert (
        await acme.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
    ).status_code == 201
    async with delivering(emptied, registry):
        yield team


async def _shows(client: httpx.AsyncClient, repository: str, tags: int) -> None:
    await soon_json(
        client,
        f"/api/v1/repositories/{repository}",
        lambda body: body["tag_count"] == tags,
        within=5,
    )


async def _gone(client: httpx.AsyncClient, path: str) -> None:
    async def status() -> int:
        return (await client.get(path)).status_code

    await soon(status, lambda code: code == 404, within=30)


async def test_deleted_repository_is_gone_and_its_neighbor_remains(
    space: str, acme: httpx.AsyncClient, registry: RegistryUnderTest
) -> None:
    index, image = make_index(), make_image()
    registry.push(index, f"{space}/app", "v1", "v2")
    registry.push(image, f"{space}/app", "v3")
    registry.push(image, f"{space}/app/web", "v3")
    await _shows(acme, f"{space}/app", 3)
    await _shows(acme, f"{space}/app/web", 1)
    answer = await acme.delete(f"/api/v1/repositories/{space}/app")
    assert (answer.status_code, answer.json()["status"]) == (202, "deleting")
    await _gone(acme, f"/api/v1/repositories/{space}/app")
    for manifest in (index.manifest, image.manifest, *(child.manifest for child in index.images)):
        assert registry.status(f"{space}/app", manifest.digest) == 404
    assert registry.tags(f"{space}/app") == []
    assert registry.status(f"{space}/app/web", "v3") == 200
    layer = image.layers[0].digest
    assert (
        registry.blob_status(f"{space}/app", layer),
        registry.blob_status(f"{space}/app/web", layer),
    ) == (404, 200)
    trail = (
        await acme.get("/api/v1/audit", params={"target": f"repositories/{space}/app"})
    ).json()["items"]
    assert [(entry["action"], entry["account"]) for entry in trail] == [
        ("repository.deleted", "acme"),
        ("repository.delete", "acme"),
    ]
    refused = await acme.post("/api/v1/repositories", json={"namespace": space, "name": "app"})
    assert (refused.status_code, refused.json()["code"]) == (409, "name_reserved")


async def test_repository_that_is_being_deleted_refuses_other_deletions(
    space: str,
    acme: httpx.AsyncClient,
    registry: RegistryUnderTest,
    emptied: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = make_image()
    registry.push(image, f"{space}/app", "v1")
    await _shows(acme, f"{space}/app", 1)
    with monkeypatch.context() as unavailable:

        async def fails(*_: Any) -> list[str]:
            raise RegistryUnavailable("connection lost")

        unavailable.setattr(Registry, "list_tags", fails)
        assert (await acme.delete(f"/api/v1/repositories/{space}/app")).status_code == 202
        again = await acme.delete(f"/api/v1/repositories/{space}/app")
        assert (again.status_code, again.json()["status"]) == (202, "deleting")
        assert (await acme.get(f"/api/v1/repositories/{space}/app")).json()["status"] == "deleting"
        refused = await acme.delete(f"/api/v1/images/{space}/app:v1")
        assert (refused.status_code, refused.json()["code"]) == (409, "repository_deleting")
        closed = await emptied.fetch("SELECT repository FROM catalog.reserved_repositories")
        assert [row["repository"] for row in closed] == [f"{space}/app"]
    await _gone(acme, f"/api/v1/repositories/{space}/app")


async def test_image_pushed_during_the_deletion_is_deleted_too(
    space: str,
    acme: httpx.AsyncClient,
    registry: RegistryUnderTest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry.push(make_image(), f"{space}/app", "v1")
    await _shows(acme, f"{space}/app", 1)
    late, index = make_image(), make_index()
    emptied = Registry.list_tags
    pushed = asyncio.Event()

    async def after_a_push(self: Registry, repository: str) -> list[str]:
        """Push when the known manifests are deleted and the rest is being listed."""
        if not pushed.is_set():
            pushed.set()
            registry.push(late, repository, "v1")
            registry.push(index, repository, "multi")
        return await emptied(self, repository)

    monkeypatch.setattr(Registry, "list_tags", after_a_push)
    assert (await acme.delete(f"/api/v1/repositories/{space}/app")).status_code == 202
    await _gone(acme, f"/api/v1/repositories/{space}/app")
    assert pushed.is_set()

    async def left() -> list[str]:
        digests = [
            manifest.digest
            for manifest in (
                late.manifest,
                index.manifest,
                *(image.manifest for image in index.images),
            )
        ]
        return [*registry.tags(f"{space}/app"), *registry.present(f"{space}/app", digests)]

    await soon(left, lambda found: found == [], within=10)


async def test_pushes_with_old_tokens_are_deleted_and_pull_counts_restart_at_zero(
    space: str, acme: httpx.AsyncClient, registry: RegistryUnderTest, emptied: Database
) -> None:
    registry.push(make_image(), f"{space}/app", "v1")
    await _shows(acme, f"{space}/app", 1)
    await emptied.execute(
        "INSERT INTO events.pull_hours"
        " (repository, generation, hour, tag, docker_user, pulls, checks)"
        " VALUES ($1, 0, now(), 'v1', 'a', 7, 0)",
        f"{space}/app",
    )
    await soon_json(acme, f"/api/v1/repositories/{space}/app", lambda body: body["pull_count"] == 7)
    assert (await acme.delete(f"/api/v1/repositories/{space}/app")).status_code == 202
    late = make_image()
    registry.push(late, f"{space}/app", "late")  # during the deletion
    await _gone(acme, f"/api/v1/repositories/{space}/app")

    async def left() -> list[str]:
        return registry.tags(f"{space}/app")

    await soon(left, lambda tags: tags == [], within=5)
    registry.push(make_image(), f"{space}/app", "later")
    await soon(left, lambda tags: tags == [], within=5)
    assert registry.status(f"{space}/app", late.manifest.digest) == 404
    await emptied.execute("UPDATE catalog.reserved_names SET available_at = now()")

    async def kept() -> int:
        return len(await emptied.fetch("SELECT * FROM catalog.deletions"))

    await soon(kept, lambda number: number == 0, within=20)
    registry.push(make_image(), f"{space}/app", "new")
    await _shows(acme, f"{space}/app", 1)
    assert (await acme.get(f"/api/v1/repositories/{space}/app")).json()["pull_count"] == 0
    assert registry.tags(f"{space}/app") == ["new"]


async def test_cascade_deletes_a_namespace_with_its_repositories(
    space: str, acme: httpx.AsyncClient, registry: RegistryUnderTest, emptied: Database
) -> None:
    image = make_image()
    for repository in ("app", "charts/web"):
        registry.push(image, f"{space}/{repository}", "v1")
        await _shows(acme, f"{space}/{repository}", 1)
    await acme.post("/api/v1/repositories", json={"namespace": space, "name": "empty"})
    refused = await acme.delete(f"/api/v1/namespaces/{space}")
    assert (refused.status_code, refused.json()["code"]) == (409, "namespace_not_empty")
    assert (
        await acme.delete(f"/api/v1/namespaces/{space}", params={"cascade": "true"})
    ).status_code == 202
    await _gone(acme, f"/api/v1/namespaces/{space}")
    assert (await acme.get("/api/v1/repositories")).json()["items"] == []
    for repository in ("app", "charts/web"):
        assert registry.tags(f"{space}/{repository}") == []
        assert registry.status(f"{space}/{repository}", image.manifest.digest) == 404
    actions = {entry["action"] for entry in (await acme.get("/api/v1/audit")).json()["items"]}
    assert {"namespace.delete", "namespace.deleted", "repository.deleted"} <= actions
    taken = await acme.post("/api/v1/namespaces", json={"name": space, "visibility": "private"})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_reserved")


async def test_concurrent_deletions_of_a_namespace_are_one(
    space: str, acme: httpx.AsyncClient, registry: RegistryUnderTest
) -> None:
    registry.push(make_image(), f"{space}/app", "v1")
    await _shows(acme, f"{space}/app", 1)
    path = f"/api/v1/namespaces/{space}"
    answers = await asyncio.gather(
        *(acme.delete(path, params={"cascade": "true"}) for _ in range(4))
    )
    assert {answer.status_code for answer in answers} <= {202, 404}
    assert 202 in {answer.status_code for answer in answers}
    await _gone(acme, path)
    trail = (await acme.get("/api/v1/audit", params={"target": f"namespaces/{space}"})).json()[
        "items"
    ]
    assert [entry["action"] for entry in trail] == [
        "namespace.deleted",
        "namespace.delete",
        "namespace.create",
    ]


async def test_namespace_that_is_being_deleted_takes_no_repository_and_no_push(
    space: str,
    acme: httpx.AsyncClient,
    registry: RegistryUnderTest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry.push(make_image(), f"{space}/app", "v1")
    await _shows(acme, f"{space}/app", 1)
    with monkeypatch.context() as unavailable:

        async def fails(*_: Any) -> list[str]:
            raise RegistryUnavailable("connection lost")

        unavailable.setattr(Registry, "list_tags", fails)
        path = f"/api/v1/namespaces/{space}"
        assert (await acme.delete(path, params={"cascade": "true"})).status_code == 202
        assert (await acme.get(path)).json()["deleting"] is True
        assert (await acme.delete(path)).status_code == 202
        made = await acme.post("/api/v1/repositories", json={"namespace": space, "name": "new"})
        assert (made.status_code, made.json()["code"]) == (409, "namespace_deleting")
        pushed = make_image()
        registry.push(pushed, f"{space}/pushed", "v1")

        async def status() -> int:
            return registry.status(f"{space}/pushed", pushed.manifest.digest)

        await soon(status, lambda code: code == 404, within=5)
    await _gone(acme, f"/api/v1/namespaces/{space}")


async def test_other_account_cannot_delete(
    space: str, acme: httpx.AsyncClient, other: httpx.AsyncClient, registry: RegistryUnderTest
) -> None:
    registry.push(make_image(), f"{space}/app", "v1")
    await _shows(acme, f"{space}/app", 1)
    await acme.patch(f"/api/v1/namespaces/{space}", json={"visibility": "public"})
    assert (await other.delete(f"/api/v1/repositories/{space}/app")).status_code == 404
    assert (
        await other.delete(f"/api/v1/namespaces/{space}", params={"cascade": "true"})
    ).status_code == 404
    assert registry.tags(f"{space}/app") == ["v1"]
