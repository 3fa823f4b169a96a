"""Fills the inbox and counts its events, without a running service."""

from collections.abc import Sequence
from typing import Any

from libs.common.db.pool import Connection
from services.events.counting import usecases
from services.events.indexes import queries as indexes
from services.events.indexes.domain import ManifestRef
from services.events.ingest import queries as inbox
from services.events.ingest.domain import parse_event
from tests.kit.pulls.envelopes import digest_of
from tests.kit.pulls.patterns import CHILDREN

INDEXES = {"index": CHILDREN, "index-of-indexes": ("index",), "amd64": ()}
"""The children of each index by its name. ``digest_of`` returns the digest of a name."""


async def store_indexes(connection: Connection, repository: str) -> None:
    """Store the children of ``INDEXES`` in ``repository``, as if they had been looked up."""
    known = {
        ManifestRef(repository, digest_of(index)): tuple(digest_of(child) for child in children)
        for index, children in INDEXES.items()
    }
    await indexes.save_children(connection, known)


async def store(connection: Connection, raw: Sequence[dict[str, Any]]) -> None:
    """Store the events ``raw`` in the inbox."""
    await inbox.store_events(connection, [parse_event(item) for item in raw])


async def count_all(connection: Connection, limit: int = 2000) -> int:
    """Count until no event is claimed; return the number of batches."""
    batches = 0
    while (await usecases.count_batch(connection, limit=limit)).claimed:
        batches += 1
    return batches
