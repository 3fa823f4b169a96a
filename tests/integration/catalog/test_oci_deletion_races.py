"""Pushes, restores, and deletions through ``/v2/`` at the same time lose nothing (spec 14).

MOORAGE_TEST_INTERLEAVINGS is the number of interleavings, and MOORAGE_TEST_SEED their seed.
"""

import asyncio
import json
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
import pytest

from libs.common.registry.client import Registry
from tests.integration.catalog.oci_deleting import Robot
from tests.integration.catalog.trashing import Team
from tests.kit.images import MEDIA_TYPES, Blob, Image, make_image, make_index, make_manifest
from tests.kit.waiting import soon

pytestmark = pytest.mark.registry_versions

INTERLEAVINGS = int(os.environ.get("MOORAGE_TEST_INTERLEAVINGS", "60"))
AT_ONCE = 6
DELAYS = (0.0, 0.05, 0.4)
"""The longest delays of a request and of a call of the registry, in seconds."""
ACCEPT = {"Accept": ", ".join(name for types in MEDIA_TYPES.values() for name in types.values())}


class Race:
    """One repository, in which requests run at the same time."""

    def __init__(self, robot: Robot, repository: str, chance: random.Random) -> None:
        self.robot = robot
        self.mine = robot.mine
        self.repository = repository
        self.path = f"{self.mine.name}/{repository}"
        self.chance = chance
        self.statuses: Counter[tuple[str, int]] = Counter()

    async def run(self, **steps: Awaitable[httpx.Response]) -> dict[str, int]:
        """Run the steps at the same time, each after a random delay; return their statuses."""
        names = list(steps)
        self.chance.shuffle(names)

        async def delayed(name: str) -> int:
            await asyncio.sleep(self.chance.choice(DELAYS) * self.chance.random())
            return (await steps[name]).status_code

        done = dict(zip(names, await asyncio.gather(*map(delayed, names)), strict=True))
        self.statuses.update(done.items())
        return done

    def put(self, manifest: Blob, reference: str) -> Awaitable[httpx.Response]:
        return self.mine.pusher.put(self.path, reference, manifest, by="robot")

    def delete(self, path: str) -> Awaitable[httpx.Response]:
        return self.robot.delete(path, repository=self.repository)

    def delete_blob(self, blob: Blob) -> Awaitable[httpx.Response]:
        return self.delete(f"blobs/{blob.digest}")

    def delete_manifest(self, manifest: Blob) -> Awaitable[httpx.Response]:
        return self.delete(f"manifests/{manifest.digest}")

    async def upload(self, image: Image) -> Image:
        await asyncio.to_thread(self.mine.pusher.upload, self.path, *image.blobs)
        return image

    async def push(self, *tags: str) -> Image:
        image = await self.upload(make_image())
        for tag in tags:
            answer = await self.put(image.manifest, tag)
            assert answer.status_code == 201, answer.text
        return image

    def faults(self) -> list[str]:
        """Return what is missing of the manifests that the registry has."""
        revisions = self.mine.registry.revision_link(self.path, "sha256:x").parent.parent
        faults = []
        with self.mine.registry.client(self.path) as http:

            def status(path: str) -> int:
                return http.head(f"/v2/{self.path}/{path}", headers=ACCEPT).status_code

            for folder in revisions.iterdir() if revisions.exists() else ():
                digest = f"sha256:{folder.name}"
                answer = http.get(f"/v2/{self.path}/manifests/{digest}", headers=ACCEPT)
                if answer.status_code != 200:
                    continue
                manifest = json.loads(answer.content)
                blobs = [*filter(None, [manifest.get("config")]), *manifest.get("layers", ())]
                needed = [f"blobs/{one['digest']}" for one in blobs]
                needed += [f"manifests/{one['digest']}" for one in manifest.get("manifests", ())]
                faults += [f"{self.path}@{digest}: {one}" for one in needed if status(one) != 200]
        return faults


async def blob_deletion_and_push(race: Race) -> None:
    """Either the blob stays, or the push is refused."""
    image = await race.upload(make_image())
    done = await race.run(
        put=race.put(image.manifest, "v1"), delete_blob=race.delete_blob(image.layers[0])
    )
    assert (done["put"], done["delete_blob"]) in ((201, 405), (400, 202)), done


async def deletion_of_an_image_and_its_blob_and_a_new_push(race: Race) -> None:
    """The image is deleted and pushed again, while somebody unlinks its blobs."""
    image = await race.push("v1")
    done = await race.run(
        delete_image=race.delete_manifest(image.manifest),
        delete_layer=race.delete_blob(image.layers[0]),
        delete_config=race.delete_blob(image.config),
        put=race.put(image.manifest, "v2"),
    )
    assert done["delete_image"] == 202, done
    assert {done["delete_layer"], done["delete_config"]} <= {202, 405}, done
    assert done["put"] in (201, 400), done


