"""SQL of admission: read the target of a push, and record the push."""

from collections.abc import Collection
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from libs.common.db.engine import Tx
from services.catalog.admission.domain import Target
from services.catalog.images.description import Described, Platform
from services.catalog.tables import repositories

_TARGET = sa.text("""
    SELECT n.id AS namespace_id, n.account_id, r.id AS repository_id,
           n.deleting OR coalesce(r.status = 'deleting', false) AS is_deleting,
           (SELECT s.available_at FROM catalog.reserved_names s
            WHERE s.kind = 'repository' AND s.name = :path
              AND s.available_at > clock_timestamp()) AS reserved_until,
           EXISTS (SELECT FROM catalog.deletions d
                   WHERE d.kind = 'repository' AND d.name = :path) AS has_deletion,
           EXISTS (SELECT FROM catalog.write_pauses p
                   WHERE p.phase = 'all_writes' AND p.ends_at > clock_timestamp()) AS is_paused,
           EXISTS (SELECT FROM catalog.manifests m
                   WHERE m.repository_id = r.id AND m.digest = :digest) AS is_known
    FROM catalog.namespaces n
    LEFT JOIN catalog.repositories r ON r.namespace_id = n.id AND r.name = :name
    WHERE n.name = :namespace
    FOR KEY SHARE OF n
""")

_LOCK_NAMESPACE = sa.text("SELECT FROM catalog.namespaces WHERE name = :namespace FOR KEY SHARE")

# A repository that is created while its namespace is deleted is deleted with it. The namespace is
# locked before, so that this statement sees the deletion.
_INSERT_REPOSITORY = sa.text("""
    INSERT INTO catalog.repositories (namespace_id, name, status)
    SELECT n.id, :name,
           CASE WHEN EXISTS (SELECT FROM catalog.deletions d
                             WHERE d.kind = 'repository' AND d.name = :path)
                THEN 'deleting' ELSE 'active' END
    FROM catalog.namespaces n WHERE n.name = :namespace
    RETURNING id
""")

_TEXTS = ("tag", "digest", "media_type", "artifact_type", "subject", "docker_user")
_RECORD = sa.text("""
    WITH manifest AS (
        INSERT INTO catalog.manifests AS m
          (repository_id, digest, media_type, artifact_type, subject, size_bytes, platforms, layers,
           labels, image_created_at, pushed_at, pushed_by, untagged_since)
        VALUES (:repository_id, :digest, :media_type, :artifact_type, :subject, :size_bytes,
                :platforms, :layers, :labels, :image_created_at, clock_timestamp(), :docker_user,
                CASE WHEN :tag IS NULL THEN now() END)
        ON CONFLICT (repository_id, digest) DO UPDATE
          SET untagged_since = CASE WHEN m.untagged_since IS NOT NULL THEN EXCLUDED.untagged_since
                               END
    ), blobs AS (
        INSERT INTO catalog.manifest_blobs (repository_id, manifest_digest, blob_digest, size_bytes)
        SELECT :repository_id, :digest, blob.digest, blob.size
        FROM unnest(CAST(:blobs AS text[]), CAST(:sizes AS bigint[])) AS blob (digest, size)
        ON CONFLICT DO NOTHING
    ), children AS (
        INSERT INTO catalog.manifest_children (repository_id, index_digest, child_digest)
        SELECT :repository_id, :digest, child
        FROM unnest(CAST(:children AS text[])) AS child
        ON CONFLICT DO NOTHING
    ), before AS (
        SELECT digest FROM catalog.tags WHERE repository_id = :repository_id AND name = :tag
    ), tag AS (
        INSERT INTO catalog.tags (repository_id, name, digest, pushed_at, pushed_by, admitted_in)
        SELECT :repository_id, :tag, :digest, clock_timestamp(), :docker_user, catalog.origin()
        WHERE :tag IS NOT NULL
        ON CONFLICT (repository_id, name) DO UPDATE
          SET digest = EXCLUDED.digest, pushed_at = EXCLUDED.pushed_at,
              pushed_by = EXCLUDED.pushed_by, admitted_in = EXCLUDED.admitted_in
    )
    SELECT (SELECT digest FROM before) AS digest_before
""").bindparams(
    *(sa.bindparam(name, type_=JSONB) for name in ("platforms", "layers", "labels")),
    *(sa.bindparam(name, type_=sa.Text) for name in _TEXTS),
    sa.bindparam("repository_id", type_=sa.BigInteger),
    sa.bindparam("image_created_at", type_=sa.TIMESTAMP(timezone=True)),
)

# The size of a repository is that of its tagged manifests, each once, at most what a bigint holds.
# Counting them again for each push would take longer with each tag.
_ADD_TO_TOTALS = sa.text("""
    UPDATE catalog.repositories r
    SET tag_count = r.tag_count
          + CASE WHEN :tag IS NOT NULL AND :digest_before IS NULL THEN 1 ELSE 0 END,
        size_bytes = least(9223372036854775807,
                           greatest(0, r.size_bytes::numeric + coalesce(gained.size_bytes, 0)
                                       - coalesce(lost.size_bytes, 0))),
        last_pushed_at = greatest(r.last_pushed_at, clock_timestamp()),
        status = CASE WHEN r.status = 'deleting' THEN 'deleting' ELSE 'active' END
    FROM (SELECT
            (SELECT m.size_bytes FROM catalog.manifests m
             WHERE m.repository_id = :repository_id AND m.digest = :digest
               AND :tag IS NOT NULL AND :digest IS DISTINCT FROM :digest_before
               AND NOT EXISTS (
                   SELECT FROM catalog.tags t
                   WHERE t.repository_id = :repository_id AND t.digest = :digest
                     AND t.name <> :tag)) AS size_bytes) AS gained,
         (SELECT
            (SELECT m.size_bytes FROM catalog.manifests m
             WHERE m.repository_id = :repository_id AND m.digest = :digest_before
               AND :digest IS DISTINCT FROM :digest_before
               AND NOT EXISTS (
                   SELECT FROM catalog.tags t
                   WHERE t.repository_id = :repository_id
                     AND t.digest = :digest_before)) AS size_bytes) AS lost
    WHERE r.id = :repository_id
""").bindparams(*(sa.bindparam(name, type_=sa.Text) for name in ("tag", "digest", "digest_before")))

