"""Garbage collection: which manifests are garbage, and that a concurrent push wins (spec 7)."""

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from services.catalog.gc import usecases
from services.catalog.gc.domain import Deleted
from services.catalog.sync.drift import usecases as drift
from tests.integration.catalog.conftest import running_registry
from tests.integration.catalog.registry import Event, RegistryUnderTest, deliver
from tests.kit.database import Database
from tests.kit.images import MEDIA_TYPES, Blob, Image, make_image, make_index
from tests.kit.sessions import Secrets
from tests.kit.waiting import soon

pytestmark = pytest.mark.registry_versions

NOW = timedelta()
WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def registry(catalog_secrets: Secrets) -> Iterator[RegistryUnderTest]:
    """A registry of this module, which stays small: each comparison reads all of it."""
    with running_registry(catalog_secrets) as running:
        yield running


@pytest.fixture
async def app_repository(acme: httpx.AsyncClient, registry: RegistryUnderTest, team: str) -> str:
    """Return the path of a repository in an existing namespace. The catalog's workers run."""
    assert (
        await acme.post("/api/v1/namespaces", json={"name": team, "visibility": "private"})
    ).status_code == 201
    return f"{team}/app"


async def _apply(database: Database, *events: Event) -> None:
    """Deliver events, and wait until the catalog has applied them."""
    await deliver(database, *events)

    async def unread() -> int:
        rows = await database.fetch(
            "SELECT count(*) FROM events.registry_feed f, catalog.feed_progress p"
            " WHERE (f.xid, f.id) > (p.xid, p.id)"
        )
        progress = await database.fetch("SELECT FROM catalog.feed_progress")
        return int(rows[0][0]) if progress else -1

    async def delayed() -> int:
        rows = await database.fetch("SELECT count(*) FROM catalog.delayed_repositories")
        return int(rows[0][0])

    await soon(unread, lambda left: left == 0)
    # On a busy machine, a repository can be too slow for the feed.
    await soon(delayed, lambda left: left == 0, within=20)


async def _age(database: Database, days: int) -> None:
    """Move all manifests and events ``days`` into the past."""
    await database.execute(
        "UPDATE catalog.manifests SET untagged_since = untagged_since - $1 * interval '1 day'", days
    )
    await database.execute(
        "UPDATE events.inbox SET at_ns = at_ns - $1::bigint * 86400000000000", days
    )


async def _garbage(engine: AsyncEngine, age: timedelta) -> list[str]:
    return [item.digest for item in (await usecases.find_garbage(engine=engine, age=age)).garbage]


async def test_a_manifest_is_garbage_only_after_a_week_without_a_tag(
    emptied: Database, engine: AsyncEngine, registry: RegistryUnderTest, app_repository: str
) -> None:
    old, new = make_image(), make_image()
    await _apply(emptied, *registry.push(old, app_repository, "v1", "latest"))
    await _age(emptied, 30)  # The manifest has tags all the time.
    await _apply(emptied, *registry.push(new, app_repository, "v1"))
    assert await _garbage(engine, NOW) == []  # The tag `latest` still names it.
    await _apply(emptied, *registry.push(new, app_repository, "latest"))
    assert await _garbage(engine, WEEK) == []
    await _age(emptied, 6)
    assert await _garbage(engine, WEEK) == []
    await _age(emptied, 2)
    assert await _garbage(engine, WEEK) == [old.manifest.digest]
    await _apply(emptied, *registry.push(old, app_repository, "back"))
    assert await _garbage(engine, NOW) == []


async def test_children_and_referrers_of_live_manifests_are_no_garbage(
    emptied: Database, engine: AsyncEngine, registry: RegistryUnderTest, app_repository: str
) -> None:
    index, signature = make_index(), make_image()
    refers = json.loads(signature.manifest.content) | {
        "subject": index.images[0].manifest.descriptor()
    }
    manifest = Blob(MEDIA_TYPES["oci"]["manifest"], json.dumps(refers).encode())
    signed = Image(signature.architecture, manifest, signature.config, signature.layers)
    await _apply(
        emptied, *registry.push(index, app_repository, "v1"), *registry.push(signed, app_repository)
    )
    await _age(emptied, 30)
    assert await _garbage(engine, WEEK) == []
    await _apply(emptied, *registry.push(make_image(), app_repository, "v1"))
    assert await _garbage(engine, WEEK) == []  # The index has just lost its tag.
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


async def test_a_manifest_pushed_again_by_digest_is_no_garbage(
    emptied: Database, engine: AsyncEngine, registry: RegistryUnderTest, app_repository: str
) -> None:
    """Builders push an image by digest, and its index minutes later."""
    image = make_image()
    await _apply(emptied, *registry.push(image, app_repository))
    await _age(emptied, 30)
    assert await _garbage(engine, WEEK) == [image.manifest.digest]
    await _apply(emptied, *registry.push(image, app_repository))
    assert await _garbage(engine, WEEK) == []


async def test_a_manifest_tagged_again_after_the_search_is_not_deleted(
    emptied: Database,
    engine: AsyncEngine,
    registry_client: Registry,
    registry: RegistryUnderTest,
    app_repository: str,
) -> None:
    old = make_image()
    await _apply(emptied, *registry.push(old, app_repository, "v1"))
    await _apply(emptied, *registry.push(make_image(), app_repository, "v1"))
    found = await usecases.find_garbage(engine=engine, age=NOW)
    assert [item.digest for item in found.garbage] == [old.manifest.digest]
    await _apply(emptied, *registry.push(old, app_repository, "back"))
    assert await usecases.delete_garbage(
        engine=engine, registry=registry_client, found=found, batch=found.garbage
    ) == Deleted([])
    assert registry.status(app_repository, "back") == 200


