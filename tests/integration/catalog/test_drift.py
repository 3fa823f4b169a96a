"""Compare the catalog with a real registry, and repair the catalog."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.registry import client as registry_module
from libs.common.registry.client import Registry, connected
from libs.common.registry.errors import RegistryUnavailable
from libs.common.registry.tokens import CATALOG_SUBJECT
from services.catalog.sync.drift import usecases
from services.catalog.sync.drift.domain import Difference, Kind
from services.catalog.sync.drift.schedule import Schedule
from services.catalog.sync.feed.follower import Follower
from services.catalog.sync.states import usecases as states
from tests.integration.catalog.conftest import catalog_settings, running_registry
from tests.integration.catalog.following import follow_to_the_end
from tests.integration.catalog.registry import RegistryUnderTest, deliver
from tests.kit.database import Database
from tests.kit.images import make_image, make_index
from tests.kit.sessions import Secrets

pytestmark = pytest.mark.registry_versions


@pytest.fixture(scope="module")
def registry(catalog_secrets: Secrets) -> Iterator[RegistryUnderTest]:
    """A registry of this module, which stays small: each comparison reads all of it."""
    with running_registry(catalog_secrets) as running:
        yield running


class World:
    """A namespace with the repository `app`, and a catalog without workers.

    The catalog gets only those events that the test delivers.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        registry_client: Registry,
        registry: RegistryUnderTest,
        database: Database,
        team: str,
    ) -> None:
        self.engine, self.client, self.registry, self.database, self.team = (
            engine,
            registry_client,
            registry,
            database,
            team,
        )
        self.app = f"{team}/app"
        self._follower = Follower(engine, registry_client)

    async def deliver(self, *events: dict[str, Any]) -> None:
        """Deliver the events, and follow the feed to its end."""
        await deliver(self.database, *events)
        await follow_to_the_end(self._follower, self.engine)

    async def compare(self) -> list[Difference]:
        """Return the differences in this namespace. Other tests use the registry too."""
        compared = await usecases.compare(
            engine=self.engine, registry=self.client, settle_seconds=0
        )
        return [
            difference
            for difference in compared.differences
            if difference.repository.startswith(f"{self.team}/")
        ]

    async def repair(self, found: list[Difference]) -> list[Difference]:
        return await usecases.repair(engine=self.engine, registry=self.client, found=found)

    async def tags(self, repository: str | None = None) -> dict[str, tuple[str, str]]:
        """Return (digest, pusher) of each tag."""
        rows = await self.database.fetch(
            "SELECT t.name, t.digest, t.pushed_by"
            " FROM catalog.tags t JOIN catalog.repositories r ON r.id = t.repository_id"
            " WHERE r.path = $1",
            repository or self.app,
        )
        return {row["name"]: (row["digest"], row["pushed_by"]) for row in rows}

    async def manifests(self) -> set[str]:
        rows = await self.database.fetch(
            "SELECT m.digest"
            " FROM catalog.manifests m JOIN catalog.repositories r ON r.id = m.repository_id"
            " WHERE r.path = $1",
            self.app,
        )
        return {row["digest"] for row in rows}


@pytest.fixture
async def world(
    engine: AsyncEngine,
    registry_client: Registry,
    registry: RegistryUnderTest,
    emptied: Database,
    namespace: str,
) -> World:
    return World(engine, registry_client, registry, emptied, namespace)


async def test_lost_pushes_are_found_and_repaired(world: World) -> None:
    old, new, index = make_image(), make_image(), make_index()
    await world.deliver(*world.registry.push(old, world.app, "kept", "moved"))
    assert await world.compare() == []
    world.registry.push(new, world.app, "moved", "added")
    world.registry.push(index, f"{world.team}/never/reported", "v1")
    found = await world.compare()
    before, after = old.manifest.digest, new.manifest.digest
    assert found == [
        Difference(world.app, "added", Kind.TAG_MISSING, "", after),
        Difference(world.app, "moved", Kind.TAG_MOVED, before, after),
        Difference(
            f"{world.team}/never/reported", "v1", Kind.TAG_MISSING, "", index.manifest.digest
        ),
    ]
    assert await world.repair(found) == []
    assert await world.tags() == {
        "kept": (before, "alice"),
        "moved": (after, ""),
        "added": (after, ""),
    }
    assert await world.tags(f"{world.team}/never/reported") == {"v1": (index.manifest.digest, "")}
    (repository,) = await world.database.fetch(
        "SELECT status, tag_count, size_bytes, last_pushed_at"
        " FROM catalog.repositories WHERE path = $1",
        f"{world.team}/never/reported",
    )
    assert (repository["status"], repository["tag_count"]) == ("active", 1)
    assert repository["size_bytes"] == sum(image.size_bytes for image in index.images)
    assert repository["last_pushed_at"] is not None
    assert await world.compare() == []


