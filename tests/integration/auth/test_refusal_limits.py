"""The recorder of refused credentials: counts, windows, and limits."""

import secrets
from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db import engine as db
from libs.common.db import refusals
from libs.common.db.refusals import RefusalRecorder
from services.auth.tables import audit_entries
from tests.kit.database import Database

NOBODY = 10**12
"""From this id on, no account of another test exists."""


class Clock:
    """A clock that the test moves."""

    now = 0.0

    def __call__(self) -> float:
        """Return the time, in seconds."""
        return self.now


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    """An engine with the role of auth."""
    engine = db.create_engine(database.urls["auth"], application_name="tests")
    yield engine
    await engine.dispose()


async def occurrences(database: Database, action: str) -> list[int]:
    """Return the occurrences of each entry of ``action``, oldest first."""
    rows = await database.fetch(
        "SELECT occurrences FROM auth.audit_entries WHERE action = $1 ORDER BY id", action
    )
    return [row[0] for row in rows]


async def test_first_refusals_are_written_at_once_and_the_others_at_the_end_of_the_hour(
    engine: AsyncEngine, database: Database
) -> None:
    clock, action = Clock(), f"{secrets.token_hex(4)}.refuse"
    recorder = RefusalRecorder(engine, audit_entries, clock=clock)

    def refuse(times: int) -> None:
        for _ in range(times):
            recorder.record(
                action=action, target="accounts/acme", owner_id=NOBODY, client_address="192.0.2.1"
            )

    refuse(3)
    await recorder.flush()
    refuse(500)
    clock.now = 3599
    await recorder.flush()
    assert await occurrences(database, action) == [3]
    clock.now = 3600
    await recorder.flush()
    await recorder.flush()
    assert await occurrences(database, action) == [3, 500]
    refuse(1)
    await recorder.flush()
    assert await occurrences(database, action) == [3, 500, 1]
    refuse(2)
    await recorder.close()
    assert await occurrences(database, action) == [3, 500, 1, 2]


async def test_addresses_of_an_attacker_cannot_fill_the_trail_or_hide_another_account(
    engine: AsyncEngine, database: Database
) -> None:
    action = f"{secrets.token_hex(4)}.refuse"
    recorder = RefusalRecorder(engine, audit_entries)
    for n in range(5000):
        for owner_id in (None, NOBODY):
            recorder.record(
                action=action,
                target="accounts/acme",
                owner_id=owner_id,
                client_address=f"198.51.{n // 256}.{n % 256}",
            )
    recorder.record(
        action=action, target="accounts/other", owner_id=NOBODY + 1, client_address="192.0.2.1"
    )
    await recorder.flush()
    written = await occurrences(database, action)
    assert sum(written) == 10_001
    assert len(written) == 2 * (refusals.MAX_PER_OWNER + 1) + 1


async def test_accounts_of_an_attacker_cannot_fill_the_trail(
    engine: AsyncEngine, database: Database
) -> None:
    action = f"{secrets.token_hex(4)}.refuse"
    recorder = RefusalRecorder(engine, audit_entries)
    for n in range(5000):
        recorder.record(
            action=action, target=f"accounts/a{n}", owner_id=NOBODY + n, client_address="192.0.2.1"
        )
    await recorder.flush()
    written = await occurrences(database, action)
    assert (sum(written), len(written)) == (5000, refusals.MAX_WINDOWS + 1)


async def test_clients_of_one_ipv6_network_are_one_source(
    engine: AsyncEngine, database: Database
) -> None:
    action = f"{secrets.token_hex(4)}.refuse"
    recorder = RefusalRecorder(engine, audit_entries)
    for address in ("2001:db8::1", "2001:db8::2", "::ffff:192.0.2.1", "192.0.2.1"):
        recorder.record(action=action, target="sessions/-", owner_id=None, client_address=address)
    await recorder.flush()
    assert await occurrences(database, action) == [2, 2]
