"""SQL of the states of repositories. Each statement reads or writes many of them."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from libs.common.db.engine import Tx
from libs.common.registry.tokens import CATALOG_SUBJECT
from services.catalog.sync.states.domain import RepositoryState
from services.catalog.tables import (
    manifest_blobs,
    manifest_children,
    manifests,
    namespaces,
    repositories,
    tags,
)

_n, _r, _m, _t = namespaces.c, repositories.c, manifests.c, tags.c
_PATH = _n.name + "/" + _r.name


async def find_namespaces(tx: Tx, *, names: Collection[str]) -> dict[str, int]:
    """Return the ids of the namespaces ``names`` that exist."""
    rows = await tx.execute(sa.select(_n.name, _n.id).where(_n.name.in_(names)))
    return {row.name: row.id for row in rows}


async def find_admitted_tags(
    tx: Tx, *, keys: Collection[tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """Return the digests of those tags (repository path, tag) that admission has set last.

    For them, the catalog is the source of truth. After a restore from a backup, none of them is.
    """
    if not keys:
        return {}
    statement = (
        sa.select(_r.path, _t.name, _t.digest)
        .join(repositories, _r.id == _t.repository_id)
        .where(
            sa.tuple_(_r.path, _t.name).in_(list(keys)),
            _t.admitted_in == sa.select(sa.func.catalog.origin()).scalar_subquery(),
        )
    )
    return {(row.path, row.name): row.digest for row in await tx.execute(statement)}


async def list_tags_on(
    tx: Tx, *, manifests_of: Collection[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Return the tags (repository path, tag) on the manifests (repository path, digest)."""
    if not manifests_of:
        return []
    statement = (
        sa.select(_PATH.label("path"), _t.name)
        .select_from(
            tags.join(repositories, _r.id == _t.repository_id).join(
                namespaces, _n.id == _r.namespace_id
            )
        )
        .where(_is_among(_t.digest, manifests_of))
    )
    return [(row.path, row.name) for row in await tx.execute(statement)]


