"""SQL that moves deleted objects to the trash."""

from collections.abc import Collection
from dataclasses import asdict
from datetime import timedelta

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.registry.names import artifact_tags
from services.catalog.intents.domain import Requester
from services.catalog.repositories.domain import Repository
from services.catalog.tables import manifests, tags, trash, trash_manifests
from services.catalog.trash.domain import Kind

_m = trash_manifests.c

_COPY_TAGS = """
    INSERT INTO catalog.trash_tags (entry_id, repository, name, digest, pushed_at, pushed_by)
    SELECT :entry_id, r.path, o.name, o.digest, o.pushed_at, o.pushed_by
    FROM catalog.repositories r JOIN catalog.tags o ON o.repository_id = r.id
    WHERE r.path = :repository AND o.{column} = ANY(CAST(:chosen AS text[]))
    ON CONFLICT DO NOTHING
"""
_TAGS = sa.text(_COPY_TAGS.format(column="name"))
_TAGS_OF = sa.text(_COPY_TAGS.format(column="digest"))
_KEEP_TAGS = sa.text("""
    WITH entry AS (
      INSERT INTO catalog.trash
        (kind, path, namespace, repository, digest, owner_id, size_bytes, tag_count, account_id,
         account, client_address, via, api_key_id, docker_user, expires_at)
      SELECT 'tag', :repository || ':' || t.name, :namespace, :repository, t.digest, :owner_id,
             coalesce(m.size_bytes, 0), 1, :account_id, :account, :client_address, :via,
             CAST(:api_key_id AS uuid), :docker_user, clock_timestamp() + :lifetime
      FROM catalog.tags t LEFT JOIN catalog.manifests m USING (repository_id, digest)
      WHERE t.repository_id = :repository_id AND t.name = ANY(CAST(:names AS text[]))
      RETURNING id, path, digest),
    kept AS (
      INSERT INTO catalog.trash_tags (entry_id, repository, name, digest, pushed_at, pushed_by)
      SELECT e.id, :repository, t.name, t.digest, t.pushed_at, t.pushed_by
      FROM entry e JOIN catalog.tags t
        ON t.repository_id = :repository_id AND t.name = ANY(CAST(:names AS text[]))
          AND :repository || ':' || t.name = e.path)
    INSERT INTO catalog.trash_digests (digest, repository, entry_id)
    SELECT digest, :repository, id FROM entry
""").bindparams(
    sa.bindparam("lifetime", type_=sa.Interval),
    sa.bindparam("repository", type_=sa.Text),
)
_MANIFESTS = sa.text("""
    INSERT INTO catalog.trash_manifests
      (entry_id, repository, digest, media_type, artifact_type, subject, size_bytes,
       platforms, layers, labels, image_created_at, pushed_at, pushed_by, blobs, children,
       other_digests, is_scanned)
    SELECT :entry_id, r.path, o.digest, o.media_type, o.artifact_type, o.subject, o.size_bytes,
           o.platforms, o.layers, o.labels, o.image_created_at, o.pushed_at, o.pushed_by,
           coalesce((SELECT jsonb_agg(jsonb_build_array(b.blob_digest, b.size_bytes))
                     FROM catalog.manifest_blobs b
                     WHERE b.repository_id = r.id AND b.manifest_digest = o.digest), '[]'),
           ARRAY(SELECT c.child_digest FROM catalog.manifest_children c
                 WHERE c.repository_id = r.id AND c.index_digest = o.digest),
           ARRAY(SELECT d.digest FROM catalog.manifest_other_digests d
                 WHERE d.repository_id = r.id AND d.manifest_digest = o.digest),
           o.is_scanned
    FROM catalog.repositories r JOIN catalog.manifests o ON o.repository_id = r.id
    WHERE r.path = :repository
      AND o.digest = ANY(CAST(:digests AS text[]))
    ON CONFLICT DO NOTHING
""")

# What a deletion leaves in the catalog needs one row only: garbage collection keeps all that such a
# manifest needs. A manifest that leaves the catalog needs its blobs, its children, and its
# referrers.
_NEEDED = sa.text("""
    INSERT INTO catalog.trash_digests (digest, repository, entry_id)
    SELECT needed.digest, :repository, :entry_id FROM (
        SELECT digest FROM catalog.trash WHERE id = :entry_id
      UNION
        SELECT digest FROM catalog.trash_tags WHERE entry_id = :entry_id
      UNION
        SELECT other.digest FROM catalog.trash_manifests o CROSS JOIN LATERAL (
            SELECT b.blob_digest AS digest FROM catalog.manifest_blobs b
            WHERE b.repository_id = :repository_id AND b.manifest_digest = o.digest
          UNION ALL
            SELECT d.digest FROM catalog.manifest_other_digests d
            WHERE d.repository_id = :repository_id AND d.manifest_digest = o.digest
          UNION ALL
            SELECT c.child_digest FROM catalog.manifest_children c
            WHERE c.repository_id = :repository_id AND c.index_digest = o.digest
          UNION ALL
            SELECT m.digest FROM catalog.manifests m
            WHERE m.repository_id = :repository_id AND m.subject = o.digest
        ) AS other
        WHERE o.entry_id = :entry_id
    ) AS needed
    ON CONFLICT DO NOTHING
""")


