"""The privileges of the services on tables and views in the database (docs/adr/0001)."""

import re
from collections.abc import Iterable
from pathlib import Path

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from libs.common.web.health import SCHEMA_REVISION
from services.auth.tables import metadata as auth
from services.catalog.tables import metadata as catalog
from services.events.tables import metadata as events
from tests.kit.database import SERVICES, Database

TABLES = {"auth": auth, "catalog": catalog, "events": events}
READERS = {
    "catalog.credentials": {"auth"},
    "catalog.effective_access": {"auth"},
    "catalog.reserved_repositories": {"auth"},
    "catalog.full_namespaces": {"auth"},
    "catalog.index_children": {"events"},
    "catalog.deleted_index_children": {"events"},
    "catalog.referrer_subjects": {"events"},
    "catalog.namespace_owners": {"auth"},
    "catalog.garbage_digests": {"auth"},
    "catalog.garbage_generation": {"auth"},
    "catalog.repository_owners": {"events"},
    "catalog.repository_generations": {"events"},
    "catalog.feed_progress": {"events"},
    "catalog.namespace_viewers": {"events"},
    "auth.principals": {"auth", "catalog", "events"},
    "auth.ended_api_keys": {"auth", "catalog", "events"},
    "auth.docker_user_logins": {"catalog"},
    "auth.audit": {"catalog"},
    "events.registry_feed": {"catalog"},
    "events.oldest_pull": {"catalog"},
    "events.pull_totals": {"events"},
    "events.pull_sums": {"catalog"},
    "events.pulled_repositories": {"catalog"},
    "events.pulled_digests": {"catalog"},
    "events.reference_uses": {"catalog"},
    "events.counting_progress": {"catalog"},
    "events.audit": {"catalog"},
}
NEVER_CHANGED = {"catalog.backups"}
"""Tables whose rows are written once, and deleted."""
"""Each published view and the services that can read it."""


async def _objects(database: Database, kind: str) -> set[str]:
    """Return the tables (``r``) or views (``v``) of the three schemas."""
    rows = await database.fetch(
        "SELECT n.nspname || '.' || c.relname"
        " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = ANY($1) AND c.relkind = $2::char",
        list(SERVICES),
        kind,
    )
    return {row[0] for row in rows}


async def _allowed(
    database: Database, role: str, objects: Iterable[str], privilege: str
) -> set[str]:
    """Return those of ``objects`` on which the role of a service has ``privilege``."""
    rows = await database.fetch(
        "SELECT name FROM unnest($1::text[]) AS name WHERE has_table_privilege($2, name, $3)",
        sorted(objects),
        f"{database.name}_{role}",
        privilege,
    )
    return {row[0] for row in rows}


async def test_published_views_are_the_listed_ones(database: Database) -> None:
    assert await _objects(database, "v") == set(READERS)


def test_the_documentation_lists_each_published_view_and_its_readers() -> None:
    page = Path("docs/published-views.md").read_text()
    rows = re.findall(r"^\| `(\w+\.\w+)` \| ([a-z, ]+) \|", page, re.MULTILINE)
    assert {view: set(readers.split(", ")) for view, readers in rows} == READERS


@pytest.mark.parametrize("role", SERVICES)
async def test_a_service_can_read_only_its_tables_and_the_views_published_to_it(
    database: Database, role: str
) -> None:
    tables, views = await _objects(database, "r"), await _objects(database, "v")
    own = {f"{role}.{table.name}" for table in TABLES[role].sorted_tables}
    assert await _allowed(database, role, tables, "SELECT") == own
    assert await _allowed(database, role, views, "SELECT") == {
        view for view, readers in READERS.items() if role in readers
    }


@pytest.mark.parametrize("role", SERVICES)
async def test_a_service_can_write_only_its_tables_and_only_append_to_its_audit(
    database: Database, role: str
) -> None:
    everything = await _objects(database, "r") | await _objects(database, "v")
    own = {f"{role}.{table.name}" for table in TABLES[role].sorted_tables}
    audit = f"{role}.audit_entries"
    assert await _allowed(database, role, everything, "INSERT") == own
    assert await _allowed(database, role, everything, "UPDATE") == own - {audit} - NEVER_CHANGED
    assert await _allowed(database, role, everything, "DELETE") == own - {audit}
    assert await _allowed(database, role, everything, "TRUNCATE") == set()


async def test_a_service_cannot_extend_its_own_privileges(database: Database) -> None:
    for service in SERVICES:
        connection = await asyncpg.connect(database.urls[service])
        try:
            for statement in (
                "CREATE SCHEMA mine",
                f"SET ROLE {database.name}",
                "CREATE TABLE public.mine (id int)",
            ):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
        finally:
            await connection.close()


def test_services_require_the_newest_migration() -> None:
    assert ScriptDirectory.from_config(Config("alembic.ini")).get_current_head() == SCHEMA_REVISION
