"""A database that was restored into a PostgreSQL with lower transaction ids.

The catalog reads the feed and the pull totals in the order of transaction ids. After a restore, new
rows would come before the position of the catalog, so `moorage migrate` renumbers the old ones.
"""

from collections.abc import Awaitable, Callable

import asyncpg

from libs.common.db import engine as db
from ops.db.migrate import migrate
from ops.db.restored import renumber_if_restored
from ops.db.roles import Role
from services.catalog.pull_counts.queries import find_changed
from services.catalog.pull_counts.queries import get_position as get_totals_position
from services.catalog.sync.feed.queries import get_position, list_events
from tests.kit.database import SERVICES, Database

FAR = 2**40
"""A transaction id that the test server does not reach."""


async def push(database: Database, name: str, xid: int | None) -> None:
    columns, value = ("xid, ", f"{xid}, ") if xid else ("", "")
    await database.execute(
        f"INSERT INTO events.inbox ({columns}event_id, at_ns, action, method, request_id,"
        " repository, docker_user, address, user_agent)"
        f" VALUES ({value}'{name}', 1, 'push', 'PUT', 'r',"
        f" 'team/{name}', 'dev', '127.0.0.1', 'test')"
    )


async def list_unread(database: Database) -> tuple[list[str], list[str]]:
    """Return the repositories of the unread feed events, and those with unread pull totals."""
    engine = db.create_engine(database.urls["catalog"], application_name="tests")
    try:
        async with engine.connect() as tx:
            events = await list_events(tx, after=await get_position(tx), limit=100)
            changed, _ = await find_changed(tx, since=await get_totals_position(tx))
            return [event.repository for event in events], list(changed)
    finally:
        await engine.dispose()


async def test_after_a_restore_the_catalog_reads_unread_and_new_events_only(
    new_database: Callable[[], Awaitable[Database]],
) -> None:
    database = await new_database()
    await push(database, "read", FAR)
    await push(database, "unread", FAR + 5)
    (row,) = await database.fetch("SELECT id FROM events.inbox WHERE event_id = 'read'")
    await database.execute(
        "INSERT INTO catalog.feed_positions (feed, position)"
        f" VALUES ('registry', '{FAR}:{row['id']}'), ('pull_totals', '{FAR + 9}')"
    )
    await database.execute(
        "INSERT INTO events.pull_hours VALUES"
        f" ('team/read', 0, date_trunc('hour', now()), 'v1', 'dev', 3, 0, now(), {FAR})"
    )
    await push(database, "new", None)
    assert await list_unread(database) == ([], [])
    roles = [Role(f"{database.name}_{service}", "unchanged-password") for service in SERVICES]
    await migrate(database.urls["owner"], roles)
    urls = {
        name: url.replace(url.split(":")[2].split("@")[0], "unchanged-password")
        for name, url in database.urls.items()
        if name != "owner"
    }
    again = Database(database.name, {**urls, "owner": database.urls["owner"]})
    assert await list_unread(again) == (["team/unread", "team/new"], ["team/read"])
    await push(again, "newer", None)
    assert (await list_unread(again))[0] == ["team/unread", "team/new", "team/newer"]


async def test_a_database_that_was_not_restored_is_not_renumbered(
    new_database: Callable[[], Awaitable[Database]],
) -> None:
    database = await new_database()
    await push(database, "app", None)
    connection = await asyncpg.connect(database.urls["owner"])
    try:
        assert not await renumber_if_restored(connection)
    finally:
        await connection.close()
