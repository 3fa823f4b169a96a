"""Deleted tags and images are in the trash, and come back from it (spec 7)."""

import httpx
import pytest

from tests.integration.catalog.trashing import Team
from tests.kit.images import make_image, make_index

pytestmark = pytest.mark.registry_versions


async def test_deleted_tag_is_restored_and_pulled_byte_for_byte(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1", "v2")
    before = (await mine.tags("app"))["v1"]
    await mine.delete_image("app:v1")
    (entry,) = await mine.trash()
    assert (entry["kind"], entry["path"], entry["status"]) == (
        "tag",
        f"{mine.name}/app:v1",
        "deleted",
    )
    assert (entry["account"], entry["deleted_by"], entry["via"]) == ("acme", "acme", "session")
    assert (entry["digest"], entry["tags"], entry["size_bytes"]) == (
        image.manifest.digest,
        ["v1"],
        image.size_bytes,
    )
    result = await mine.restored(entry)
    assert (result["status"], result["tags"]) == ("restored", ["v1"])
    assert mine.pulls("app", "v1", image)
    assert (await mine.tags("app"))["v1"] == before
    assert await mine.trash() == []


async def test_last_tag_is_restored(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    await mine.delete_image("app:v1")
    await mine.restored(await mine.entry())
    assert mine.pulls("app", "v1", image)
    repository = (await mine.http.get(f"/api/v1/repositories/{mine.name}/app")).json()
    assert (repository["tag_count"], repository["size_bytes"]) == (1, image.size_bytes)


async def test_image_with_three_tags_is_restored_with_all_of_them(mine: Team) -> None:
    image = make_image(layers=3)
    await mine.push(image, "app", "v1", "v1.0", "latest")
    shown = f"/api/v1/images/{mine.name}/app@{image.manifest.digest}"
    before, tags_before = (await mine.http.get(shown)).json(), await mine.tags("app")
    await mine.delete_image(f"app@{image.manifest.digest}")
    assert mine.registry.status(f"{mine.name}/app", image.manifest.digest) == 404
    entry = await mine.entry()
    assert (entry["kind"], entry["tags"], entry["tag_count"]) == (
        "manifest",
        ["latest", "v1", "v1.0"],
        3,
    )
    result = await mine.restored(entry)
    assert result["tags"] == ["latest", "v1", "v1.0"]
    for tag in ("v1", "v1.0", "latest"):
        assert mine.pulls("app", tag, image)
    assert await mine.tags("app") == tags_before
    assert (await mine.http.get(shown)).json() == before


async def test_index_is_restored_with_children_and_signatures(mine: Team) -> None:
    index = make_index()
    await mine.push(index, "app", "multi")
    cosign = f"sha256-{index.manifest.hex}.sig"
    signature = await mine.attach(index.manifest, "app", tag=cosign)
    referrer = await mine.attach(index.manifest, "app")
    await mine.delete_image(f"app@{index.manifest.digest}")
    assert mine.registry.tags(f"{mine.name}/app") == []
    assert await mine.tags("app") == {}
    entry = await mine.entry()
    assert (entry["tags"], entry["tag_count"]) == (["multi"], 1)
    result = await mine.restored(entry)
    assert result["tags"] == ["multi", cosign]
    assert mine.pulls("app", "multi", index)
    assert mine.pulls("app", cosign, signature)
    assert mine.pulls("app", referrer.digest, referrer)
    image = await mine.http.get(f"/api/v1/images/{mine.name}/app:multi")
    assert len(image.json()["platforms"]) == len(index.images)


async def test_garbage_collection_must_keep_what_a_restore_needs(mine: Team) -> None:
    index = make_index()
    await mine.push(index, "app", "multi")
    cosign = f"sha256-{index.manifest.hex}.sig"
    signature = await mine.attach(index.manifest, "app", tag=cosign)
    referrer = await mine.attach(index.manifest, "app")
    await mine.delete_image(f"app@{index.manifest.digest}")
    rows = await mine.database.fetch("SELECT digest FROM catalog.trash_digests")
    assert {row["digest"] for row in rows} == {
        index.manifest.digest,
        signature.digest,
        referrer.digest,
        *(image.manifest.digest for image in index.images),
    }
    blobs = [blob.digest for image in index.images for blob in image.blobs]
    needed = await mine.database.fetch(
        "SELECT digest FROM catalog.find_needed($1) WHERE reason IS NULL", blobs
    )
    assert needed == []
    kept = await mine.database.fetch(
        "SELECT digest FROM catalog.manifests m WHERE catalog.is_in_trash(repository_id, digest)"
    )
    assert {row["digest"] for row in kept} == {
        signature.digest,
        referrer.digest,
        *(image.manifest.digest for image in index.images),
    }


async def test_deletion_of_a_tag_records_its_manifest_only(mine: Team) -> None:
    index = make_index()
    await mine.push(index, "app", "multi")
    await mine.delete_image("app:multi")
    rows = await mine.database.fetch("SELECT digest FROM catalog.trash_digests")
    assert [row["digest"] for row in rows] == [index.manifest.digest]


async def test_taken_tag_is_not_replaced_and_another_one_can_be_chosen(mine: Team) -> None:
    image, newer = make_image(), make_image()
    await mine.push(image, "app", "v1")
    await mine.delete_image("app:v1")
    await mine.push(newer, "app", "v1")
    entry = await mine.entry()
    refused = await mine.restore(entry)
    assert (refused.status_code, refused.json()["code"]) == (409, "name_taken")
    assert refused.json()["taken"] == ["v1"]
    assert (await mine.restore(entry, tag="v1")).status_code == 409
    assert mine.pulls("app", "v1", newer)
    result = await mine.restored(entry, tag="v1-before")
    assert result["tags"] == ["v1-before"]
    assert mine.pulls("app", "v1", newer)
    assert mine.pulls("app", "v1-before", image)


async def test_chosen_tag_replaces_only_the_taken_tags_of_an_image(mine: Team) -> None:
    image, newer = make_image(), make_image()
    await mine.push(image, "app", "v1", "v1.0")
    await mine.delete_image(f"app@{image.manifest.digest}")
    await mine.push(newer, "app", "v1")
    entry = await mine.entry()
    assert (await mine.restore(entry)).json()["taken"] == ["v1"]
    assert set(await mine.tags("app")) == {"v1"}
    await mine.restored(entry, tag="old")
    assert mine.pulls("app", "old", image)
    assert mine.pulls("app", "v1.0", image)
    assert mine.pulls("app", "v1", newer)


async def test_tag_is_restored_although_its_image_was_deleted_later(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    await mine.delete_image("app:v1")
    tag = await mine.entry()
    await mine.delete_image(f"app@{image.manifest.digest}")
    await mine.restored(tag)
    assert mine.pulls("app", "v1", image)


async def test_index_names_its_child_that_was_deleted_separately(mine: Team) -> None:
    index = make_index()
    await mine.push(index, "app", "multi")
    await mine.delete_image(f"app@{index.manifest.digest}")
    entry = await mine.entry()
    child = index.images[0].manifest.digest
    await mine.delete_image(f"app@{child}")
    refused = await mine.restore(entry)
    assert (refused.status_code, refused.json()["code"]) == (409, "content_missing")
    assert refused.json()["missing"] == [child]
    await mine.restored(await mine.entry(f"/app@{child}"))
    await mine.restored(entry)
    assert mine.pulls("app", "multi", index)


async def test_pull_counts_come_back(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    path = f"{mine.name}/app"
    await mine.database.execute(
        "INSERT INTO events.pull_hours"
        " (repository, generation, hour, tag, docker_user, pulls, checks, last_pulled_at)"
        " VALUES ($1, 0, date_trunc('hour', now()), 'v1', 'dev', 5, 0, now())",
        path,
    )
    await mine.delete_image(f"app@{image.manifest.digest}")
    await mine.restored(await mine.entry())
    tag = (await mine.tags("app"))["v1"]
    assert tag["pull_count"] == 5
    assert tag["last_pulled_at"] is not None


async def test_trash_of_another_account_is_not_visible(
    mine: Team, other: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    await mine.push(make_image(), "app", "v1")
    await mine.delete_image("app:v1")
    entry = await mine.entry()
    assert (await other.get("/api/v1/trash")).json()["items"] == []
    assert (await other.get("/api/v1/trash", params={"account": "acme"})).status_code == 403
    path = f"/api/v1/trash/{entry['id']}"
    assert (await other.post(f"{path}/restore")).status_code == 404
    assert (await other.delete(path)).status_code == 404
    listed = await admin.get("/api/v1/trash", params={"account": "acme"})
    assert [one["id"] for one in listed.json()["items"]] == [entry["id"]]
    assert (await admin.post(f"{path}/restore")).status_code == 200


async def test_list_has_pages_and_filters(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1", "v2", "other")
    for tag in ("v1", "v2", "other"):
        await mine.delete_image(f"app:{tag}")
    await mine.delete_image(f"app@{image.manifest.digest}")
    seen, cursor = [], None
    for _ in range(4):
        params = {"limit": "1", **({"cursor": cursor} if cursor else {})}
        page = (await mine.http.get("/api/v1/trash", params=params)).json()
        seen += [one["path"].removeprefix(f"{mine.name}/app") for one in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == [f"@{image.manifest.digest}", ":other", ":v2", ":v1"]
    assert len(await mine.trash(kind="tag")) == 3
    assert [one["kind"] for one in await mine.trash(kind="manifest")] == ["manifest"]
    assert [one["tags"] for one in await mine.trash(q=":OTHER")] == [["other"]]


async def test_ended_entry_cannot_be_restored(mine: Team) -> None:
    await mine.push(make_image(), "app", "v1")
    await mine.delete_image("app:v1")
    entry = await mine.entry()
    assert (await mine.delete(f"trash/{entry['id']}")).status_code == 204
    assert await mine.trash() == []
    assert (await mine.restore(entry)).status_code == 404
    assert (await mine.delete(f"trash/{entry['id']}")).status_code == 404


async def test_audit_trail_names_restore_and_end(mine: Team) -> None:
    await mine.push(make_image(), "app", "v1")
    await mine.delete_image("app:v1")
    await mine.restored(await mine.entry())
    await mine.delete_image("app:v1")
    await mine.delete(f"trash/{(await mine.entry())['id']}")
    listed = (await mine.http.get("/api/v1/audit", params={"limit": "3"})).json()["items"]
    assert [(one["action"], one["target"]) for one in listed] == [
        ("trash.delete", f"images/{mine.name}/app:v1"),
        ("image.delete", f"images/{mine.name}/app:v1"),
        ("trash.restore", f"images/{mine.name}/app:v1"),
    ]
