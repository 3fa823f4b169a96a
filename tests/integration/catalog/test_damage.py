"""Damaged files in the registry's storage affect their own tag or image only."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from libs.common.storage.local import LocalStorage
from services.catalog.deletion.repositories.emptying import RepositoryCleaner
from services.catalog.deletion.repositories.queries import list_to_remove
from services.catalog.sync.drift import usecases
from services.catalog.sync.drift.domain import Difference, Kind
from services.catalog.sync.feed.follower import Follower
from tests.integration.catalog.conftest import running_registry
from tests.integration.catalog.creating import create_namespace
from tests.integration.catalog.following import follow_to_the_end
from tests.integration.catalog.registry import RegistryUnderTest, deliver
from tests.kit.database import Database
from tests.kit.images import Image, make_image
from tests.kit.sessions import Secrets
from tests.kit.waiting import soon_json

pytestmark = pytest.mark.registry_versions


@pytest.fixture(scope="module")
def registry(catalog_secrets: Secrets) -> Iterator[RegistryUnderTest]:
    """A registry of this module, which stays small: each comparison reads all of it."""
    with running_registry(catalog_secrets) as running:
        yield running


class Damaged:
    """A repository with the tags `hurt` and `fine`, and the files of the first."""

    def __init__(self, registry: RegistryUnderTest, app: str) -> None:
        self.registry, self.app = registry, app
        self.hurt, self.fine = make_image(), make_image()

    @property
    def digest(self) -> str:
        return self.hurt.manifest.digest

    @property
    def tag_link(self) -> Path:
        return self.registry.tag_link(self.app, "hurt")

    @property
    def revision_link(self) -> Path:
        return self.registry.revision_link(self.app, self.digest)

    @property
    def manifest(self) -> Path:
        return self.registry.blob_file(self.digest)

    @property
    def storage(self) -> LocalStorage:
        return LocalStorage(self.registry.storage)


@pytest.fixture
async def damaged(
    registry: RegistryUnderTest,
    namespace: str,
    emptied: Database,
    engine: AsyncEngine,
    registry_client: Registry,
) -> Damaged:
    made = Damaged(registry, f"{namespace}/app")
    await deliver(
        emptied,
        *registry.push(made.hurt, made.app, "hurt"),
        *registry.push(made.fine, made.app, "fine"),
    )
    await follow_to_the_end(Follower(engine, registry_client), engine)
    return made


DAMAGES: dict[str, Callable[[Damaged], object]] = {
    "empty tag link": lambda of: of.tag_link.write_text(""),
    "truncated tag link": lambda of: of.tag_link.write_text(of.digest[:20]),
    "empty revision link": lambda of: of.revision_link.write_text(""),
    "truncated revision link": lambda of: of.revision_link.write_text(of.digest[:20]),
    "missing revision link": lambda of: of.revision_link.unlink(),
}
UNREADABLE: dict[str, Callable[[Damaged], object]] = {
    "missing manifest": lambda of: of.manifest.unlink(),
    "empty manifest": lambda of: of.manifest.write_text(""),
    "truncated manifest": lambda of: of.manifest.write_text(of.hurt.manifest.content.decode()[:50]),
}


async def _compare(damaged: Damaged, engine: AsyncEngine, client: Registry) -> list[Difference]:
    compared = await usecases.compare(engine=engine, registry=client, settle_seconds=0)
    assert compared.failures == {}
    return [one for one in compared.differences if one.repository == damaged.app]


@pytest.mark.parametrize("damage", DAMAGES)
async def test_damaged_link_is_reported_and_rewritten(
    damage: str,
    damaged: Damaged,
    engine: AsyncEngine,
    registry_client: Registry,
    emptied: Database,
) -> None:
    DAMAGES[damage](damaged)
    assert damaged.registry.status(damaged.app, "hurt") in (404, 500)
    found = await _compare(damaged, engine, registry_client)
    assert [(one.reference, one.kind) for one in found] == [("hurt", Kind.DAMAGED)]
    left = await usecases.repair(
        engine=engine, registry=registry_client, found=found, storage=damaged.storage
    )
    assert left == []
    assert damaged.registry.status(damaged.app, "hurt") == 200
    assert await registry_client.find_digest(damaged.app, "hurt") == damaged.digest
    assert damaged.registry.status(damaged.app, damaged.digest) == 200
    assert await _compare(damaged, engine, registry_client) == []
    tags = await emptied.fetch("SELECT name, pushed_by FROM catalog.tags ORDER BY name")
    assert [tuple(row.values()) for row in tags] == [("fine", "alice"), ("hurt", "alice")]


async def test_image_whose_manifest_is_gone_is_reported_and_remains_in_the_catalog(
    damaged: Damaged, engine: AsyncEngine, registry_client: Registry, emptied: Database
) -> None:
    damaged.manifest.unlink()
    found = await _compare(damaged, engine, registry_client)
    assert [(one.reference, one.kind) for one in found] == [("hurt", Kind.DAMAGED)]
    left = await usecases.repair(
        engine=engine, registry=registry_client, found=found, storage=damaged.storage
    )
    assert left == found
    tags = await emptied.fetch("SELECT name FROM catalog.tags ORDER BY name")
    assert [row["name"] for row in tags] == ["fine", "hurt"]


async def test_image_that_lacks_a_layer_is_reported(
    damaged: Damaged, engine: AsyncEngine, registry_client: Registry
) -> None:
    layer = damaged.hurt.layers[0].digest
    damaged.registry.blob_file(layer).unlink()
    found = await _compare(damaged, engine, registry_client)
    assert found == [Difference(damaged.app, damaged.digest, Kind.BLOB_MISSING, catalog=layer)]
    assert not found[0].is_open
    assert await usecases.repair(engine=engine, registry=registry_client, found=found) == found
    assert damaged.registry.status(damaged.app, "hurt") == 200


async def test_tag_that_was_pushed_again_is_not_rewritten(
    damaged: Damaged, engine: AsyncEngine, registry_client: Registry
) -> None:
    damaged.tag_link.write_text("")
    found = await _compare(damaged, engine, registry_client)
    new: Image = make_image()
    damaged.registry.push(new, damaged.app, "hurt")
    await usecases.repair(engine=engine, registry=registry_client, found=found)
    assert await registry_client.find_digest(damaged.app, "hurt") == new.manifest.digest


@pytest.mark.parametrize("damage", DAMAGES | UNREADABLE)
async def test_damaged_image_can_be_deleted(
    damage: str,
    acme: httpx.AsyncClient,
    team: str,
    emptied: Database,
    registry: RegistryUnderTest,
) -> None:
    await create_namespace(acme, team)
    made = Damaged(registry, f"{team}/app")
    await deliver(
        emptied,
        *registry.push(made.hurt, made.app, "hurt"),
        *registry.push(made.fine, made.app, "fine"),
    )
    path = f"/api/v1/images/{made.app}"
    await soon_json(acme, path, lambda body: len(body["items"]) == 2, within=20)
    (DAMAGES | UNREADABLE)[damage](made)
    assert (await acme.delete(f"{path}:hurt")).status_code == 204
    assert (await acme.delete(f"{path}@{made.digest}")).status_code == 204
    left = (await acme.get(path)).json()["items"]
    assert [item["tag"] for item in left] == ["fine"]
    assert registry.status(made.app, "fine") == 200


@pytest.mark.parametrize("damage", DAMAGES | UNREADABLE)
async def test_repository_with_damage_can_be_deleted(
    damage: str,
    damaged: Damaged,
    registry_client: Registry,
    emptied: Database,
    engine: AsyncEngine,
) -> None:
    (DAMAGES | UNREADABLE)[damage](damaged)
    await emptied.execute(
        "INSERT INTO catalog.deletions (kind, name) VALUES ('repository', $1)", damaged.app
    )
    async with engine.connect() as tx:
        (deletion,) = await list_to_remove(tx, limit=1)
    cleaner = RepositoryCleaner(engine, registry_client, damaged.app, deletion=deletion)
    await cleaner.empty(manifests=[damaged.digest, damaged.fine.manifest.digest])
    assert damaged.registry.tags(damaged.app) == []
    assert damaged.registry.status(damaged.app, damaged.digest) in (404, 500)
    assert damaged.registry.status(damaged.app, damaged.fine.manifest.digest) == 404
