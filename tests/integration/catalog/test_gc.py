"""What is garbage, and that a push which comes between the look and the deletion wins (spec 7)."""

import json
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from services.catalog.gc import usecases
from services.catalog.sync.drift import usecases as drift
from tests.integration.catalog.registry import Event, RegistryUnderTest, deliver
from tests.kit.database import Database
from tests.kit.images import MEDIA_TYPES, Blob, Image, make_image, make_index
from tests.kit.waiting import soon

pytestmark = pytest.mark.registry_versions

NOW = timedelta()
WEEK = timedelta(days=7)


@pytest.fixture
async def app_repository(acme: httpx.AsyncClient, registry: RegistryUnderTest, team: str) -> str:
    """A repository's name in a namespace that is there, with the catalog running."""
    assert (
        await acme.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
    ).status_code == 201
    return f"{team}/app"


async def _read(database: Database, *events: Event) -> None:
    """Deliver events and wait until the catalog has read them."""
    await deliver(database, *events)

    async def unread() -> int:
        rows = await database.fetch(
            "SELECT count(*) FROM events.registry_feed f, catalog.feed_progress p WHERE (f.xid, f.id) > (p.xid, p.id)"
        )
        progress = await database.fetch("SELECT FROM catalog.feed_progress")
        return int(rows[0][0]) if progress else -1

    await soon(unread, lambda left: left == 0)


async def _age(database: Database, days: int) -> None:
    """Let everything be as long ago as that."""
    await database.execute(
        "UPDATE catalog.manifests SET untagged_since = untagged_since - $1 * interval '1 day'", days
    )
    await database.execute(
        "UPDATE events.inbox SET at_ns = at_ns - $1::bigint * 86400000000000", days
    )


async def _garbage(engine: AsyncEngine, age: timedelta) -> list[str]:
    return [item.digest for item in (await usecases.find_garbage(engine=engine, age=age)).garbage]


async def test_what_is_without_a_tag_for_a_week_is_garbage_and_nothing_before(
    emptied: Database, engine: AsyncEngine, registry: RegistryUnderTest, app_repository: str
) -> None:
    old, new = make_image(), make_image()
    await _read(emptied, *registry.push(old, app_repository, "v1", "latest"))
    await _age(emptied, 30)  # tagged all the time
    await _read(emptied, *registry.push(new, app_repository, "v1"))
    assert await _garbage(engine, NOW) == []  # `latest` is still on it
    await _read(emptied, *registry.push(new, app_repository, "latest"))
    assert await _garbage(engine, WEEK) == []
    await _age(emptied, 6)
    assert await _garbage(engine, WEEK) == []
    await _age(emptied, 2)
    assert await _garbage(engine, WEEK) == [old.manifest.digest]
    await _read(emptied, *registry.push(old, app_repository, "back"))
    assert await _garbage(engine, NOW) == []


async def test_children_and_referrers_of_what_lives_are_no_garbage(
    emptied: Database, engine: AsyncEngine, registry: RegistryUnderTest, app_repository: str
) -> None:
    index, signature = make_index(), make_image()
    refers = json.loads(signature.manifest.content) | {
        "subject": index.images[0].manifest.descriptor()
    }
    manifest = Blob(MEDIA_TYPES["oci"]["manifest"], json.dumps(refers).encode())
    signed = Image(signature.architecture, manifest, signature.config, signature.layers)
    await _read(
        emptied, *registry.push(index, app_repository, "v1"), *registry.push(signed, app_repository)
    )
    await _age(emptied, 30)
    assert await _garbage(engine, WEEK) == []
    await _read(emptied, *registry.push(make_image(), app_repository, "v1"))
    assert await _garbage(engine, WEEK) == []  # the index is without a tag since a moment ago
    await _age(emptied, 8)
    digests = {
        index.manifest.digest,
        manifest.digest,
        *(image.manifest.digest for image in index.images),
    }
    found = await _garbage(engine, WEEK)
    assert set(found) == digests
    assert all(
        found.index(index.manifest.digest) < found.index(image.manifest.digest)
        for image in index.images
    )


async def test_a_manifest_that_was_pushed_again_by_its_digest_is_not_garbage_yet(
    emptied: Database, engine: AsyncEngine, registry: RegistryUnderTest, app_repository: str
) -> None:
    """As builders do that put an index over it minutes later."""
    image = make_image()
    await _read(emptied, *registry.push(image, app_repository))
    await _age(emptied, 30)
    assert await _garbage(engine, WEEK) == [image.manifest.digest]
    await _read(emptied, *registry.push(image, app_repository))
    assert await _garbage(engine, WEEK) == []


async def test_what_is_tagged_again_after_the_look_stays(
    emptied: Database,
    engine: AsyncEngine,
    client: Registry,
    registry: RegistryUnderTest,
    app_repository: str,
) -> None:
    old = make_image()
    await _read(emptied, *registry.push(old, app_repository, "v1"))
    await _read(emptied, *registry.push(make_image(), app_repository, "v1"))
    found = await usecases.find_garbage(engine=engine, age=NOW)
    assert [item.digest for item in found.garbage] == [old.manifest.digest]
    await _read(emptied, *registry.push(old, app_repository, "back"))
    assert (
        await usecases.delete_garbage(
            engine=engine, registry=client, found=found, batch=found.garbage
        )
        == []
    )
    assert registry.status(app_repository, "back") == 200


