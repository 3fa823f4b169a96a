"""Requests go on while retention reads the tags of a large repository (spec 14)."""

import asyncio
import time

from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.retention.queries import list_tags
from tests.kit.database import Database

TAGS = 30_000
LONGEST_TURN_SECONDS = 0.05
"""CPU time of the event loop's thread. At once, so many tags take 0.2 s."""


async def test_tags_are_read_in_short_turns(emptied: Database, engine: AsyncEngine) -> None:
    await emptied.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role) VALUES ('a', 'x', 'member')"
    )
    await emptied.execute(
        "INSERT INTO catalog.namespaces (account_id, name, visibility)"
        " SELECT id, 'team', 'private' FROM catalog.accounts"
    )
    await emptied.execute(
        "INSERT INTO catalog.repositories (namespace_id, name)"
        " SELECT id, 'app' FROM catalog.namespaces"
    )
    await emptied.execute(
        "INSERT INTO catalog.manifests (repository_id, digest, media_type, size_bytes, pushed_at,"
        " pushed_by) SELECT id, 'sha256:' || repeat('a', 64), '', 0, now(), ''"
        " FROM catalog.repositories"
    )
    await emptied.execute(
        "INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by)"
        " SELECT id, 'v' || i, 'sha256:' || repeat('a', 64), now(), ''"
        f" FROM catalog.repositories, generate_series(1, {TAGS}) i"
    )
    longest, is_done = 0.0, False

    async def watch() -> None:
        nonlocal longest
        before = time.thread_time()
        while not is_done:
            await asyncio.sleep(0)
            now = time.thread_time()
            longest, before = max(longest, now - before), now

    async with engine.connect() as tx:
        watching = asyncio.create_task(watch())
        await asyncio.sleep(0)
        found = await list_tags(tx, paths=["team/app"])
        is_done = True
        await watching
    assert len(found["team/app"]) == TAGS
    assert longest < LONGEST_TURN_SECONDS