async def test_late_event_of_a_repaired_push_names_the_pusher(world: World) -> None:
    image = make_image()
    late = world.registry.push(image, world.app, "v1", by="bob")
    await world.repair(await world.compare())
    assert await world.tags() == {"v1": (image.manifest.digest, "")}
    await world.deliver(*late)
    assert await world.tags() == {"v1": (image.manifest.digest, "bob")}


async def test_repair_deletes_from_the_catalog_what_the_registry_has_lost(world: World) -> None:
    image, other, untagged = make_image(), make_image(), make_image()
    await world.deliver(*world.registry.push(untagged, world.app, "v1"))
    await world.deliver(*world.registry.push(image, world.app, "v1", "v2"))
    await world.deliver(*world.registry.push(other, world.app, "stays"))
    world.registry.delete(world.app, image.manifest.digest)
    world.registry.delete(world.app, untagged.manifest.digest)
    found = await world.compare()
    assert [(difference.reference, difference.kind) for difference in found] == sorted(
        [
            (untagged.manifest.digest, Kind.MANIFEST_GONE),
            ("v1", Kind.TAG_GONE),
            ("v2", Kind.TAG_GONE),
        ]
    )
    assert await world.repair(found) == []
    assert await world.tags() == {"stays": (other.manifest.digest, "alice")}
    assert await world.manifests() == {other.manifest.digest}
    assert await world.compare() == []


async def test_empty_repository_has_no_difference(world: World) -> None:
    image = make_image()
    await world.deliver(*world.registry.push(image, world.app, "v1"))
    await world.deliver(*world.registry.delete(world.app, image.manifest.digest))
    assert await world.tags() == {}
    assert world.app in await world.client.list_repositories()  # with tags: null
    assert await world.compare() == []


async def test_repair_adds_the_missing_child_of_an_index(world: World) -> None:
    index = make_index()
    await world.deliver(*world.registry.push(index, world.app, "v1"))
    child = index.images[1].manifest.digest
    await world.database.execute("DELETE FROM catalog.manifests WHERE digest = $1", child)
    found = await world.compare()
    assert found == [Difference(world.app, child, Kind.MANIFEST_MISSING, "", child)]
    assert await world.repair(found) == []
    assert child in await world.manifests()
    assert await world.compare() == []


async def test_index_remains_although_the_registry_has_lost_its_child(world: World) -> None:
    index = make_index()
    await world.deliver(*world.registry.push(index, world.app, "v1"))
    child = index.images[1].manifest.digest
    world.registry.delete(world.app, child)
    found = await world.compare()
    assert found == [Difference(world.app, child, Kind.MANIFEST_GONE, child, "")]
    assert await world.repair(found) == []
    assert await world.tags() == {"v1": (index.manifest.digest, "alice")}
    assert await world.compare() == []


async def test_image_without_a_namespace_is_reported_and_not_repaired(world: World) -> None:
    image = make_image()
    ownerless = f"{world.team}/x"
    world.registry.push(image, ownerless, "v1")
    await world.database.execute("DELETE FROM catalog.namespaces")
    found = await world.compare()
    assert found == [Difference(ownerless, "v1", Kind.NO_NAMESPACE, "", image.manifest.digest)]
    assert await world.repair(found) == found
    assert await world.client.find_digest(ownerless, "v1") == image.manifest.digest


async def test_repository_that_is_being_deleted_is_not_repaired(world: World) -> None:
    world.registry.push(make_image(), world.app, "v1")
    found = await world.compare()
    await world.database.execute(
        "INSERT INTO catalog.reserved_names (kind, name, available_at)"
        " VALUES ('repository', $1, now() + interval '1 minute')",
        world.app,
    )
    assert await world.compare() == []
    await world.repair(found)
    assert await world.tags() == {}


