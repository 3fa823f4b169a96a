"""A real registry delivers to a real process: index lookups, the feed, and killed processes."""

import asyncio
import random
from collections.abc import Iterator

import pytest

from tests.integration.events.conftest import counts
from tests.integration.events.live import Live, live
from tests.kit.database import Database
from tests.kit.images import make_image, make_index
from tests.kit.waiting import soon

pytestmark = pytest.mark.registry_versions


@pytest.fixture
def running(emptied: Database) -> Iterator[Live]:
    with live(emptied.urls["events"]) as found:
        yield found


async def arrived(database: Database, pulls: int) -> None:
    """Wait until the registry has delivered ``pulls`` pull events."""

    async def received() -> int:
        return int(
            (await database.fetch("SELECT count(*) FROM events.inbox WHERE action = 'pull'"))[0][0]
        )

    await soon(received, lambda seen: seen >= pulls, within=60, what=f"{pulls} pull events")


async def test_children_of_an_unknown_index_are_looked_up_in_the_registry(
    running: Live, emptied: Database
) -> None:
    index = make_index()
    with running.client() as client:
        client.push(index, "team/app", "v1")
        for _ in range(2):
            assert client.manifest("team/app", "v1").status_code == 200
            for image in index.images:
                assert client.manifest("team/app", image.manifest.digest).status_code == 200
    await arrived(emptied, 2 * (1 + len(index.images)))
    assert await counts(emptied) == {"v1": (2, 0)}
    # The service's own request for the index does not count as a pull.
    assert not await emptied.fetch("SELECT 1 FROM events.inbox WHERE docker_user LIKE 'moorage:%'")
    (stored,) = await emptied.fetch(
        "SELECT children, gone FROM events.indexes WHERE digest = $1", index.manifest.digest
    )
    assert set(stored["children"]) == {image.manifest.digest for image in index.images}
    assert stored["gone"] is False


async def test_pull_of_a_deleted_index_counts(running: Live, emptied: Database) -> None:
    index = make_index()
    with running.client() as client:
        client.push(index, "team/app", "v1")
        running.events.kill()
        assert client.manifest("team/app", "v1").status_code == 200
        token = client.token("repository:team/app:pull,push,delete")
        deleted = client.http.delete(
            f"/v2/team/app/manifests/{index.manifest.digest}",
            headers={"Authorization": f"Bearer {token}"},
        )
        assert deleted.status_code == 202
    await asyncio.to_thread(running.events.start)
    await arrived(emptied, 1)
    assert await counts(emptied) == {"v1": (1, 0)}


async def test_pushes_and_deletes_reach_the_feed(running: Live, emptied: Database) -> None:
    image = make_image()
    with running.client("bob") as client:
        client.push(image, "team/app", "v1")

    async def feed() -> list[tuple[object, ...]]:
        return [
            tuple(row)
            for row in await emptied.fetch(
                "SELECT action, repository, tag, digest, docker_user FROM events.registry_feed"
            )
        ]

    await soon(
        feed,
        lambda seen: seen == [("push", "team/app", "v1", image.manifest.digest, "bob")],
        within=10,
        what="the push",
    )


async def test_service_that_is_killed_repeatedly_counts_every_pull_once(
    running: Live, emptied: Database
) -> None:
    pulls, kills = 400, 5
    when = set(random.Random(11).sample(range(pulls), kills))
    with running.client() as client:
        client.push(make_image(), "team/app", "v1")
        token = client.token("repository:team/app:pull")
        for n in range(pulls):
            assert (
                await asyncio.to_thread(client.manifest, "team/app", "v1", token=token)
            ).status_code == 200
            if n in when:
                running.events.kill()
                await asyncio.to_thread(running.events.start)
    running.events.kill()
    await asyncio.to_thread(running.events.start)
    await arrived(emptied, pulls)
    assert await counts(emptied) == {"v1": (pulls, 0)}
