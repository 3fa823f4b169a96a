"""SQL of images: tags, manifests, and the references between them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page, or_never
from libs.common.registry.manifests import Layer
from services.catalog.images.description import Platform
from services.catalog.images.domain import (
    Image,
    ManifestTree,
    Order,
    TaggedImage,
    TaggedIndex,
)
from services.catalog.tables import manifests, repositories, tags

_t, _m = tags.c, manifests.c
_NATURAL_NAME = sa.func.catalog.natural_key(_t.name, type_=sa.Text).collate("C")
_SORT_COLUMNS: dict[str, tuple[sa.ColumnElement[Any], ...]] = {
    "name": (_NATURAL_NAME, _t.name),
    "pushed_at": (_t.pushed_at, _t.name),
    "pull_count": (_t.pull_count, _t.name),
    "last_pulled_at": (or_never(_t.last_pulled_at), _t.name),
    "size_bytes": (_m.size_bytes, _t.name),
}
_TAG_NAMES_MANIFEST = sa.and_(_m.repository_id == _t.repository_id, _m.digest == _t.digest)


async def list_tags(
    tx: Tx,
    *,
    repository_id: int,
    q: str | None,
    with_artifacts: bool,
    order: Order,
    page: PageRequest,
) -> Page[TaggedImage]:
    """Return a page of the repository's tags; ``q`` is a part of the tag.

    Without ``with_artifacts``, tags that belong to other images are left out.
    """
    tag_columns = (_t.name, _t.digest, _t.pushed_at, _t.pushed_by, _t.pull_count, _t.last_pulled_at)
    immutable = _is_immutable(repository_id).label("immutable")
    statement = (
        sa.select(
            *tag_columns,
            _m.media_type,
            _m.artifact_type,
            _m.size_bytes,
            _m.platforms,
            immutable,
        )
        .join(manifests, _TAG_NAMES_MANIFEST)
        .where(_t.repository_id == repository_id)
    )
    if not with_artifacts:
        statement = statement.where(sa.not_(sa.func.catalog.is_artifact_tag(_t.name)))
    if q:
        statement = statement.where(_t.name.icontains(q, autoescape=True))
    sort = Sort(order, _SORT_COLUMNS[order.removeprefix("-")])
    return await fetch_page(tx, statement, sort=sort, page=page, of=_tagged_image)


def _is_immutable(repository_id: int) -> sa.ColumnElement[bool]:
    """Return whether a tag of the repository is immutable by its rules."""
    regex = (
        sa.select(sa.func.catalog.immutable_regex(repositories.c.namespace_id, repositories.c.id))
        .where(repositories.c.id == repository_id)
        .scalar_subquery()
    )
    return sa.and_(
        sa.func.coalesce(_t.name.op("~")(regex), sa.false()),
        sa.not_(sa.func.catalog.is_artifact_tag(_t.name)),
    )


def _tagged_image(row: Any) -> TaggedImage:
    return TaggedImage(
        tag=row.name,
        digest=row.digest,
        media_type=row.media_type,
        artifact_type=row.artifact_type,
        size_bytes=row.size_bytes,
        platforms=_platforms(row.platforms),
        pushed_at=row.pushed_at,
        pushed_by=row.pushed_by,
        pull_count=row.pull_count,
        last_pulled_at=row.last_pulled_at,
        immutable=row.immutable,
    )


async def find_image_by_tag(tx: Tx, *, repository_id: int, tag: str) -> Image | None:
    """Return the image that the tag names, or None."""
    tag_columns = (
        _t.name.label("tag"),
        _t.pushed_at,
        _t.pushed_by,
        _t.pull_count,
        _t.last_pulled_at,
    )
    statement = (
        sa.select(*tag_columns, *_manifest_columns())
        .join(manifests, _TAG_NAMES_MANIFEST)
        .where(_t.repository_id == repository_id, _t.name == tag)
    )
    row = (await tx.execute(statement)).one_or_none()
    return _image(row) if row else None


async def find_image_by_digest(tx: Tx, *, repository_id: int, digest: str) -> Image | None:
    """Return the image with this digest, tagged or not, or None.

    Its pull count is None, because pulls are counted by tag.
    """
    no_tag = (
        sa.null().label("tag"),
        sa.null().label("pull_count"),
        sa.null().label("last_pulled_at"),
    )
    statement = sa.select(*no_tag, _m.pushed_at, _m.pushed_by, *_manifest_columns()).where(
        _m.repository_id == repository_id, _m.digest == digest
    )
    row = (await tx.execute(statement)).one_or_none()
    return _image(row) if row else None


def _manifest_columns() -> tuple[sa.ColumnElement[Any], ...]:
    other = tags.alias()
    names = (
        sa.select(sa.func.array_agg(other.c.name))
        .where(other.c.repository_id == _m.repository_id, other.c.digest == _m.digest)
        .scalar_subquery()
        .label("tags")
    )
    return (
        _m.digest,
        _m.media_type,
        _m.artifact_type,
        _m.subject,
        _m.size_bytes,
        _m.platforms,
        _m.layers,
        _m.labels,
        _m.image_created_at,
        names,
    )


def _image(row: Any) -> Image:
    return Image(
        tag=row.tag,
        digest=row.digest,
        media_type=row.media_type,
        artifact_type=row.artifact_type,
        subject=row.subject,
        size_bytes=row.size_bytes,
        platforms=_platforms(row.platforms),
        layers=tuple(
            Layer(item["digest"], item["media_type"], item["size_bytes"]) for item in row.layers
        ),
        labels=row.labels,
        created_at=row.image_created_at,
        pushed_at=row.pushed_at,
        pushed_by=row.pushed_by,
        pull_count=row.pull_count,
        last_pulled_at=row.last_pulled_at,
        tags=tuple(sorted(row.tags or ())),
    )


def _platforms(value: list[dict[str, Any]]) -> tuple[Platform, ...]:
    return tuple(
        Platform(
            item["os"],
            item["architecture"],
            item.get("variant"),
            item["digest"],
            item["size_bytes"],
        )
        for item in value
    )


_TAGGED_INDEXES = sa.text("""
    WITH RECURSIVE ancestors (of, digest) AS (
        SELECT child_digest, index_digest FROM catalog.manifest_children
        WHERE repository_id = :repository_id AND child_digest = ANY(CAST(:digests AS text[]))
      UNION
        SELECT ancestors.of, c.index_digest FROM ancestors JOIN catalog.manifest_children c
          ON c.repository_id = :repository_id AND c.child_digest = ancestors.digest
    )
    SELECT ancestors.of, ancestors.digest, array_agg(t.name ORDER BY t.name) AS tags
    FROM ancestors JOIN catalog.tags t
      ON t.repository_id = :repository_id AND t.digest = ancestors.digest
    WHERE ancestors.digest <> ancestors.of AND t.name <> ALL(CAST(:besides AS text[]))
    GROUP BY ancestors.of, ancestors.digest ORDER BY ancestors.digest
