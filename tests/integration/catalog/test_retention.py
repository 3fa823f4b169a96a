"""Old audit entries and reservations are deleted (spec 14, "Growth")."""

from functools import partial

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from libs.common.db import audit
from libs.common.db import engine as db
from libs.common.tasks.cleaning import Cleaner
from services.catalog.reserved_names.queries import delete_expired
from tests.kit.database import SERVICES, Database

_INSERT = """
    INSERT INTO {}.audit_entries (at, action, target)
    SELECT now() - i * interval '1 day', 'namespace.create', 'namespaces/n' || i
    FROM generate_series(1, 2500) AS i
"""


def audit_cleaner(engine: AsyncEngine, service: str, *, days: int) -> Cleaner:
    """Return what deletes the audit entries of ``service``."""
    return Cleaner(engine, partial(audit.delete_old, schema=service, days=days))


@pytest.mark.parametrize("service", SERVICES)
async def test_each_service_deletes_its_audit_entries_after_a_year(
    emptied: Database, service: str
) -> None:
    await emptied.execute(_INSERT.format(service))
    engine = db.create_engine(emptied.urls[service], application_name="tests")
    try:
        assert await audit_cleaner(engine, service, days=365).clean() == 2136
    finally:
        await engine.dispose()
    rows = await emptied.fetch(f"SELECT count(*), min(at) FROM {service}.audit_entries")
    assert rows[0][0] == 364


async def test_a_service_cannot_delete_the_entries_of_today(
    emptied: Database, engine: AsyncEngine
) -> None:
    with pytest.raises(Exception, match="at least one day"):
        await audit_cleaner(engine, "catalog", days=0).clean()
    connection = await asyncpg.connect(emptied.urls["auth"])
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(
                "SELECT catalog.delete_audit_entries(interval '365 days', 1000)"
            )
    finally:
        await connection.close()


async def test_expired_reservations_are_deleted(emptied: Database, engine: AsyncEngine) -> None:
    await emptied.execute(
        "INSERT INTO catalog.reserved_names (kind, name, available_at) VALUES"
        " ('namespace', 'old', now() - interval '40 days'),"
        " ('namespace', 'recent', now() - interval '1 day'),"
        " ('namespace', 'reserved', now() + interval '1 day'),"
        " ('docker_user', 'old', now() - interval '40 days'),"
        " ('repository', 'team/pulled', now() - interval '40 days'),"
        " ('repository', 'team/unpulled', now() - interval '40 days'),"
        " ('repository', 'team/exists', now() - interval '40 days')"
    )
    await emptied.execute(
        "INSERT INTO catalog.accounts (username, password_hash, role) VALUES ('a', 'x', 'member')"
    )
    await emptied.execute(
        "INSERT INTO catalog.namespaces (account_id, name, visibility)"
        " SELECT id, 'team', 'private' FROM catalog.accounts"
    )
    await emptied.execute(
        "INSERT INTO catalog.repositories (namespace_id, name)"
        " SELECT id, 'exists' FROM catalog.namespaces"
    )
    await emptied.execute(
        "INSERT INTO events.pull_hours"
        " (repository, generation, tag, docker_user, hour, pulls, checks, last_pulled_at)"
        " VALUES ('team/pulled', 0, 'v1', '', now(), 3, 0, now())"
    )
    assert await Cleaner(engine, delete_expired).clean() == 3
    rows = await emptied.fetch("SELECT name FROM catalog.reserved_names ORDER BY name")
    assert [row["name"] for row in rows] == ["recent", "reserved", "team/exists", "team/pulled"]
