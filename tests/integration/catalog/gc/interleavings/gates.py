"""A gate as spec 7 describes it: it knows the marks, revives, and has a lease."""

import uuid
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import sqlalchemy as sa

from tests.kit.interleaving.engine import SteppedEngine
from tests.kit.interleaving.model_database import ModelDatabase

_LEASE_MICROSECONDS = 5_000_000
_LOAD = sa.text("""
    SELECT s.generation, ARRAY(SELECT digest FROM catalog.garbage_blobs) AS digests
    FROM catalog.garbage_state s
""")
_RENEW = sa.text("SELECT catalog.renew_gate(:gate, :generation, interval '5 seconds')")
_REVIVE = sa.text("SELECT catalog.revive_blobs(CAST(:digests AS text[]))")
_TOUCH = sa.text("SELECT catalog.touch_blobs(CAST(:digests AS text[]))")


class Answer(Enum):
    ALLOWED = "allowed"
    DELETING = "being deleted"
    REFUSED = "refused"


@dataclass(eq=False)
class ModelGate:
    """One replica."""

    engine: SteppedEngine
    database: ModelDatabase
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    known: frozenset[str] = frozenset()
    generation: int | None = None
    current: int | None = None
    lease_end: int = 0
    touched: set[str] = field(default_factory=set)

    async def load(self) -> None:
        """Load the marks and their generation, and renew the lease."""
        async with self.engine.connect() as tx:
            row = (await load(tx)).one()
        self.known, self.generation = frozenset(row.digests), row.generation
        await self.renew()

    async def renew(self) -> None:
        """Renew the lease. It counts from before the call."""
        if self.generation is None:
            return
        sent_at = await self.database.read_clock()
        generation = self.generation
        async with self.engine.begin() as tx:
            self.current = (await renew(tx, self.id, generation)).scalar_one()
        self.lease_end = sent_at + _LEASE_MICROSECONDS

    async def is_ready(self) -> bool:
        """Return whether it has a lease, and knows the present marks, as far as it knows."""
        now = await self.database.read_clock()
        return now < self.lease_end and self.current == self.generation

    async def check(self, digest: str) -> Answer:
        """Answer a request for a blob, and revive it."""
        if not await self.is_ready():
            return Answer.REFUSED
        self.touched.add(digest)
        if digest in self.known:
            async with self.engine.begin() as tx:
                if (await revive(tx, digest)).scalar_one():
                    return Answer.DELETING
        return Answer.ALLOWED

    async def flush(self) -> None:
        """Record the touches."""
        digests, self.touched = self.touched, set()
        async with self.engine.begin() as tx:
            await touch(tx, digests)


# The scheduler names a step by the function that sends the statement.


async def load(tx: Any) -> Any:
    return await tx.execute(_LOAD)


async def renew(tx: Any, gate: uuid.UUID, generation: int) -> Any:
    return await tx.execute(_RENEW, {"gate": gate, "generation": generation})


async def revive(tx: Any, digest: str) -> Any:
    return await tx.execute(_REVIVE, {"digests": [digest]})


async def touch(tx: Any, digests: set[str]) -> Any:
    return await tx.execute(_TOUCH, {"digests": sorted(digests)})
