"""Marks of garbage, written as the catalog writes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

_MARK = """
WITH run AS (
  INSERT INTO catalog.garbage_runs (phase, finished_at) VALUES ('done', now()) RETURNING id)
INSERT INTO catalog.garbage_blobs (digest, state, size_bytes, run, epoch)
SELECT digest, $2, 1, run.id, catalog.epoch() FROM unnest($1::text[]) AS digest, run
"""
_RAISE = "UPDATE catalog.garbage_state SET generation = generation + 1 RETURNING generation"


@dataclass(frozen=True, slots=True)
class Garbage:
    """The marks in the database at ``url``, with the role of the catalog."""

    url: str

    async def mark(self, *digests: str, state: str = "doomed") -> int:
        """Mark blobs in one run, and raise the generation. Return the new one."""
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(_MARK, list(digests), state)
            generation: int = await connection.fetchval(_RAISE)
            return generation
        finally:
            await connection.close()

    async def states(self, *digests: str) -> list[str | None]:
        """Return the state of each digest: "doomed", "deleting", or None if it is live."""
        rows = await self._fetch(
            "SELECT digest, state FROM catalog.garbage_blobs WHERE digest = ANY($1)", digests
        )
        found = {row["digest"]: row["state"] for row in rows}
        return [found.get(digest) for digest in digests]

    async def touched(self, *digests: str) -> set[str]:
        """Return those of ``digests`` that clients have needed."""
        rows = await self._fetch(
            "SELECT digest FROM catalog.blob_touches WHERE digest = ANY($1)", digests
        )
        return {row["digest"] for row in rows}

    async def remove(self, *digests: str) -> None:
        """Remove the rows, as a sweep does after it has deleted the blobs."""
        await self._fetch("DELETE FROM catalog.garbage_blobs WHERE digest = ANY($1)", digests)

    async def gates(self) -> list[tuple[int, float]]:
        """Return what each gate confirmed: the generation, and the seconds until its lease ends."""
        rows = await self._fetch(
            "SELECT generation, extract(epoch FROM leased_until - clock_timestamp())::float"
            " FROM catalog.gates WHERE $1::text[] IS NOT NULL ORDER BY leased_until",
            (),
        )
        return [(row[0], row[1]) for row in rows]

    async def _fetch(self, sql: str, digests: Sequence[str]) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.url)
        try:
            rows: list[asyncpg.Record] = await connection.fetch(sql, list(digests))
            return rows
        finally:
            await connection.close()