async def find_artifact_tags(tx: Tx, *, repository_id: int, digest: str) -> list[str]:
    """Return the tags that exist for the signatures and other referrers of an image."""
    statement = sa.select(tags.c.name).where(
        tags.c.repository_id == repository_id, tags.c.name.in_(artifact_tags(digest))
    )
    return list((await tx.execute(statement)).scalars())


async def keep_tags(
    tx: Tx,
    *,
    repository: Repository,
    names: Collection[str],
    requester: Requester,
    lifetime: timedelta,
) -> None:
    """Insert an entry for each tag, with what it needs. The entries expire after ``lifetime``."""
    values = asdict(requester) | {
        "repository_id": repository.id,
        "repository": repository.path,
        "namespace": repository.namespace,
        "owner_id": repository.account_id,
        "names": list(names),
        "lifetime": lifetime,
    }
    await tx.execute(_KEEP_TAGS, values)


async def insert_image(
    tx: Tx,
    *,
    repository: Repository,
    digest: str,
    tag_count: int,
    requester: Requester,
    lifetime: timedelta,
) -> int:
    """Insert the entry of an image, and return its id. It expires after ``lifetime``."""
    size_bytes = (
        sa.select(manifests.c.size_bytes)
        .where(manifests.c.repository_id == repository.id, manifests.c.digest == digest)
        .scalar_subquery()
    )
    return await insert_entry(
        tx,
        kind=Kind.MANIFEST,
        path=f"{repository.path}@{digest}",
        namespace=repository.namespace,
        repository=repository.path,
        owner_id=repository.account_id,
        size_bytes=sa.func.coalesce(size_bytes, 0),
        tag_count=tag_count,
        requester=requester,
        lifetime=lifetime,
        digest=digest,
    )


async def insert_entry(
    tx: Tx,
    *,
    kind: Kind,
    path: str,
    namespace: str,
    repository: str | None,
    owner_id: int,
    size_bytes: int | sa.ColumnElement[int],
    tag_count: int,
    requester: Requester,
    lifetime: timedelta,
    **values: object,
) -> int:
    """Insert an entry, and return its id. ``values`` are further columns."""
    statement = sa.insert(trash).values(
        kind=kind.value,
        path=path,
        namespace=namespace,
        repository=repository,
        owner_id=owner_id,
        size_bytes=size_bytes,
        tag_count=tag_count,
        expires_at=sa.func.clock_timestamp() + lifetime,
        **asdict(requester),
        **values,
    )
    return int((await tx.execute(statement.returning(trash.c.id))).scalar_one())


async def copy_tags(tx: Tx, *, entry_id: int, repository: str, names: Collection[str]) -> None:
    """Copy tags of a repository to the trash."""
    values = {"entry_id": entry_id, "repository": repository, "chosen": list(names)}
    await tx.execute(_TAGS, values)


async def copy_tags_of(tx: Tx, *, entry_id: int, repository: str, digests: Collection[str]) -> None:
    """Copy the tags of manifests to the trash."""
    values = {"entry_id": entry_id, "repository": repository, "chosen": list(digests)}
    await tx.execute(_TAGS_OF, values)


async def copy_manifests(
    tx: Tx, *, entry_id: int, repository: str, digests: Collection[str]
) -> None:
    """Copy manifests of a repository to the trash without their content."""
    values = {"entry_id": entry_id, "repository": repository, "digests": list(digests)}
    await tx.execute(_MANIFESTS, values)


async def insert_needed(tx: Tx, *, entry_id: int, repository: Repository) -> None:
    """Record what a tag or an image needs directly, so that garbage collection keeps it."""
    values = {
        "entry_id": entry_id,
        "repository_id": repository.id,
        "repository": repository.path,
    }
    await tx.execute(_NEEDED, values)


