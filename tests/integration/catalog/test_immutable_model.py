"""Random sequences of changes: no existing immutable tag moves or vanishes (spec 11).

A new way to change tags is a method of ``World`` that is listed in ``CHANGES``.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from services.catalog.rules.domain import Rules
from tests.integration.catalog.trashing import Team
from tests.kit.images import Image, Index, make_image, make_index, make_variants

_TAGS = ("v1", "v2", "v10", "1.0", "latest")
_PATTERNS = ("v*", "v?", "*", "1.*", "[!v]*", "latest")
_STEPS = 40
_ROUNDS = 10
_AT_ONCE = 6


class World:
    """The repository `app`, what its tags name by the API, and the rules that were set."""

    def __init__(self, mine: Team, seed: int) -> None:
        self.mine, self.path = mine, f"{mine.name}/app"
        self.random = random.Random(seed)
        self.contents: list[Image | Index] = [*make_variants(make_image(), 3), make_index()]
        self.namespace_rules = Rules()
        self.own_rules: Rules | None = None
        self.tags: dict[str, str] = {}
        self.seen: Counter[tuple[str, int]] = Counter()

    @property
    def rules(self) -> Rules:
        """The rules that apply."""
        return self.own_rules or self.namespace_rules

    def immutable(self) -> dict[str, str]:
        """The existing tags that no change may move or delete."""
        return {tag: digest for tag, digest in self.tags.items() if self.rules.is_immutable(tag)}

    async def begin(self) -> None:
        """Upload the layers, so that each push is a single request, and the children."""
        for content in self.contents:
            await self.mine.push(content, "app")
        await self.read()

    async def read(self) -> None:
        """Read the tags, which the registry must have too."""
        shown = await self.mine.tags("app")
        self.tags = {tag: item["digest"] for tag, item in shown.items()}

    def check_registry(self) -> None:
        """Check that the registry's tags are those of the catalog."""
        registry = self.mine.registry
        assert registry.tags(self.path) == sorted(self.tags)
        assert {tag: registry.digest(self.path, tag) for tag in self.tags} == self.tags

    def note(self, change: str, answer: httpx.Response) -> int:
        """Count an answer, and return its status."""
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        self.seen[change, answer.status_code] += 1
        return answer.status_code

    async def push(self) -> None:
        """Push an image to a tag."""
        tag, content = self.random.choice(_TAGS), self.random.choice(self.contents)
        is_refused = self.immutable().get(tag, content.manifest.digest) != content.manifest.digest
        answer = await self.mine.pusher.put(self.path, tag, content.manifest)
        status = self.note("push", answer)
        if is_refused:
            assert status == 403, answer.text
            assert answer.json()["errors"][0]["message"].startswith(f"tag {tag} is immutable")
        else:
            # 400: a child of the index was deleted
            assert status in (201, 400, *((403, 503) if self.is_concurrent else ())), answer.text

    async def delete_tag(self) -> None:
        """Delete a tag."""
        tag = self.random.choice(_TAGS)
        is_refused = tag in self.immutable()
        status = self.note("delete_tag", await self.mine.delete(f"images/{self.path}:{tag}"))
        assert status == 409 if is_refused else status in (204, 404, 409, 503)

    async def delete_image(self) -> None:
        """Delete an image with its tags; of an index, sometimes a child."""
        content = self.random.choice(self.contents)
        images = content.images if isinstance(content, Index) else ()
        digest = self.random.choice([content, *images]).manifest.digest
        is_refused = digest in self.immutable().values()
        status = self.note("delete_image", await self.mine.delete(f"images/{self.path}@{digest}"))
        assert status == 409 if is_refused else status in (204, 404, 409, 503)

    async def restore(self) -> None:
        """Restore something of the trash, sometimes to another tag."""
        entries = await self.mine.trash()
        if entries:
            chosen = {"tag": self.random.choice(_TAGS)} if self.random.random() < 0.5 else {}
            entry = self.random.choice(entries)
            self.note("restore", await self.mine.restore(entry, **chosen))

    async def copy(self) -> None:
        """Copy an image of the repository to a tag of it."""
        tag, content = self.random.choice(_TAGS), self.random.choice(self.contents)
        digest = content.manifest.digest
        is_refused = self.immutable().get(tag, digest) != digest
        answer = await self.mine.http.post(
            f"/api/v1/images/{self.path}/copy",
            json={"source": f"{self.path}@{digest}", "tag": tag},
        )
        status = self.note("copy", answer)
        assert status in (404, 409) if is_refused else status in (201, 404, 409, 503), answer.text

    async def delete_tags(self) -> None:
        """Delete several tags in one request."""
        tags = self.random.sample(_TAGS, 3)
        kept = self.immutable().keys() & set(tags)
        answer = await self.mine.http.post(
            f"/api/v1/images/{self.path}/delete", json={"tags": tags}
        )
        assert self.note("delete_tags", answer) == 200, answer.text
        failed = {one["tag"]: one["code"] for one in answer.json()["failed"]}
        assert {tag: failed.get(tag) for tag in kept} == dict.fromkeys(kept, "tag_immutable")

    async def delete_repository(self) -> None:
        """Delete the repository without force, if an immutable tag forbids it."""
        if self.immutable() and not self.is_concurrent:
            answer = await self.mine.delete(f"repositories/{self.path}")
            assert self.note("delete_repository", answer) == 409
            cascade = await self.mine.delete(f"namespaces/{self.mine.name}", cascade="true")
            assert self.note("delete_namespace", cascade) == 409

    async def change_rules(self) -> None:
        """Change the rules of the namespace or of the repository."""
        count = self.random.choice((1, 1, 2))
        patterns = self.random.sample(_PATTERNS, count)
        kind = self.random.choice(("namespaces", "repositories", "delete"))
        path = (
            f"namespaces/{self.mine.name}" if kind == "namespaces" else f"repositories/{self.path}"
        )
        if kind == "delete":
            answer = await self.mine.http.delete(f"/api/v1/{path}/rules")
        else:
            answer = await self.mine.http.put(
                f"/api/v1/{path}/rules", json={"immutable_tags": patterns}
            )
        if self.note("change_rules", answer) == 503:
            return
        rules = Rules(immutable_tags=tuple(patterns))
        if kind == "namespaces":
            self.namespace_rules = rules
        else:
            self.own_rules = rules if kind == "repositories" else None

    is_concurrent = False


