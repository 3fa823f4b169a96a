"""SQL of images."""

from typing import Any

import sqlalchemy as sa

from libs.common.db.engine import Tx
from libs.common.db.pagination import Page, PageRequest, Sort, fetch_page, or_never
from libs.common.registry.manifests import Layer, Platform
from services.catalog.images.domain import Image, Order, TaggedImage
from services.catalog.tables import manifests, tags

_t, _m = tags.c, manifests.c
_COLUMNS: dict[str, tuple[sa.ColumnElement[Any], ...]] = {
    "name": (_t.name,),
    "pushed_at": (_t.pushed_at, _t.name),
    "pull_count": (_t.pull_count, _t.name),
    "last_pulled_at": (or_never(_t.last_pulled_at), _t.name),
    "size_bytes": (_m.size_bytes, _t.name),
}
_ON_MANIFEST = sa.and_(_m.repository_id == _t.repository_id, _m.digest == _t.digest)


async def list_tags(
    tx: Tx, *, repository_id: int, q: str | None, order: Order, page: PageRequest
) -> Page[TaggedImage]:
    """One page of the repository's tags, with ``q`` in their name."""
    of_tag = (_t.name, _t.digest, _t.pushed_at, _t.pushed_by, _t.pull_count, _t.last_pulled_at)
    statement = sa.select(*of_tag, _m.media_type, _m.size_bytes, _m.platforms).join(
        manifests, _ON_MANIFEST
    )
    statement = statement.where(_t.repository_id == repository_id)
    if q:
        statement = statement.where(_t.name.icontains(q, autoescape=True))
    sort = Sort(order, _COLUMNS[order.removeprefix("-")])
    return await fetch_page(tx, statement, sort=sort, page=page, of=_tagged)


def _tagged(row: Any) -> TaggedImage:
    return TaggedImage(
        tag=row.name,
        digest=row.digest,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        platforms=_platforms(row.platforms),
        pushed_at=row.pushed_at,
        pushed_by=row.pushed_by,
        pull_count=row.pull_count,
        last_pulled_at=row.last_pulled_at,
    )


async def find_by_tag(tx: Tx, *, repository_id: int, tag: str) -> Image | None:
    """The image that the tag names."""
    of_tag = (_t.name.label("tag"), _t.pushed_at, _t.pushed_by, _t.pull_count, _t.last_pulled_at)
    statement = sa.select(*of_tag, *_of_manifest()).join(manifests, _ON_MANIFEST)
    row = (
        await tx.execute(statement.where(_t.repository_id == repository_id, _t.name == tag))
    ).one_or_none()
    return _image(row) if row else None


async def find_by_digest(tx: Tx, *, repository_id: int, digest: str) -> Image | None:
    """The image with that digest, whether a tag names it or not. Pulls are counted by tag, so it has no count of its own."""
    nothing = (
        sa.null().label("tag"),
        sa.null().label("pull_count"),
        sa.null().label("last_pulled_at"),
    )
    statement = sa.select(*nothing, _m.pushed_at, _m.pushed_by, *_of_manifest())
    row = (
        await tx.execute(statement.where(_m.repository_id == repository_id, _m.digest == digest))
    ).one_or_none()
    return _image(row) if row else None


def _of_manifest() -> tuple[sa.ColumnElement[Any], ...]:
    other = tags.alias()
    names = (
        sa.select(sa.func.array_agg(other.c.name))
        .where(other.c.repository_id == _m.repository_id, other.c.digest == _m.digest)
        .scalar_subquery()
        .label("tags")
    )
    columns = (
        _m.digest,
        _m.media_type,
        _m.artifact_type,
        _m.subject,
        _m.size_bytes,
        _m.platforms,
        _m.layers,
        _m.labels,
    )
    return (*columns, _m.image_created_at, names)


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