async def test_tag_that_is_being_deleted_is_no_difference(world: World) -> None:
    image, placeholder = make_image(), make_image()
    await world.deliver(*world.registry.push(image, world.app, "v1", "stays"))
    await world.database.execute("DELETE FROM catalog.tags WHERE name = 'v1'")
    world.registry.push(placeholder, world.app, "v1")
    assert [difference.reference for difference in await world.compare()] == ["v1"]
    await world.database.execute(
        "INSERT INTO catalog.intents"
        " (kind, namespace, repository, digest, tags, removes, leased_until)"
        " VALUES ('delete_tag', split_part($1, '/', 1), $1, $2, '{v1}', ARRAY[$3],"
        " now() + interval '1 minute')",
        world.app,
        image.manifest.digest,
        placeholder.manifest.digest,
    )
    assert await world.compare() == []


async def test_repair_keeps_a_push_after_the_comparison(world: World) -> None:
    old, new = make_image(), make_image()
    await world.deliver(*world.registry.push(old, world.app, "v1"))
    world.registry.delete(world.app, old.manifest.digest)
    found = await world.compare()
    await world.deliver(*world.registry.push(new, world.app, "v1"))
    assert await world.repair(found) == []
    assert await world.tags() == {"v1": (new.manifest.digest, "alice")}


