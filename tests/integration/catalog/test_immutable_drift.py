"""Immutable tags and writes that did not pass admission: they are reported, not followed."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from services.catalog.rules.domain import postgres_regex
from services.catalog.sync.drift import usecases
from services.catalog.sync.drift.domain import Difference, Kind
from services.catalog.sync.feed.follower import Follower
from tests.integration.catalog.following import follow_to_the_end
from tests.integration.catalog.registry import Event, RegistryUnderTest, deliver
from tests.kit.database import Database
from tests.kit.images import make_image

pytestmark = pytest.mark.registry_versions


class World:
    """A namespace whose tags `v*` can be immutable. The catalog's workers do not run."""

    def __init__(
        self,
        engine: AsyncEngine,
        client: Registry,
        registry: RegistryUnderTest,
        database: Database,
        team: str,
    ) -> None:
        self.engine, self.client, self.registry, self.database = engine, client, registry, database
        self.team, self.app = team, f"{team}/app"

    async def rule(self) -> None:
        await self.database.execute(
            "INSERT INTO catalog.rules (namespace_id, immutable_tags, immutable_regex)"
            " SELECT id, '{v*}', $2 FROM catalog.namespaces WHERE name = $1",
            self.team,
            postgres_regex(["v*"]),
        )

    async def admit(self) -> None:
        """Treat the tags as if they had passed admission."""
        await self.database.execute("UPDATE catalog.tags SET admitted_in = catalog.origin()")

    async def deliver(self, *events: Event) -> None:
        await deliver(self.database, *events)
        await follow_to_the_end(Follower(self.engine, self.client), self.engine)

    async def tags(self) -> dict[str, str]:
        rows = await self.database.fetch("SELECT name, digest FROM catalog.tags")
        return {row["name"]: row["digest"] for row in rows}

    async def compare(self) -> list[Difference]:
        compared = await usecases.compare_repositories(
            engine=self.engine, registry=self.client, paths=[self.app], settle_seconds=0
        )
        return list(compared.differences)

    async def repair(self, found: list[Difference]) -> list[Difference]:
        return await usecases.repair(engine=self.engine, registry=self.client, found=found)


@pytest.fixture
async def world(
    engine: AsyncEngine,
    registry_client: Registry,
    registry: RegistryUnderTest,
    emptied: Database,
    namespace: str,
) -> World:
    return World(engine, registry_client, registry, emptied, namespace)


async def test_feed_does_not_follow_a_move_of_an_immutable_tag(world: World) -> None:
    one, two = make_image(), make_image()
    await world.deliver(*world.registry.push(one, world.app, "v1", "latest"))
    await world.rule()
    await world.deliver(*world.registry.push(two, world.app, "v1", "v2", "latest"))
    assert await world.tags() == {
        "v1": one.manifest.digest,
        "v2": two.manifest.digest,
        "latest": two.manifest.digest,
    }
    reported = Difference(world.app, "v1", Kind.IMMUTABLE, one.manifest.digest, two.manifest.digest)
    assert await world.compare() == [reported]
    assert await world.repair([reported]) == [reported]
    moved = Difference(world.app, "v1", Kind.TAG_MOVED, *(reported.catalog, reported.registry))
    assert await world.repair([moved]) == [moved]
    assert (await world.tags())["v1"] == one.manifest.digest


@pytest.mark.parametrize("admitted", [False, True])
async def test_feed_does_not_follow_the_deletion_of_the_image_of_an_immutable_tag(
    world: World, admitted: bool
) -> None:
    one, two = make_image(), make_image()
    await world.deliver(*world.registry.push(one, world.app, "v1"))
    await world.deliver(*world.registry.push(two, world.app, "latest"))
    if admitted:
        await world.admit()
    await world.rule()
    for image in (one, two):
        await world.deliver(*world.registry.delete(world.app, image.manifest.digest))
    assert await world.tags() == {"v1": one.manifest.digest}
    reported = Difference(world.app, "v1", Kind.IMMUTABLE, one.manifest.digest, "")
    assert await world.compare() == [reported]
    assert await world.repair([reported]) == [reported]
    gone = Difference(world.app, "v1", Kind.TAG_GONE, one.manifest.digest, "")
    assert await world.repair([gone]) == [gone]
    assert await world.tags() == {"v1": one.manifest.digest}
    world.registry.push(one, world.app, "v1")
    assert await world.compare() == []


async def test_immutable_tag_that_admission_has_set_is_set_back_in_the_registry(
    world: World,
) -> None:
    one, two = make_image(), make_image()
    await world.deliver(*world.registry.push(one, world.app, "v1"))
    await world.admit()
    await world.rule()
    world.registry.push(two, world.app, "v1")
    (found,) = [one for one in await world.compare() if one.reference == "v1"]
    assert found.kind is Kind.TAG_MOVED
    assert await world.repair([found]) == []
    intents = await world.database.fetch(
        "SELECT tags, digest FROM catalog.intents WHERE kind = 'restore_tag'"
    )
    assert [(row["tags"], row["digest"]) for row in intents] == [(["v1"], one.manifest.digest)]


async def test_same_image_in_the_registry_is_no_change(world: World) -> None:
    image = make_image()
    await world.deliver(*world.registry.push(image, world.app, "v1"))
    await world.rule()
    await world.deliver(*world.registry.push(image, world.app, "v1", by="bob"))
    rows = await world.database.fetch("SELECT pushed_by FROM catalog.tags")
    assert [row["pushed_by"] for row in rows] == ["bob"]
    assert await world.compare() == []
