"""Storage use and quotas of accounts (spec 11)."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from libs.common.db.engine import autocommit
from libs.common.registry.client import Fetched
from services.catalog.admission.domain import Target
from services.catalog.admission.queries import open_push
from services.catalog.app import create_app
from services.catalog.intents.domain import Change, Kind
from services.catalog.intents.queries import resolve
from services.catalog.quotas.domain import Charge
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.conftest import catalog_settings
from tests.integration.catalog.trashing import Team
from tests.kit.database import Database
from tests.kit.images import Blob, Image, Index, make_image, make_index, make_variants
from tests.kit.sessions import Secrets, signing_in
from tests.kit.waiting import soon


def charge(*contents: Image | Index) -> int:
    """Return the bytes of the blobs and manifests of images, each once."""
    blobs: set[Blob] = set()
    for content in contents:
        blobs.add(content.manifest)
        for image in content.images if isinstance(content, Index) else (content,):
            blobs |= {image.manifest, *image.blobs}
    return sum(len(blob.content) for blob in blobs)


async def storage(client: httpx.AsyncClient) -> dict[str, Any]:
    account: dict[str, Any] = (await client.get("/api/v1/account")).json()
    return {name: value for name, value in account.items() if name.startswith("storage_")}


async def used(client: httpx.AsyncClient) -> int:
    return int((await storage(client))["storage_used_bytes"])


async def set_quota(admin: httpx.AsyncClient, quota: int | None, account: str = "acme") -> Any:
    answer = await admin.patch(f"/api/v1/accounts/{account}", json={"storage_quota_bytes": quota})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def differences(database: Database) -> int:
    rows = await database.fetch(
        "SELECT sum(catalog.count_storage_differences(id)) AS found FROM catalog.accounts"
    )
    return int(rows[0]["found"])


async def test_each_blob_and_manifest_counts_once_for_the_account(
    mine: Team, acme: httpx.AsyncClient, emptied: Database
) -> None:
    assert await used(acme) == 0
    image, index = make_image(layers=2), make_index()
    variant = make_variants(image, 1)[0]
    await mine.push(image, "app", "v1", "v2")
    assert await used(acme) == charge(image)
    await mine.push(image, "other", "v1")
    await mine.push(variant, "other", "v2")
    await mine.push(index, "app", "multi")
    assert await used(acme) == charge(image, variant, index)
    assert await differences(emptied) == 0


async def test_trash_counts_until_its_entry_ends(mine: Team, acme: httpx.AsyncClient) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    await mine.delete_image(f"app@{image.manifest.digest}")
    figures = await storage(acme)
    assert figures["storage_used_bytes"] == figures["storage_trash_bytes"] == charge(image)
    entry = await mine.entry()
    await mine.restored(entry)
    figures = await storage(acme)
    assert figures["storage_used_bytes"] == charge(image)
    assert figures["storage_trash_bytes"] == 0
    await mine.delete_image(f"app@{image.manifest.digest}")
    assert (await mine.delete(f"trash/{(await mine.entry())['id']}")).status_code == 204
    assert await used(acme) == 0


async def test_push_beyond_the_quota_is_denied_with_the_figures(
    mine: Team, acme: httpx.AsyncClient, admin: httpx.AsyncClient, pusher: Pusher
) -> None:
    first, second = make_image(), make_image()
    await mine.push(first, "app", "v1")
    quota = charge(first) + charge(second)
    await set_quota(admin, quota - 1)
    path = f"{mine.name}/app"
    pusher.upload(path, *second.blobs)
    answer = await pusher.put(path, "v2", second.manifest)
    assert answer.status_code == 403
    (error,) = answer.json()["errors"]
    assert error["code"] == "DENIED"
    assert error["detail"] == {
        "quota_bytes": quota - 1,
        "used_bytes": charge(first),
        "needed_bytes": charge(second),
        "trash_bytes": 0,
        "upload_bytes": 0,
    }
    for figure in (quota - 1, charge(first), charge(second)):
        assert f"{figure} B" in error["message"] or "KiB" in error["message"]
    await set_quota(admin, quota)
    assert (await pusher.put(path, "v2", second.manifest)).status_code == 201
    assert await used(acme) == quota


async def test_denial_says_how_much_is_in_the_trash(
    mine: Team, admin: httpx.AsyncClient, pusher: Pusher
) -> None:
    first, second = make_image(), make_image()
    await mine.push(first, "app", "v1")
    await set_quota(admin, charge(first) + 10)
    await mine.delete_image(f"app@{first.manifest.digest}")
    path = f"{mine.name}/app"
    pusher.upload(path, *second.blobs)
    answer = await pusher.put(path, "v2", second.manifest)
    (error,) = answer.json()["errors"]
    assert error["detail"]["trash_bytes"] == charge(first)
    assert "in the trash" in error["message"]
    assert (await mine.delete(f"trash/{(await mine.entry())['id']}")).status_code == 204
    await set_quota(admin, charge(second))
    assert (await pusher.put(path, "v2", second.manifest)).status_code == 201


async def test_push_that_adds_nothing_is_accepted_over_the_quota(
    mine: Team, admin: httpx.AsyncClient, pusher: Pusher
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    await set_quota(admin, 1)
    answer = await pusher.put(f"{mine.name}/app", "v2", image.manifest)
    assert answer.status_code == 201


@pytest.mark.parametrize("with_quota_before", [True, False])
async def test_concurrent_pushes_cannot_exceed_the_quota_by_a_byte(
    mine: Team,
    acme: httpx.AsyncClient,
    admin: httpx.AsyncClient,
    pusher: Pusher,
    emptied: Database,
    with_quota_before: bool,
) -> None:
    base = make_image()
    await mine.push(base, "app", "base")
    images = make_variants(base, 12)
    room = 4 * max(charge(image) - charge_of_blobs(image) for image in images) + 3
    for repository in ("app", "b", "c"):
        pusher.upload(f"{mine.name}/{repository}", *base.blobs)
    if with_quota_before:
        await set_quota(admin, charge(base) + room)

    async def push(number: int, image: Image) -> int:
        repository = ("app", "b", "c")[number % 3]
        answer = await pusher.put(f"{mine.name}/{repository}", f"v{number}", image.manifest)
        return answer.status_code

    pushes = asyncio.gather(*(push(number, image) for number, image in enumerate(images)))
    if not with_quota_before:
        await asyncio.sleep(0)
        await set_quota(admin, charge(base) + room)
    statuses = await pushes
    assert await differences(emptied) == 0
    if with_quota_before:
        assert statuses.count(201) == 4
        assert set(statuses) == {201, 403}
        assert await used(acme) <= charge(base) + room


def charge_of_blobs(image: Image) -> int:
    return sum(len(blob.content) for blob in image.blobs)


async def test_administrator_sets_and_removes_a_quota(
    mine: Team, acme: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    assert (await storage(acme))["storage_quota_bytes"] is None
    assert (await set_quota(admin, 1000))["storage_quota_bytes"] == 1000
    unchanged = await admin.patch("/api/v1/accounts/acme", json={"role": "member"})
    assert unchanged.json()["storage_quota_bytes"] == 1000
    assert (await set_quota(admin, None))["storage_quota_bytes"] is None
    entries = (await admin.get("/api/v1/audit", params={"action": "account.change"})).json()
    assert [entry["changes"] for entry in entries["items"]] == [
        {"storage_quota_bytes": [1000, None]},
        {"storage_quota_bytes": [None, 1000]},
    ]
    for wrong in (-1, 2**63, "10", 1.5, True):
        answer = await admin.patch("/api/v1/accounts/acme", json={"storage_quota_bytes": wrong})
        assert answer.status_code == 422, wrong
    denied = await acme.patch("/api/v1/accounts/acme", json={"storage_quota_bytes": 1})
    assert denied.status_code == 403


async def test_state_of_the_storage_warns_before_the_quota_is_reached(
    mine: Team, acme: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    size = charge(image)
    assert (await storage(acme))["storage_state"] == "ok"
    for quota, state in [
        (2 * size, "ok"),
        (size * 100 // 80, "warning"),
        (size * 100 // 95, "critical"),
        (size, "exceeded"),
        (0, "exceeded"),
    ]:
        assert (await set_quota(admin, quota))["storage_state"] == state, quota
        assert (await storage(acme))["storage_state"] == state


async def test_completed_upload_counts_until_an_image_names_it(
    mine: Team, acme: httpx.AsyncClient, pusher: Pusher, emptied: Database
) -> None:
    image, other = make_image(), make_image()
    pusher.upload(f"{mine.name}/app", *image.blobs, other.config)
    for blob in (*image.blobs, other.config):
        await emptied.execute(
            "SELECT catalog.note_uploads(ARRAY[$1], ARRAY[$2])", f"{mine.name}/app", blob.digest
        )
    sizes = [len(blob.content) for blob in (*image.blobs, other.config)]
    await soon(lambda: used(acme), lambda seen: seen == sum(sizes))
    assert (await pusher.put(f"{mine.name}/app", "v1", image.manifest)).status_code == 201
    assert await used(acme) == charge(image) + sizes[-1]
    await soon(lambda: uploads_of(emptied), lambda left: left == [other.config.digest])
    await mine.delete_image(f"app@{image.manifest.digest}")
    assert (await mine.delete(f"trash/{(await mine.entry())['id']}")).status_code == 204
    assert await used(acme) == sizes[-1]
    mine.registry.blob_file(other.config.digest).unlink()  # as a sweep does
    await emptied.execute(
        "UPDATE catalog.uploads SET checked_at = NULL, completed_at = now() - interval '1 day'"
    )
    await soon(lambda: used(acme), lambda seen: seen == 0)
    assert await uploads_of(emptied) == []


async def uploads_of(database: Database) -> list[str]:
    rows = await database.fetch("SELECT digest FROM catalog.uploads ORDER BY digest")
    return [row["digest"] for row in rows]


async def test_uploads_of_running_pushes_do_not_refuse_a_manifest_but_abandoned_ones_do(
    mine: Team, acme: httpx.AsyncClient, admin: httpx.AsyncClient, pusher: Pusher, emptied: Database
) -> None:
    image, other = make_image(), make_image()
    path = f"{mine.name}/app"
    pusher.upload(path, *image.blobs, *other.blobs)
    for blob in (*image.blobs, *other.blobs):
        await emptied.execute(
            "SELECT catalog.note_uploads(ARRAY[$1], ARRAY[$2])", path, blob.digest
        )
    total = sum(len(blob.content) for blob in (*image.blobs, *other.blobs))
    await soon(lambda: used(acme), lambda seen: seen == total)
    await set_quota(admin, charge(image) + 1)
    await emptied.execute("UPDATE catalog.uploads SET completed_at = now() - interval '2 hours'")
    refused = await pusher.put(path, "v1", image.manifest)
    assert refused.status_code == 403
    (error,) = refused.json()["errors"]
    assert error["detail"]["upload_bytes"] == sum(len(blob.content) for blob in other.blobs)
    await emptied.execute("UPDATE catalog.uploads SET completed_at = now()")
    assert (await pusher.put(path, "v1", image.manifest)).status_code == 201


async def test_manifest_that_was_not_admitted_counts_once_it_is_read(
    mine: Team, acme: httpx.AsyncClient, emptied: Database
) -> None:
    image = make_image()
    mine.registry.push(image, f"{mine.name}/app", "v1")
    await soon(lambda: used(acme), lambda seen: seen == charge(image), within=10)
    assert await differences(emptied) == 0


async def test_namespace_and_repository_show_what_their_images_use(
    mine: Team, acme: httpx.AsyncClient
) -> None:
    image, other = make_image(), make_image()
    await mine.push(image, "app", "v1")
    await mine.push(image, "web", "v1")
    await mine.push(other, "web", "v2")
    shown = {
        path: (await acme.get(f"/api/v1/{path}")).json()["storage_used_bytes"]
        for path in (
            f"repositories/{mine.name}/app",
            f"repositories/{mine.name}/web",
            f"namespaces/{mine.name}",
        )
    }
    assert list(shown.values()) == [charge(image), charge(image, other), charge(image, other)]


async def test_new_account_gets_the_default_quota(
    emptied: Database, catalog_secrets: Secrets, registry_url: str
) -> None:
    app = create_app(
        catalog_settings(emptied, catalog_secrets, registry_url, default_quota_bytes=5000)
    )
    async with (
        app.router.lifespan_context(app),
        signing_in(app, emptied, catalog_secrets.session_key) as sign_in,
    ):
        admin = await sign_in("admin", role="admin")
        created = await admin.post(
            "/api/v1/accounts", json={"username": "new", "password": "a long password"}
        )
        assert created.status_code == 201
        assert created.json()["storage_quota_bytes"] == 5000


def push_of(letter: str, namespace: str, repository: str) -> Change:
    """Return a push of a manifest whose digest is one repeated hex digit."""
    digest = f"sha256:{letter * 64}"
    return Change(
        kind=Kind.PUT_MANIFEST,
        namespace=namespace,
        repository=f"{namespace}/{repository}",
        digest=digest,
        needs=frozenset({digest}),
        manifest=Fetched("application/json", b"{}"),
    )


async def open_in(
    tx: AsyncConnection, change: Change, *, size: int = 60
) -> tuple[Target | None, int | None]:
    charges = [Charge(change.digest, size)]
    return await open_push(tx, change=change, charges=charges, max_repositories=10)


async def is_refused(engine: AsyncEngine, change: Change) -> bool:
    async with autocommit(engine) as tx:
        target, intent = await open_in(tx, change)
    assert target is not None
    assert (target.refusal is None) is (intent is not None)
    return target.refusal is not None


async def until_waiting(database: Database, task: asyncio.Task[Any]) -> None:
    """Wait until a statement waits for a lock. Fails if the task has ended before."""

    async def waits() -> bool:
        assert not task.done()
        rows = await database.fetch("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(rows[0][0])

    await soon(waits, within=5, what="a statement that waits")


async def create_both(mine: Team, acme: httpx.AsyncClient) -> int:
    """Create two repositories, whose first pushes wait for each other; return the used bytes."""
    for repository in ("app", "web"):
        await mine.push(make_image(), repository, "v1")
    return await used(acme)


async def test_push_waits_for_the_decision_about_another_push_of_the_account(
    mine: Team,
    acme: httpx.AsyncClient,
    admin: httpx.AsyncClient,
    engine: AsyncEngine,
    emptied: Database,
) -> None:
    room = await create_both(mine, acme)
    await set_quota(admin, room + 100)
    async with engine.begin() as tx:
        _, intent = await open_in(tx, push_of("a", mine.name, "app"))
        assert intent is not None
        later = asyncio.create_task(is_refused(engine, push_of("b", mine.name, "web")))
        await until_waiting(emptied, later)
    assert await later


async def test_quota_counts_a_push_that_was_being_decided_when_it_was_set(
    mine: Team,
    acme: httpx.AsyncClient,
    admin: httpx.AsyncClient,
    engine: AsyncEngine,
    emptied: Database,
) -> None:
    room = await create_both(mine, acme)
    async with engine.begin() as tx:
        _, intent = await open_in(tx, push_of("a", mine.name, "app"))
        assert intent is not None
        setting = asyncio.create_task(set_quota(admin, room + 100))
        await until_waiting(emptied, setting)
    await setting
    assert await is_refused(engine, push_of("b", mine.name, "web"))


async def test_pushes_of_an_account_without_a_quota_do_not_wait_for_each_other(
    mine: Team, acme: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await create_both(mine, acme)
    async with engine.begin() as tx:
        await open_in(tx, push_of("a", mine.name, "app"))
        async with asyncio.timeout(5):
            assert not await is_refused(engine, push_of("b", mine.name, "web"))


async def test_refused_push_releases_its_reservation(
    mine: Team, admin: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await set_quota(admin, 100)
    async with autocommit(engine) as tx:
        _, intent = await open_in(tx, push_of("a", mine.name, "app"))
    assert intent is not None
    assert await is_refused(engine, push_of("b", mine.name, "app"))
    async with engine.begin() as tx:
        await resolve(tx, id=intent)  # as if the registry had refused the manifest
    assert not await is_refused(engine, push_of("b", mine.name, "app"))
