"""A pull of a referrer is no pull of its image, whatever the order of the events (spec 6)."""

import random
from collections.abc import AsyncIterator

import asyncpg
import pytest

from libs.common.db.pool import Connection
from tests.integration.events.conftest import Registry, counts, make_repository
from tests.integration.events.inbox import count_all, store, store_indexes
from tests.kit.database import Database
from tests.kit.pulls.envelopes import digest_of
from tests.kit.pulls.patterns import SUBJECTS, Pattern, get, referrer_patterns


@pytest.fixture
async def connection(emptied: Database) -> AsyncIterator[Connection]:
    """A connection of the service, to a database whose catalog has the referrers."""
    await make_repository(
        emptied,
        "team/app",
        account="acme",
        indexes={digest_of(referrer): () for referrer in SUBJECTS},
    )
    for referrer, subject in SUBJECTS.items():
        await emptied.execute(
            "UPDATE catalog.manifests SET subject = $1 WHERE digest = $2",
            digest_of(subject),
            digest_of(referrer),
        )
    found = await asyncpg.connect(emptied.urls["events"])
    await store_indexes(found, "team/app")
    yield found
    await found.close()


@pytest.mark.parametrize("pattern", referrer_patterns(), ids=str)
async def test_events_of_a_referrer_count_the_same_in_any_order(
    connection: Connection, emptied: Database, pattern: Pattern
) -> None:
    shuffled = list(pattern.events)
    random.Random(pattern.name).shuffle(shuffled)
    for item in shuffled:
        await store(connection, [item])
        await count_all(connection)
    assert await counts(emptied) == pattern.expected


async def test_deleted_referrer_counts_as_before_if_an_event_comes_late(
    connection: Connection, emptied: Database
) -> None:
    await store(connection, [get(1, "referrer")])
    await count_all(connection)
    await emptied.execute("DELETE FROM catalog.manifests")
    await store(connection, [get(0, tag="v1")])
    await count_all(connection)
    assert await counts(emptied) == {"v1": (0, 1)}


async def test_service_counts_a_check_of_a_signature_as_no_pull(
    connection: Connection, emptied: Database, registry: Registry
) -> None:
    await registry.deliver(get(0, tag="v1"), get(0.2, "referrer"))
    assert await counts(emptied) == {"v1": (0, 1)}
