"""Pushes to immutable tags: refused by admission, in the order of rows (spec 11)."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from libs.common.registry.client import Forwarded, Registry
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import Image, make_image, make_variants
from tests.kit.waiting import soon


async def _rule(client: httpx.AsyncClient, path: str, *patterns: str) -> httpx.Response:
    return await client.put(f"/api/v1/{path}/rules", json={"immutable_tags": list(patterns)})


async def _digest(client: httpx.AsyncClient, path: str, tag: str) -> str:
    return str((await client.get(f"/api/v1/images/{path}:{tag}")).json()["digest"])


def _refusal(answer: httpx.Response) -> tuple[int, str, str]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["code"], error["message"].partition(":")[0]


async def test_push_that_would_move_an_immutable_tag_is_denied(
    acme: httpx.AsyncClient, pusher: Pusher, space: str
) -> None:
    path, one, two = f"{space}/app", make_image(), make_image()
    assert (await _rule(acme, f"namespaces/{space}", "v*")).status_code == 200
    await pusher.push(one, path, "v1", "latest")
    pusher.upload(path, *two.blobs)
    refused = await pusher.put(path, "v1", two.manifest)
    assert _refusal(refused) == (403, "DENIED", "tag v1 is immutable")
    await pusher.push(one, path, "v1")  # the same image again
    await pusher.push(two, path, "v2", "latest")  # a new tag, and one that no pattern matches
    assert await _digest(acme, path, "v1") == one.manifest.digest
    assert await _digest(acme, path, "latest") == two.manifest.digest
    entries = (await acme.get("/api/v1/audit", params={"action": "image.push"})).json()["items"]
    assert [one["target"] for one in entries].count(f"images/{path}:v1") == 2


async def test_rules_of_the_repository_decide_and_may_be_weaker(
    acme: httpx.AsyncClient, pusher: Pusher, space: str
) -> None:
    path, one, two = f"{space}/app", make_image(), make_image()
    await _rule(acme, f"namespaces/{space}", "v*")
    await pusher.push(one, path, "v1", "r1")
    await _rule(acme, f"repositories/{path}", "r*")
    await pusher.push(two, path, "v1")
    assert (await pusher.put(path, "r1", two.manifest)).status_code == 403
    assert (await acme.delete(f"/api/v1/repositories/{path}/rules")).status_code == 204
    assert (await pusher.put(path, "v1", one.manifest)).status_code == 403
    await pusher.push(two, path, "r1")


async def test_tags_of_signatures_move_whatever_the_rules(
    acme: httpx.AsyncClient, pusher: Pusher, space: str
) -> None:
    path, image = f"{space}/app", make_image()
    await _rule(acme, f"namespaces/{space}", "*")
    await pusher.push(image, path, "v1")
    signature = image.manifest.digest.replace(":", "-") + ".sig"
    await pusher.push(make_image(), path, signature)
    await pusher.push(make_image(), path, signature)
    fallback = image.manifest.digest.replace(":", "-")
    await pusher.push(make_image(), path, fallback)
    await pusher.push(make_image(), path, fallback)


async def test_pushes_by_digest_are_free(
    acme: httpx.AsyncClient, pusher: Pusher, space: str
) -> None:
    await _rule(acme, f"namespaces/{space}", "*")
    for _ in range(2):
        await pusher.push(make_image(), f"{space}/app")


async def test_of_many_pushes_of_a_new_immutable_tag_exactly_one_wins(
    acme: httpx.AsyncClient, pusher: Pusher, registry: RegistryUnderTest, space: str
) -> None:
    path = f"{space}/app"
    await _rule(acme, f"namespaces/{space}", "v*")
    images = make_variants(make_image(), 100)
    pusher.upload(path, *images[0].blobs)
    answers = await asyncio.gather(*(pusher.put(path, "v1", image.manifest) for image in images))
    won = [
        image for image, answer in zip(images, answers, strict=True) if answer.status_code == 201
    ]
    assert len(won) == 1
    refusals = {_refusal(answer) for answer in answers if answer.status_code != 201}
    assert refusals == {(403, "DENIED", "tag v1 is immutable")}
    assert await _digest(acme, path, "v1") == won[0].manifest.digest
    assert registry.digest(path, "v1") == won[0].manifest.digest


async def _put_slowly(
    pusher: Pusher, path: str, tag: str, image: Image, monkeypatch: pytest.MonkeyPatch
) -> tuple[asyncio.Task[httpx.Response], asyncio.Event]:
    """Put an image, of which the registry hears only after the event is set."""
    pusher.upload(path, *image.blobs)
    forward, begun, released = Registry.forward_manifest, asyncio.Event(), asyncio.Event()

    async def slow_once(self: Registry, *arguments: Any, **named: Any) -> Forwarded:
        monkeypatch.setattr(Registry, "forward_manifest", forward)
        begun.set()
        await released.wait()
        return await forward(self, *arguments, **named)

    monkeypatch.setattr(Registry, "forward_manifest", slow_once)
    push = asyncio.create_task(pusher.put(path, tag, image.manifest))
    await begun.wait()
    return push, released


async def test_new_rules_wait_for_a_push_that_moves_the_tag(
    acme: httpx.AsyncClient,
    pusher: Pusher,
    emptied: Database,
    space: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the commit of the rules on, no existing tag that they match moves."""
    path, one, two = f"{space}/app", make_image(), make_image()
    await pusher.push(one, path, "v1")
    push, released = await _put_slowly(pusher, path, "v1", two, monkeypatch)
    rule = asyncio.create_task(_rule(acme, f"namespaces/{space}", "v*"))
    done, _ = await asyncio.wait({rule}, timeout=0.5)
    assert not done
    assert await emptied.fetch("SELECT FROM catalog.rules") == []
    released.set()
    assert (await push).status_code == 201
    assert (await rule).status_code == 200
    assert (await pusher.put(path, "v1", one.manifest)).status_code == 403


