"""SQL of the children of indexes, of the events that wait for them, and of subjects.

The children stay known after the index is deleted, so that a history counts the same.
"""

from collections.abc import Collection, Mapping, Sequence

from libs.common.db.pool import Connection
from services.events.history.domain import MANIFEST_TYPES, Client
from services.events.indexes.domain import MAX_CHILDREN, ManifestRef


async def find_children(
    connection: Connection, refs: Collection[ManifestRef]
) -> dict[ManifestRef, tuple[str, ...]]:
    """Return the children of each of ``refs``, sorted. Only an index has children.

    The catalog comes first: it has every index that it has recorded, also after its deletion.
    Other manifests are looked up in the registry. One that was not looked up yet is left out. If
    the registry did not have it, that answer is valid for one minute, because the manifest can be
    pushed again.
    """
    rows = await connection.fetch(
        """
        SELECT * FROM (
          SELECT p.repository, p.digest, coalesce(
            (SELECT (array_agg(v.child_digest ORDER BY v.child_digest COLLATE "C"))[:$3::int]
             FROM catalog.index_children v
             WHERE v.namespace = split_part(p.repository, '/', 1)
               AND v.name = substr(p.repository, strpos(p.repository, '/') + 1)
               AND v.index_digest = p.digest),
            (SELECT d.children FROM catalog.deleted_index_children d
             WHERE d.index_digest = p.digest LIMIT 1),
            (SELECT i.children FROM events.indexes i
             WHERE i.repository = p.repository AND i.digest = p.digest
               AND (NOT i.gone OR i.resolved_at > now() - interval '1 minute'))) AS children
          FROM unnest($1::text[], $2::text[]) AS p (repository, digest)) found
        WHERE children IS NOT NULL
        """,
        *_columns(refs),
        MAX_CHILDREN,
    )
    return {ManifestRef(row["repository"], row["digest"]): tuple(row["children"]) for row in rows}


async def find_subjects(
    connection: Connection, refs: Collection[ManifestRef]
) -> dict[ManifestRef, str]:
    """Return the subjects of those of ``refs`` that refer to another manifest, and store them.

    The catalog has every manifest that was pushed. A stored subject counts the same after the
    manifest is deleted.
    """
    rows = await connection.fetch(
        """
        WITH found AS MATERIALIZED (
          SELECT p.repository, p.digest, s.subject AS stored, coalesce(s.subject, (
              SELECT v.subject FROM catalog.referrer_subjects v
              WHERE v.repository = p.repository AND v.digest = p.digest)) AS subject
          FROM unnest($1::text[], $2::text[]) AS p (repository, digest)
          LEFT JOIN events.subjects s ON (s.repository, s.digest) = (p.repository, p.digest)
        ), stored AS (
          INSERT INTO events.subjects (repository, digest, subject)
          SELECT repository, digest, subject FROM found
          WHERE stored IS NULL AND subject IS NOT NULL ORDER BY repository, digest
          ON CONFLICT DO NOTHING)
        SELECT repository, digest, subject FROM found WHERE subject IS NOT NULL
        """,
        *_columns(refs),
    )
    return {ManifestRef(row["repository"], row["digest"]): row["subject"] for row in rows}


async def save_children(
    connection: Connection, found: Mapping[ManifestRef, tuple[str, ...] | None]
) -> None:
    """Store the registry's answers: the children of a manifest, or None if it is not there.

    Stored children are never replaced, because a digest stands for one list of children.
    """
    for ref in sorted(found):  # in one order, so that two workers cannot deadlock
        children = found[ref]
        await connection.execute(
            """
            INSERT INTO events.indexes (repository, digest, children, gone)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT (repository, digest) DO UPDATE
              SET children = EXCLUDED.children, gone = EXCLUDED.gone, resolved_at = now()
              WHERE events.indexes.gone
            """,
            *ref,
            list(children or ()),
            children is None,
        )


async def defer_events(connection: Connection, ids: Sequence[int]) -> None:
    """Postpone events by one second, because the children of an index must be looked up."""
    await connection.execute(
        "UPDATE events.inbox SET retry_at = now() + interval '1 second'"
        " WHERE id = ANY ($1::bigint[])",
        ids,
    )


async def list_deferred_events(connection: Connection) -> list[tuple[int, Client, str]]:
    """Return (id, client, digest) of each deferred event whose manifest can be an index."""
    rows = await connection.fetch(
        """
        SELECT id, repository, docker_user, address, user_agent, digest FROM events.inbox
        WHERE counted_at IS NULL AND retry_at IS NOT NULL
          AND (media_type IS NULL OR media_type <> ALL ($1::text[]))
        """,
        list(MANIFEST_TYPES),
    )
    return [
        (
            row["id"],
            Client(row["repository"], row["docker_user"], row["address"], row["user_agent"]),
            row["digest"],
        )
        for row in rows
    ]


async def resume_events(connection: Connection, repositories: Collection[str]) -> None:
    """Make the deferred events of ``repositories`` due now."""
    await connection.execute(
        """
        UPDATE events.inbox SET retry_at = now() WHERE id IN (
          SELECT id FROM events.inbox
          WHERE counted_at IS NULL AND retry_at > now() AND repository = ANY ($1::text[])
          ORDER BY id FOR UPDATE SKIP LOCKED)
        """,
        list(repositories),
    )


def _columns(refs: Collection[ManifestRef]) -> tuple[list[str], list[str]]:
    return [ref.repository for ref in refs], [ref.digest for ref in refs]
