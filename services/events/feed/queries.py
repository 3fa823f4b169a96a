"""SQL of the feed. Its events are rows of the inbox, published as ``events.registry_feed``."""

from libs.common.db.pool import Connection

CHANNEL = "moorage_feed"


async def notify_catalog(connection: Connection) -> None:
    """Notify the catalog, at commit, that the feed has new events."""
    await connection.execute("SELECT pg_notify($1, '')", CHANNEL)
