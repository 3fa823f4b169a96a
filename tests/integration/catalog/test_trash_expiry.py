"""What is in the trash goes away after its time, and a restore keeps to its owner's limits."""

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.tasks.cleaning import Cleaner
from services.catalog.app import create_app
from services.catalog.trash.entries.queries import delete_expired
from services.catalog.trash.restoring.queries import begin
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.conftest import catalog_settings
from tests.integration.catalog.registry import RegistryUnderTest
from tests.integration.catalog.trashing import Team
from tests.kit.database import Database
from tests.kit.images import make_image
from tests.kit.sessions import Secrets, signing_in
from tests.kit.waiting import soon

_TABLES = ("trash", "trash_manifests", "trash_tags", "trash_digests", "trash_repositories")


async def _rows(database: Database) -> int:
    counts = [
        (await database.fetch(f"SELECT count(*) FROM catalog.{table}"))[0][0] for table in _TABLES
    ]
    return sum(counts)


async def test_expired_entry_is_deleted_with_all_that_it_kept(
    mine: Team, engine: AsyncEngine
) -> None:
    kept, expired = make_image(), make_image()
    await mine.push(kept, "app", "v1")
    await mine.push(expired, "app", "v2")
    await mine.delete_image(f"app@{kept.manifest.digest}")
    await mine.delete_image(f"app@{expired.manifest.digest}")
    entry = await mine.entry(f"/app@{expired.manifest.digest}")
    await mine.database.execute(
        "UPDATE catalog.trash SET expires_at = now() WHERE id = $1", entry["id"]
    )
    assert [one["digest"] for one in await mine.trash()] == [kept.manifest.digest]
    assert (await mine.restore(entry)).status_code == 404
    needed = "SELECT reason FROM catalog.find_needed(ARRAY[$1])"
    layer = expired.layers[0].digest
    assert (await mine.database.fetch(needed, layer))[0]["reason"] == "trash"
    assert await Cleaner(engine, delete_expired).clean() > 0
    assert (await mine.database.fetch(needed, layer))[0]["reason"] is None
    assert (await mine.database.fetch(needed, kept.layers[0].digest))[0]["reason"] == "trash"
    await mine.restored(await mine.entry())
    assert mine.pulls("app", "v1", kept)
    assert await _rows(mine.database) == 0


async def test_expired_rows_are_deleted_in_batches(mine: Team, engine: AsyncEngine) -> None:
    for number in range(3):
        image = make_image()
        await mine.push(image, "app", f"v{number}")
        await mine.delete_image(f"app@{image.manifest.digest}")
    await mine.database.execute("UPDATE catalog.trash SET expires_at = now()")
    left = await _rows(mine.database)
    while left:
        async with engine.begin() as tx:
            assert await delete_expired(tx, 2) in (1, 2)
        before, left = left, await _rows(mine.database)
        assert before - left in (1, 2)
    async with engine.begin() as tx:
        assert await delete_expired(tx, 2) == 0


async def test_rows_of_an_entry_that_a_restore_begins_to_use_are_not_deleted(
    mine: Team, engine: AsyncEngine
) -> None:
    await mine.push(make_image(), "app", "v1")
    await mine.delete_image("app:v1")
    entry, before = await mine.entry(), await _rows(mine.database)
    await mine.database.execute("UPDATE catalog.trash SET expires_at = now() + interval '1 s'")
    async with engine.begin() as restore:
        assert await begin(restore, entry_id=entry["id"], chosen_tag=None) is not None
        expired = "SELECT FROM catalog.trash WHERE expires_at < clock_timestamp()"
        await soon(lambda: mine.database.fetch(expired), bool, within=5)
        async with engine.begin() as tx:
            assert await delete_expired(tx, 100) == 0
    assert await _rows(mine.database) == before


async def test_entry_that_is_being_restored_does_not_expire(
    mine: Team, engine: AsyncEngine
) -> None:
    await mine.push(make_image(), "app", "v1")
    await mine.delete_image("app:v1")
    await mine.database.execute(
        "UPDATE catalog.trash SET expires_at = now(), restoring_since = now(),"
        " leased_until = now() + interval '1 hour'"
    )
    assert await Cleaner(engine, delete_expired).clean() == 0
    (entry,) = await mine.trash()
    assert entry["status"] == "restoring"
    refused = await mine.delete(f"trash/{entry['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "trash_busy")


async def test_worker_completes_a_restore_that_was_only_begun(mine: Team) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    await mine.delete_image("app:v1")
    await mine.database.execute(
        "UPDATE catalog.trash SET restoring_since = now(), leased_until = now(), chosen_tag = 'v2'"
    )
    await soon(mine.trash, lambda entries: not entries, within=10)
    assert mine.pulls("app", "v2", image)


async def test_restore_keeps_to_the_limit_of_repositories(mine: Team) -> None:
    await mine.push(make_image(), "app", "v1")
    await mine.delete(f"repositories/{mine.name}/app")
    entry = (await soon(mine.trash, lambda entries: entries[0]["status"] == "deleted", within=10))[
        0
    ]
    await mine.database.execute(
        "INSERT INTO catalog.repositories (namespace_id, name)"
        " SELECT id, 'r' || n FROM catalog.namespaces, generate_series(1, 10000) AS n"
    )
    refused = await mine.restore(entry)
    assert (refused.status_code, refused.json()["code"]) == (409, "limit_reached")
    await mine.database.execute("DELETE FROM catalog.repositories WHERE name = 'r1'")
    await mine.restored(entry)


async def test_trash_of_zero_days_keeps_nothing(
    emptied: Database, catalog_secrets: Secrets, registry: RegistryUnderTest, team: str
) -> None:
    changes = {"TRASH_DAYS": 0, "storage_path": registry.storage}
    app = create_app(catalog_settings(emptied, catalog_secrets, registry.url, **changes))
    async with (
        app.router.lifespan_context(app),
        signing_in(app, emptied, catalog_secrets.session_key) as sign_in,
    ):
        http: httpx.AsyncClient = await sign_in("acme")
        created = await http.post(
            "/api/v1/namespaces", json={"name": team, "visibility": "private"}
        )
        assert created.status_code == 201
        mine = Team(team, http, registry, emptied, Pusher(http, registry))
        first, second = make_image(), make_image()
        await mine.push(first, "app", "v1")
        await mine.push(second, "app", "v2")
        cosign = f"sha256-{second.manifest.hex}.sig"
        await mine.attach(second.manifest, "app", tag=cosign)
        await mine.delete_image("app:v1")
        await mine.delete_image(f"app@{second.manifest.digest}")
        assert registry.tags(f"{team}/app") == []
        await mine.delete(f"repositories/{team}/app")
        await mine.delete(f"namespaces/{team}", cascade="true")
        assert await mine.trash() == []
        assert await _rows(emptied) == 0
