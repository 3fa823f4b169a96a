"""Delete many tags in one request, on a real registry (spec 7)."""

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from libs.common.registry.client import Registry
from libs.common.registry.errors import RegistryUnavailable
from tests.integration.catalog.trashing import Team
from tests.kit.database import Database
from tests.kit.images import make_image, make_index, make_variants
from tests.kit.waiting import soon


async def _post(mine: Team, repository: str, **body: Any) -> httpx.Response:
    return await mine.http.post(f"/api/v1/images/{mine.name}/{repository}/delete", json=body)


async def _deleted(mine: Team, *tags: str) -> dict[str, Any]:
    answer = await _post(mine, "app", tags=tags)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def _preview(mine: Team, *tags: str) -> dict[str, Any]:
    answer = await _post(mine, "app", tags=tags, preview=True)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


async def test_tags_are_deleted_and_their_siblings_remain(mine: Team) -> None:
    one, two = make_image(), make_image()
    await mine.push(one, "app", "v1", "v1.0", "latest")
    await mine.push(two, "app", "v2")
    assert await _deleted(mine, "v2", "v1", "none") == {
        "deleted": [
            {"tag": "v2", "digest": two.manifest.digest},
            {"tag": "v1", "digest": one.manifest.digest},
        ],
        "failed": [
            {
                "tag": "none",
                "code": "not_found",
                "detail": f"There is no image '{mine.name}/app:none'.",
            }
        ],
    }
    assert set(await mine.tags("app")) == {"v1.0", "latest"}
    assert mine.registry.tags(f"{mine.name}/app") == ["latest", "v1.0"]
    assert mine.pulls("app", "latest", one)
    repository = (await mine.http.get(f"/api/v1/repositories/{mine.name}/app")).json()
    assert (repository["tag_count"], repository["size_bytes"]) == (2, one.size_bytes)


async def test_each_tag_has_its_entries_in_the_trash_and_in_the_audit_trail(mine: Team) -> None:
    one, two = make_image(), make_image()
    await mine.push(one, "app", "v1")
    await mine.push(two, "app", "v2")
    before = await mine.tags("app")
    await _deleted(mine, "v1", "v2")
    trailed = await mine.http.get("/api/v1/audit", params={"action": "image.delete"})
    assert {
        (item["target"], item["account"], item["via"], item["owner"], str(item["changes"]))
        for item in trailed.json()["items"]
    } == {
        (
            f"images/{mine.name}/app:{tag}",
            "acme",
            "session",
            "acme",
            str({"digest": [image.manifest.digest, None]}),
        )
        for tag, image in (("v1", one), ("v2", two))
    }
    entries = await mine.trash()
    assert {(one["kind"], one["path"], one["size_bytes"], *one["tags"]) for one in entries} == {
        ("tag", f"{mine.name}/app:v1", one.size_bytes, "v1"),
        ("tag", f"{mine.name}/app:v2", two.size_bytes, "v2"),
    }
    needed = await mine.database.fetch("SELECT digest FROM catalog.trash_digests")
    assert {row["digest"] for row in needed} == {one.manifest.digest, two.manifest.digest}
    for entry in entries:
        await mine.restored(entry)
    assert await mine.tags("app") == before
    assert mine.pulls("app", "v1", one)


@pytest.mark.parametrize(
    ("tags", "field"),
    [
        ([], "tags"),
        ([f"v{number}" for number in range(501)], "tags"),
        (["v1", "v1"], "tags"),
        (["v1", "sha256:" + "0" * 64], "tags[1]"),
        (["v1", "no\0tag"], "tags[1]"),
        (["v" * 129], "tags[0]"),
        (["."], "tags[0]"),
    ],
)
async def test_invalid_lists_of_tags_are_refused_as_a_whole(
    mine: Team, tags: list[str], field: str
) -> None:
    await mine.push(make_image(), "app", "v1")
    answer = await _post(mine, "app", tags=tags)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert set(await mine.tags("app")) == {"v1"}


