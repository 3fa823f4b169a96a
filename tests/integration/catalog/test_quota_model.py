"""The running figures of the storage equal those computed from all images, whatever happens."""

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry.client import Registry
from services.catalog.gc.manifests.usecases import delete_untagged
from services.catalog.quotas import usecases
from tests.integration.catalog.collecting import Command
from tests.integration.catalog.test_quotas import charge, charge_of_blobs, differences, used
from tests.integration.catalog.trashing import Team
from tests.kit.database import Database
from tests.kit.images import Blob, Image, Index, make_image, make_index, make_variants

STEPS = 14
CONCURRENT = 3
TAGS = ("v1", "v2", "v3")
REPOSITORIES = ("app", "web")


class Model:
    """Random changes of the images of one account, and the figures that must follow."""

    def __init__(self, mine: Team, database: Database, seed: int) -> None:
        self.mine = mine
        self.database = database
        self.random = random.Random(seed)
        base = make_image(layers=2)
        self.contents: list[Image | Index] = [
            base,
            *make_variants(base, 2),
            make_image(),
            make_index(),
        ]
        self.charges: dict[str, dict[str, int]] = {}
        for content in self.contents:
            for image in content.images if isinstance(content, Index) else (content,):
                self._add(image.manifest, *image.blobs)
            if isinstance(content, Index):
                self._add(content.manifest, *(image.manifest for image in content.images))

    def _add(self, manifest: Blob, *blobs: Blob) -> None:
        sizes = {blob.digest: len(blob.content) for blob in (manifest, *blobs)}
        self.charges[manifest.digest] = sizes

    async def expected(self) -> int:
        """Return the bytes of what the catalog and the trash have, each blob once."""
        rows = await self.database.fetch(
            "SELECT digest FROM catalog.manifests UNION SELECT digest FROM catalog.trash_manifests"
        )
        blobs: dict[str, int] = {}
        for row in rows:
            blobs |= self.charges[row["digest"]]
        return sum(blobs.values())

    def action(self) -> Callable[[], Awaitable[object]]:
        """Return a random action."""
        pushes = [self.push] * 3
        deletions = [self.delete_tag, self.delete_image, self.delete_repository]
        return self.random.choice([*pushes, *deletions, self.restore, self.empty_trash])

    async def push(self) -> None:
        content = self.random.choice(self.contents)
        repository, tag = self.random.choice(REPOSITORIES), self.random.choice(TAGS)
        images = content.images if isinstance(content, Index) else (content,)
        path = f"{self.mine.name}/{repository}"
        for image in images:
            await asyncio.to_thread(self.mine.pusher.upload, path, *image.blobs)
            if isinstance(content, Index):
                await self.mine.pusher.put(path, image.manifest.digest, image.manifest)
        await self.mine.pusher.put(path, tag, content.manifest)

    async def delete_tag(self) -> None:
        repository, tag = self.random.choice(REPOSITORIES), self.random.choice(TAGS)
        await self.mine.delete(f"images/{self.mine.name}/{repository}:{tag}")

    async def delete_image(self) -> None:
        repository, content = self.random.choice(REPOSITORIES), self.random.choice(self.contents)
        await self.mine.delete(f"images/{self.mine.name}/{repository}@{content.manifest.digest}")

    async def delete_repository(self) -> None:
        await self.mine.delete(f"repositories/{self.mine.name}/{self.random.choice(REPOSITORIES)}")

    async def restore(self) -> None:
        entries = await self.mine.trash()
        if entries:
            await self.mine.restore(self.random.choice(entries))

    async def empty_trash(self) -> None:
        for entry in await self.mine.trash():
            await self.mine.delete(f"trash/{entry['id']}")


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_running_figures_equal_a_rebuild_after_random_changes(
    mine: Team,
    acme: httpx.AsyncClient,
    emptied: Database,
    engine: AsyncEngine,
    registry_client: Registry,
    seed: int,
) -> None:
    model = Model(mine, emptied, seed)
    for step in range(STEPS):
        await asyncio.gather(*(model.action()() for _ in range(CONCURRENT)))
        if step % 5 == 4:
            await delete_untagged(
                engine=engine,
                registry=registry_client,
                age=timedelta(),
                keep_pulled=False,
                report=ignore,
                settle_seconds=0,
            )
        assert await differences(emptied) == 0
    await asyncio.gather(*(model.push() for _ in range(CONCURRENT)))
    await used(acme)
    while (now := await used(acme)) != (expected := await model.expected()):
        # The worker deletes a repository at any moment. A difference that stays is an error.
        assert (now, expected) != (await used(acme), await model.expected())
    assert await usecases.rebuild(engine=engine, only_check=True) == []


async def ignore(_done: int, _all: int) -> None:
    """Receive the progress."""


async def test_rebuild_repairs_wrong_figures(
    mine: Team, acme: httpx.AsyncClient, emptied: Database, engine: AsyncEngine
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    assert await used(acme) == charge(image)
    await emptied.execute("UPDATE catalog.account_blobs SET images = images + 1")
    (found,) = await usecases.rebuild(engine=engine, only_check=True)
    assert (found.username, found.differences) == ("acme", len(image.blobs) + 1)
    await usecases.rebuild(engine=engine)
    await emptied.execute("UPDATE catalog.account_storage SET image_bytes = 5")
    (found,) = await usecases.rebuild(engine=engine, only_check=True)
    assert (found.username, found.differences) == ("acme", 1)
    (repaired,) = await usecases.rebuild(engine=engine)
    assert repaired.use.used_bytes == charge(image) == await used(acme)
    assert await usecases.rebuild(engine=engine) == []
    assert charge_of_blobs(image) < charge(image)


def moorage_usage(command: Command, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ops", "usage", *arguments],
        env=command.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_command_lists_and_repairs_wrong_figures(
    mine: Team, acme: httpx.AsyncClient, emptied: Database, command: Command
) -> None:
    image = make_image()
    await mine.push(image, "app", "v1")
    assert await used(acme) == charge(image)
    right = moorage_usage(command)
    assert (right.returncode, right.stderr) == (0, "")
    assert right.stdout == "The storage use of all accounts is right.\n"
    assert json.loads(moorage_usage(command, "--json").stdout) == {"accounts": []}
    await emptied.execute("UPDATE catalog.account_storage SET image_bytes = 5")
    wrong = moorage_usage(command, "--json")
    assert (wrong.returncode, json.loads(wrong.stdout)) == (
        1,
        {"accounts": [{"username": "acme", "differences": 1, "repaired": False}]},
    )
    wrong = moorage_usage(command)
    assert (wrong.returncode, wrong.stdout) == (1, "acme: 1 difference, wrong\n")
    repaired = moorage_usage(command, "--repair")
    assert repaired.returncode == 0
    assert repaired.stdout == f"acme: 1 difference, now {charge(image)} bytes\n"
    assert await used(acme) == charge(image)
