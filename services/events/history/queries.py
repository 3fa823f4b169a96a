"""SQL of checkpoints: the state of a client's history after one of its events."""

from collections.abc import Mapping, Sequence

from libs.common.db.pool import Connection
from services.events.history.domain import Client, Key
from services.events.history.snapshot import Checkpoint


async def find_checkpoints(
    connection: Connection, before: Mapping[Client, Key]
) -> dict[Client, Checkpoint]:
    """Return each client's last checkpoint before its key. A client without one is left out."""
    clients = list(before)
    rows = await connection.fetch(
        """
        SELECT c.n, k.at_ns, k.event_id, k.run, k.state
        FROM unnest($1::uuid[], $2::bigint[], $3::text[])
             WITH ORDINALITY AS c (client, at_ns, event_id, n)
        CROSS JOIN LATERAL (
          SELECT k.at_ns, k.event_id, k.run, k.state FROM events.checkpoints k
          WHERE k.client = c.client AND (k.at_ns, k.event_id) < (c.at_ns, c.event_id)
          ORDER BY k.at_ns DESC, k.event_id DESC LIMIT 1) k
        """,
        [client.id for client in clients],
        [at_ns for at_ns, _ in before.values()],
        [event_id for _, event_id in before.values()],
    )
    return {
        clients[row["n"] - 1]: Checkpoint((row["at_ns"], row["event_id"]), row["run"], row["state"])
        for row in rows
    }


async def delete_checkpoints(
    connection: Connection, *, starting_at: Mapping[Client, Key], at: Mapping[Client, Key]
) -> None:
    """Delete each client's checkpoints from ``starting_at`` on, and the one exactly at ``at``."""
    deletions = [(client, key, False) for client, key in starting_at.items()]
    deletions += [(client, key, True) for client, key in at.items()]
    await connection.execute(
        """
        DELETE FROM events.checkpoints k
        USING unnest($1::uuid[], $2::bigint[], $3::text[], $4::boolean[])
              AS d (client, at_ns, event_id, exact)
        WHERE k.client = d.client AND CASE
          WHEN d.exact THEN (k.at_ns, k.event_id) = (d.at_ns, d.event_id)
          ELSE (k.at_ns, k.event_id) >= (d.at_ns, d.event_id) END
        """,
        [client.id for client, _, _ in deletions],
        [at_ns for _, (at_ns, _), _ in deletions],
        [event_id for _, (_, event_id), _ in deletions],
        [exact for _, _, exact in deletions],
    )


async def save_checkpoints(
    connection: Connection, checkpoints: Sequence[tuple[Client, Checkpoint]]
) -> None:
    """Insert ``checkpoints``."""
    await connection.execute(
        """
        INSERT INTO events.checkpoints (client, at_ns, event_id, run, state)
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::int[], $5::jsonb[])
        """,
        [client.id for client, _ in checkpoints],
        [checkpoint.key[0] for _, checkpoint in checkpoints],
        [checkpoint.key[1] for _, checkpoint in checkpoints],
        [checkpoint.run for _, checkpoint in checkpoints],
        [checkpoint.state for _, checkpoint in checkpoints],
    )