_REPOSITORIES = sa.text("""
    INSERT INTO catalog.trash_repositories
      (entry_id, path, description, created_at, last_pushed_at, generation)
    SELECT :entry_id, given.path, coalesce(r.description, ''), coalesce(r.created_at, now()),
           r.last_pushed_at, s.available_at
    FROM unnest(CAST(:paths AS text[])) AS given (path)
    LEFT JOIN catalog.repositories r ON r.path = given.path
    LEFT JOIN catalog.reserved_names s ON s.kind = 'repository' AND s.name = given.path
    WHERE NOT EXISTS (SELECT FROM catalog.deletions d
                      WHERE d.kind = 'repository' AND d.name = given.path)
""")
_GRANTS = sa.text("""
    INSERT INTO catalog.trash_grants
      (entry_id, docker_user_id, docker_user, permission, created_at, updated_at, is_hidden)
    SELECT :entry_id, u.id, u.username, g.permission, g.created_at, g.updated_at,
           EXISTS (SELECT FROM catalog.hidden_grants h
                   WHERE (h.namespace_id, h.docker_user_id) = (g.namespace_id, u.id))
    FROM catalog.grants g JOIN catalog.docker_users u ON u.id = g.docker_user_id
    WHERE g.namespace_id = :namespace_id
""")
_SUM_UP = sa.text("""
    UPDATE catalog.trash e
    SET repository_count = total.count, tag_count = total.tag_count, size_bytes = total.size_bytes
    FROM (SELECT count(*) AS count, coalesce(sum(r.tag_count), 0)::bigint AS tag_count,
                 least(coalesce(sum(r.size_bytes), 0), 9223372036854775807)::bigint AS size_bytes
          FROM catalog.trash_repositories o LEFT JOIN catalog.repositories r ON r.path = o.path
          WHERE o.entry_id = :entry_id) AS total
    WHERE e.id = :entry_id
""")
_ENTRY_OF_DELETION = sa.text("""
    SELECT e.id FROM catalog.deletions d
    JOIN catalog.trash_repositories o ON o.path = d.name
    JOIN catalog.trash e ON e.id = o.entry_id
    WHERE d.kind = 'repository' AND d.name = :repository AND e.deleted_at >= d.requested_at
      AND e.expires_at > clock_timestamp()
    ORDER BY e.id LIMIT 1
""")
_REFERENCES = sa.text("""
    INSERT INTO catalog.trash_digests (digest, repository, entry_id)
    SELECT DISTINCT o.digest, r.path, CAST(:entry_id AS bigint)
    FROM catalog.repositories r CROSS JOIN LATERAL (
        SELECT blob_digest AS digest FROM catalog.manifest_blobs
        WHERE repository_id = r.id AND manifest_digest = ANY(CAST(:digests AS text[]))
      UNION ALL
        SELECT child_digest FROM catalog.manifest_children
        WHERE repository_id = r.id AND index_digest = ANY(CAST(:digests AS text[]))
      UNION ALL
        SELECT digest FROM catalog.manifest_other_digests
        WHERE repository_id = r.id AND manifest_digest = ANY(CAST(:digests AS text[]))
    ) AS o
    WHERE r.path = :repository
    ON CONFLICT DO NOTHING
""")


async def copy_repositories(tx: Tx, *, entry_id: int, paths: Collection[str]) -> None:
    """Copy repositories to the trash. A push that is not finished can create one of them."""
    await tx.execute(_REPOSITORIES, {"entry_id": entry_id, "paths": list(paths)})


async def copy_grants(tx: Tx, *, entry_id: int, namespace_id: int) -> None:
    """Copy the grants of a namespace to the trash."""
    await tx.execute(_GRANTS, {"entry_id": entry_id, "namespace_id": namespace_id})


async def sum_up(tx: Tx, *, entry_id: int) -> None:
    """Set the totals of the entry to those of its repositories."""
    await tx.execute(_SUM_UP, {"entry_id": entry_id})


async def find_entry_of_deletion(tx: Tx, *, repository: str) -> int | None:
    """Return the entry of the deletion of the repository, or of its namespace."""
    id_: int | None = (
        await tx.execute(_ENTRY_OF_DELETION, {"repository": repository})
    ).scalar_one_or_none()
    return id_


async def insert_references(
    tx: Tx, *, entry_id: int, repository: str, digests: Collection[str]
) -> None:
    """Record all that manifests of a repository need."""
    values = {"entry_id": entry_id, "repository": repository, "digests": list(digests)}
    await tx.execute(_REFERENCES, values)


async def needs_content(tx: Tx, *, repository: str, digest: str) -> bool:
    """Return whether the trash has the manifest, but not its content."""
    is_missing = sa.exists().where(
        _m.repository == repository, _m.digest == digest, _m.content.is_(None)
    )
    return bool((await tx.execute(sa.select(is_missing))).scalar_one())


async def store_content(tx: Tx, *, repository: str, digest: str, content: bytes) -> None:
    """Store the content of a manifest that the trash has."""
    await tx.execute(
        sa.update(trash_manifests)
        .where(_m.repository == repository, _m.digest == digest, _m.content.is_(None))
        .values(content=content)
    )
