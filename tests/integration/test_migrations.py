"""Migrations against a real PostgreSQL: SQL files, locks, and an upgrade of a used database."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import sqlalchemy as sa

from libs.common.db.sql_file import run_beside
from ops.db.migrate import owner_engine, upgrade
from ops.db.postgres import EmbeddedServer, url
from ops.db.roles import Role, connected, ensure_owner, ensure_roles
from ops.errors import OpsError
from tests.kit.database import SERVICES

BEFORE_RENAMES = "0009"

USED = """
INSERT INTO catalog.deletions (kind, name, account) VALUES ('repository', 'team/app', 'alice');
INSERT INTO catalog.deletions (kind, name, made_in) VALUES ('namespace', 'old', 'a backup');
INSERT INTO catalog.tag_deletions
  (repository, tag, digest, pushed_at, throwaway, put_back, put_back_at, put_back_by)
VALUES ('team/app', 'v1', 'sha256:a', now(), 'sha256:b', 'sha256:c', now(), 'dev');
INSERT INTO catalog.write_pauses (phase, pushing, ends_at)
VALUES ('new_uploads', '{team/app}', now() + interval '1 hour');
INSERT INTO events.pull_hours
  (repository, since_ns, hour, tag, docker_user, pulls, checks, last_pulled_at)
VALUES ('team/app', 0, date_trunc('hour', now()), 'v1', 'dev', 3, 1, now()),
       ('team/app', 7, date_trunc('hour', now()), 'v1', 'dev', 2, 0, now());