async def test_immutable_tags_are_reported_and_remain(mine: Team) -> None:
    one, two = make_image(), make_image()
    await mine.push(one, "app", "v1")
    await mine.push(two, "app", "dev")
    answer = await mine.http.put(
        f"/api/v1/namespaces/{mine.name}/rules",
        json={"immutable_tags": ["v*"], "retention": [], "retention_enabled": False},
    )
    assert answer.status_code == 200, answer.text
    for result in (await _preview(mine, "v1", "dev"), await _deleted(mine, "v1", "dev")):
        (failed,) = result["failed"]
        assert (failed["tag"], failed["code"]) == ("v1", "tag_immutable")
    assert mine.registry.tags(f"{mine.name}/app") == ["v1"]


async def test_other_accounts_can_neither_delete_nor_preview(
    mine: Team, other: httpx.AsyncClient
) -> None:
    await mine.push(make_image(), "app", "v1")
    await mine.http.patch(f"/api/v1/namespaces/{mine.name}", json={"visibility": "public"})
    path = f"/api/v1/images/{mine.name}/app/delete"
    for preview in (True, False):
        answer = await other.post(path, json={"tags": ["v1"], "preview": preview})
        assert answer.status_code == 404
    assert set(await mine.tags("app")) == {"v1"}


async def test_500_tags_are_deleted_in_one_request(mine: Team) -> None:
    """There is no statement per tag, and the registry is asked once per tag or twice."""
    images = make_variants(make_image(), 500)
    path = f"{mine.name}/app"
    mine.registry.push_many([*images, make_image()][:500], path)
    await soon(lambda: _count(mine), lambda count: count == 500, within=60)
    result = await _deleted(mine, *(f"v{number}" for number in range(500)))
    assert (len(result["deleted"]), result["failed"]) == (500, [])
    assert mine.registry.tags(path) == []
    assert await _count(mine) == 0
    assert len(mine.registry.present(path, [image.manifest.digest for image in images[:3]])) == 3


async def _count(mine: Team) -> int:
    rows = await mine.database.fetch("SELECT count(*) AS count FROM catalog.tags")
    return int(rows[0]["count"])


async def test_preview_counts_the_exclusive_bytes_of_all_tags_together(mine: Team) -> None:
    one = make_image()
    first, second = make_variants(one, 2)
    await mine.push(first, "app", "v1")
    await mine.push(second, "app", "v2")
    assert (await _preview(mine, "v1"))["exclusive_bytes"] == 0
    assert await _preview(mine, "v1", "v2", "none") == {
        "tags": [
            {"tag": "v1", "digest": first.manifest.digest},
            {"tag": "v2", "digest": second.manifest.digest},
        ],
        "failed": [
            {
                "tag": "none",
                "code": "not_found",
                "detail": f"There is no image '{mine.name}/app:none'.",
            }
        ],
        "sibling_tags": [],
        "indexes": [],
        "referrers": [],
        "exclusive_bytes": one.size_bytes,
        "last_pulled_at": None,
    }
    await mine.push(second, "app", "sibling")
    siblings = await _preview(mine, "v1", "v2")
    assert (siblings["sibling_tags"], siblings["exclusive_bytes"]) == (["sibling"], 0)
    whole = await _preview(mine, "v1", "v2", "sibling")
    assert (whole["sibling_tags"], whole["exclusive_bytes"]) == ([], one.size_bytes)
    assert set(await mine.tags("app")) == {"v1", "v2", "sibling"}


async def test_preview_knows_indexes_that_remain_and_those_that_go(mine: Team) -> None:
    index = make_index()
    child = index.images[0]
    await mine.push(index, "app", "multi", "again")
    await mine.push(child, "app", "amd64")
    assert (await _preview(mine, "amd64"))["indexes"] == [
        {"digest": index.manifest.digest, "tags": ["again", "multi"]}
    ]
    some = await _preview(mine, "amd64", "multi")
    assert some["indexes"] == [{"digest": index.manifest.digest, "tags": ["again"]}]
    assert (some["sibling_tags"], some["exclusive_bytes"]) == (["again"], 0)
    whole = await _preview(mine, "amd64", "multi", "again")
    assert (whole["indexes"], whole["exclusive_bytes"]) == (
        [],
        sum(image.size_bytes for image in index.images),
    )


