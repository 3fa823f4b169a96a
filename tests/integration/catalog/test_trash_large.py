"""Large repositories go to the trash, and come back from it (spec 7)."""

import asyncpg

from tests.integration.catalog.creating import create_repository
from tests.integration.catalog.trashing import Team
from tests.kit.images import make_image
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