async def test_new_rules_wait_for_no_push_of_a_new_tag_and_of_another_tag(
    acme: httpx.AsyncClient, pusher: Pusher, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, one, two = f"{space}/app", make_image(), make_image()
    await pusher.push(one, path, "latest", "v1")
    pushes = []
    for tag, image in (("v2", two), ("latest", two), ("v1", one)):
        pushes.append(await _put_slowly(pusher, path, tag, image, monkeypatch))
    assert (await _rule(acme, f"namespaces/{space}", "v*")).status_code == 200
    for push, released in pushes:
        released.set()
        assert (await push).status_code == 201
    assert (await pusher.put(path, "v2", one.manifest)).status_code == 403


async def test_new_rules_give_up_after_a_time_and_change_nothing(
    acme: httpx.AsyncClient, pusher: Pusher, space: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, one, two = f"{space}/app", make_image(), make_image()
    await pusher.push(one, path, "v1")
    push, released = await _put_slowly(pusher, path, "v1", two, monkeypatch)
    monkeypatch.setattr("services.catalog.rules.usecases.WAIT_SECONDS", 0.2)
    refused = await _rule(acme, f"namespaces/{space}", "v*")
    assert (refused.status_code, refused.json()["code"]) == (503, "change_in_progress")
    assert (await acme.get(f"/api/v1/namespaces/{space}/rules")).json()["source"] == "default"
    released.set()
    assert (await push).status_code == 201


async def test_push_that_waits_behind_another_one_reads_the_rules_again(
    acme: httpx.AsyncClient,
    pusher: Pusher,
    emptied: Database,
    space: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, one, two = f"{space}/app", make_image(), make_image()
    first, released = await _put_slowly(pusher, path, "v1", one, monkeypatch)
    pusher.upload(path, *two.blobs)
    second = asyncio.create_task(pusher.put(path, "v1", two.manifest))
    assert (await _rule(acme, f"namespaces/{space}", "v*")).status_code == 200
    released.set()
    assert (await first).status_code == 201
    assert _refusal(await second) == (403, "DENIED", "tag v1 is immutable")

    async def open_intents() -> int:
        return len(await emptied.fetch("SELECT FROM catalog.intents WHERE resolved_at IS NULL"))

    await soon(open_intents, lambda count: count == 0, within=5)


@pytest.mark.parametrize("change", ["push", "delete"])
async def test_change_of_a_tag_waits_for_rules_that_are_being_committed(
    acme: httpx.AsyncClient, pusher: Pusher, emptied: Database, space: str, change: str
) -> None:
    """Rules apply from their commit on: nothing is decided by the rules before it, then."""
    path, one, two = f"{space}/app", make_image(), make_image()
    await pusher.push(one, path, "v1")
    pusher.upload(path, *two.blobs)
    connection = await asyncpg.connect(emptied.urls["catalog"])
    try:
        async with connection.transaction():
            space_id = await connection.fetchval(
                "SELECT id FROM catalog.namespaces WHERE name = $1 FOR UPDATE", space
            )
            await connection.execute(
                "INSERT INTO catalog.rules (namespace_id, immutable_tags, immutable_regex)"
                " VALUES ($1, '{v*}', '^v.*$')",
                space_id,
            )
            changing = asyncio.create_task(
                pusher.put(path, "v1", two.manifest)
                if change == "push"
                else acme.delete(f"/api/v1/images/{path}:v1")
            )

            async def waiting() -> int:
                return len(await emptied.fetch("SELECT FROM pg_locks WHERE NOT granted"))

            await soon(waiting, lambda count: count > 0, within=10)
    finally:
        await connection.close()
    assert (await changing).status_code == (403 if change == "push" else 409)
    assert await _digest(acme, path, "v1") == one.manifest.digest
