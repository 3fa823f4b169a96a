"""Reads the database in one snapshot: all rows, the blobs that it needs, and the links to them.

COPY over the driver needs no program of PostgreSQL, works with TLS and any server version, and
shows the same snapshot to the rows and to the lists (ADR 33).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from ops.backup.archive import Table, path_of
from ops.backup.transport.files import Files
from ops.backup.transport.streams import compress, produced, store
from ops.db.roles import connected

SCHEMAS = ["auth", "catalog", "events"]
_UNDUMPED = ("catalog.storage_holds", "catalog.gates")
"""Tables whose rows belong to processes of the old installation."""

_TABLES = """
    SELECT n.nspname AS schema, c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum)
      AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attgenerated = ''
    WHERE n.nspname = ANY($1) AND c.relkind = 'r'
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_SEQUENCES = """
    SELECT format('%I.%I', schemaname, sequencename) AS name, last_value FROM pg_sequences
    WHERE schemaname = ANY($1) ORDER BY 1
"""
# Each blob that a sweep would keep, and whether an image is damaged without it.
_BLOBS = """
    SELECT digest, bool_or(is_required) FROM (
      SELECT digest, true AS is_required FROM catalog.manifests
      UNION ALL SELECT blob_digest, true FROM catalog.manifest_blobs
      UNION ALL SELECT child_digest, false FROM catalog.manifest_children
      UNION ALL SELECT digest, false FROM catalog.manifest_other_digests
      UNION ALL SELECT digest, false FROM catalog.trash_digests
      UNION ALL SELECT unnest(needs), false FROM catalog.intents WHERE resolved_at IS NULL
    ) AS needed
    WHERE digest ~ '^sha256:[0-9a-f]{64}$'
    GROUP BY digest ORDER BY digest COLLATE "C"
"""
_REVISIONS = """
    SELECT r.path, m.digest FROM catalog.manifests m
    JOIN catalog.repositories r ON r.id = m.repository_id ORDER BY r.path
"""
_LAYERS = """
    SELECT DISTINCT r.path, b.blob_digest FROM catalog.manifest_blobs b
    JOIN catalog.repositories r ON r.id = b.repository_id ORDER BY r.path
"""
# What a repository links only if its client has pushed it: a manifest can name any digest.
_POSSIBLE_LAYERS = """
    SELECT r.path, c.child_digest FROM catalog.manifest_children c
    JOIN catalog.repositories r ON r.id = c.repository_id
    WHERE NOT EXISTS (SELECT FROM catalog.manifests m
                      WHERE m.repository_id = c.repository_id AND m.digest = c.child_digest)
    UNION SELECT r.path, o.digest FROM catalog.manifest_other_digests o
    JOIN catalog.repositories r ON r.id = o.repository_id
    WHERE NOT EXISTS (SELECT FROM catalog.manifest_blobs b
                      WHERE b.repository_id = o.repository_id AND b.blob_digest = o.digest)
    UNION SELECT i.repository, unnest(i.needs) FROM catalog.intents i
    WHERE i.resolved_at IS NULL AND i.kind = 'put_manifest'
"""
_TAGS = """
    SELECT r.path, t.name, t.digest FROM catalog.tags t
    JOIN catalog.repositories r ON r.id = t.repository_id ORDER BY r.path
"""


class Snapshot:
    """One state of the database. Open it with `open_snapshot`."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def read_revision(self) -> str:
        """Return the revision of the schema."""
        return str(
            await self._connection.fetchval("SELECT version_num FROM moorage.alembic_version")
        )

    async def dump_tables(self, target: Files, id: str) -> list[Table]:
        """Write the rows of each table to a file of the backup ``id``."""
        tables: list[Table] = []
        for row in await self._connection.fetch(_TABLES, SCHEMAS):
            schema, name, columns = row["schema"], row["name"], row["columns"]
            if f"{schema}.{name}" in _UNDUMPED:
                continue
            path = path_of(id, f"database/{schema}.{name}.gz")
            content = compress(self._copy(schema, name, columns))
            tables.append(
                Table(
                    schema_name=schema,
                    name=name,
                    columns=columns,
                    file=await store(target, path, content),
                )
            )
        return tables

    def _copy(self, schema: str, name: str, columns: list[str]) -> AsyncIterator[bytes]:
        return produced(
            lambda put: self._connection.copy_from_table(
                name, schema_name=schema, columns=columns, output=put
            )
        )

    async def read_sequences(self) -> dict[str, int | None]:
        """Return the last value of each sequence, or None if it has none yet.

        Sequences have no snapshot. Their values are those of now, so no id is assigned twice.
        """
        rows = await self._connection.fetch(_SEQUENCES, SCHEMAS)
        return {row["name"]: row["last_value"] for row in rows}

    async def list_blobs(self) -> list[tuple[str, bool]]:
        """Return the blobs that the rows need, and whether an image is damaged without it."""
        return [(row[0], row[1]) for row in await self._connection.fetch(_BLOBS)]

    def list_revisions(self) -> AsyncIterator[Any]:
        """Yield repository and digest of each manifest."""
        return self._yield(_REVISIONS)

    def list_layers(self) -> AsyncIterator[Any]:
        """Yield repository and digest of each blob that an image names as its layer or config."""
        return self._yield(_LAYERS)

    def list_possible_layers(self) -> AsyncIterator[Any]:
        """Yield repository and digest of what may be linked as a layer, too."""
        return self._yield(_POSSIBLE_LAYERS)

    def list_tags(self) -> AsyncIterator[Any]:
        """Yield repository, name, and digest of each tag."""
        return self._yield(_TAGS)

    async def _yield(self, query: str) -> AsyncIterator[Any]:
        async for row in self._connection.cursor(query, prefetch=1000):
            yield tuple(row)


@asynccontextmanager
async def open_snapshot(owner_url: str) -> AsyncIterator[Snapshot]:
    """Open a snapshot of the database for the block. Raises OpsError if it is unreachable."""
    async with (
        connected(owner_url) as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        await connection.execute("SET LOCAL statement_timeout = 0")
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield Snapshot(connection)
