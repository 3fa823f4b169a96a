"""Immutable tags and what deletes or restores: tags, images, repositories, namespaces (spec 11)."""

import asyncio
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Forwarded, Registry
from libs.common.registry.errors import RegistryUnavailable
from services.catalog.namespaces.queries import get_namespace
from services.catalog.rules.usecases import check_namespace
from tests.integration.catalog.oci_deleting import Robot, error_of, message_of
from tests.integration.catalog.trashing import Team
from tests.kit.images import make_image, make_index
from tests.kit.waiting import soon


async def _rule(mine: Team, *patterns: str, of: str = "") -> httpx.Response:
    kind = "repositories" if of else "namespaces"
    return await mine.http.put(
        f"/api/v1/{kind}/{mine.name}{of}/rules", json={"immutable_tags": list(patterns)}
    )


def _problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_immutable_tag_is_not_deleted_and_its_siblings_are(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1", "latest")
    await _rule(mine, "v*")
    refused = await mine.delete(f"images/{mine.name}/app:v1")
    assert _problem(refused) == (409, "tag_immutable")
    assert refused.json()["detail"].startswith(f"The tag v1 of {mine.name}/app is immutable")
    by_digest = await mine.delete(f"images/{mine.name}/app@{image.manifest.digest}")
    assert _problem(by_digest) == (409, "tag_immutable")
    assert "The immutable tag v1 names the image" in by_digest.json()["detail"]
    await mine.delete_image("app:latest")
    assert set(await mine.tags("app")) == {"v1"}
    assert mine.pulls("app", "v1", image)
    assert [one["path"] for one in await mine.trash()] == [f"{mine.name}/app:latest"]
    await _rule(mine)
    await mine.delete_image("app:v1")


async def test_docker_client_cannot_delete_an_immutable_tag_or_its_image(
    mine: Team, anonymous: httpx.AsyncClient
) -> None:
    robot = Robot(mine, anonymous, "robot")
    await robot.create("delete")
    image = make_image()
    await mine.push(image, "app", "v1", "latest")
    await _rule(mine, "v*")
    for reference in ("v1", image.manifest.digest):
        refused = await robot.delete(f"manifests/{reference}")
        assert error_of(refused) == (403, "DENIED")
        assert message_of(refused).startswith("tag v1 is immutable: ")
    assert (await robot.delete("manifests/latest")).status_code == 202
    assert mine.pulls("app", "v1", image)


async def test_child_and_signature_of_an_immutable_tag(mine: Team) -> None:
    """An index needs its child. A signature can be deleted, and pushed again."""
    index = make_index()
    await mine.push(index, "app", "v1")
    tag = index.manifest.digest.replace(":", "-") + ".sig"
    await mine.attach(index.manifest, "app", tag=tag)
    await _rule(mine, "*")
    child = await mine.delete(f"images/{mine.name}/app@{index.images[0].manifest.digest}")
    assert _problem(child) == (409, "needed_by_index")
    await mine.delete_image(f"app:{tag}")


async def test_repository_with_an_immutable_tag_is_deleted_by_force_only(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1", "latest")
    await mine.push(make_image(), "other", "latest")
    await _rule(mine, "v*")
    refused = await mine.delete(f"repositories/{mine.name}/app")
    assert _problem(refused) == (409, "tag_immutable")
    assert f"{mine.name}/app:v1" in refused.json()["detail"]
    assert "`?force=true`" in refused.json()["detail"]
    assert mine.pulls("app", "v1", image)
    shown = (await mine.http.get(f"/api/v1/repositories/{mine.name}/app")).json()
    assert shown["status"] == "active"
    assert (await mine.delete(f"repositories/{mine.name}/other")).status_code == 202
    forced = await mine.delete(f"repositories/{mine.name}/app", force="true")
    assert (forced.status_code, forced.json()["status"]) == (202, "deleting")
    # Once it is being deleted, nothing is left to force.
    assert (await mine.delete(f"repositories/{mine.name}/app")).status_code in (202, 404)


async def test_namespace_with_an_immutable_tag_is_deleted_by_force_only(mine: Team) -> None:
    await mine.push(make_image(), "app", "latest")
    await mine.push(make_image(), "deep/web", "r1")
    await _rule(mine, "v*")
    await _rule(mine, "r*", of="/deep/web")
    refused = await mine.delete(f"namespaces/{mine.name}", cascade="true")
    assert _problem(refused) == (409, "tag_immutable")
    assert f"{mine.name}/deep/web:r1" in refused.json()["detail"]
    assert _problem(await mine.delete(f"namespaces/{mine.name}", force="true")) == (
        409,
        "namespace_not_empty",
    )
    statuses = (await mine.http.get("/api/v1/repositories")).json()["items"]
    assert {one["status"] for one in statuses} == {"active"}
    forced = await mine.delete(f"namespaces/{mine.name}", cascade="true", force="true")
    assert forced.status_code == 202


async def test_restore_does_not_replace_an_immutable_tag(mine: Team) -> None:
    old, new = make_image(), make_image()
    await mine.push(old, "app", "v1")
    await mine.delete_image("app:v1")
    entry = await mine.entry()
    await mine.push(new, "app", "v1")
    await _rule(mine, "v*")
    refused = await mine.restore(entry)
    assert _problem(refused) == (409, "name_taken")
    assert mine.pulls("app", "v1", new)
    restored = await mine.restored(entry, tag="v0")
    assert restored["tags"] == ["v0"]
    assert _problem(await mine.delete(f"images/{mine.name}/app:v0")) == (409, "tag_immutable")


async def test_trashed_tag_does_not_exist_and_is_restored_under_the_rules(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    await mine.delete_image("app:v1")
    await _rule(mine, "v*")
    await mine.restored(await mine.entry())
    assert mine.pulls("app", "v1", image)
    assert _problem(await mine.delete(f"images/{mine.name}/app:v1")) == (409, "tag_immutable")


async def test_new_rules_wait_for_a_deletion_that_was_decided_before(
    mine: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    await mine.push(make_image(), "app", "v1", "latest")
    entered, released = asyncio.Event(), asyncio.Event()
    ask = Registry.deletes_tags

    async def slow(self: Registry) -> bool:
        entered.set()
        await released.wait()
        return await ask(self)

    monkeypatch.setattr(Registry, "deletes_tags", slow)
    deletion = asyncio.create_task(mine.delete(f"images/{mine.name}/app:v1"))
    await entered.wait()
    rule = asyncio.create_task(_rule(mine, "v*"))
    done, _ = await asyncio.wait({rule}, timeout=0.3)
    assert not done
    assert await mine.database.fetch("SELECT FROM catalog.rules") == []
    released.set()
    assert (await deletion).status_code == 204
    assert (await rule).status_code == 200


@pytest.mark.parametrize("change", ["push", "copy"])
async def test_repository_is_not_deleted_while_an_immutable_tag_is_set_in_it(
    mine: Team, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """The client of the push or copy is told that the tag exists."""
    await mine.push(make_image(), "app", "latest")
    await _rule(mine, "v*")
    image = make_image()
    mine.pusher.upload(f"{mine.name}/app", *image.blobs)

    async def lost(self: Registry, *arguments: Any, **named: Any) -> Forwarded:
        raise RegistryUnavailable("the answer is lost")

    with monkeypatch.context() as patched:
        patched.setattr(Registry, "forward_manifest", lost)
        patched.setattr("services.catalog.intents.usecases.WAIT_SECONDS", 0.1)
        answer = await (
            mine.pusher.put(f"{mine.name}/app", "v1", image.manifest)
            if change == "push"
            else mine.http.post(
                f"/api/v1/images/{mine.name}/app/copy",
                json={"source": f"{mine.name}/app:latest", "tag": "v1"},
            )
        )
        assert answer.status_code == 503
        for path, cascade in (("repositories", {}), ("namespaces", {"cascade": "true"})):
            name = f"{mine.name}/app" if path == "repositories" else mine.name
            refused = await mine.delete(f"{path}/{name}", **cascade)
            assert _problem(refused) == (409, "tag_immutable")
            assert f"{mine.name}/app:v1" in refused.json()["detail"]
    await mine.database.execute("UPDATE catalog.intents SET leased_until = now()")

    async def tags() -> set[str]:
        return set(await mine.tags("app"))

    await soon(tags, lambda names: "v1" in names, within=10)


async def _when_deleted(mine: Team, path: str) -> None:
    async def status() -> int:
        return (await mine.http.get(f"/api/v1/{path}")).status_code

    await soon(status, lambda found: found == 404, within=20)


async def test_rules_are_restored_with_their_namespace_and_repositories(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1", "latest")
    await mine.push(image, "web", "r1", "v1")
    of_space = (await _rule(mine, "v*")).json()
    of_web = (await _rule(mine, "r*", of="/web")).json()
    place = f"namespaces/{mine.name}"
    assert (await mine.delete(place, cascade="true", force="true")).status_code == 202
    await _when_deleted(mine, place)
    await mine.restored(await mine.entry())
    assert (await mine.http.get(f"/api/v1/{place}/rules")).json() == of_space
    web = f"/api/v1/repositories/{mine.name}/web/rules"
    assert (await mine.http.get(web)).json() == of_web
    assert (await mine.http.get(web.replace("/web/", "/app/"))).json() == of_space
    for reference, status in (("app:v1", 409), ("app:latest", 204), ("web:r1", 409)):
        answer = await mine.delete(f"images/{mine.name}/{reference}")
        assert (reference, answer.status_code) == (reference, status)


async def test_rules_are_restored_with_their_repository(mine: Team) -> None:
    await mine.push(make_image(), "web", "r1")
    own = (await _rule(mine, "r*", of="/web")).json()
    place = f"repositories/{mine.name}/web"
    assert (await mine.delete(place, force="true")).status_code == 202
    await _when_deleted(mine, place)
    assert await mine.database.fetch("SELECT FROM catalog.rules") == []
    await mine.restored(await mine.entry())
    assert (await mine.http.get(f"/api/v1/{place}/rules")).json() == own
    assert _problem(await mine.delete(f"images/{mine.name}/web:r1")) == (409, "tag_immutable")
    assert await mine.database.fetch("SELECT FROM catalog.trash_rules") == []


async def test_deletion_of_a_namespace_without_rules_does_not_read_its_tags(
    mine: Team, owner_engine: AsyncEngine
) -> None:
    await mine.push(make_image(), "app", "latest")
    await mine.database.execute(
        "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " SELECT repository_id, 'v' || n, digest, now(), ''"
        " FROM catalog.manifests, generate_series(1, 5000) AS n"
    )
    await mine.database.execute("ANALYZE catalog.tags")
    async with owner_engine.begin() as tx:
        namespace = await get_namespace(tx, name=mine.name)
        await check_namespace(tx=tx, namespace=namespace)
        read = await tx.execute(
            sa.text(
                "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0)"
                " FROM pg_stat_xact_user_tables WHERE relid = 'catalog.tags'::regclass"
            )
        )
        assert read.scalar_one() < 100
