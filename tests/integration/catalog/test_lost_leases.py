"""A deletion that another process has taken over is not resolved by the first one (spec 14).

The first one was stopped after its last request. The other one repeats that request, which can
still be on its way.
"""

import httpx
import pytest

from libs.common.registry.client import Registry
from libs.common.registry.transport import Check
from tests.integration.catalog.oci_deleting import Robot
from tests.integration.catalog.trashing import Team
from tests.kit.images import make_image


@pytest.mark.parametrize("kind", ["tag", "digest", "blob"])
async def test_process_that_was_stopped_leaves_the_deletion_open(
    mine: Team, anonymous: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    image, unused = make_image(), make_image().layers[0]
    robot = Robot(mine, anonymous, "robot")
    await robot.create("delete")
    await mine.push(image, "app", "v1")
    mine.pusher.upload(f"{mine.name}/app", unused)
    path = {
        "tag": "manifests/v1",
        "digest": f"manifests/{image.manifest.digest}",
        "blob": f"blobs/{unused.digest}",
    }[kind]

    async def take_over() -> None:
        await mine.database.execute(
            "UPDATE catalog.intents SET leased_until = now() + interval '1 minute'"
            " WHERE resolved_at IS NULL"
        )

    async def delete(
        self: Registry, repository: str, reference: str, *, check: Check | None = None
    ) -> bool:
        assert check is not None
        await check()
        await take_over()
        return True

    for name in ("delete_tag", "delete_manifest", "delete_blob"):
        monkeypatch.setattr(Registry, name, delete)
    assert (await robot.delete(path)).status_code == 202
    open_intents = await mine.database.fetch(
        "SELECT kind FROM catalog.intents WHERE resolved_at IS NULL"
    )
    assert len(open_intents) == 1
    audit = await mine.http.get("/api/v1/audit", params={"action": "image.delete"})
    assert audit.json()["items"] == []
