"""SQL of the comparison: the content of the catalog."""

from datetime import timedelta

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.db.pagination import or_never
from services.catalog.sync.drift.domain import NOTHING, CatalogContent
from services.catalog.tables import (
    deletions,
    intents,
    manifest_blobs,
    manifest_children,
    manifests,
    repositories,
    tags,
)

_r, _m, _t = repositories.c, manifests.c, tags.c
_b, _c = manifest_blobs.c, manifest_children.c
_d, _i = deletions.c, intents.c
_TAGS = sa.text("""
    WITH rules AS MATERIALIZED (
        SELECT catalog.immutable_regex(namespace_id, id) AS regex, catalog.origin() AS origin
        FROM catalog.repositories WHERE id = :repository_id)
    SELECT t.name, t.digest, coalesce(t.admitted_in = rules.origin, false) AS is_admitted,
           coalesce(t.name ~ rules.regex, false) AND NOT catalog.is_artifact_tag(t.name)
             AS is_immutable
    FROM catalog.tags t, rules WHERE t.repository_id = :repository_id
""")


async def list_paths(tx: Tx) -> set[str]:
    """Return the paths of all repositories."""
    return set((await tx.execute(sa.select(_r.path))).scalars())


async def list_recently_written(tx: Tx, *, seconds: float) -> set[str]:
    """Return the repositories that were pushed to or deleted from in the last ``seconds``.

    Resolved intents are kept for 15 minutes.
    """
    since = sa.func.clock_timestamp() - sa.literal(timedelta(seconds=seconds), sa.Interval)
    of_namespace = sa.and_(_d.kind == "namespace", _d.name == sa.func.split_part(_r.path, "/", 1))
    of_repository = sa.and_(_d.kind == "repository", _d.name == _r.path)
    statement = sa.union(
        sa.select(_r.path).where(or_never(_r.last_pushed_at) > since),
        sa.select(_i.repository).where(sa.or_(_i.resolved_at.is_(None), _i.resolved_at > since)),
        sa.select(_r.path)
        .join(deletions, sa.or_(of_namespace, of_repository))
        .where(_d.requested_at > since),
    )
    return set((await tx.execute(statement)).scalars())


async def has_tags(tx: Tx) -> bool:
    """Return whether the catalog has any tag."""
    return bool((await tx.execute(sa.select(sa.exists().select_from(tags)))).scalar_one())


async def get_content(tx: Tx, *, path: str) -> CatalogContent:
    """Return the repository's content, or NOTHING if there is no such repository."""
    found = (await tx.execute(sa.select(_r.id).where(_r.path == path))).scalar_one_or_none()
    if found is None:
        return NOTHING
    named = (await tx.execute(_TAGS, {"repository_id": found})).all()
    digests = await tx.execute(sa.select(_m.digest).where(_m.repository_id == found))
    children = await tx.execute(
        sa.select(_c.child_digest).where(_c.repository_id == found).distinct()
    )
    needed = await tx.execute(
        sa.select(_b.blob_digest, sa.func.array_agg(_b.manifest_digest).label("manifests"))
        .where(_b.repository_id == found)
        .group_by(_b.blob_digest)
    )
    return CatalogContent(
        {row.name: row.digest for row in named},
        frozenset(digests.scalars()),
        frozenset(children.scalars()),
        {row.blob_digest: frozenset(row.manifests) for row in needed},
        frozenset(row.name for row in named if row.is_immutable),
        frozenset(row.name for row in named if row.is_admitted),
    )


async def find_manifest_type(tx: Tx, *, path: str, digest: str, tag: str | None) -> str | None:
    """Return the media type of a manifest in the catalog, or None if it has no such manifest.

    If ``tag`` is given, it must name the manifest.
    """
    statement = (
        sa.select(_m.media_type)
        .join(repositories, _r.id == _m.repository_id)
        .where(_r.path == path, _m.digest == digest)
    )
    if tag is not None:
        statement = statement.join(
            tags, sa.and_(_t.repository_id == _m.repository_id, _t.digest == _m.digest)
        ).where(_t.name == tag)
    media_type: str | None = (await tx.execute(statement)).scalar_one_or_none()
    return media_type
