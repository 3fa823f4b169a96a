"""Pulls of an index that is deleted before its events are counted."""

import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from libs.common.db.pool import Connection
from services.events.counting import usecases
from services.events.indexes import queries as indexes
from services.events.indexes.domain import ManifestRef
from tests.integration.events.conftest import counts, make_repository
from tests.integration.events.inbox import INDEXES, store
from tests.kit.database import Database
from tests.kit.pulls.envelopes import digest_of
from tests.kit.pulls.patterns import Pattern, patterns
from tests.kit.pulls.sums import assert_hours_hold

DELETE_IMAGE = "DELETE FROM catalog.manifests"
DELETE_REPOSITORY = "DELETE FROM catalog.repositories"
DELETE_NAMESPACE = "DELETE FROM catalog.namespaces"

DELETIONS = {
    "the image": (DELETE_IMAGE,),
    "the repository": (DELETE_REPOSITORY,),
    "the namespace": (DELETE_REPOSITORY, DELETE_NAMESPACE),
}


@pytest.fixture
async def events(emptied: Database) -> AsyncIterator[Connection]:
    """A connection with the role of the events service."""
    found = await asyncpg.connect(emptied.urls["events"])
    yield found
    await found.close()


@pytest.fixture
async def catalog(emptied: Database) -> AsyncIterator[Connection]:
    """A connection with the role of the catalog, whose database has the indexes of the patterns."""
    indexes = {
        digest_of(name): [digest_of(child) for child in children]
        for name, children in INDEXES.items()
        if children
    }
    await make_repository(emptied, "team/app", account="acme", indexes=indexes)
    found = await asyncpg.connect(emptied.urls["catalog"])
    yield found
    await found.close()


def pulls_of_indexes() -> list[Pattern]:
    """Return the patterns of clients that pull an index, each with a client of its own."""
    media_type_known = [
        pattern
        for pattern in patterns()
        if any(item["target"]["digest"] == digest_of("index") for item in pattern.events)
        and all("mediaType" in item["target"] for item in pattern.events)
    ]
    for number, pattern in enumerate(media_type_known):
        for item in pattern.events:
            item["request"]["addr"] = f"10.1.0.{number}:1"
    return media_type_known


async def count_now(connection: Connection) -> None:
    """Count everything; fail if an event waits for the children of an index."""
    while (batch := await usecases.count_batch(connection, limit=7)).claimed:
        assert not batch.unknown


@pytest.mark.parametrize("deletion", DELETIONS)
async def test_pulls_count_the_same_after_the_deletion_in_any_order(
    emptied: Database, events: Connection, catalog: Connection, deletion: str
) -> None:
    for statement in DELETIONS[deletion]:
        await catalog.execute(statement)
    pulled = pulls_of_indexes()
    shuffled = [item for pattern in pulled for item in pattern.events]
    random.Random(deletion).shuffle(shuffled)
    for start in range(0, len(shuffled), 5):
        await store(events, shuffled[start : start + 5])
        await count_now(events)
    expected: dict[str, tuple[int, int]] = {}
    for pattern in pulled:
        for tag, (pulls, checks) in pattern.expected.items():
            before = expected.get(tag, (0, 0))
            expected[tag] = (before[0] + pulls, before[1] + checks)
    assert await counts(emptied) == expected
    await assert_hours_hold(events)


async def test_late_event_corrects_the_count_after_the_deletion(
    emptied: Database, events: Connection, catalog: Connection
) -> None:
    (pattern,) = [p for p in patterns() if p.name == "containerd: several platforms, every child"]
    first, *rest = pattern.events
    await store(events, rest)
    await count_now(events)
    await catalog.execute(DELETE_REPOSITORY)
    await store(events, [first])
    await count_now(events)
    assert await counts(emptied) == pattern.expected


async def test_a_deleted_index_is_known_in_the_next_repository_of_its_name(
    emptied: Database, events: Connection, catalog: Connection
) -> None:
    await catalog.execute(DELETE_REPOSITORY)
    await catalog.execute(DELETE_NAMESPACE)
    await make_repository(emptied, "team/app", account="other")
    (pattern,) = [p for p in patterns() if p.name == "skopeo copy --all"]
    await store(events, pattern.events)
    await count_now(events)
    assert await counts(emptied) == pattern.expected


async def test_the_catalog_is_read_before_the_answers_of_the_registry(
    emptied: Database, events: Connection, catalog: Connection
) -> None:
    ref = ManifestRef("team/app", digest_of("index"))
    await indexes.save_children(events, {ref: None})  # the registry did not have it
    (pattern,) = [p for p in patterns() if p.name == "skopeo copy --all"]
    await store(events, pattern.events)
    await count_now(events)
    assert await counts(emptied) == pattern.expected
