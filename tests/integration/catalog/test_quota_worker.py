"""The background work of the storage figures, with faults (spec 11)."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry, connected
from libs.common.registry.storage import RemoteBlobs
from libs.common.registry.tokens import CATALOG_SUBJECT
from services.catalog.quotas.queries import record_uploads
from services.catalog.quotas.worker import StorageWorker
from tests.integration.catalog.conftest import catalog_settings
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image
from tests.kit.sessions import Secrets
from tests.kit.waiting import soon

DIGEST = "sha256:" + "a" * 64
BLOB = "sha256:" + "b" * 64
CONTENT = b'{"layers": [{"digest": "%s", "size": 1000}]}' % BLOB.encode()


async def seed(database: Database, *paths: str, digest: str = DIGEST) -> None:
    """Insert an account with repositories that all have one manifest, as before the upgrade."""
    await database.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role)"
        " VALUES ('acme', 'x', 'member')"
    )
    await database.execute(
        "INSERT INTO catalog.namespaces (name, account_id, visibility)"
        " SELECT 'team', id, 'private' FROM catalog.accounts"
    )
    for path in paths:
        await database.execute(
            "INSERT INTO catalog.repositories (namespace_id, account_id, name, path)"
            " SELECT n.id, n.account_id, split_part($1, '/', 2), $1 FROM catalog.namespaces n",
            path,
        )
    await database.execute(
        "INSERT INTO catalog.manifests (repository_id, digest, media_type, size_bytes, pushed_at,"
        " pushed_by) SELECT id, $1, '', 0, now(), '' FROM catalog.repositories",
        digest,
    )


async def used(database: Database) -> int:
    await database.execute("SELECT catalog.apply_storage_changes(id, 1000) FROM catalog.accounts")
    rows = await database.fetch(
        "SELECT image_bytes + trash_bytes + upload_bytes AS used FROM catalog.account_storage"
    )
    return int(rows[0]["used"])


@pytest.mark.parametrize("having", ["team/a", "team/z"])
async def test_manifest_that_one_repository_lacks_is_charged_as_another_repository_has_it(
    engine: AsyncEngine,
    emptied: Database,
    registry: RegistryUnderTest,
    registry_client: Registry,
    having: str,
) -> None:
    image = make_image()
    registry.push(image, having, "v1")
    await seed(emptied, "team/a", "team/z", digest=image.manifest.digest)
    worker = StorageWorker(engine, registry_client, RemoteBlobs(registry_client))
    for _ in range(3):
        await worker.step()
    assert await used(emptied) == sum(len(one.content) for one in (*image.blobs, image.manifest))


async def test_trash_from_before_the_upgrade_counts(
    engine: AsyncEngine, emptied: Database, registry_client: Registry
) -> None:
    await seed(emptied, "team/a")
    await emptied.execute(
        "INSERT INTO catalog.trash (kind, path, namespace, repository, digest, owner_id,"
        " size_bytes, tag_count, account, expires_at)"
        " SELECT 'manifest', 'team/a@x', 'team', 'team/a', $1, id,"
        " 1000, 1, 'acme', now() + interval '1 day' FROM catalog.accounts",
        DIGEST,
    )
    await emptied.execute(
        "INSERT INTO catalog.trash_manifests (entry_id, repository, digest, media_type, content,"
        " size_bytes, platforms, layers, labels, pushed_at, pushed_by, blobs, children,"
        " other_digests, is_scanned) SELECT id, 'team/a', $1, '', $2, 1000, '[]', '[]', '{}',"
        " now(), '', jsonb_build_array(jsonb_build_array($3::text, 1000)), '{}', '{}', true"
        " FROM catalog.trash",
        DIGEST,
        CONTENT,
        BLOB,
    )
    await emptied.execute("DELETE FROM catalog.manifests")
    worker = StorageWorker(engine, registry_client, RemoteBlobs(registry_client))
    await worker.step()
    assert await used(emptied) == 1000 + len(CONTENT)


async def test_worker_rests_while_the_storage_cannot_be_read(
    engine: AsyncEngine, emptied: Database, catalog_secrets: Secrets
) -> None:
    await seed(emptied, "team/a")
    await emptied.execute(
        "INSERT INTO catalog.uploads (repository, digest)"
        " SELECT 'team/a', 'sha256:' || lpad(to_hex(n), 64, '0') FROM generate_series(1, 200) n"
    )
    settings = catalog_settings(emptied, catalog_secrets, "http://127.0.0.1:9")
    async with connected(settings.registry, subject=CATALOG_SUBJECT) as nowhere:
        worker = StorageWorker(engine, nowhere, RemoteBlobs(nowhere))
        assert await worker.step() > 0


async def test_changes_that_fail_for_one_account_are_applied_for_the_others(
    engine: AsyncEngine, emptied: Database, registry_client: Registry
) -> None:
    await seed(emptied)
    await emptied.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role)"
        " VALUES ('other', 'x', 'member')"
    )
    (failing,) = await emptied.fetch("SELECT id FROM catalog.accounts WHERE username = 'acme'")
    await emptied.execute(
        "ALTER TABLE catalog.account_storage ADD CONSTRAINT account_storage_of_test"
        f" CHECK (account_id <> {failing['id']}) NOT VALID"
    )
    try:
        worker = StorageWorker(engine, registry_client, RemoteBlobs(registry_client))
        with pytest.raises(ExceptionGroup, match="not applied"):
            await worker.step()
    finally:
        await emptied.execute(
            "ALTER TABLE catalog.account_storage DROP CONSTRAINT account_storage_of_test"
        )
    rows = await emptied.fetch(
        "SELECT a.username FROM catalog.account_storage s"
        " JOIN catalog.accounts a ON a.id = s.account_id WHERE s.rebuilt_at IS NOT NULL"
    )
    assert [row["username"] for row in rows] == ["other"]


async def test_upload_that_is_checked_again_changes_nothing(emptied: Database) -> None:
    await seed(emptied)
    await emptied.execute(
        "INSERT INTO catalog.uploads (repository, digest, account_id, size_bytes)"
        " SELECT 'team/a', $1, id, 10 FROM catalog.accounts",
        BLOB,
    )
    assert await used(emptied) == 10
    await emptied.execute(
        "UPDATE catalog.uploads SET account_id = account_id, size_bytes = size_bytes"
    )
    assert not await emptied.fetch("SELECT FROM catalog.storage_changes")


async def test_figures_of_any_size_do_not_hide_the_full_namespaces(emptied: Database) -> None:
    await seed(emptied)
    await emptied.execute("UPDATE catalog.accounts SET storage_quota_bytes = 1")
    await emptied.execute(
        "INSERT INTO catalog.account_storage (account_id, image_bytes)"
        " SELECT id, 2::numeric ^ 70 FROM catalog.accounts"
    )
    assert len(await emptied.fetch("SELECT * FROM catalog.full_namespaces")) == 1


async def test_changes_find_a_used_upload_among_many_unused_ones_by_index(
    emptied: Database,
) -> None:
    await seed(emptied, "team/a")
    await emptied.execute(
        "UPDATE catalog.manifests SET charged_digests = ARRAY[digest], charged_sizes = '{3}'"
    )
    await used(emptied)
    await emptied.execute(
        "INSERT INTO catalog.uploads (repository, digest, account_id, size_bytes)"
        " SELECT 'team/a', 'sha256:' || lpad(to_hex(n), 64, '0'), a.id, 5"
        " FROM catalog.accounts a, generate_series(1, 5000) n"
    )
    await used(emptied)
    connection = await asyncpg.connect(emptied.urls["owner"])
    async with connection.transaction():
        await connection.execute(
            "SELECT catalog.apply_storage_changes(id, 10000) FROM catalog.accounts"
        )
        read = await connection.fetchval(
            "SELECT pg_stat_get_xact_tuples_returned('catalog.uploads'::regclass)"
            " + pg_stat_get_xact_tuples_fetched('catalog.uploads'::regclass)"
        )
    await connection.close()
    assert read == 0


async def test_rebuild_writes_only_what_was_wrong(emptied: Database) -> None:
    await seed(emptied, "team/a")
    await emptied.execute(
        "UPDATE catalog.manifests SET charged_digests = ARRAY[digest, 'x'], charged_sizes = '{3,4}'"
    )
    await used(emptied)
    await emptied.execute("UPDATE catalog.account_blobs SET images = 7 WHERE digest = 'x'")
    versions = "SELECT digest, xmin::text, images FROM catalog.account_blobs ORDER BY digest"
    before = await emptied.fetch(versions)
    await emptied.execute("SELECT catalog.rebuild_storage(id) FROM catalog.accounts")
    after = await emptied.fetch(versions)
    assert before[0] == after[0]
    assert [row["images"] for row in after] == [1, 1]


async def test_session_that_deleted_many_images_finds_the_repository_of_one_by_index(
    emptied: Database,
) -> None:
    await seed(emptied, "team/a")
    await emptied.execute(
        "INSERT INTO catalog.repositories (namespace_id, account_id, name, path)"
        " SELECT id, account_id, 'r' || n, 'team/r' || n"
        " FROM catalog.namespaces, generate_series(1, 5000) n"
    )
    await emptied.execute("ANALYZE catalog.repositories")
    await emptied.execute(
        "INSERT INTO catalog.manifests (repository_id, digest, media_type, size_bytes, pushed_at,"
        " pushed_by, charged_digests, charged_sizes)"
        " SELECT repository_id, 'd' || n, '', 0, now(), '', '{x}', '{1}'"
        " FROM catalog.manifests, generate_series(1, 5000) n"
    )
    await emptied.execute(
        "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " SELECT repository_id, digest, digest, now(), '' FROM catalog.manifests"
    )
    connection = await asyncpg.connect(emptied.urls["catalog"])
    await connection.execute("DELETE FROM catalog.manifests WHERE digest > 'd1'")
    async with connection.transaction():
        await connection.execute("DELETE FROM catalog.manifests WHERE digest = 'd1'")
        scans = await connection.fetchval(
            "SELECT seq_scan FROM pg_stat_xact_all_tables"
            " WHERE relid = 'catalog.repositories'::regclass"
        )
    await connection.close()
    assert scans == 0


async def test_worker_locks_uploads_in_the_order_of_a_push(
    engine: AsyncEngine, emptied: Database
) -> None:
    await seed(emptied, "team/a")
    digests = [f"sha256:{number}" for number in range(9, -1, -1)]
    for digest in digests:
        await emptied.execute(
            "INSERT INTO catalog.uploads (repository, digest, account_id, size_bytes)"
            " SELECT 'team/a', $1, id, 5 FROM catalog.accounts",
            digest,
        )
    holder = await asyncpg.connect(emptied.urls["owner"])
    other = await asyncpg.connect(emptied.urls["owner"])
    sizes: dict[tuple[str, str], int | None] = {("team/a", digest): 5 for digest in digests}

    async def check() -> None:
        async with engine.begin() as tx:
            await record_uploads(tx, sizes=sizes, failed_after=timedelta(minutes=10))

    async with holder.transaction():
        await holder.execute("SELECT FROM catalog.uploads WHERE digest = 'sha256:0' FOR UPDATE")
        checking = asyncio.create_task(check())
        await soon(
            lambda: other.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"),
            bool,
            within=5,
        )
        free = await other.fetch("SELECT FROM catalog.uploads FOR UPDATE SKIP LOCKED")
    await checking
    await holder.close()
    await other.close()
    assert len(free) == 9
