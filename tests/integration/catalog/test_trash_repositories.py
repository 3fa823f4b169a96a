"""Deleted repositories and namespaces come back from the trash (spec 7)."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.integration.catalog.creating import (
    create_docker_user,
    create_namespace,
    create_repository,
)
from tests.integration.catalog.trashing import Team
from tests.kit.images import make_image, make_index, make_variants
from tests.kit.waiting import soon, soon_json

pytestmark = pytest.mark.registry_versions


async def _deleted(mine: Team, path: str) -> dict[str, Any]:
    """Return the entry of ``path`` when its deletion is finished."""
    entries = await soon(
        mine.trash,
        lambda entries: any(one["path"] == path and one["status"] == "deleted" for one in entries),
        within=30,
    )
    return next(one for one in entries if one["path"] == path)


async def test_repository_is_restored_and_pulled_byte_for_byte(mine: Team) -> None:
    index, image, untagged = make_index(), make_image(layers=2), make_image()
    await mine.push(index, "app", "multi")
    await mine.push(image, "app", "v1", "latest")
    await mine.push(untagged, "app")
    cosign = f"sha256-{image.manifest.hex}.sig"
    signature = await mine.attach(image.manifest, "app", tag=cosign)
    path = f"{mine.name}/app"
    await mine.http.patch(f"/api/v1/repositories/{path}", json={"description": "The app"})
    tags = await mine.tags("app")
    before = (await mine.http.get(f"/api/v1/repositories/{path}")).json()
    assert (await mine.delete(f"repositories/{path}")).status_code == 202
    entry = await _deleted(mine, path)
    assert (entry["kind"], entry["size_bytes"], entry["tag_count"]) == (
        "repository",
        before["size_bytes"],
        before["tag_count"],
    )
    assert mine.registry.tags(path) == []
    assert not mine.pulls("app", untagged.manifest.digest, untagged)
    result = await mine.restored(entry)
    assert (result["status"], result["missing"]) == ("restored", [])
    assert set(result["tags"]) == {"multi", "v1", "latest", cosign}
    assert mine.pulls("app", "multi", index)
    assert mine.pulls("app", "v1", image)
    assert mine.pulls("app", cosign, signature)
    assert mine.pulls("app", untagged.manifest.digest, untagged)
    assert await mine.tags("app") == tags
    assert (await mine.http.get(f"/api/v1/repositories/{path}")).json() == before
    assert await mine.trash() == []
    await mine.push(make_image(), "app", "v2")


async def test_repository_with_200_tags_is_restored(mine: Team) -> None:
    images = make_variants(make_image(), 200)
    mine.pusher.upload(f"{mine.name}/app", *images[0].blobs)
    for number, image in enumerate(images):
        answer = await mine.pusher.put(f"{mine.name}/app", f"v{number}", image.manifest)
        assert answer.status_code == 201
    path = f"{mine.name}/app"
    tags = await mine.tags("app")
    assert (await mine.delete(f"repositories/{path}")).status_code == 202
    entry = await _deleted(mine, path)
    answer = await mine.restore(entry)
    assert answer.status_code in (200, 202)
    await soon(mine.trash, lambda entries: not entries, within=60)
    assert await mine.tags("app") == tags
    for number, image in enumerate(images):
        assert mine.pulls("app", f"v{number}", image)


async def test_namespace_is_restored_with_grants_of_the_docker_users_that_exist(
    mine: Team, other: httpx.AsyncClient
) -> None:
    for name in ("dev", "gone", "remover"):
        assert (await create_docker_user(mine.http, name)).status_code == 201
    assert (await create_docker_user(other, "partner")).status_code == 201
    grants = f"/api/v1/namespaces/{mine.name}/grants"
    for name, body in (
        ("dev", {"permission": "push"}),
        ("gone", {"permission": "pull"}),
        ("remover", {"permission": "delete"}),
        ("partner", {"permission": "pull", "account": "other"}),
    ):
        assert (await mine.http.put(f"{grants}/{name}", json=body)).status_code == 201
    await mine.http.patch(f"/api/v1/namespaces/{mine.name}", json={"description": "Ours"})
    first, second = make_image(), make_image()
    await mine.push(first, "app", "v1")
    await mine.push(second, "charts/web", "v1")
    await create_repository(mine.http, mine.name, "empty")
    granted = (await mine.http.get(grants)).json()["items"]
    namespace = (await mine.http.get(f"/api/v1/namespaces/{mine.name}")).json()
    deleted = await mine.delete(f"namespaces/{mine.name}", cascade="true")
    assert deleted.status_code == 202
    entry = await _deleted(mine, mine.name)
    assert (entry["kind"], entry["repository_count"], entry["tag_count"], entry["size_bytes"]) == (
        "namespace",
        3,
        2,
        first.size_bytes + second.size_bytes,
    )
    assert (await mine.delete("docker-users/gone")).status_code == 204
    result = await mine.restored(entry)
    assert result["vanished_docker_users"] == ["gone"]
    assert mine.pulls("app", "v1", first)
    assert mine.pulls("charts/web", "v1", second)
    assert (await mine.http.get(f"/api/v1/namespaces/{mine.name}")).json() == namespace
    assert (await mine.http.get(grants)).json()["items"] == [
        one for one in granted if one["docker_user"] != "gone"
    ]
    listed = await mine.http.get("/api/v1/repositories", params={"namespace": mine.name})
    assert [one["name"] for one in listed.json()["items"]] == ["app", "charts/web", "empty"]
    assert await mine.trash() == []


async def test_empty_namespace_is_restored(mine: Team) -> None:
    assert (await mine.delete(f"namespaces/{mine.name}")).status_code == 204
    entry = await _deleted(mine, mine.name)
    await mine.restored(entry)
    assert (await mine.http.get(f"/api/v1/namespaces/{mine.name}")).status_code == 200


@pytest.mark.parametrize("is_second_of_its_name", [False, True])
async def test_pull_counts_of_a_repository_come_back(
    mine: Team, is_second_of_its_name: bool
) -> None:
    path, generation = f"{mine.name}/app", 0
    if is_second_of_its_name:
        generation = 1_600_000_000 * 10**9
        await mine.database.execute(
            "INSERT INTO catalog.reserved_names VALUES ('repository', $1, to_timestamp($2))",
            path,
            generation // 10**9,
        )
    await mine.push(make_image(), "app", "v1")
    await mine.database.execute(
        "INSERT INTO events.pull_hours"
        " (repository, generation, hour, tag, docker_user, pulls, checks, last_pulled_at)"
        " VALUES ($1, $2, date_trunc('hour', now()), 'v1', 'dev', 5, 0, now()),"
        "        ($1, $2, date_trunc('hour', now()), '', 'dev', 2, 0, now())",
        path,
        generation,
    )
    await mine.delete(f"repositories/{path}")
    await mine.restored(await _deleted(mine, path))
    assert (await mine.tags("app"))["v1"]["pull_count"] == 5
    repository = (await mine.http.get(f"/api/v1/repositories/{path}")).json()
    assert repository["pull_count"] == 7


async def test_taken_name_of_a_repository_is_not_replaced(mine: Team) -> None:
    old, new = make_image(), make_image()
    await mine.push(old, "app", "v1")
    path = f"{mine.name}/app"
    await mine.delete(f"repositories/{path}")
    entry = await _deleted(mine, path)
    await mine.database.execute("UPDATE catalog.reserved_names SET available_at = now()")

    async def push() -> int:
        mine.pusher.upload(path, *new.blobs)
        return (await mine.pusher.put(path, "v1", new.manifest)).status_code

    await soon(push, lambda status: status == 201, within=10)
    refused = await mine.restore(entry)
    assert (refused.status_code, refused.json()["code"]) == (409, "name_taken")
    assert refused.json()["taken"] == [path]
    assert (await mine.restore(entry, tag="v2")).status_code == 422
    assert mine.pulls("app", "v1", new)
    await mine.delete(f"repositories/{path}")
    await soon(
        mine.trash, lambda entries: all(e["status"] == "deleted" for e in entries), within=30
    )
    await mine.restored(entry)
    assert mine.pulls("app", "v1", old)


async def test_name_of_a_namespace_in_the_trash_is_reserved_for_its_account(
    mine: Team, other: httpx.AsyncClient
) -> None:
    assert (await mine.delete(f"namespaces/{mine.name}")).status_code == 204
    entry = await _deleted(mine, mine.name)
    await mine.database.execute("UPDATE catalog.reserved_names SET available_at = now()")
    await mine.database.execute("DELETE FROM catalog.deletions")
    refused = await create_namespace(other, mine.name)
    assert (refused.status_code, refused.json()["code"]) == (409, "name_reserved")
    assert refused.json()["available_at"] == entry["expires_at"]
    assert (await create_namespace(mine.http, mine.name)).status_code == 201
    taken = await mine.restore(entry)
    assert (taken.status_code, taken.json()["taken"]) == (409, [mine.name])


async def test_ended_entry_frees_the_name_for_others(mine: Team, other: httpx.AsyncClient) -> None:
    assert (await mine.delete(f"namespaces/{mine.name}")).status_code == 204
    entry = await _deleted(mine, mine.name)
    await mine.database.execute("UPDATE catalog.reserved_names SET available_at = now()")
    await mine.database.execute("DELETE FROM catalog.deletions")
    assert (await mine.delete(f"trash/{entry['id']}")).status_code == 204
    assert (await create_namespace(other, mine.name)).status_code == 201


async def test_tag_cannot_be_restored_before_its_repository(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1", "v2")
    await mine.delete_image("app:v1")
    tag = await mine.entry()
    path = f"{mine.name}/app"
    await mine.delete(f"repositories/{path}")
    repository = await _deleted(mine, path)
    refused = await mine.restore(tag)
    assert (refused.status_code, refused.json()["code"]) == (409, "parent_missing")
    await mine.restored(repository)
    await mine.restored(tag)
    assert set(await mine.tags("app")) == {"v1", "v2"}
    assert mine.pulls("app", "v1", image)


async def test_restore_during_the_deletion_is_refused_until_it_is_finished(mine: Team) -> None:
    images = make_variants(make_image(), 60)
    path = f"{mine.name}/app"
    mine.registry.push_many(images, path)
    await soon_json(
        mine.http, f"/api/v1/repositories/{path}", lambda body: body["tag_count"] == 60, within=30
    )
    await mine.delete(f"repositories/{path}")
    entry = await mine.entry("/app")
    assert entry["status"] == "deleting"
    refused = await mine.restore(entry)
    assert (refused.status_code, refused.json()["code"]) == (409, "trash_busy")
    assert int(refused.headers["Retry-After"]) > 0
    await mine.restored(await _deleted(mine, path))
    assert mine.pulls("app", "v59", images[59])


async def test_two_restores_at_once_restore_once(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    await mine.delete(f"repositories/{mine.name}/app")
    entry = await _deleted(mine, f"{mine.name}/app")
    answers = await asyncio.gather(*(mine.restore(entry) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers)[0] == 200
    assert {answer.status_code for answer in answers} <= {200, 404, 409}
    assert mine.pulls("app", "v1", image)
