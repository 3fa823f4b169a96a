"""Orphaned manifests: pushes to a name without an owner.

They are deleted from the registry, so that the next owner of the name does not get them.
"""

from collections.abc import Awaitable, Callable

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from services.catalog.sync.feed.follower import Follower
from tests.integration.catalog.following import follow_to_the_end
from tests.integration.catalog.registry import RegistryUnderTest, deliver
from tests.kit.database import Database
from tests.kit.images import make_image, make_index
from tests.kit.sessions import SignIn
from tests.kit.waiting import soon, soon_json

pytestmark = pytest.mark.registry_versions


async def _wait_until_gone(registry: RegistryUnderTest, repository: str, digest: str) -> None:
    async def status() -> int:
        return registry.status(repository, digest)

    await soon(status, lambda code: code == 404)


async def _empty_trash(account: httpx.AsyncClient) -> None:
    """Free the names of deleted namespaces for other accounts."""
    for entry in (await account.get("/api/v1/trash")).json()["items"]:
        assert (await account.delete(f"/api/v1/trash/{entry['id']}")).status_code == 204


async def test_next_owner_does_not_get_a_push_from_before_the_deletion(
    sign_in: SignIn, emptied: Database, registry: RegistryUnderTest, team: str
) -> None:
    acme, other = await sign_in("acme"), await sign_in("other")
    await acme.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
    index = make_index()
    pushed = registry.push(index, f"{team}/app", "v1")  # the event arrives later
    assert (await acme.delete(f"/api/v1/namespaces/{team}")).status_code == 204
    await _empty_trash(acme)
    await deliver(emptied, *pushed)
    for manifest in (index.manifest, *(image.manifest for image in index.images)):
        await _wait_until_gone(registry, f"{team}/app", manifest.digest)
    await emptied.execute("UPDATE catalog.reserved_names SET available_at = now()")

    async def create_namespace() -> int:
        return (
            await other.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
        ).status_code

    # If a deletion was slow, its intent stays open until its lease ends (docs/adr/0024).
    await soon(create_namespace, lambda code: code == 201, within=60)
    assert registry.tags(f"{team}/app") == []
    assert (await other.get("/api/v1/repositories")).json()["items"] == []


async def test_push_without_an_event_is_deleted_before_the_name_is_released(
    sign_in: SignIn, emptied: Database, registry: RegistryUnderTest, team: str
) -> None:
    acme, other = await sign_in("acme"), await sign_in("other")
    await acme.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
    assert (await acme.delete(f"/api/v1/namespaces/{team}")).status_code == 204
    await _empty_trash(acme)
    index = make_index()
    registry.push(index, f"{team}/charts/web", "v1")  # with an old token; the event is lost
    registry.push(make_image(), f"{team}-x/app", "v1")
    await emptied.execute("UPDATE catalog.reserved_names SET available_at = now()")

    async def create_namespace() -> int:
        return (
            await other.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
        ).status_code

    await soon(create_namespace, lambda code: code == 201, within=5)
    for manifest in (index.manifest, *(image.manifest for image in index.images)):
        assert registry.status(f"{team}/charts/web", manifest.digest) == 404
    assert registry.tags(f"{team}-x/app") == ["v1"]


async def test_late_event_of_a_former_owner_creates_no_repository(
    sign_in: SignIn, emptied: Database, registry: RegistryUnderTest, team: str
) -> None:
    other = await sign_in("other")
    late = registry.push(make_image(), f"{team}/app", "v1")
    await emptied.execute(
        "INSERT INTO catalog.reserved_names VALUES ('namespace', $1, now())", team
    )
    assert (
        await other.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
    ).status_code == 201
    await deliver(emptied, *late)
    await deliver(emptied, *registry.push(make_image(), f"{team}/mine", "v1"))
    listed = await soon_json(other, "/api/v1/repositories", lambda body: len(body["items"]) > 0)
    assert [item["name"] for item in listed["items"]] == ["mine"]


async def test_push_to_a_reserved_name_is_deleted_and_its_neighbor_remains(
    acme: httpx.AsyncClient, emptied: Database, registry: RegistryUnderTest, team: str
) -> None:
    await acme.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
    await emptied.execute(
        "INSERT INTO catalog.reserved_names VALUES ('repository', $1, now() + interval '1 hour')",
        f"{team}/app",
    )
    image = make_image()
    orphaned, kept = (
        registry.push(image, f"{team}/app", "v1"),
        registry.push(image, f"{team}/apple", "v1"),
    )
    await deliver(emptied, *orphaned, *kept)
    await _wait_until_gone(registry, f"{team}/app", image.manifest.digest)
    listed = (await soon_json(acme, "/api/v1/repositories", lambda body: len(body["items"]) > 0))[
        "items"
    ]
    assert [(item["name"], item["tag_count"]) for item in listed] == [("apple", 1)]
    assert registry.status(f"{team}/apple", "v1") == 200


class _RegistryWithCallback(Registry):
    """Calls ``do`` once, before the first answer about a tag."""

    def __init__(self, registry: Registry, do: Callable[[], Awaitable[object]]) -> None:
        self.__dict__.update(registry.__dict__)
        self._do: Callable[[], Awaitable[object]] | None = do

    async def find_digest(self, repository: str, tag: str) -> str | None:
        do, self._do = self._do, None
        if do is not None:
            await do()
        return await super().find_digest(repository, tag)


async def test_namespace_deleted_during_a_call_to_the_registry_leaves_no_manifest(
    emptied: Database,
    engine: AsyncEngine,
    registry_client: Registry,
    registry: RegistryUnderTest,
    namespace: str,
) -> None:
    image = make_image()
    await deliver(emptied, *registry.push(image, f"{namespace}/app", "v1"))

    async def delete_namespace() -> None:
        await emptied.execute("DELETE FROM catalog.namespaces")

    follower = Follower(engine, _RegistryWithCallback(registry_client, delete_namespace))
    await follow_to_the_end(follower, engine)
    assert registry.status(f"{namespace}/app", image.manifest.digest) == 404
    assert await emptied.fetch("SELECT * FROM catalog.repositories") == []


async def test_push_to_a_name_with_a_suspended_deletion_remains(
    emptied: Database,
    engine: AsyncEngine,
    registry_client: Registry,
    registry: RegistryUnderTest,
    namespace: str,
) -> None:
    suspended = {
        f"{namespace}/app": ("repository", f"{namespace}/app"),
        f"{namespace}-x/app": ("namespace", f"{namespace}-x"),
    }
    for kind, name in suspended.values():
        await emptied.execute(
            "INSERT INTO catalog.deletions (kind, name, origin) VALUES ($1, $2, 'a backup')",
            kind,
            name,
        )
    await emptied.execute(
        "INSERT INTO catalog.deletions (kind, name, removed_at) VALUES ('repository', $1, now())",
        f"{namespace}/gone",
    )
    images = {path: make_image() for path in (*suspended, f"{namespace}/gone")}
    for path, image in images.items():
        await deliver(emptied, *registry.push(image, path, "v1"))
    await follow_to_the_end(Follower(engine, registry_client), engine)
    assert [registry.status(path, image.manifest.digest) for path, image in images.items()] == [
        200,
        200,
        404,
    ]
    assert await emptied.fetch("SELECT * FROM catalog.repositories") == []
