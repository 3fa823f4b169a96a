"""Random changes with retention among them: it deletes what its preview says (spec 11).

No existing immutable tag moves or vanishes, whatever else happens at the same time.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from services.catalog.retention.usecases import delete_tags
from services.catalog.rules.domain import Rules
from tests.integration.catalog.retaining import age, count_pulls, preview, use
from tests.integration.catalog.test_immutable_model import World
from tests.integration.catalog.trashing import Team

_PATTERNS = ("v*", "1.*", "latest", "v1")
_STEPS = 25
_ROUNDS = 6
_AT_ONCE = 6


class RetainingWorld(World):
    """A world whose rules delete tags too."""

    def __init__(self, mine: Team, seed: int, engine: AsyncEngine, registry: Registry) -> None:
        super().__init__(mine, seed)
        self._engine, self._registry = engine, registry

    async def change_rules(self) -> None:
        """Change the immutable tags and the retention of the namespace."""
        patterns = self.random.sample(_PATTERNS, self.random.choice((0, 1, 2)))
        retention = [
            {"tags": self.random.choice(("*", "v*", "v?")), "keep_last": 1},
            {"tags": "*", "keep_pulled_within_days": 10, "keep_pushed_within_days": 10},
        ][: self.random.choice((1, 2))]
        answer = await self.mine.http.put(
            f"/api/v1/namespaces/{self.mine.name}/rules",
            json={
                "immutable_tags": patterns,
                "retention": retention,
                "retention_enabled": self.random.random() < 0.9,
            },
        )
        if self.note("change_rules", answer) == 200:
            self.namespace_rules = Rules(immutable_tags=tuple(patterns))

    async def grow_old(self) -> None:
        """Let each tag be pushed long ago, and some of them be used."""
        for tag in self.tags:
            days = self.random.choice((1, 30, 60))
            await age(self.mine.database, self.path, **{tag: days})
            if self.random.random() < 0.3:
                await use(self.mine.database, self.path, tag, days=self.random.choice((1, 30)))

    async def retain(self) -> None:
        """Run retention. If nothing else happens, it deletes exactly what the preview says."""
        page = await preview(self.mine.http, f"repositories/{self.path}", limit=200)
        before = (await self.mine.tags("app")).keys()
        deleted = await delete_tags(
            engine=self._engine,
            registry=self._registry,
            path=self.path,
            at=datetime.fromisoformat(page["at"]),
            lifetime=timedelta(days=7),
        )
        self.seen["retain", deleted] += 1
        if not self.is_concurrent:
            rules = await self.mine.http.get(f"/api/v1/repositories/{self.path}/rules")
            said = {item["tag"] for item in page["items"] if item["decision"] == "delete"}
            if not rules.json()["retention_enabled"]:
                said = set()
            after = (await self.mine.tags("app")).keys()
            assert (before - after, deleted) == (said, len(said))


CHANGES: tuple[Callable[[RetainingWorld], Awaitable[None]], ...] = (
    RetainingWorld.push,
    RetainingWorld.push,
    RetainingWorld.delete_tag,
    RetainingWorld.restore,
    RetainingWorld.restore,
    RetainingWorld.retain,
    RetainingWorld.retain,
)


@pytest.fixture
async def retaining(
    mine: Team, engine: AsyncEngine, registry_client: Registry
) -> Callable[[int], Awaitable[RetainingWorld]]:
    """Returns a world with images, whose pulls are all counted."""

    async def make(seed: int) -> RetainingWorld:
        await count_pulls(mine.database)
        world = RetainingWorld(mine, seed, engine, registry_client)
        await world.begin()
        return world

    return make


def _check_kept(world: World, before: dict[str, str]) -> None:
    assert {tag: world.tags.get(tag) for tag in before} == before


@pytest.mark.parametrize("seed", range(2))
async def test_retention_in_a_sequence_of_changes_deletes_what_the_preview_says(
    retaining: Callable[[int], Awaitable[RetainingWorld]], seed: int
) -> None:
    world = await retaining(seed)
    for _ in range(_STEPS):
        if world.random.random() < 0.3:
            before = dict(world.tags)
            await world.change_rules()
            await world.grow_old()
        else:
            before = world.immutable()
            await world.random.choice(CHANGES)(world)
        await world.read()
        _check_kept(world, before)
        world.check_registry()
    print(sorted(world.seen.items()))
    assert sum(count for change, count in world.seen if change == "retain") > 0


@pytest.mark.parametrize("seed", range(100, 102))
async def test_retention_among_concurrent_changes_keeps_immutable_tags(
    retaining: Callable[[int], Awaitable[RetainingWorld]], seed: int
) -> None:
    world = await retaining(seed)
    world.is_concurrent = True
    for _ in range(_ROUNDS):
        await world.change_rules()
        await world.grow_old()
        before = world.immutable()
        chosen = [world.random.choice(CHANGES)(world) for _ in range(_AT_ONCE)]
        await asyncio.gather(world.retain(), *chosen)
        await world.read()
        _check_kept(world, before)
        world.check_registry()
    print(sorted(world.seen.items()))
