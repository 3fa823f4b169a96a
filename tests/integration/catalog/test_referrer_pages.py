"""A page of referrers costs the same wherever it is, because an index has their order."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.referrers import queries
from tests.kit.database import Database

SUBJECT = "sha256:" + "d" * 64
REFERRERS = 20_000


async def _buffers(engine: AsyncEngine, path: str, after: str) -> int:
    """Return how many buffers of the database a page of ten takes."""
    values = {
        "repository": path,
        "subject": SUBJECT,
        "fallback": "none",
        "after": after,
        "max_rows": 11,
    }
    explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + queries._CANDIDATES.text
    async with engine.connect() as tx:
        (plan,) = (await tx.execute(sa.text(explain), values)).scalar_one()
        assert plan["Plan"]["Actual Rows"] == 11
        return int(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])


async def test_last_page_reads_as_little_as_the_first(
    emptied: Database, engine: AsyncEngine, namespace: str
) -> None:
    path = f"{namespace}/app"
    await emptied.execute(
        "INSERT INTO catalog.repositories (namespace_id, name)"
        " SELECT id, 'app' FROM catalog.namespaces"
    )
    await emptied.execute(
        f"""
        INSERT INTO catalog.manifests (repository_id, digest, media_type, subject, size_bytes,
                                       pushed_at, pushed_by, descriptor)
        SELECT r.id, 'sha256:' || encode(sha256(n::text::bytea), 'hex'), 'a/b', $1, 1, now(), '',
               '{{"artifactType": "a/b"}}'
        FROM catalog.repositories r, generate_series(1, {REFERRERS}) AS n
        """,
        SUBJECT,
    )
    await emptied.execute("ANALYZE catalog.manifests")
    first = await _buffers(engine, path, "")
    last = await _buffers(engine, path, "sha256:fe")
    assert max(first, last) < 100
    assert last <= 2 * first
