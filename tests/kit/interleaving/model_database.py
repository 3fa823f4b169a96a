"""Prepares a database for interleavings: a clock that the test moves, pauses, and restores.

The clock is a sequence: each look at it is a microsecond later than the one before. Each statement
of the stepped functions is preceded by a pause, at which the test can stop it with a lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg

from tests.kit.database import Database
from tests.kit.interleaving.scheduler import Killed, Scheduler

if TYPE_CHECKING:
    from tests.kit.interleaving.engine import SteppedConnection

_STEPPED = ("admit_push", "insert_intent", "revive_blobs", "claim_garbage", "record_push")
_STARTS = ("PERFORM", "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "IF", "RETURN")
_SECOND = 1_000_000

_PREPARE = """
    CREATE SCHEMA model;
    CREATE SEQUENCE model.ticks;
    CREATE SEQUENCE model.restores;
    CREATE FUNCTION model.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
      $$ SELECT timestamptz '{now}' + nextval('model.ticks') * interval '1 microsecond' $$;
    CREATE FUNCTION model.pause(place integer) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_advisory_lock_shared(place, pg_backend_pid());
      PERFORM pg_advisory_unlock_shared(place, pg_backend_pid());
    END $$;
    CREATE OR REPLACE FUNCTION catalog.origin() RETURNS text LANGUAGE sql STABLE AS
      $$ SELECT 'restore ' || last_value FROM model.restores $$;
    GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA catalog TO PUBLIC;
    GRANT USAGE ON SCHEMA model TO PUBLIC;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA model TO PUBLIC;
    ALTER DATABASE {name} SET search_path = model, pg_catalog;