"""
"""Rows in every table that revision 0010 renames or whose columns it renames."""

GRANTED = """
INSERT INTO catalog.accounts (username, password_hash, role) VALUES ('acme', '', 'member');
INSERT INTO catalog.docker_users (account_id, username, password_hash)
SELECT id, name, '' FROM catalog.accounts, unnest(ARRAY['puller', 'pusher']) AS name;
INSERT INTO catalog.namespaces (account_id, name, visibility)
SELECT id, 'team', 'private' FROM catalog.accounts;
INSERT INTO catalog.grants (namespace_id, docker_user_id, permission)
SELECT n.id, u.id, left(u.username, 4) FROM catalog.namespaces n, catalog.docker_users u;
INSERT INTO auth.access_tokens (id, docker_user_id, name, permission, secret_hash)
SELECT gen_random_uuid(), id, 'ci', left(username, 4), username::bytea FROM catalog.docker_users;
"""
PERMISSIONS = (
    "SELECT permission FROM catalog.grants UNION ALL SELECT permission FROM auth.access_tokens"
)

RENAMED = {
    "made_in": "origin",
    "throwaway": "placeholder",
    "put_back": "restored_digest",
    "put_back_at": "restored_pushed_at",
    "put_back_by": "restored_pushed_by",
    "pushing": "active_uploads",
    "since_ns": "generation",
}


@pytest.fixture
async def owner_url(postgres_server: EmbeddedServer) -> AsyncIterator[str]:
    """An empty database with the roles of the services, and without a schema."""
    name = f"migrations_{secrets.token_hex(4)}"
    owner = Role(name, secrets.token_urlsafe(16), may_create_roles=True)
    await ensure_owner(postgres_server.superuser_url, owner, name)
    address = url(user=name, password=owner.password, port=postgres_server.port, database=name)
    async with connected(address) as connection:
        await ensure_roles(connection, [Role(f"{name}_{part}", "unused") for part in SERVICES])
    yield address
    async with connected(postgres_server.superuser_url) as connection:
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


async def run_sql_file(owner_url: str, folder: Path, sql: str) -> None:
    """Run ``sql`` as the file of a migration, in one transaction."""
    (folder / "0099_test.sql").write_text(sql)
    engine = owner_engine(owner_url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run_beside, str(folder / "0099_test.py"))
    finally:
        await engine.dispose()


async def list_tables(owner_url: str) -> list[str]:
    async with connected(owner_url) as connection:
        rows = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        )
    return [row["tablename"] for row in rows]


@pytest.mark.parametrize(
    "comment",
    [
        "-- The table moves; the view follows.",
        "-- It's one table; it isn't two.",
        "/* The table moves; the view follows. */",
        "-- :auth_role; and $$ in a comment",
    ],
)
async def test_a_comment_with_a_semicolon_drops_no_statement(
    owner_url: str, tmp_path: Path, comment: str
) -> None:
    await run_sql_file(
        owner_url,
        tmp_path,
        f"{comment}\nCREATE TABLE first (id int);\n\n{comment}\nCREATE TABLE second (id int);\n",
    )
    assert await list_tables(owner_url) == ["first", "second"]


async def test_a_semicolon_in_a_function_or_a_text_does_not_end_the_statement(
    owner_url: str, tmp_path: Path
) -> None:
    await run_sql_file(
        owner_url,
        tmp_path,
        """
        CREATE FUNCTION answer() RETURNS int LANGUAGE plpgsql AS $$
        BEGIN
          RETURN 42;
        END $$;
        CREATE TABLE noted AS SELECT 'a; b' AS text, answer() AS number;
        """,
    )
    async with connected(owner_url) as connection:
        row = await connection.fetchrow("SELECT text, number FROM noted")
    assert row is not None
    assert tuple(row) == ("a; b", 42)


async def test_a_sql_file_that_fails_changes_nothing(owner_url: str, tmp_path: Path) -> None:
    with pytest.raises(asyncpg.UndefinedTableError):
        await run_sql_file(owner_url, tmp_path, "CREATE TABLE first (id int); DROP TABLE absent;")
    assert await list_tables(owner_url) == []


async def test_a_sql_file_grants_to_the_roles_of_its_database(
    owner_url: str, tmp_path: Path
) -> None:
    await run_sql_file(
        owner_url, tmp_path, "CREATE TABLE shared (id int); GRANT SELECT ON shared TO :events_role;"
    )
    async with connected(owner_url) as connection:
        assert await connection.fetchval(
            "SELECT has_table_privilege(current_database() || '_events', 'shared', 'SELECT')"
        )


async def test_a_step_that_cannot_lock_a_table_fails_within_seconds_and_changes_nothing(
    owner_url: str,
) -> None:
    """Without `lock_timeout` the step waits, and every query of the services queues behind it."""
    await upgrade(owner_url, revision=BEFORE_RENAMES)
    async with connected(owner_url) as reader:
        async with reader.transaction():
            await reader.execute("LOCK TABLE events.pull_tags IN ACCESS SHARE MODE")
            async with asyncio.timeout(30):
                with pytest.raises(OpsError, match=r"changed nothing: canceling .* lock timeout"):
                    await upgrade(owner_url)
        assert await revision_of(reader) == BEFORE_RENAMES
        assert await reader.fetch("SELECT made_in FROM catalog.deletions") == []
    await upgrade(owner_url)
    async with connected(owner_url) as connection:
        assert await revision_of(connection) > BEFORE_RENAMES


async def test_every_step_runs_with_the_lock_timeout(owner_url: str) -> None:
    seen: list[str] = []

    def read_timeout(
        connection: sa.Connection, _cursor: object, statement: str, *_rest: object
    ) -> None:
        if "alembic_version" in statement and statement.startswith(("INSERT", "UPDATE")):
            seen.append(connection.exec_driver_sql("SHOW lock_timeout").scalar_one())

    sa.event.listen(sa.Engine, "before_cursor_execute", read_timeout)
    try:
        await upgrade(owner_url)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", read_timeout)
    assert len(seen) >= 10
    assert set(seen) == {"5s"}


async def test_an_upgrade_from_0009_keeps_every_row_of_the_renamed_tables(owner_url: str) -> None:
    await upgrade(owner_url, revision=BEFORE_RENAMES)
    async with connected(owner_url) as connection:
        await connection.execute(USED)
        before = await read_rows(connection)
        views = await read_views(
            connection,
            "SELECT repository, namespace FROM catalog.closed_repositories",
            "SELECT phase, pushing FROM catalog.paused_writes",
            "SELECT repository, tag, pulls FROM events.pull_totals",
            "SELECT repository, tag, pulls FROM events.pull_sums",
        )
    assert {table: len(rows) for table, rows in before.items()} == {
        "catalog.deletions": 2,
        "catalog.tag_deletions": 1,
        "catalog.write_pauses": 1,
        "events.pull_hours": 2,
        "events.pull_tags": 2,
    }
    await upgrade(owner_url, revision="0010")
    async with connected(owner_url) as connection:
        assert await read_rows(connection) == {
            table: [{RENAMED.get(name, name): value for name, value in row.items()} for row in rows]
            for table, rows in before.items()
        }
        assert views == await read_views(
            connection,
            "SELECT repository, namespace FROM catalog.reserved_repositories",
            "SELECT phase, active_uploads FROM catalog.paused_writes",
            "SELECT repository, tag, pulls FROM events.pull_totals",
            "SELECT repository, tag, pulls FROM events.pull_sums",
        )


async def test_unfinished_deletion_of_a_tag_becomes_an_intent(owner_url: str) -> None:
    await upgrade(owner_url, revision="0010")
    async with connected(owner_url) as connection:
        await connection.execute(
            "INSERT INTO catalog.tag_deletions"
            " (repository, tag, digest, pushed_at, placeholder, account, finished_at)"
            " VALUES ('team/app', 'v1', 'sha256:a', now(), 'sha256:b', 'alice', NULL),"
            "        ('team/app', 'v2', 'sha256:a', now(), 'sha256:c', 'alice', now())"
        )
    await upgrade(owner_url)
    async with connected(owner_url) as connection:
        rows = await connection.fetch(
            "SELECT kind, namespace, repository, digest, tags, account,"
            " leased_until < clock_timestamp() AS is_due, origin = catalog.origin() AS is_ours"
            " FROM catalog.intents"
        )
    assert [tuple(row) for row in rows] == [
        ("delete_tag", "team", "team/app", "sha256:a", ["v1"], "alice", True, True)
    ]


async def test_after_an_upgrade_from_0009_sums_follow_and_only_restored_deletions_are_suspended(
    owner_url: str,
) -> None:
    await upgrade(owner_url, revision=BEFORE_RENAMES)
    async with connected(owner_url) as connection:
        await connection.execute(USED)
    await upgrade(owner_url)
    async with connected(owner_url) as connection:
        await connection.execute("UPDATE events.pull_hours SET pulls = pulls + 1")
        sums = await connection.fetch("SELECT generation, pulls FROM events.pull_tags ORDER BY 1")
        assert [tuple(row) for row in sums] == [(0, 4), (7, 3)]
        await connection.execute(
            "INSERT INTO catalog.deletions (kind, name) VALUES ('repository', 'team/new')"
        )
        suspended = await connection.fetch(
            "SELECT name FROM catalog.deletions WHERE origin <> catalog.origin()"
        )
        assert [row["name"] for row in suspended] == ["old"]


async def test_grants_and_access_tokens_keep_their_permission_and_can_get_delete(
    owner_url: str,
) -> None:
    await upgrade(owner_url, revision="0019")
    async with connected(owner_url) as connection:
        await connection.execute(GRANTED)
    await upgrade(owner_url)
    async with connected(owner_url) as connection:
        kept = [row["permission"] for row in await connection.fetch(PERMISSIONS)]
        assert sorted(kept) == ["pull", "pull", "push", "push"]
        for table in ("catalog.grants", "auth.access_tokens"):
            await connection.execute(f"UPDATE {table} SET permission = 'delete'")
            with pytest.raises(asyncpg.CheckViolationError):
                await connection.execute(f"UPDATE {table} SET permission = '*'")


async def revision_of(connection: asyncpg.Connection) -> str:
    revision = await connection.fetchval("SELECT version_num FROM moorage.alembic_version")
    assert isinstance(revision, str)
    return revision


async def read_rows(connection: asyncpg.Connection) -> dict[str, list[dict[str, Any]]]:
    """Return every row of the renamed tables, by table and in an order that renames keep."""
    tables = {
        "catalog.deletions": "id",
        "catalog.tag_deletions": "id",
        "catalog.write_pauses": "id",
        "events.pull_hours": "2",
        "events.pull_tags": "2",
    }
    found = {}
    for table, order in tables.items():
        rows = await connection.fetch(
            f"SELECT to_jsonb(t)::text AS row FROM (SELECT * FROM {table} ORDER BY {order}) t"
        )
        found[table] = [json.loads(row["row"]) for row in rows]
    return found


async def read_views(connection: asyncpg.Connection, *queries: str) -> list[list[tuple[Any, ...]]]:
    return [[tuple(row) for row in await connection.fetch(query)] for query in queries]
