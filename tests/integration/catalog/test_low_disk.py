"""While a disk is nearly full, the catalog refuses manifests before anything is written."""

from pathlib import Path

import pytest

from libs.common.registry.client import Registry
from services.catalog.app import create_app
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.conftest import catalog_settings
from tests.integration.catalog.registry import RegistryUnderTest
from tests.kit.database import Database
from tests.kit.images import make_image
from tests.kit.sessions import Secrets, app_client
from tests.kit.stack.small_disk import fill, needs_root, small_disk

MEGABYTE = 1024 * 1024


@needs_root
@pytest.mark.parametrize("disk", ["storage_path", "database_folder"])
async def test_manifest_is_refused_before_anything_is_written(
    emptied: Database,
    catalog_secrets: Secrets,
    registry: RegistryUnderTest,
    registry_client: Registry,
    namespace: str,
    tmp_path: Path,
    disk: str,
) -> None:
    image, app_name = make_image(), f"{namespace}/app"
    with small_disk(tmp_path / "disk", megabytes=40) as folder:
        fill(folder, leave=9 * MEGABYTE)
        changes = {disk: folder, "MIN_FREE_BYTES": 10 * MEGABYTE}
        app = create_app(catalog_settings(emptied, catalog_secrets, registry.url, **changes))
        async with app.router.lifespan_context(app), app_client(app) as http:
            pusher = Pusher(http, registry)
            pusher.upload(app_name, *image.blobs)
            refused = await pusher.put(app_name, "v1", image.manifest)
            assert refused.status_code == 503
            (error,) = refused.json()["errors"]
            assert error["code"] == "UNAVAILABLE"
            assert "disk is nearly full" in error["message"]
            assert int(refused.headers["Retry-After"]) > 0
    assert await emptied.fetch("SELECT id FROM catalog.intents") == []
    assert await registry_client.find_digest(app_name, "v1") is None
