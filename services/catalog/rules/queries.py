"""SQL of the rules for tags."""

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from services.catalog.rules.domain import EffectiveRules, RetentionRule, Rules, postgres_regex
from services.catalog.tables import repositories
from services.catalog.tables import rules as table

_r = table.c


async def find_namespace_rules(tx: Tx, *, namespace_id: int) -> EffectiveRules | None:
    """Return the rules of a namespace, or None."""
    return await _find(tx, _r.namespace_id == namespace_id)


async def find_repository_rules(tx: Tx, *, repository_id: int) -> EffectiveRules | None:
    """Return a repository's own rules, or None."""
    return await _find(tx, _r.repository_id == repository_id)


async def find_effective_rules(
    tx: Tx, *, namespace_id: int, repository_id: int
) -> EffectiveRules | None:
    """Return the rules that apply to a repository, or None."""
    return await _find(
        tx, sa.or_(_r.namespace_id == namespace_id, _r.repository_id == repository_id)
    )


async def _find(tx: Tx, condition: sa.ColumnElement[bool]) -> EffectiveRules | None:
    statement = sa.select(table).where(condition).order_by(_r.repository_id.nulls_last()).limit(1)
    row = (await tx.execute(statement)).one_or_none()
    return _rules(row) if row else None


def _rules(row: Any) -> EffectiveRules:
    return EffectiveRules(
        immutable_tags=tuple(row.immutable_tags),
        retention=tuple(RetentionRule(**rule) for rule in row.retention),
        retention_enabled=row.retention_enabled,
        source="namespace" if row.repository_id is None else "repository",
        updated_at=row.updated_at,
    )


async def put_namespace_rules(tx: Tx, *, namespace_id: int, rules: Rules) -> None:
    """Insert or replace the rules of a namespace."""
    await _put(tx, "namespace_id", namespace_id, rules)


async def put_repository_rules(tx: Tx, *, repository_id: int, rules: Rules) -> None:
    """Insert or replace a repository's own rules."""
    await _put(tx, "repository_id", repository_id, rules)


async def _put(tx: Tx, owner: str, id_: int, rules: Rules) -> None:
    values = {
        "immutable_tags": list(rules.immutable_tags),
        "immutable_regex": postgres_regex(rules.immutable_tags),
        "retention": [asdict(rule) for rule in rules.retention],
        "retention_enabled": rules.retention_enabled,
        "updated_at": sa.func.clock_timestamp(),
    }
    statement = insert(table).values({owner: id_, **values})
    await tx.execute(statement.on_conflict_do_update(index_elements=[owner], set_=values))


async def delete_repository_rules(tx: Tx, *, repository_id: int) -> None:
    """Delete a repository's own rules."""
    await tx.execute(sa.delete(table).where(_r.repository_id == repository_id))


async def lock_repository_row(tx: Tx, *, repository_id: int) -> bool:
    """Keep others from deleting the repository's row; return False if it does not exist."""
    statement = (
        sa.select(repositories.c.id)
        .where(repositories.c.id == repository_id)
        .with_for_update(key_share=True, read=True)
    )
    return (await tx.execute(statement)).one_or_none() is not None


_IS_CHANGING = sa.text("""
    SELECT EXISTS (
        SELECT FROM catalog.intents i
        JOIN catalog.repositories r ON r.path = i.repository
        JOIN catalog.tags t ON t.repository_id = r.id AND t.name = ANY(i.tags)
        WHERE i.resolved_at IS NULL AND i.origin = catalog.origin()
          AND i.kind <> 'restore_tag'
          AND NOT (i.kind IN ('put_manifest', 'restore', 'copy') AND i.digest = t.digest)
          AND r.namespace_id = :namespace_id AND r.status <> 'deleting'
          AND t.name ~ catalog.immutable_regex(r.namespace_id, r.id)
          AND NOT catalog.is_artifact_tag(t.name))
""")


async def is_changing_immutable(tx: Tx, *, namespace_id: int) -> bool:
    """Return whether an open change moves or deletes a tag that is immutable, in the namespace.

    It was opened before the tag became immutable.
    """
    return bool((await tx.execute(_IS_CHANGING, {"namespace_id": namespace_id})).scalar_one())


_IMMUTABLE = sa.text("SELECT catalog.find_immutable(:repository_id, CAST(:tags AS text[]))")


async def find_immutable(tx: Tx, *, repository_id: int, tags: Collection[str]) -> list[str]:
    """Return those of ``tags`` that exist and are immutable.

    The caller has locked the repository. No rules change until the transaction ends.
    """
    values = {"repository_id": repository_id, "tags": list(tags)}
    found: list[str] = (await tx.execute(_IMMUTABLE, values)).scalar_one()
    return found