def _hear_with_the_deletion(
    client: Registry, database: Database, unheard: list[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let events come in only with a deletion's: the registry reports in order, and late when much is in its queue."""
    deleted = client.delete_manifest

    async def delete(repository: str, digest: str) -> bool:
        gone = await deleted(repository, digest)
        target = {"repository": repository, "digest": digest}
        await deliver(database, *unheard, {**unheard[0], "action": "delete", "target": target})
        return gone

    monkeypatch.setattr(client, "delete_manifest", delete)


async def test_a_push_that_was_not_heard_of_before_the_deletion_is_put_back(
    emptied: Database,
    engine: AsyncEngine,
    client: Registry,
    registry: RegistryUnderTest,
    app_repository: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = make_image()
    await _read(emptied, *registry.push(old, app_repository, "v1"))
    await _read(emptied, *registry.push(make_image(), app_repository, "v1"))
    found = await usecases.find_garbage(engine=engine, age=NOW)
    unheard = registry.push(old, app_repository, "back", "too")
    _hear_with_the_deletion(client, emptied, unheard, monkeypatch)
    assert (
        await usecases.delete_garbage(
            engine=engine, registry=client, found=found, batch=found.garbage
        )
        == []
    )
    assert registry.tags(app_repository) == ["back", "too", "v1"]
    assert registry.status(app_repository, "back") == 200


async def test_an_image_that_an_index_took_in_meanwhile_is_put_back(
    emptied: Database,
    engine: AsyncEngine,
    client: Registry,
    registry: RegistryUnderTest,
    app_repository: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = make_image()
    await _read(emptied, *registry.push(image, app_repository))
    found = await usecases.find_garbage(engine=engine, age=NOW)
    content = {
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPES["oci"]["index"],
        "manifests": [image.manifest.descriptor()],
    }
    index = Blob(MEDIA_TYPES["oci"]["index"], json.dumps(content).encode())
    unheard = registry.push_artifact(index, [], app_repository, "v1")
    _hear_with_the_deletion(client, emptied, unheard, monkeypatch)
    assert (
        await usecases.delete_garbage(
            engine=engine, registry=client, found=found, batch=found.garbage
        )
        == []
    )
    assert registry.status(app_repository, image.manifest.digest) == 200


async def test_what_was_tagged_again_or_taken_into_an_index_stays_though_the_registry_never_reported_it(
    emptied: Database,
    engine: AsyncEngine,
    client: Registry,
    registry: RegistryUnderTest,
    app_repository: str,
) -> None:
    """It crashed with its events, or the database was restored from a backup of before."""
    again, child, garbage = make_image(), make_image(), make_image()
    for image in (again, child, garbage):
        await _read(emptied, *registry.push(image, app_repository))
    await _age(emptied, 30)
    registry.push(again, app_repository, "back")
    content = {
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPES["oci"]["index"],
        "manifests": [child.manifest.descriptor()],
    }
    registry.push_artifact(
        Blob(MEDIA_TYPES["oci"]["index"], json.dumps(content).encode()), [], app_repository, "multi"
    )
    found = await usecases.find_confirmed(
        engine=engine, registry=client, age=WEEK, settle_seconds=0
    )
    assert [item.digest for item in found.garbage] == [garbage.manifest.digest]
    rows = await emptied.fetch("SELECT name FROM catalog.tags ORDER BY name")
    assert [row["name"] for row in rows] == ["back", "multi"]


async def test_what_was_mended_while_the_registry_was_asked_is_no_garbage(
    emptied: Database,
    engine: AsyncEngine,
    client: Registry,
    registry: RegistryUnderTest,
    app_repository: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image, listed = make_image(), client.list_tags
    await _read(emptied, *registry.push(image, app_repository))
    await _age(emptied, 30)
    registry.push(image, app_repository, "back")

    async def list_tags(repository: str) -> list[str]:
        monkeypatch.setattr(client, "list_tags", listed)
        found = await drift.compare_repositories(
            engine=engine, registry=client, paths=[repository], settle_seconds=0
        )
        assert await drift.repair(engine=engine, registry=client, found=found) == []
        return await listed(repository)

    monkeypatch.setattr(client, "list_tags", list_tags)
    found = await usecases.find_confirmed(
        engine=engine, registry=client, age=WEEK, settle_seconds=0
    )
    assert [row["name"] for row in await emptied.fetch("SELECT name FROM catalog.tags")] == ["back"]
    assert found.garbage == []


async def test_what_is_in_a_repository_that_is_being_deleted_is_left_to_its_deletion(
    emptied: Database, engine: AsyncEngine, registry: RegistryUnderTest, app_repository: str
) -> None:
    image = make_image()
    await _read(emptied, *registry.push(image, app_repository))
    assert await _garbage(engine, NOW) == [image.manifest.digest]
    for kind, name in (
        ("repository", app_repository),
        ("namespace", app_repository.partition("/")[0]),
    ):
        await emptied.execute(
            "INSERT INTO catalog.deletions (kind, name, origin) VALUES ($1, $2, 'a backup')",
            kind,
            name,
        )
        assert await _garbage(engine, NOW) == []
        await emptied.execute("DELETE FROM catalog.deletions")
    await emptied.execute("UPDATE catalog.repositories SET status = 'deleting'")
    assert await _garbage(engine, NOW) == []