"""


class ModelDatabase:
    """A migrated database, and the session that orders all others. Make it with `open`."""

    def __init__(self, control: asyncpg.Connection) -> None:
        self.in_use: set[SteppedConnection] = set()
        self._control = control
        self._pauses: dict[str, tuple[int, ...]] = {}
        self._tables: dict[str, str] = {}
        self._alone = asyncio.Lock()

    @classmethod
    async def open(cls, database: Database, superuser_url: str) -> ModelDatabase:
        """Prepare the database, which must be new."""
        control: asyncpg.Connection = await asyncpg.connect(superuser_url)
        self = cls(control)
        now = await control.fetchval("SELECT now()")
        await control.execute(_PREPARE.format(now=now.isoformat(), name=database.name))
        functions = await control.fetch(
            "SELECT p.proname AS name, p.oid::regprocedure::text AS signature,"
            "  p.proconfig IS NOT NULL AS has_settings, pg_get_functiondef(p.oid) AS definition"
            " FROM pg_proc p WHERE p.pronamespace = 'catalog'::regnamespace AND p.prokind = 'f'"
            " ORDER BY p.proname"
        )
        for function in functions:
            if function["name"] in _STEPPED:
                await control.execute(self._with_pauses(function["name"], function["definition"]))
            if function["has_settings"]:
                await control.execute(
                    f"ALTER FUNCTION {function['signature']}"
                    " SET search_path = model, pg_catalog, catalog, pg_temp"
                )
        for row in await control.fetch(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'catalog' AND column_default LIKE 'clock_timestamp()%'"
        ):
            await control.execute(
                f"ALTER TABLE catalog.{row[0]} ALTER {row[1]} SET DEFAULT model.clock_timestamp()"
            )
        await control.execute("SET session_replication_role = replica")  # no triggers, no keys
        for row in await control.fetch(
            "SELECT c.relname, string_agg(a.attname, ', ' ORDER BY a.attnum)"
            " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
            "  AND NOT a.attisdropped AND a.attgenerated = ''"
            " WHERE c.relnamespace = 'catalog'::regnamespace AND c.relkind = 'r'"
            "  AND c.relname <> 'alembic_version' GROUP BY 1"
        ):
            self._tables[row[0]] = row[1]
            for slot in ("first", "marked", "backup"):
                await control.execute(
                    f"CREATE UNLOGGED TABLE model.{slot}_{row[0]} (LIKE catalog.{row[0]})"
                )
        return self

    def _with_pauses(self, name: str, definition: str) -> str:
        """Return the function with a pause before each of its outermost statements."""
        lines: list[str] = []
        places: list[int] = []
        last = ""
        for line in definition.splitlines():
            if line[2:].startswith(_STARTS) and last[-1:] == ";" and "FOUND" not in line:
                places.append(1000 * (_STEPPED.index(name) + 1) + len(places))
                lines.append(f"  PERFORM model.pause({places[-1]});")
            lines.append(line)
            stripped = line.strip()
            if stripped and not stripped.startswith("--"):
                last = stripped
        self._pauses[name] = tuple(places)
        return "\n".join(lines)

    def pauses_of(self, functions: Iterable[str]) -> tuple[int, ...]:
        """Return the places in these functions at which a statement can stop."""
        return tuple(place for name in functions for place in self._pauses[name])

    @asynccontextmanager
    async def stopping(
        self, scheduler: Scheduler, session: int, caller: str, place: int | None
    ) -> AsyncIterator[None]:
        """Stop the statement of ``session`` at ``place``, until the test lets it go on."""
        if place is None:
            yield
            return
        async with scheduler.busy():
            await self._execute("SELECT pg_advisory_lock($1, $2)", place, session)

        async def release() -> None:
            try:
                await scheduler.point(f"inside {caller} at {place}", is_inside=True)
            except Killed:
                pass
            finally:
                async with scheduler.busy():
                    await self._execute("SELECT pg_advisory_unlock($1, $2)", place, session)

        releasing = asyncio.create_task(release())
        try:
            yield
        finally:
            releasing.cancel()
            await asyncio.wait([releasing])

    async def are_blocked(self, sessions: list[int]) -> bool:
        """See Locks."""
        rows = await self.fetch(
            "SELECT bool_and(cardinality(pg_blocking_pids(pid)) > 0) FROM unnest($1::int[]) AS pid",
            sessions,
        )
        return bool(rows[0][0])

    async def advance(self, seconds: float) -> None:
        """Let time pass."""
        await self._execute(
            "SELECT setval('model.ticks', last_value + $1) FROM model.ticks",
            round(seconds * _SECOND),
        )

    async def read_clock(self) -> int:
        """Return the time in microseconds."""
        now: int = (await self.fetch("SELECT last_value FROM model.ticks"))[0][0]
        return now

    async def fetch(self, query: str, *values: Any) -> list[asyncpg.Record]:
        """Return the committed rows of a query."""
        async with self._alone:
            rows: list[asyncpg.Record] = await self._control.fetch(query, *values)
        return rows

    async def _execute(self, query: str, *values: Any) -> None:
        async with self._alone:
            await self._control.execute(query, *values)

    async def save(self, slot: str) -> None:
        """Save all rows of the catalog: ``first``, ``marked``, or ``backup``."""
        await self._execute(
            ";".join(
                f"DELETE FROM model.{slot}_{table};"
                f"INSERT INTO model.{slot}_{table} ({columns})"
                f" SELECT {columns} FROM catalog.{table}"
                for table, columns in self._tables.items()
            )
        )

    async def load(self, slot: str) -> None:
        """Put the rows of ``slot`` back."""
        await self._execute(
            ";".join(
                f"DELETE FROM catalog.{table}; INSERT INTO catalog.{table} ({columns})"
                f" OVERRIDING SYSTEM VALUE SELECT {columns} FROM model.{slot}_{table}"
                for table, columns in self._tables.items()
            )
        )

    async def restore(self) -> None:
        """Restore the backup. The restored database is another one than the one before.

        No statement may run.
        """
        await self.load("backup")
        await self._execute("SELECT nextval('model.restores')")

    async def close(self) -> None:
        await self._control.close()