Change = Callable[[World], Awaitable[None]]
CHANGES: tuple[Change, ...] = (
    World.push,
    World.push,
    World.push,
    World.delete_tag,
    World.delete_tag,
    World.delete_image,
    World.restore,
    World.restore,
    World.copy,
    World.copy,
    World.delete_tags,
    World.delete_repository,
)
"""The changes of tags, some more often than others."""


def _check_kept(world: World, before: dict[str, str]) -> None:
    assert {tag: world.tags.get(tag) for tag in before} == before


@pytest.mark.parametrize("seed", range(3))
async def test_no_sequence_of_changes_moves_an_immutable_tag(mine: Team, seed: int) -> None:
    world = World(mine, seed)
    await world.begin()
    for _ in range(_STEPS):
        if world.random.random() < 0.15:
            before = dict(world.tags)
            await world.change_rules()
        else:
            before = world.immutable()
            await world.random.choice(CHANGES)(world)
        await world.read()
        _check_kept(world, before)
        world.check_registry()
    assert {change for change, _ in world.seen} >= {"push", "delete_tag", "change_rules"}
    print(sorted(world.seen.items()))


@pytest.mark.parametrize("seed", range(100, 102))
async def test_no_concurrent_changes_move_an_immutable_tag(mine: Team, seed: int) -> None:
    world = World(mine, seed)
    world.is_concurrent = True
    await world.begin()
    for _ in range(_ROUNDS):
        if world.random.random() < 0.5:
            await world.change_rules()
        before = world.immutable()
        chosen: list[Any] = [world.random.choice(CHANGES)(world) for _ in range(_AT_ONCE)]
        await asyncio.gather(*chosen)
        await world.read()
        _check_kept(world, before)
        world.check_registry()
    print(sorted(world.seen.items()))


@pytest.mark.parametrize("seed", range(200, 202))
async def test_no_tag_moves_after_rules_are_answered(mine: Team, seed: int) -> None:
    """The rules are set while pushes and deletions of the same tags run."""
    world = World(mine, seed)
    world.is_concurrent = True
    await world.begin()
    for _ in range(_ROUNDS):
        world.own_rules = world.namespace_rules = Rules()
        await mine.http.put(f"/api/v1/namespaces/{mine.name}/rules", json={})
        moving: set[asyncio.Future[None]] = {
            asyncio.ensure_future(world.random.choice(CHANGES)(world)) for _ in range(_AT_ONCE)
        }
        rule = {"immutable_tags": ["*"]}
        answer = await mine.http.put(f"/api/v1/namespaces/{mine.name}/rules", json=rule)
        assert answer.status_code == 200, answer.text
        await world.read()
        before = dict(world.tags)
        await asyncio.gather(*moving)
        await world.read()
        _check_kept(world, before)
        world.check_registry()
    print(sorted(world.seen.items()))
