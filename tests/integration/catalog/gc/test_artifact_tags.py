"""The tags of signatures end with the image that they belong to."""

import pytest

from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.conftest import Collect
from tests.integration.catalog.registry import RegistryUnderTest
from tests.integration.catalog.trashing import EMPTY
from tests.kit.database import Database
from tests.kit.images import make_image, make_manifest

pytestmark = pytest.mark.registry_versions


async def test_collected_image_takes_the_tags_of_its_signatures_with_it(
    pusher: Pusher,
    registry: RegistryUnderTest,
    app_repository: str,
    collect: Collect,
    emptied: Database,
) -> None:
    untagged, tagged, absent = make_image(), make_image(), make_image()
    await pusher.push(untagged, app_repository)
    await pusher.push(tagged, app_repository, "v1")
    pusher.upload(app_repository, EMPTY)
    tags = {}
    for image in (untagged, tagged, absent):
        tag = tags[image] = f"sha256-{image.manifest.hex}.sig"
        signature = make_manifest(
            config=EMPTY.descriptor(), layers=[EMPTY.descriptor()], annotations={"tag": tag}
        )
        assert (await pusher.put(app_repository, tag, signature)).status_code == 201
    finished = await collect()
    assert (finished.error, finished.report.failures) == (None, {})
    # The signature itself is garbage from now on, so the run may have deleted it already.
    kept = sorted(["v1", tags[tagged], tags[absent]])
    assert registry.tags(app_repository) == kept
    rows = await emptied.fetch('SELECT name FROM catalog.tags ORDER BY name COLLATE "C"')
    assert [row["name"] for row in rows] == kept
    assert (
        await emptied.fetch("SELECT FROM catalog.audit_entries WHERE action = 'image.delete'") == []
    )
    await collect()
    assert registry.tags(app_repository) == kept