def _delay_events_until_deletion(
    registry_client: Registry,
    database: Database,
    events: list[Event],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Deliver ``events`` together with the event of the next deletion.

    The registry reports in order. If its queue is long, it reports late.
    """
    delete_manifest = registry_client.delete_manifest

    async def delete(repository: str, digest: str) -> bool:
        is_deleted = await delete_manifest(repository, digest)
        target = {"repository": repository, "digest": digest}
        await deliver(database, *events, {**events[0], "action": "delete", "target": target})
        return is_deleted

    monkeypatch.setattr(registry_client, "delete_manifest", delete)


async def test_a_push_reported_only_after_the_deletion_is_restored(
    emptied: Database,
    engine: AsyncEngine,
    registry_client: Registry,
    registry: RegistryUnderTest,
    app_repository: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = make_image()
    await _apply(emptied, *registry.push(old, app_repository, "v1"))
    await _apply(emptied, *registry.push(make_image(), app_repository, "v1"))
    found = await usecases.find_garbage(engine=engine, age=NOW)
    delayed = registry.push(old, app_repository, "back", "too")
    _delay_events_until_deletion(registry_client, emptied, delayed, monkeypatch)
    assert await usecases.delete_garbage(
        engine=engine, registry=registry_client, found=found, batch=found.garbage
    ) == Deleted([])
    assert registry.tags(app_repository) == ["back", "too", "v1"]
    assert registry.status(app_repository, "back") == 200


async def test_an_image_added_to_an_index_during_its_deletion_is_restored(
    emptied: Database,
    engine: AsyncEngine,
    registry_client: Registry,
    registry: RegistryUnderTest,
    app_repository: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = make_image()
    await _apply(emptied, *registry.push(image, app_repository))
    found = await usecases.find_garbage(engine=engine, age=NOW)
    content = {
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPES["oci"]["index"],
        "manifests": [image.manifest.descriptor()],
    }
    index = Blob(MEDIA_TYPES["oci"]["index"], json.dumps(content).encode())
    delayed = registry.push_artifact(index, [], app_repository, "v1")
    _delay_events_until_deletion(registry_client, emptied, delayed, monkeypatch)
    assert await usecases.delete_garbage(
        engine=engine, registry=registry_client, found=found, batch=found.garbage
    ) == Deleted([])
    assert registry.status(app_repository, image.manifest.digest) == 200


async def test_a_manifest_is_no_garbage_if_the_registry_has_an_unreported_tag_or_index_on_it(
    emptied: Database,
    engine: AsyncEngine,
    registry_client: Registry,
    registry: RegistryUnderTest,
    app_repository: str,
) -> None:
    """The registry crashed with its events, or the database was restored from an older backup."""
    again, child, garbage = make_image(), make_image(), make_image()
    for image in (again, child, garbage):
        await _apply(emptied, *registry.push(image, app_repository))
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
        engine=engine, registry=registry_client, age=WEEK, settle_seconds=0
    )
    assert [item.digest for item in found.garbage] == [garbage.manifest.digest]
    rows = await emptied.fetch("SELECT name FROM catalog.tags ORDER BY name")
    assert [row["name"] for row in rows] == ["back", "multi"]


async def test_a_manifest_is_no_garbage_if_the_worker_repairs_its_tag_during_the_search(
    emptied: Database,
    engine: AsyncEngine,
    registry_client: Registry,
    registry: RegistryUnderTest,
    app_repository: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image, listed = make_image(), registry_client.list_tags
    await _apply(emptied, *registry.push(image, app_repository))
    await _age(emptied, 30)
    registry.push(image, app_repository, "back")

    async def list_tags(repository: str) -> list[str]:
        monkeypatch.setattr(registry_client, "list_tags", listed)
        found = await drift.compare_repositories(
            engine=engine, registry=registry_client, paths=[repository], settle_seconds=0
        )
        left = await drift.repair(engine=engine, registry=registry_client, found=found.differences)
        assert left == []
        return await listed(repository)

    monkeypatch.setattr(registry_client, "list_tags", list_tags)
    found = await usecases.find_confirmed(
        engine=engine, registry=registry_client, age=WEEK, settle_seconds=0
    )
    assert [row["name"] for row in await emptied.fetch("SELECT name FROM catalog.tags")] == ["back"]
    assert found.garbage == []


async def test_a_repository_that_is_being_deleted_has_no_garbage(
    emptied: Database, engine: AsyncEngine, registry: RegistryUnderTest, app_repository: str
) -> None:
    image = make_image()
    await _apply(emptied, *registry.push(image, app_repository))
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


async def test_a_manifest_that_the_registry_cannot_delete_stops_no_other(
    emptied: Database,
    engine: AsyncEngine,
    registry_client: Registry,
    registry: RegistryUnderTest,
    app_repository: str,
) -> None:
    damaged, garbage, fine = make_image(), make_image(), f"{app_repository}-fine"
    await _apply(emptied, *registry.push(damaged, app_repository))
    await _apply(emptied, *registry.push(garbage, fine))
    link = registry.revision_link(app_repository, damaged.manifest.digest)
    content = link.read_text()
    link.write_text("sha256:")
    found = await usecases.find_garbage(engine=engine, age=NOW)
    done = await usecases.delete_garbage(
        engine=engine, registry=registry_client, found=found, batch=found.garbage
    )
    assert (fine, garbage.manifest.digest) in done.manifests
    assert registry.status(fine, garbage.manifest.digest) == 404
    assert set(done.failures) <= {app_repository}
    link.write_text(content)