async def test_preview_lists_the_signatures_that_go_with_the_images(mine: Team) -> None:
    index, image = make_index(), make_image()
    await mine.push(index, "app", "multi")
    await mine.push(image, "app", "v1", "v2")
    child = await mine.attach(index.images[0].manifest, "app")
    tag = f"sha256-{image.manifest.hex}.sig"
    cosign = await mine.attach(image.manifest, "app", tag=tag)
    await mine.database.execute(
        "UPDATE catalog.tags SET last_pulled_at = '2026-11-24T01:00Z' WHERE name = 'v1'"
    )

    async def going(*tags: str) -> set[str]:
        return {one["digest"] for one in (await _preview(mine, *tags))["referrers"]}

    assert await going("v1") == set()
    assert await going("v1", "v2") == {cosign.digest}
    assert await going("v1", "v2", "multi") == {cosign.digest, child.digest}
    preview = await _preview(mine, "v2", "v1")
    assert preview["last_pulled_at"] == "2026-11-24T01:00:00Z"


async def test_deleted_tags_lose_a_race_against_an_open_push(
    mine: Team, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request waits for the push, and then deletes what the push has set."""
    old, new = make_image(), make_image()
    await mine.push(old, "app", "v1", "v2")
    is_forwarding, go_on = asyncio.Event(), asyncio.Event()
    forward = Registry.forward_manifest

    async def slow(self: Registry, *arguments: Any, **named: Any) -> Any:
        is_forwarding.set()
        await go_on.wait()
        return await forward(self, *arguments, **named)

    monkeypatch.setattr(Registry, "forward_manifest", slow)
    push = asyncio.create_task(mine.push(new, "app", "v1"))
    await is_forwarding.wait()
    deletion = asyncio.create_task(_deleted(mine, "v1", "v2"))
    await soon(lambda: mine.tags("app"), lambda tags: set(tags) == {"v1"}, within=10)
    go_on.set()
    await push
    assert {(one["tag"], one["digest"]) for one in (await deletion)["deleted"]} == {
        ("v1", new.manifest.digest),
        ("v2", old.manifest.digest),
    }
    assert mine.registry.tags(f"{mine.name}/app") == []


async def test_push_of_the_same_tag_is_reported_if_it_does_not_end(
    mine: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.catalog.deletion.bulk.usecases.WAIT_SECONDS", 0.5)
    await mine.push(make_image(), "app", "v1", "v2")
    await mine.database.execute(
        "INSERT INTO catalog.intents (kind, namespace, repository, digest, tags, leased_until)"
        " VALUES ('put_manifest', $1, $1 || '/app', 'sha256:0', '{v1}', now() + interval '1 day')",
        mine.name,
    )
    result = await _deleted(mine, "v1", "v2")
    assert [one["tag"] for one in result["deleted"]] == ["v2"]
    (failed,) = result["failed"]
    assert (failed["tag"], failed["code"]) == ("v1", "change_in_progress")
    assert set(await mine.tags("app")) == {"v1"}


async def test_worker_completes_what_the_registry_does_not_confirm(
    mine: Team, emptied: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1", "v2", "kept")
    is_down = True
    send = {name: getattr(Registry, name) for name in ("delete_tag", "put_manifest")}

    def refusing(name: str) -> Any:
        async def call(self: Registry, repository: str, tag: str, *rest: Any, **named: Any) -> Any:
            if is_down and tag == "v1":
                raise RegistryUnavailable("no answer")
            return await send[name](self, repository, tag, *rest, **named)

        return call

    for name in send:
        monkeypatch.setattr(Registry, name, refusing(name))
    result = await _deleted(mine, "v1", "v2")
    assert [one["tag"] for one in result["deleted"]] == ["v2"]
    (failed,) = result["failed"]
    assert (failed["tag"], failed["code"]) == ("v1", "change_in_progress")
    assert "goes on" in failed["detail"]
    assert set(await mine.tags("app")) == {"v1", "kept"}
    is_down = False
    await emptied.execute("UPDATE catalog.intents SET leased_until = now() - interval '1 s'")
    await soon(lambda: mine.tags("app"), lambda tags: set(tags) == {"kept"}, within=10)
    assert mine.registry.tags(f"{mine.name}/app") == ["kept"]
    assert {entry["path"] for entry in await mine.trash()} == {
        f"{mine.name}/app:v1",
        f"{mine.name}/app:v2",
    }