""")


async def list_tagged_indexes(tx: Tx, *, repository_id: int, digest: str) -> list[TaggedIndex]:
    """Return the tagged indexes that need the manifest, directly or through another index."""
    found = await list_indexes_of(tx, repository_id=repository_id, digests=[digest], besides=())
    return found.get(digest, [])


async def list_indexes_of(
    tx: Tx, *, repository_id: int, digests: Collection[str], besides: Collection[str]
) -> dict[str, list[TaggedIndex]]:
    """Return by manifest the tagged indexes that need it, as if the tags ``besides`` were gone."""
    values = {
        "repository_id": repository_id,
        "digests": list(digests),
        "besides": list(besides),
    }
    found: dict[str, list[TaggedIndex]] = {}
    for row in await tx.execute(_TAGGED_INDEXES, values):
        found.setdefault(row.of, []).append(TaggedIndex(row.digest, tuple(row.tags)))
    return found


async def find_last_pull(tx: Tx, *, repository_id: int, digest: str) -> datetime | None:
    """Return the time of the last pull of any tag that names the manifest; None: never pulled."""
    statement = sa.select(sa.func.max(_t.last_pulled_at)).where(
        _t.repository_id == repository_id, _t.digest == digest
    )
    found: datetime | None = (await tx.execute(statement)).scalar_one()
    return found


_MANIFEST_TREE = sa.text("""
    WITH RECURSIVE tree (digest) AS (
        SELECT unnest(CAST(:digests AS text[]))
      UNION
        SELECT c.child_digest FROM tree JOIN catalog.manifest_children c
          ON c.repository_id = :repository_id AND c.index_digest = tree.digest
    )
    SELECT tree.digest,
           EXISTS (SELECT FROM catalog.tags t
                   WHERE t.repository_id = :repository_id AND t.digest = tree.digest) AS is_tagged,
           ARRAY(SELECT c.index_digest FROM catalog.manifest_children c
                 WHERE c.repository_id = :repository_id AND c.child_digest = tree.digest) AS indexes
    FROM tree
""")


async def get_manifest_tree(
    tx: Tx, *, repository_id: int, digests: Collection[str]
) -> ManifestTree:
    """Return the manifests with all their descendants."""
    values = {"repository_id": repository_id, "digests": list(digests)}
    rows = (await tx.execute(_MANIFEST_TREE, values)).all()
    return ManifestTree(
        tagged=frozenset(row.digest for row in rows if row.is_tagged),
        indexes={row.digest: frozenset(row.indexes) for row in rows},
    )


_EXCLUSIVE_BYTES = sa.text("""
    SELECT coalesce(sum(size_bytes), 0)::bigint FROM (
        SELECT b.blob_digest, max(b.size_bytes) AS size_bytes FROM catalog.manifest_blobs b
        WHERE b.repository_id = :repository_id AND b.manifest_digest = ANY(:digests)
          AND NOT EXISTS (
            SELECT FROM catalog.manifest_blobs o
            JOIN catalog.repositories r ON r.id = o.repository_id
            WHERE o.blob_digest = b.blob_digest AND r.account_id = :account_id
              AND NOT (o.repository_id = :repository_id AND o.manifest_digest = ANY(:digests)))
        GROUP BY b.blob_digest) AS exclusive
""")


async def sum_exclusive_bytes(
    tx: Tx, *, account_id: int, repository_id: int, digests: Collection[str]
) -> int:
    """Return the size of the blobs that only these manifests reference.

    Only references in the repositories of ``account_id`` count: those of other accounts must not
    change the sum, because it would reveal which blobs they have.
    """
    values = {"account_id": account_id, "repository_id": repository_id, "digests": list(digests)}
    return int((await tx.execute(_EXCLUSIVE_BYTES, values)).scalar_one())