# The tags that open pushes set are as good as there: their clients read that they exist.
_ANY_IMMUTABLE = sa.text("""
    WITH of AS MATERIALIZED (
        SELECT r.id, r.path, catalog.immutable_regex(r.namespace_id, r.id) AS regex
        FROM catalog.repositories r
        WHERE r.namespace_id = :namespace_id AND r.status <> 'deleting'
          AND (CAST(:repository_id AS bigint) IS NULL OR r.id = :repository_id))
      (SELECT of.path, t.name FROM of JOIN catalog.tags t ON t.repository_id = of.id
       WHERE of.regex IS NOT NULL AND t.name ~ of.regex AND NOT catalog.is_artifact_tag(t.name)
       LIMIT 1)
    UNION ALL
      (SELECT i.repository, tag FROM catalog.intents i
       CROSS JOIN unnest(i.tags) AS tag
       LEFT JOIN catalog.repositories r ON r.path = i.repository
       WHERE i.namespace = :namespace AND i.resolved_at IS NULL AND i.origin = catalog.origin()
         AND i.kind IN ('put_manifest', 'restore', 'copy')
         AND (CAST(:repository_id AS bigint) IS NULL OR r.id = :repository_id)
         AND r.status IS DISTINCT FROM 'deleting'
         AND tag ~ catalog.immutable_regex(:namespace_id, r.id)
         AND NOT catalog.is_artifact_tag(tag)
       LIMIT 1)
    LIMIT 1
""")


async def find_any_immutable(
    tx: Tx, *, namespace_id: int, namespace: str, repository_id: int | None = None
) -> tuple[str, str] | None:
    """Return the path and tag of an immutable tag of the namespace, or of one repository in it.

    The caller has locked the namespace and, if it is given, the repository.
    """
    values = {
        "namespace_id": namespace_id,
        "namespace": namespace,
        "repository_id": repository_id,
    }
    row = (await tx.execute(_ANY_IMMUTABLE, values)).one_or_none()
    return (row[0], row[1]) if row else None


_LOCK_NAMESPACES = sa.text("""
    SELECT FROM catalog.namespaces WHERE name = ANY(:names) ORDER BY id FOR KEY SHARE
""")
_AMONG = sa.text("""
    WITH one AS (
        SELECT r.id, r.namespace_id, r.path, t.name, t.digest
        FROM unnest(CAST(:tag_paths AS text[]), CAST(:tags AS text[])) AS k (path, tag)
        JOIN catalog.repositories r ON r.path = k.path
        JOIN catalog.tags t ON t.repository_id = r.id AND t.name = k.tag
      UNION
        SELECT r.id, r.namespace_id, r.path, t.name, t.digest
        FROM unnest(CAST(:manifest_paths AS text[]), CAST(:digests AS text[])) AS k (path, digest)
        JOIN catalog.repositories r ON r.path = k.path
        JOIN catalog.tags t ON t.repository_id = r.id AND t.digest = k.digest)
    SELECT path, name, digest FROM one
    WHERE name ~ catalog.immutable_regex(namespace_id, id) AND NOT catalog.is_artifact_tag(name)
""")


async def list_immutable(
    tx: Tx, *, keys: Collection[tuple[str, str]], manifests_of: Collection[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Return the digests of existing tags (repository path, tag) that are immutable.

    They are among ``keys``, or name one of the manifests (repository path, digest). The caller has
    locked the repositories. No rules change until the transaction ends.
    """
    if not keys and not manifests_of:
        return {}
    paths = {path for path, _ in (*keys, *manifests_of)}
    await tx.execute(_LOCK_NAMESPACES, {"names": [path.partition("/")[0] for path in paths]})
    values = {
        "tag_paths": [path for path, _ in keys],
        "tags": [tag for _, tag in keys],
        "manifest_paths": [path for path, _ in manifests_of],
        "digests": [digest for _, digest in manifests_of],
    }
    return {(row.path, row.name): row.digest for row in await tx.execute(_AMONG, values)}


_TO_TRASH = sa.text("""
    INSERT INTO catalog.trash_rules
      (entry_id, path, immutable_tags, immutable_regex, retention, retention_enabled, updated_at)
    SELECT e.entry_id, e.path, o.immutable_tags, o.immutable_regex, o.retention,
           o.retention_enabled, o.updated_at
    FROM (
        SELECT t.entry_id, t.path, NULL::bigint AS namespace_id, r.id AS repository_id
        FROM catalog.trash_repositories t JOIN catalog.repositories r ON r.path = t.path
        WHERE t.entry_id = :entry_id
      UNION ALL
        SELECT t.id, t.path, n.id, NULL
        FROM catalog.trash t JOIN catalog.namespaces n ON n.name = t.path
        WHERE t.id = :entry_id AND t.kind = 'namespace') AS e
    JOIN catalog.rules o
      ON o.namespace_id = e.namespace_id OR o.repository_id = e.repository_id
""")
_FROM_TRASH = sa.text("""
    WITH of AS (DELETE FROM catalog.trash_rules WHERE entry_id = :entry_id RETURNING *)
    INSERT INTO catalog.rules
      (namespace_id, repository_id, immutable_tags, immutable_regex, retention,
       retention_enabled, updated_at)
    SELECT n.id, r.id, of.immutable_tags, of.immutable_regex, of.retention, of.retention_enabled,
           of.updated_at
    FROM of LEFT JOIN catalog.repositories r ON r.path = of.path
    LEFT JOIN catalog.namespaces n ON n.name = of.path
    WHERE num_nonnulls(n.id, r.id) = 1
    ON CONFLICT DO NOTHING
""")


async def copy_to_trash(tx: Tx, *, entry_id: int) -> None:
    """Copy the rules of the namespace and of the repositories of an entry to the trash."""
    await tx.execute(_TO_TRASH, {"entry_id": entry_id})


async def move_from_trash(tx: Tx, *, entry_id: int) -> None:
    """Write the rules of an entry again, whose namespace and repositories have been written."""
    await tx.execute(_FROM_TRASH, {"entry_id": entry_id})