_COPY_TAG_SUM = sa.text("""
    UPDATE catalog.tags t SET pull_count = total.pulls, last_pulled_at = total.last_pulled_at
    FROM events.pull_sums total
    WHERE total.repository = :path AND total.tag = :tag
      AND t.repository_id = :repository_id AND t.name = :tag
""")

_DESCRIPTIONS = sa.text("""
    SELECT m.digest, m.media_type, m.artifact_type, m.subject, m.size_bytes, m.platforms,
           EXISTS (SELECT FROM catalog.manifest_children c
                   WHERE c.repository_id = m.repository_id AND c.index_digest = m.digest)
             AS has_children
    FROM catalog.manifests m WHERE m.repository_id = :repository_id AND m.digest = ANY(:digests)
""")


async def find_target(tx: Tx, *, namespace: str, name: str, digest: str) -> Target | None:
    """Return the repository of a push, or None if its namespace does not exist.

    The row of the namespace is locked, so that a deletion of the namespace sees the intent.
    """
    path = f"{namespace}/{name}"
    values = {"namespace": namespace, "name": name, "path": path, "digest": digest}
    row = (await tx.execute(_TARGET, values)).one_or_none()
    if row is None:
        return None
    return Target(
        namespace_id=row.namespace_id,
        account_id=row.account_id,
        repository_id=row.repository_id,
        is_deleting=row.is_deleting or (row.has_deletion and row.reserved_until is None),
        reserved_until=None if row.is_deleting else row.reserved_until,
        are_writes_paused=row.is_paused,
        is_known=row.is_known,
    )


async def find_repository_id(tx: Tx, *, namespace: str, name: str) -> int | None:
    """Return the id of a repository, or None if it does not exist."""
    statement = sa.select(repositories.c.id).where(repositories.c.path == f"{namespace}/{name}")
    id_: int | None = (await tx.execute(statement)).scalar_one_or_none()
    return id_


async def list_descriptions(
    tx: Tx, *, repository_id: int, digests: Collection[str]
) -> list[Described]:
    """Return what an index takes from its children, of those of ``digests`` that are recorded."""
    rows = await tx.execute(
        _DESCRIPTIONS, {"repository_id": repository_id, "digests": list(digests)}
    )
    return [
        Described(
            digest=row.digest,
            media_type=row.media_type,
            artifact_type=row.artifact_type,
            subject=row.subject,
            size_bytes=row.size_bytes,
            platforms=tuple(Platform(**platform) for platform in row.platforms),
            layers=(),
            labels={},
            image_created_at=None,
            children=("",) if row.has_children else (),
            blobs=(),
        )
        for row in rows
    ]


async def ensure_repository(tx: Tx, *, namespace: str, name: str) -> tuple[int, bool] | None:
    """Return the id of the repository and whether it is new; None if its namespace is gone."""
    path = f"{namespace}/{name}"
    found = await find_repository_id(tx, namespace=namespace, name=name)
    if found is not None:
        return found, False
    await tx.execute(_LOCK_NAMESPACE, {"namespace": namespace})
    values = {"namespace": namespace, "name": name, "path": path}
    row = (await tx.execute(_INSERT_REPOSITORY, values)).one_or_none()
    return None if row is None else (row.id, True)


async def record_manifest(
    tx: Tx, *, repository_id: int, described: Described, tag: str | None, docker_user: str
) -> str | None:
    """Write the manifest, and the tag if one is given. Return the digest that the tag named before.

    A manifest that exists already keeps its description.
    """
    values = {
        "repository_id": repository_id,
        "digest": described.digest,
        "media_type": described.media_type,
        "artifact_type": described.artifact_type,
        "subject": described.subject,
        "size_bytes": described.size_bytes,
        "platforms": [asdict(platform) for platform in described.platforms],
        "layers": [asdict(layer) for layer in described.layers],
        "labels": described.labels,
        "image_created_at": described.image_created_at,
        "docker_user": docker_user,
        "tag": tag,
        "blobs": [digest for digest, _ in described.blobs],
        "sizes": [size for _, size in described.blobs],
        "children": list(described.children),
    }
    before: str | None = (await tx.execute(_RECORD, values)).scalar_one()
    return before


async def add_to_totals(
    tx: Tx, *, repository_id: int, digest: str, tag: str | None, digest_before: str | None
) -> None:
    """Update the repository's totals and time of its last push after ``record_manifest``."""
    values = {
        "repository_id": repository_id,
        "digest": digest,
        "tag": tag,
        "digest_before": digest_before,
    }
    await tx.execute(_ADD_TO_TOTALS, values)


async def copy_tag_sum(tx: Tx, *, repository_id: int, path: str, tag: str) -> None:
    """Set the pull counter of a new tag: it has pulls from before if it was deleted."""
    await tx.execute(_COPY_TAG_SUM, {"repository_id": repository_id, "path": path, "tag": tag})