async def find_known(tx: Tx, *, manifests_of: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of the manifests (repository path, digest) that the catalog has."""
    if not manifests_of:
        return set()
    statement = (
        sa.select(_PATH.label("path"), _m.digest)
        .select_from(
            manifests.join(repositories, _r.id == _m.repository_id).join(
                namespaces, _n.id == _r.namespace_id
            )
        )
        .where(_is_among(_m.digest, manifests_of))
    )
    return {(row.path, row.digest) for row in await tx.execute(statement)}


def _is_among(
    digest: sa.ColumnElement[str], manifests_of: Collection[tuple[str, str]]
) -> sa.ColumnElement[bool]:
    names = {path: path.partition("/") for path, _ in manifests_of}
    keys = [(names[path][0], names[path][2], value) for path, value in manifests_of]
    return sa.tuple_(_n.name, _r.name, digest).in_(keys)


async def ensure_repositories(
    tx: Tx, *, paths: Collection[tuple[int, str]]
) -> set[tuple[int, str]]:
    """Insert the repositories (namespace id, name) that are missing; return the inserted ones."""
    if not paths:
        return set()
    values = [{"namespace_id": namespace_id, "name": name} for namespace_id, name in sorted(paths)]
    statement = (
        insert(repositories)
        .values(values)
        .on_conflict_do_nothing(index_elements=["namespace_id", "name"])
    )
    return {
        (row.namespace_id, row.name)
        for row in await tx.execute(statement.returning(_r.namespace_id, _r.name))
    }


async def find_repositories(
    tx: Tx, *, paths: Collection[tuple[int, str]]
) -> dict[tuple[int, str], int]:
    """Return the ids of the repositories (namespace id, name) that exist.

    Their rows are locked until the transaction ends.
    """
    statement = sa.select(_r.id, _r.namespace_id, _r.name).where(
        sa.tuple_(_r.namespace_id, _r.name).in_(list(paths))
    )
    rows = await tx.execute(statement.order_by(_r.id).with_for_update())
    return {(row.namespace_id, row.name): row.id for row in rows}


async def add_manifests(tx: Tx, *, states: Sequence[tuple[int, RepositoryState]]) -> None:
    """Insert the manifests of ``states`` that are missing, with their blobs and children.

    Each state comes with the id of its repository.
    """
    described = [
        (repository_id, *item)
        for repository_id, state in states
        for item in state.manifests.values()
    ]
    if not described:
        return
    rows = [
        {
            "repository_id": repository_id,
            "digest": manifest.digest,
            "media_type": manifest.media_type,
            "artifact_type": manifest.artifact_type,
            "subject": manifest.subject,
            "size_bytes": manifest.size_bytes,
            "platforms": [asdict(platform) for platform in manifest.platforms],
            "layers": [asdict(layer) for layer in manifest.layers],
            "labels": manifest.labels,
            "image_created_at": manifest.image_created_at,
            "pushed_at": push.at,
            "pushed_by": push.by,
        }
        for repository_id, manifest, push in described
    ]
    await tx.execute(insert(manifests).on_conflict_do_nothing(), rows)
    blobs = [
        {
            "repository_id": repository_id,
            "manifest_digest": manifest.digest,
            "blob_digest": digest,
            "size_bytes": size,
        }
        for repository_id, manifest, _ in described
        for digest, size in manifest.blobs
    ]
    if blobs:
        await tx.execute(insert(manifest_blobs).on_conflict_do_nothing(), blobs)
    children = [
        {"repository_id": repository_id, "index_digest": manifest.digest, "child_digest": child}
        for repository_id, manifest, _ in described
        for child in manifest.children
    ]
    if children:
        await tx.execute(insert(manifest_children).on_conflict_do_nothing(), children)


async def find_tags(
    tx: Tx, *, states: Sequence[tuple[int, RepositoryState]]
) -> set[tuple[int, str]]:
    """Return those tags (repository id, tag) of ``states`` that the catalog has."""
    keys = [(repository_id, tag) for repository_id, state in states for tag in state.tags]
    if not keys:
        return set()
    rows = await tx.execute(
        sa.select(_t.repository_id, _t.name).where(sa.tuple_(_t.repository_id, _t.name).in_(keys))
    )
    return {(row.repository_id, row.name) for row in rows}


async def put_tags(tx: Tx, *, states: Sequence[tuple[int, RepositoryState]]) -> None:
    """Set the tags of ``states``.

    A tag that names the digest already keeps its time and user, unless a later push of that digest
    is certain.
    """
    for exact in (True, False):
        rows = [
            {
                "repository_id": repository_id,
                "name": name,
                "digest": tag.digest,
                "pushed_at": tag.push.at,
                "pushed_by": tag.push.by,
            }
            for repository_id, state in states
            for name, tag in state.tags.items()
            if tag.exact is exact
        ]
        if not rows:
            continue
        statement = insert(tags)
        changed = statement.excluded
        is_news = _t.digest != changed.digest
        if exact:  # an empty user comes from the comparison, before the event of the push
            is_later = sa.or_(_t.pushed_at < changed.pushed_at, _t.pushed_by == "")
            # The catalog pushes a damaged tag again for its user.
            is_news = sa.or_(is_news, sa.and_(is_later, changed.pushed_by != CATALOG_SUBJECT))
        statement = statement.on_conflict_do_update(
            index_elements=["repository_id", "name"],
            set_={
                "digest": changed.digest,
                "pushed_at": changed.pushed_at,
                "pushed_by": changed.pushed_by,
            },
            where=is_news,
        )
        await tx.execute(statement, rows)


async def delete_gone(tx: Tx, *, states: Sequence[tuple[int, RepositoryState]]) -> None:
    """Delete the tags, and the manifests with their tags, that the registry does not have."""
    gone_tags = [(repository_id, tag) for repository_id, state in states for tag in state.gone_tags]
    if gone_tags:
        await tx.execute(sa.delete(tags).where(sa.tuple_(_t.repository_id, _t.name).in_(gone_tags)))
    gone = [
        (repository_id, digest)
        for repository_id, state in states
        for digest in state.gone_manifests
    ]
    if gone:
        await tx.execute(
            sa.delete(manifests).where(sa.tuple_(_m.repository_id, _m.digest).in_(gone))
        )