async def deletion_of_a_blob_that_two_images_share(race: Race) -> None:
    one = await race.push("one")
    two = make_manifest(
        config=one.config.descriptor(),
        layers=[one.layers[0].descriptor()],
        annotations={"name": "two"},
    )
    done = await race.run(
        delete_one=race.delete_manifest(one.manifest),
        put_two=race.put(two, "two"),
        delete_blob=race.delete_blob(one.layers[0]),
    )
    assert done["delete_one"] == 202, done
    assert (done["put_two"], done["delete_blob"]) in ((201, 405), (400, 202)), done


async def index_push_and_deletions_of_its_child(race: Race) -> None:
    """Either the index is refused, or its child stays with its blobs."""
    index = make_index(architectures=("amd64",))
    child = await race.upload(index.images[0])
    assert (await race.put(child.manifest, child.manifest.digest)).status_code == 201
    done = await race.run(
        put_index=race.put(index.manifest, "multi"),
        delete_child=race.delete_manifest(child.manifest),
        delete_blob=race.delete_blob(child.layers[0]),
    )
    assert (done["put_index"], done["delete_child"]) in ((201, 405), (400, 202), (404, 202)), done
    assert done["delete_blob"] in (202, 405), done


async def tag_push_and_tag_deletion(race: Race) -> None:
    """The later one wins."""
    old = await race.push("v1", "v2")
    new = await race.upload(make_image())
    done = await race.run(
        put=race.put(new.manifest, "v1"),
        delete_tag=race.delete("manifests/v1"),
        delete_blob=race.delete_blob(new.layers[0]),
    )
    assert done["delete_tag"] == 202, done
    assert (done["put"], done["delete_blob"]) in ((201, 405), (400, 202)), done
    assert race.mine.pulls(race.repository, "v2", old)


async def restore_and_deletion_of_a_blob(race: Race) -> None:
    """The restore links the blob again, or protects it."""
    image = await race.push("v1")
    assert (await race.delete_manifest(image.manifest)).status_code == 202
    entry = await race.mine.entry(f"/{race.repository}@{image.manifest.digest}")
    done = await race.run(
        restore=race.mine.restore(entry), delete_blob=race.delete_blob(image.layers[0])
    )
    assert done["restore"] == 200, done
    assert done["delete_blob"] in (202, 405), done
    assert race.mine.pulls(race.repository, "v1", image)


SCENARIOS: tuple[Callable[[Race], Awaitable[None]], ...] = (
    blob_deletion_and_push,
    deletion_of_an_image_and_its_blob_and_a_new_push,
    deletion_of_a_blob_that_two_images_share,
    index_push_and_deletions_of_its_child,
    tag_push_and_tag_deletion,
    restore_and_deletion_of_a_blob,
)


def _slow_down(monkeypatch: pytest.MonkeyPatch, chance: random.Random) -> None:
    """Let the registry receive each change late."""
    for name in ("forward_manifest", "delete_blob", "delete_manifest"):
        call = getattr(Registry, name)

        async def slow(
            *arguments: object, call: Callable[..., Awaitable[object]] = call, **named: object
        ) -> object:
            await asyncio.sleep(chance.choice(DELAYS) * chance.random())
            return await call(*arguments, **named)

        monkeypatch.setattr(Registry, name, slow)
    for noun in ("deletion.images", "deletion.tags", "deletion.blobs", "trash.restoring"):
        monkeypatch.setattr(f"services.catalog.{noun}.usecases.DELETION_WAIT_SECONDS", 20.0)


@pytest.mark.timeout(1200)
async def test_random_interleavings_of_pushes_and_deletions_lose_nothing(
    mine: Team, anonymous: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = int(os.environ.get("MOORAGE_TEST_SEED", str(random.SystemRandom().randrange(10**9))))
    print(f"{INTERLEAVINGS} interleavings, seed {seed}")
    chance = random.Random(seed)
    _slow_down(monkeypatch, chance)
    robot = Robot(mine, anonymous, "robot")
    await robot.create("delete")
    races = [
        Race(robot, f"race-{number}", random.Random(chance.random()))
        for number in range(INTERLEAVINGS)
    ]
    # Each race has a repository, which exists before the requests.
    await mine.database.execute(
        "INSERT INTO catalog.repositories (namespace_id, name, status)"
        " SELECT n.id, race.name, 'empty'"
        " FROM catalog.namespaces n, unnest($2::text[]) AS race (name)"
        " WHERE n.name = $1",
        mine.name,
        [race.repository for race in races],
    )
    slots = asyncio.Semaphore(AT_ONCE)

    async def run(number: int) -> str | None:
        scenario = SCENARIOS[number % len(SCENARIOS)]
        async with slots:
            try:
                await scenario(races[number])
            except AssertionError as error:
                return f"{getattr(scenario, '__name__', '')}: {error}"
        return None

    failures = list(filter(None, await asyncio.gather(*map(run, range(INTERLEAVINGS)))))
    print(dict(sum((race.statuses for race in races), Counter())))
    assert not failures, failures

    async def open_intents() -> int:
        rows = await mine.database.fetch("SELECT FROM catalog.intents WHERE resolved_at IS NULL")
        return len(rows)

    await soon(open_intents, lambda count: count == 0, within=20)
    faults = [fault for race in races for fault in race.faults()]
    assert not faults, faults
    for race in races:
        assert set(await mine.tags(race.repository)) == set(mine.registry.tags(race.path))