async def test_repair_keeps_a_push_during_the_repair(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, new = make_image(), make_image()
    world.registry.push(lost, world.app, "v1")
    found = await world.compare()
    original, waiting = states.read_states, [new]

    async def slow(**arguments: Any) -> Any:
        answer = await original(**arguments)
        if waiting:
            await world.deliver(*world.registry.push(waiting.pop(), world.app, "v1"))
        return answer

    monkeypatch.setattr(states, "read_states", slow)
    await world.repair(found)
    assert await world.tags() == {"v1": (new.manifest.digest, "alice")}


async def test_push_during_the_comparison_is_no_difference(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, waiting = usecases._let_settle, world.registry.push(make_image(), world.app, "v1")

    async def settle(*arguments: Any) -> None:
        await world.deliver(*waiting)
        await original(*arguments)

    monkeypatch.setattr(usecases, "_let_settle", settle)
    assert await world.compare() == []


async def test_repository_that_cannot_be_listed_stops_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, fine = make_image(), f"{world.team}/fine"
    await world.deliver(*world.registry.push(make_image(), world.app, "kept"))
    world.registry.push(make_image(), world.app, "v1")
    world.registry.push(image, fine, "v1")
    original = Registry.list_tags

    async def broken(self: Registry, repository: str) -> list[str]:
        if repository == world.app:
            raise RegistryUnavailable("connection lost")
        return await original(self, repository)

    monkeypatch.setattr(Registry, "list_tags", broken)
    compared = await usecases.compare(engine=world.engine, registry=world.client, settle_seconds=0)
    assert compared.failures == {world.app: "connection lost"}
    await Schedule(world.engine, world.client, hours=1, first_after=0).step()
    assert set(await world.tags()) == {"kept"}
    assert await world.tags(fine) == {"v1": (image.manifest.digest, "")}


async def test_nothing_is_repaired_while_the_registry_is_unavailable(
    world: World, catalog_secrets: Secrets
) -> None:
    await world.deliver(*world.registry.push(make_image(), world.app, "v1"))
    settings = catalog_settings(world.database, catalog_secrets, "http://127.0.0.1:9")
    async with connected(settings.registry, subject=CATALOG_SUBJECT) as nowhere:
        with pytest.raises(RegistryUnavailable):
            await usecases.compare_repositories(
                engine=world.engine, registry=nowhere, paths=[world.app], settle_seconds=0
            )


async def test_repository_that_the_database_refuses_stops_no_other_repair(world: World) -> None:
    images = {f"{world.team}/{name}": make_image() for name in ("bad", "fine")}
    for name, image in images.items():
        world.registry.push(image, name, "v1")
    found = await world.compare()
    bad = images[f"{world.team}/bad"].manifest.digest
    await world.database.execute(
        f"ALTER TABLE catalog.manifests ADD CONSTRAINT refused CHECK (digest <> '{bad}')"
    )
    try:
        left = await world.repair(found)
    finally:
        await world.database.execute("ALTER TABLE catalog.manifests DROP CONSTRAINT refused")
    assert [difference.repository for difference in left] == [f"{world.team}/bad"]
    assert set(await world.tags(f"{world.team}/fine")) == {"v1"}


async def test_registry_without_its_storage_does_not_empty_the_catalog(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.deliver(*world.registry.push(make_image(), world.app, "v1"))

    async def nothing(self: Registry) -> list[str]:
        return []

    monkeypatch.setattr(Registry, "list_repositories", nothing)
    with pytest.raises(usecases.NothingListed):
        await world.compare()


async def test_list_of_repositories_is_read_page_by_page(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {f"{world.team}/app-{number}" for number in range(5)}
    for name in names:
        world.registry.push(make_image(), name, "v1")
    monkeypatch.setattr(registry_module, "_PAGE_SIZE", 2)
    listed = await world.client.list_repositories()
    assert names <= set(listed)
    assert len(listed) == len(set(listed))


async def test_schedule_compares_and_repairs_when_it_is_due(world: World) -> None:
    image = make_image()
    world.registry.push(image, world.app, "v1")
    later = Schedule(world.engine, world.client, hours=1, first_after=1000)
    assert 900 < await later.step() <= 1000
    assert await world.tags() == {}
    now = Schedule(world.engine, world.client, hours=1, first_after=0)
    assert await now.step() == 0.0
    assert await world.tags() == {"v1": (image.manifest.digest, "")}
    assert 3500 < await now.step() <= 3600


async def test_replica_that_takes_over_waits_as_after_a_start(world: World) -> None:
    standby = Schedule(world.engine, world.client, hours=1, first_after=0.5)
    await asyncio.sleep(0.6)  # longer than the delay
    assert 0 < await standby.step() <= 0.5


def moorage_drift(
    world: World, secrets: Secrets, data: Path, *arguments: str, **environment: str
) -> "subprocess.CompletedProcess[str]":
    given = {
        "MOORAGE_DATA": str(data),
        "SECRETS_DIR": str(secrets.directory),
        "CATALOG_DATABASE_URL": world.database.urls["catalog"],
        "CATALOG_REGISTRY_URL": world.registry.url,
        "COLUMNS": "250",
        **environment,
    }
    command = [sys.executable, "-m", "ops", "drift", *arguments]
    return subprocess.run(
        command,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


async def test_command_lists_and_repairs_differences(
    world: World, catalog_secrets: Secrets, tmp_path: Path
) -> None:
    image = make_image()
    world.registry.push(image, world.app, "v1")
    listed = moorage_drift(world, catalog_secrets, tmp_path)
    assert (listed.returncode, listed.stderr) == (1, "")
    (line,) = [line for line in listed.stdout.splitlines() if world.app in line]
    assert line.split()[1] == "v1"
    assert Kind.TAG_MISSING.value in line
    assert image.manifest.digest[:19] in line
    assert await world.tags() == {}
    moorage_drift(world, catalog_secrets, tmp_path, "--repair")
    assert await world.tags() == {"v1": (image.manifest.digest, "")}
    again = moorage_drift(world, catalog_secrets, tmp_path)
    assert world.app not in again.stdout


async def test_command_prints_the_differences_as_json(
    world: World, catalog_secrets: Secrets, tmp_path: Path
) -> None:
    image = make_image()
    world.registry.push(image, world.app, "v1")
    listed = moorage_drift(world, catalog_secrets, tmp_path, "--json")
    assert (listed.returncode, listed.stderr) == (1, "")
    found = json.loads(listed.stdout)
    assert found["repositories"] >= 1
    assert found["not_compared"] == {}
    expected = {
        "repository": world.app,
        "reference": "v1",
        "kind": "tag_missing",
        "catalog": None,
        "registry": image.manifest.digest,
        "repaired": False,
    }
    assert [one for one in found["differences"] if one["repository"] == world.app] == [expected]
    repaired = json.loads(
        moorage_drift(world, catalog_secrets, tmp_path, "--repair", "--json").stdout
    )
    assert {**expected, "repaired": True} in repaired["differences"]
    again = json.loads(moorage_drift(world, catalog_secrets, tmp_path, "--json").stdout)
    assert not [one for one in again["differences"] if one["repository"] == world.app]


async def test_command_reports_in_one_line_what_it_cannot_reach(
    world: World, catalog_secrets: Secrets, tmp_path: Path
) -> None:
    nowhere = "http://127.0.0.1:9"
    for wrong in (
        {"CATALOG_REGISTRY_URL": nowhere},
        {"CATALOG_DATABASE_URL": "postgresql://u:hidden@127.0.0.1:9/d"},
    ):
        done = moorage_drift(world, catalog_secrets, tmp_path, "--repair", **wrong)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith("moorage: ")
        assert "hidden" not in done.stderr
