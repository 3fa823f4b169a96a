"""A deletion that another process has taken over is not resolved by garbage collection."""

import pytest

from libs.common.registry.client import Registry
from libs.common.registry.transport import Check
from tests.integration.catalog.admitting import Pusher
from tests.integration.catalog.gc.conftest import Collect
from tests.kit.database import Database
from tests.kit.images import make_image


async def test_collection_that_was_stopped_leaves_the_deletion_open(
    pusher: Pusher,
    app_repository: str,
    collect: Collect,
    emptied: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other process repeats the request, which can still be on its way."""
    await pusher.push(make_image(), app_repository)

    async def delete(
        self: Registry, repository: str, digest: str, *, check: Check | None = None
    ) -> bool:
        assert check is not None
        await check()
        await emptied.execute(
            "UPDATE catalog.intents SET leased_until = now() + interval '1 minute'"
            " WHERE resolved_at IS NULL"
        )
        return True

    monkeypatch.setattr(Registry, "delete_manifest", delete)
    await collect()
    (kind,) = await emptied.fetch("SELECT kind FROM catalog.intents WHERE resolved_at IS NULL")
    assert kind["kind"] == "delete_manifest"
