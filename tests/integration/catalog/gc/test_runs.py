"""A run of garbage collection: what it deletes, and what it keeps (spec 7)."""

import httpx
import pytest

from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.conftest import Collect
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image, make_index
from tests.kit.stack.gc import disk_usage

pytestmark = pytest.mark.registry_versions


async def test_untagged_image_is_deleted_and_its_bytes_are_freed(
    acme: httpx.AsyncClient,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
) -> None:
    old, new, index = make_image(layers=3), make_image(), make_index()
    await pusher.push(old, app_repository, "v1")
    await pusher.push(index, app_repository, "multi")
    await pusher.push(new, app_repository, "v1")
    before = disk_usage(registry.storage)
    run = await collect()
    assert run.error is None
    assert (run.report.manifests, run.report.deleted, run.report.failures) == (1, 5, {})
    for blob in (old.manifest, old.config, *old.layers):
        assert not registry.blob_file(blob.digest).parent.exists()
    for kept in (new, *index.images):
        assert registry.status(app_repository, kept.manifest.digest) == 200
        for blob in (kept.config, *kept.layers):
            assert registry.blob_status(app_repository, blob.digest) == 200
    freed = before - disk_usage(registry.storage)
    assert run.report.freed_bytes == pytest.approx(freed, rel=0.01, abs=16384)
    assert (await acme.get(f"/api/v1/images/{app_repository}:v1")).status_code == 200


async def test_marked_blobs_wait_and_live_again_when_a_push_needs_them(
    pusher: Pusher, registry: RegistryUnderTest, app_repository: str, collect: Collect
) -> None:
    image = make_image(layers=2)
    pusher.upload(app_repository, *image.blobs)
    first = await collect(minutes=60)
    assert (first.report.marked, first.report.deleted) == (3, 0)
    await pusher.push(image, app_repository, "v1")
    second = await collect()
    assert (second.report.revived, second.report.deleted) == (3, 0)
    assert registry.status(app_repository, "v1") == 200


async def test_dry_run_changes_nothing(
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
) -> None:
    await pusher.push(make_image(), app_repository, "v1")
    await pusher.push(make_image(), app_repository, "v1")
    orphan = make_image()
    pusher.upload(app_repository, *orphan.blobs)
    before = disk_usage(registry.storage)
    await emptied.execute("UPDATE catalog.manifests SET untagged_since = NULL")
    run = await collect(is_dry=True)
    assert (run.report.manifests, run.report.marked, run.report.deleted) == (1, 2, 0)
    rows = await emptied.fetch("SELECT untagged_since FROM catalog.manifests")
    assert [row["untagged_since"] for row in rows] == [None, None]
    assert disk_usage(registry.storage) == before
    assert (await collect(minutes=60)).report.marked == 5


@pytest.mark.parametrize("is_copied", [False, True])
async def test_image_that_somebody_pulls_by_digest_is_kept(
    emptied: Database,
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    is_copied: bool,
) -> None:
    pulled, unused = make_image(), make_image()
    await pusher.push(pulled, app_repository, "v1")
    await pusher.push(unused, app_repository, "v1")
    await pusher.push(make_image(), app_repository, "v1")
    await emptied.execute(
        "UPDATE catalog.manifests SET untagged_since = untagged_since - interval '8 days'"
    )
    if is_copied:
        await emptied.execute(
            "INSERT INTO events.digest_pulls VALUES ($1, $2, now() - interval '6 days')",
            app_repository,
            pulled.manifest.digest,
        )
    else:
        await emptied.execute(
            "INSERT INTO events.inbox (event_id, at_ns, action, method, request_id, repository,"
            " digest, docker_user, address, user_agent)"
            " VALUES ('1', 1, 'pull', 'GET', '1', $1, $2, 'bob', '192.0.2.1', 'docker')",
            app_repository,
            pulled.manifest.digest,
        )
    run = await collect(days=7)
    assert run.report.manifests == 1
    assert registry.status(app_repository, pulled.manifest.digest) == 200
    assert registry.status(app_repository, unused.manifest.digest) == 404
