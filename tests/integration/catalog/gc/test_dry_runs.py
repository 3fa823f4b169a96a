"""A dry run says why it would keep blobs (docs/garbage-collection.md)."""

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from services.catalog.intents.queries import insert_unless_conflict
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.clients import change_of
from tests.integration.catalog.gc.conftest import Collect
from tests.kit.database import Database
from tests.kit.images import make_image


async def test_dry_run_counts_kept_blobs_by_reason(
    acme: httpx.AsyncClient,
    emptied: Database,
    engine: AsyncEngine,
    pusher: Pusher,
    app_repository: str,
    collect: Collect,
) -> None:
    kept, trashed, pushed = make_image(), make_image(), make_image()
    garbage, touched = make_image().layers[0], make_image().layers[0]
    await pusher.push(kept, app_repository, "v1")
    await pusher.push(trashed, app_repository, "v2")
    path = f"/api/v1/images/{app_repository}@{trashed.manifest.digest}"
    assert (await acme.delete(path)).status_code == 204
    pusher.upload(app_repository, *pushed.blobs, garbage, touched)
    await emptied.execute("INSERT INTO catalog.blob_touches (digest) VALUES ($1)", touched.digest)
    async with engine.begin() as tx:
        change = change_of(app_repository, pushed, "v3")
        assert await insert_unless_conflict(tx, change=change) is not None
    report = (await collect(minutes=60, is_dry=True)).report
    assert report.marked == 1
    assert report.needed == {
        "manifest": 1,
        "image": len(kept.blobs),
        "trash": len(trashed.blobs) + 1,
        "push": len(pushed.blobs),
        "client": 1,
    }
