"""Constant pushes do not slow down the deletion of manifests."""

import time
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from services.catalog.gc.manifests.usecases import delete_untagged
from tests.integration.catalog.registry import RegistryUnderTest, deliver
from tests.kit.database import Database
from tests.kit.images import make_image


async def _report(done: int, total: int) -> None:
    pass


async def test_deletion_of_manifests_waits_only_seconds_for_a_feed_with_a_backlog(
    engine: AsyncEngine,
    emptied: Database,
    registry: RegistryUnderTest,
    registry_client: Registry,
    namespace: str,
) -> None:
    """No follower runs, so the events stay unapplied, as if new ones came all the time."""
    path = f"{namespace}/app"
    image, untagged = make_image(), make_image()
    registry.push(untagged, path)
    events = registry.push(image, path, "v1")  # the catalog does not know the tag
    await deliver(emptied, *events)
    await emptied.execute(
        "WITH r AS (INSERT INTO catalog.repositories (namespace_id, name, status)"
        "           SELECT id, 'app', 'active' FROM catalog.namespaces RETURNING id)"
        " INSERT INTO catalog.manifests (repository_id, digest, media_type, size_bytes, platforms,"
        "   layers, labels, pushed_at, pushed_by, untagged_since)"
        " SELECT id, $1, $2, 1, '[]', '[]', '{}', now(), 'alice', now() - interval '9 days' FROM r",
        untagged.manifest.digest,
        untagged.manifest.media_type,
    )
    began_at = time.monotonic()
    deleted = await delete_untagged(
        engine=engine,
        registry=registry_client,
        age=timedelta(days=7),
        keep_pulled=False,
        report=_report,
    )
    assert time.monotonic() - began_at < 20
    assert (deleted.manifests, deleted.failures) == (1, {})
    assert registry.status(path, untagged.manifest.digest) == 404
    assert registry.status(path, "v1") == 200
