"""Large repositories go to the trash, and come back from it (spec 7)."""

import json
from datetime import timedelta

import asyncpg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.intents.domain import Requester
from services.catalog.repositories.queries import get_repository
from services.catalog.trash.keeping.usecases import keep_tags
from services.catalog.trash.restoring import queries
from services.catalog.trash.restoring.domain import Item
from tests.integration.catalog.creating import create_repository
from tests.integration.catalog.trashing import Team
from tests.kit.images import MEDIA_TYPES, Blob, make_image
from tests.kit.waiting import soon

_MANIFESTS = 2500


async def _statuses(mine: Team) -> dict[str, str]:
    return {one["path"]: one["status"] for one in await mine.trash()}


async def test_large_repository_is_copied_in_batches(mine: Team) -> None:
    assert (await create_repository(mine.http, mine.name, "app")).status_code == 201
    await mine.database.execute(
        "INSERT INTO catalog.manifests"
        " (repository_id, digest, media_type, size_bytes, pushed_at, pushed_by, is_scanned)"
        " SELECT id, 'sha256:' || lpad(n::text, 64, '0'), 'application/json', 1, now(), '', true"
        f" FROM catalog.repositories, generate_series(1, {_MANIFESTS}) AS n"
    )
    await mine.database.execute(
        "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " SELECT repository_id, 'v' || right(digest, 4), digest, now(), '' FROM catalog.manifests"
    )
    path = f"{mine.name}/app"
    assert (await mine.delete(f"repositories/{path}")).status_code == 202
    await soon(lambda: _statuses(mine), {path: "deleted"}.__eq__, within=60)
    for table in ("trash_manifests", "trash_tags"):
        (row,) = await mine.database.fetch(
            f"SELECT count(*), count(DISTINCT xmin::text) FROM catalog.{table}"
        )
        assert tuple(row) == (_MANIFESTS, 3)


async def test_deletion_whose_statements_take_too_long_delays_no_other(mine: Team) -> None:
    for name in ("large", "small"):
        await mine.push(make_image(), name, "v1")
    large, small = f"{mine.name}/large", f"{mine.name}/small"
    url = mine.database.urls["catalog"]
    table, row = await asyncpg.connect(url), await asyncpg.connect(url)
    try:
        transaction = table.transaction()
        await transaction.start()
        await table.execute("LOCK TABLE catalog.trash_manifests IN EXCLUSIVE MODE")
        await mine.delete(f"repositories/{large}")
        waiting = "SELECT pid FROM pg_locks WHERE NOT granted"
        await soon(lambda: table.fetch(waiting), bool, within=10)
        await row.execute("BEGIN")
        await row.execute("SELECT FROM catalog.trash WHERE path = $1 FOR UPDATE", large)
        await transaction.rollback()
        assert (await mine.delete(f"repositories/{small}")).status_code == 202
        await soon(lambda: _statuses(mine), lambda seen: seen[small] == "deleted", within=40)
        assert (await _statuses(mine))[large] == "deleting"
    finally:
        await table.close()
        await row.close()
    await soon(lambda: _statuses(mine), lambda seen: seen[large] == "deleted", within=40)


def _chain(length: int) -> list[Blob]:
    """Return indexes, each of which lists the one before."""
    media_type = MEDIA_TYPES["oci"]["index"]
    chain: list[Blob] = []
    for number in range(length):
        body = {
            "schemaVersion": 2,
            "mediaType": media_type,
            "manifests": [chain[-1].descriptor()] if chain else [],
            "annotations": {"number": str(number)},
        }
        chain.append(Blob(media_type, json.dumps(body).encode()))
    return chain


async def test_nested_indexes_are_restored_children_first(mine: Team) -> None:
    chain, path = _chain(30), f"{mine.name}/app"
    for index in chain:
        assert (await mine.pusher.put(path, index.digest, index)).status_code == 201
    await mine.delete(f"repositories/{path}")
    await soon(lambda: _statuses(mine), {path: "deleted"}.__eq__, within=30)
    result = await mine.restored(await mine.entry())
    assert result["missing"] == []
    for index in chain:
        assert mine.registry.status(path, index.digest) == 200


async def test_next_manifest_of_a_long_chain_is_found_at_once(
    mine: Team, engine: AsyncEngine
) -> None:
    chain, path = _chain(3000), f"{mine.name}/app"
    await mine.push(make_image(), "app", "v1")
    await mine.delete(f"repositories/{path}")
    await soon(lambda: _statuses(mine), {path: "deleted"}.__eq__, within=30)
    entry = (await mine.entry())["id"]
    await mine.database.execute("DELETE FROM catalog.trash_manifests")
    await mine.database.execute("DELETE FROM catalog.trash_tags")
    await mine.database.execute(
        "INSERT INTO catalog.trash_manifests"
        " SELECT $1, $2, digest, '', NULL, NULL, NULL, 1, '[]', '[]', '{}', NULL, now(), '', '[]',"
        " array_remove(ARRAY[child], NULL), '{}', true"
        " FROM unnest($3::text[], $4::text[]) AS c (digest, child)",
        entry,
        path,
        [index.digest for index in chain],
        [None, *(index.digest for index in chain[:-1])],
    )
    await mine.database.execute("ANALYZE catalog.trash_manifests")
    order: list[str] = []
    ready = [Item(path, "")]
    while ready and len(order) < 50:
        async with engine.begin() as tx:
            for item in ready:
                await queries.delete_item(tx, entry_id=entry, repository=path, digest=item.digest)
            ready = await queries.list_ready(tx, entry_id=entry, excluded=(), limit=100)
        order += [item.digest for item in ready]
    assert order == [index.digest for index in chain[:50]]


async def test_deletion_of_a_tag_reads_no_other_tag(mine: Team, owner_engine: AsyncEngine) -> None:
    await mine.push(make_image(), "app", "latest")
    await mine.database.execute(
        "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " SELECT repository_id, 'v' || n, digest, now(), ''"
        " FROM catalog.manifests, generate_series(1, 20000) AS n"
    )
    await mine.database.execute("ANALYZE catalog.tags")
    async with owner_engine.begin() as tx:
        repository = await get_repository(tx, namespace=mine.name, name="app")
        await keep_tags(
            tx=tx,
            repository=repository,
            tags=["v1", "v2"],
            requester=Requester(),
            lifetime=timedelta(days=1),
        )
        read = await tx.execute(
            sa.text(
                "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0)"
                " FROM pg_stat_xact_user_tables WHERE relid = 'catalog.tags'::regclass"
            )
        )
        assert read.scalar_one() < 100
