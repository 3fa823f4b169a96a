"""Requests go on while retention reads the tags of a large repository (spec 14)."""

import asyncio
import gc
import time
from collections.abc import Iterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.retention.queries import list_tags
from tests.kit.database import Database

TAGS = 30_000
LARGEST_TURN = 0.05
"""Part of the CPU time that one turn of the event loop may take."""


@pytest.fixture
def uncollected() -> Iterator[None]:
    """No collection of Python's garbage, which would take a long turn in this large process."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("uncollected")
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
    await emptied.execute(
        "INSERT INTO events.last_uses (repository, reference, last_used_at)"
        f" SELECT 'team/app', 'v' || i, now() FROM generate_series(1, {TAGS}) i"
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
        began = time.thread_time()
        await list_tags(tx, paths=["team/app"])
        spent = time.thread_time() - began
        watching = asyncio.create_task(watch())
        await asyncio.sleep(0)
        found = await list_tags(tx, paths=["team/app"])
        is_done = True
        await watching
    assert len(found["team/app"]) == TAGS
    assert all(tag.last_used_at is not None for tag in found["team/app"])
    assert longest < spent * LARGEST_TURN
